"""Each broken promise is found by the case that is about it, on either face."""

from collections.abc import Callable
from contextlib import suppress
from inspect import getattr_static, isgeneratorfunction
from typing import Any, get_args

import pytest
from _pytest.outcomes import Failed
from sqlalchemy import update
from sqlalchemy.orm import Session

from colonnade import (
    AsyncBaseRepository,
    AsyncDatabaseManager,
    BaseRepository,
    DatabaseManager,
    Page,
    operation,
)
from colonnade.errors import DatabaseError, EntityValidationError, UniqueViolationError
from colonnade.repository.operation import Definition, streaming
from colonnade.testing.compliance import RepositoryCases
from tests.testing.compliant import Base, FoxCases, SeatCases, TicketCases

Own: Any = BaseRepository
"""Colonnade's own bodies, to be spoiled."""


def get(self: Any, id: Any, **options: Any) -> Any:
    return None


def get_one(self: Any, id: Any, **options: Any) -> Any:
    return self.get(id, **options)


def get_many(self: Any, ids: Any, **options: Any) -> Any:
    return sorted(Own.get_many(self, ids, **options), key=lambda entity: entity.id)


def query_without_its_cursor(self: Any, parameters: Any, *criteria: Any) -> Any:
    return Own.query(self, {name: parameters[name] for name in parameters if name != "cursor"}, *criteria)


def query_ignores_what_it_doesnt_know(self: Any, parameters: Any, *criteria: Any) -> Any:
    known = {name: parameters[name] for name in parameters if name in ("order", "limit", "cursor")}
    return Own.query(self, known, *criteria)


def aggregate_of_everything(self: Any, values: Any, *criteria: Any, **options: Any) -> Any:
    return Own.aggregate(self, values, **options)


def aggregate_without_groups(self: Any, values: Any, *criteria: Any, **options: Any) -> Any:
    return Own.aggregate(self, values, *criteria)


def list_by_limit_alone(self: Any, skip: int = 0, limit: int = 100, **options: Any) -> Any:
    return Own.list(self, 0, limit, **options)


def list_takes_any_limit(self: Any, skip: int = 0, limit: int = 100, **options: Any) -> Any:
    return Own.list(self, max(skip, 0), max(limit, 0), **options)


def list_and_count_of_the_list(self: Any, skip: int = 0, limit: int = 100, *criteria: Any) -> Any:
    found = self.find(*criteria, skip=skip, limit=limit, order_by=self.model.id)
    return found, len(found)


def find_any(self: Any, *criteria: Any, **options: Any) -> Any:
    return Own.find(self, *criteria[:1], **options)


def find_unordered(self: Any, *criteria: Any, order_by: Any = (), **options: Any) -> Any:
    return Own.find(self, *criteria, **options)


def find_with_deleted(self: Any, *criteria: Any, **options: Any) -> Any:
    return Own.find(self, *criteria, **{**options, "include_deleted": True})


def find_locks_nothing(self: Any, *criteria: Any, for_update: bool = False, **options: Any) -> Any:
    return Own.find(self, *criteria, **options)


def one_of_several(self: Any, *criteria: Any, **options: Any) -> Any:
    return self.first(*criteria, **options) or Own.one(self, *criteria, **options)


def exists(self: Any, *criteria: Any, **options: Any) -> bool:
    return True


def count_everything(self: Any, *criteria: Any, **options: Any) -> int:
    return int(Own.count(self, **options))


def page_loses_a_row(self: Any, *criteria: Any, **options: Any) -> Page[Any]:
    page: Page[Any] = Own.page(self, *criteria, **options)
    return Page(
        page.items[:-1] if page.previous_cursor else page.items, page.next_cursor, page.previous_cursor
    )


def page_forward_only(self: Any, *criteria: Any, **options: Any) -> Page[Any]:
    page: Page[Any] = Own.page(self, *criteria, **options)
    return Page(page.items, page.next_cursor, None)


def page_by_any_cursor(self: Any, *criteria: Any, **options: Any) -> Page[Any]:
    try:
        page: Page[Any] = Own.page(self, *criteria, **options)
    except EntityValidationError:
        page = Own.page(self, *criteria)
    return page


def stream_loses_a_batch(self: Any, *criteria: Any, batch: int = 1000, **options: Any) -> Any:
    for number, entity in enumerate(Own.stream(self, *criteria, batch=batch, **options)):
        if number < batch:
            yield [entity]


def create_gives_a_copy(self: Any, entity: Any) -> Any:
    created = Own.create(self, entity)
    self.db_session.expunge(created)
    return self.get_one(created.id)


def create_gives_what_cant_be_read(self: Any, entity: Any) -> Any:
    created = Own.create(self, entity)
    self.db_session.expire(created, ["name"])
    return created


def create_commits_by_itself(self: Any, entity: Any) -> Any:
    with Session(self.db_session.get_bind(), expire_on_commit=False) as session:
        session.add(entity)
        session.commit()
    return entity


def create_replaces(self: Any, entity: Any) -> Any:
    return self.db_session.merge(entity)


def create_many_of_those_that_fit(self: Any, entities: Any) -> Any:
    created = []
    for entity in entities:
        with suppress(UniqueViolationError), self.db_session.begin_nested():
            created.append(Own.create(self, entity))
    return created


def save_whatever_came_between(self: Any, entity: Any) -> Any:
    values = {"price": entity.price, "version": entity.version + 1}
    self.execute(update(self.model).where(self.model.id == entity.id).values(values))
    return entity


def save_forgets(self: Any, entity: Any) -> Any:
    return entity


def update_of_known_fields(self: Any, id: Any, updates: Any) -> Any:
    known = {name: value for name, value in updates.items() if name in self.model.__table__.c}
    return Own.update(self, id, known)


def update_of_the_object_alone(self: Any, id: Any, updates: Any) -> Any:
    entity = self.get_one(id)
    Own.update(self, id, {})
    self.db_session.expunge(entity)
    for name, value in updates.items():
        setattr(entity, name, value)
    return entity


def update_of_every_row(self: Any, id: Any, updates: Any) -> Any:
    updated = Own.update(self, id, updates)
    self.update_where(updates)
    return updated


def update_or_nothing(self: Any, id: Any, updates: Any) -> Any:
    return Own.update(self, id, updates) if self.get(id) else None


def update_with_a_default(self: Any, id: Any, updates: Any) -> Any:
    return Own.update(self, id, {"name": "nobody", **updates})


def update_many_of_those_there(self: Any, rows: Any) -> Any:
    rows = list(rows)
    found = {entity.id for entity in self.get_many([row["id"] for row in rows if "id" in row])}
    return Own.update_many(self, [row for row in rows if row.get("id") in found])


def update_where_of_all(self: Any, values: Any, *criteria: Any) -> Any:
    return Own.update_where(self, values)


def update_where_uncounted(self: Any, values: Any, *criteria: Any) -> Any:
    checked = {**values, "version": self.model.version}
    return Own.update_where(self, checked, *criteria) if values else 0


def get_or_create_always_created(self: Any, defaults: Any = None, **key: Any) -> Any:
    return Own.get_or_create(self, defaults, **key)[0], True


def upsert_only_inserts(self: Any, entity: Any, on: Any = ()) -> Any:
    return self.create(entity)


def upsert_keeps_the_old(self: Any, entity: Any, on: Any = ()) -> Any:
    return self.first(self.model.name == entity.name) or self.create(entity)


def delete_always_true(self: Any, id: Any, **options: Any) -> bool:
    Own.delete(self, id, **options)
    return True


def delete_nothing(self: Any, id: Any, **options: Any) -> bool:
    return self.get(id) is not None


def delete_for_good(self: Any, id: Any, **options: Any) -> bool:
    return bool(Own.delete(self, id, hard=True))


def delete_many_counts_what_was_asked(self: Any, ids: Any, **options: Any) -> int:
    ids = list(ids)
    Own.delete_many(self, ids, **options)
    return len(ids)


def delete_where_of_everything(self: Any, *criteria: Any, everything: bool = False, **options: Any) -> int:
    return int(Own.delete_where(self, *criteria, everything=True, **options))


Fault = tuple[Callable[..., Any], type[RepositoryCases[Any]], str]
FAULTS: list[Fault] = [
    (get, FoxCases, "get_gives_what_was_created"),
    (get_one, FoxCases, "get_one_of_a_missing_row_raises"),
    (get_many, FoxCases, "get_many_keeps_the_order_asked"),
    (query_without_its_cursor, FoxCases, "a_query_string_is_answered_by_a_page"),
    (query_ignores_what_it_doesnt_know, FoxCases, "a_query_string_is_answered_by_a_page"),
    (aggregate_of_everything, FoxCases, "figures_are_of_what_is_found"),
    (aggregate_without_groups, FoxCases, "figures_are_of_what_is_found"),
    (list_by_limit_alone, FoxCases, "list_goes_by_key_and_offset"),
    (list_takes_any_limit, FoxCases, "negative_limits_are_refused"),
    (list_and_count_of_the_list, FoxCases, "list_and_count_counts_all"),
    (find_any, FoxCases, "find_meets_all_criteria"),
    (find_unordered, FoxCases, "find_orders_and_cuts"),
    (find_with_deleted, SeatCases, "what_is_deleted_softly_is_left_out"),
    (find_locks_nothing, FoxCases, "for_update_needs_a_session"),
    (one_of_several, FoxCases, "one_is_exactly_one"),
    (exists, FoxCases, "exists_and_count_agree"),
    (count_everything, FoxCases, "exists_and_count_agree"),
    (page_loses_a_row, FoxCases, "pages_give_each_row_once_in_order"),
    (page_forward_only, FoxCases, "pages_go_back"),
    (page_by_any_cursor, FoxCases, "what_is_no_cursor_is_refused"),
    (stream_loses_a_batch, FoxCases, "a_stream_gives_each_row_once"),
    (create_gives_a_copy, FoxCases, "create_gives_the_object_with_its_key"),
    (create_gives_what_cant_be_read, FoxCases, "what_came_back_can_be_read"),
    (create_commits_by_itself, FoxCases, "calls_join_the_open_session"),
    (create_replaces, SeatCases, "a_key_is_taken_once"),
    (create_many_of_those_that_fit, FoxCases, "create_many_stores_all_or_none"),
    (save_whatever_came_between, TicketCases, "a_stale_entity_overwrites_nothing"),
    (save_forgets, FoxCases, "save_writes_the_changed_columns"),
    (update_of_known_fields, FoxCases, "update_refuses_unknown_fields_and_keys"),
    (update_of_the_object_alone, FoxCases, "update_sets_the_named_fields_only"),
    (update_of_every_row, FoxCases, "update_sets_the_named_fields_only"),
    (update_with_a_default, FoxCases, "update_sets_the_named_fields_only"),
    (update_or_nothing, FoxCases, "update_of_a_missing_row_raises"),
    (update_many_of_those_there, FoxCases, "update_many_changes_all_or_none"),
    (update_where_of_all, FoxCases, "update_where_goes_by_criteria"),
    (update_where_uncounted, TicketCases, "every_write_counts_a_version"),
    (get_or_create_always_created, FoxCases, "get_or_create_creates_once"),
    (upsert_only_inserts, FoxCases, "upsert_inserts_or_overwrites"),
    (upsert_keeps_the_old, FoxCases, "upsert_inserts_or_overwrites"),
    (delete_always_true, FoxCases, "delete_tells_whether_there_was_a_row"),
    (delete_nothing, FoxCases, "delete_tells_whether_there_was_a_row"),
    (delete_for_good, SeatCases, "what_is_deleted_softly_is_found_when_asked_for"),
    (delete_many_counts_what_was_asked, FoxCases, "delete_many_counts_what_was_there"),
    (delete_where_of_everything, FoxCases, "everything_is_deleted_only_when_told"),
]

OPERATIONS = sorted(
    (
        name
        for name in dir(BaseRepository)
        if isinstance(getattr_static(BaseRepository, name), Definition) and not name.startswith("_")
    ),
    key=len,
    reverse=True,
)


FACES = {
    "sync": (DatabaseManager, BaseRepository),
    "async": (AsyncDatabaseManager, AsyncBaseRepository),
}


def run_case(face: str, fault: Fault, *, broken: bool) -> None:
    """Run the case that is about the fault, on a repository with or without it."""
    function, cases, name = fault
    manager, base = FACES[face]
    members: dict[str, Any] = {"model": get_args(cases.repository)[0]}
    if broken:
        wrap: Any = streaming if isgeneratorfunction(function) else operation
        members[operation_of(function)] = wrap(function)
    repository = type("Repository", (base,), members)
    told = type("Told", (cases,), {"repository": repository, "async_repository": repository})()
    with told.entered(manager("sqlite://", metadata=Base.metadata)) as case:
        getattr(told, f"test_{name}")(case)


def operation_of(function: Callable[..., Any]) -> str:
    return next(name for name in OPERATIONS if function.__name__.startswith(name))


def name_of(fault: Fault) -> str:
    return fault[0].__name__


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("fault", FAULTS, ids=name_of)
def test_a_broken_promise_is_found(fault: Fault, face: str) -> None:
    run_case(face, fault, broken=False)
    with pytest.raises((AssertionError, DatabaseError, Failed)):
        run_case(face, fault, broken=True)


def test_every_operation_is_broken_once() -> None:
    broken = {operation_of(function) for function, _, _ in FAULTS}
    assert set(OPERATIONS) - broken - {"first", "restore", "upsert_many", "model"} == set()
