"""Each listener of objects and Sessions fires on both ways alike, and what comes of it is the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, insert
from sqlalchemy import inspect as state_of
from sqlalchemy.orm import Session, with_loader_criteria

from tests.ways import listening
from tests.ways.conftest import ON_ONE, ON_THREE, Both
from tests.ways.listening import Heard, Tenanted, Unheard, brief_walk, heard, target_of, walk
from tests.ways.recording import Way

OBJECTS: list[tuple[str, Sequence[str], dict[str, Any]]] = [
    ("Session", listening.SESSION_EVENTS, {}),
    ("this mapper", listening.MAPPER_EVENTS, {}),
    ("this class", listening.MAPPER_EVENTS, {"propagate": True}),
    ("this base", listening.MAPPER_EVENTS, {"propagate": True}),
    ("Mapper", listening.MAPPER_EVENTS, {}),
    ("this class", listening.INSTANCE_EVENTS, {}),
    ("this base", listening.INSTANCE_EVENTS, {"propagate": True}),
    ("Mapper", ["load", "refresh"], {}),
    ("an attribute", listening.ATTRIBUTE_EVENTS, {}),
    ("an attribute", ["set"], {"active_history": True}),
]
NAMES = [f"{kind} {names[0]}{' active' if 'active_history' in how else ''}" for kind, names, how in OBJECTS]


@ON_THREE
@pytest.mark.parametrize("kind, names, options", OBJECTS, ids=NAMES)
def test_listeners_of_objects(both: Both, kind: str, names: Sequence[str], options: dict[str, Any]) -> None:
    """Those that come after the first call are heard; those that are gone are not."""

    def scenario(way: Way) -> None:
        calls: list[str] = []
        brief_walk(way, Heard)
        with heard(target_of(kind, way), names, calls, **options):
            brief_walk(way, Heard)
        way.look("calls", calls)
        brief_walk(way, Heard)
        way.look("calls after all were removed", len(calls))

    both(scenario, Heard)


@ON_ONE
@pytest.mark.parametrize("kind, names, options", OBJECTS, ids=NAMES)
def test_each_listener_by_itself(
    both: Both, kind: str, names: Sequence[str], options: dict[str, Any]
) -> None:
    """One at a time: none is served only because another is there, too."""

    def scenario(way: Way) -> None:
        for name in names:
            calls: list[str] = []
            with heard(target_of(kind, way), [name], calls, **options):
                brief_walk(way, Heard)
            way.look(f"calls of {name}", sorted(f"{one}: {count}" for one, count in Counter(calls).items()))

    both(scenario, Heard)


def test_listeners_of_another_class_change_nothing(both: Both) -> None:
    def scenario(way: Way) -> None:
        calls: list[str] = []
        with heard(Heard, listening.MAPPER_EVENTS, calls), heard(Heard, ["load", "init"], calls):
            walk(way, Unheard)
        way.look("calls", calls)

    both(scenario, Heard, Unheard)


@contextmanager
def listened(target: Any, name: str, function: Callable[..., Any], **options: Any) -> Iterator[None]:
    event.listen(target, name, function, **options)
    try:
        yield
    finally:
        event.remove(target, name, function)


def only_tenant_1(state: Any) -> None:
    if state.is_select:
        criteria = with_loader_criteria(Heard, Heard.tenant == 1, include_aliases=True)
        state.statement = state.statement.options(criteria)


class Refused(Exception):
    """What a user's own listener raises."""


def refuse_reads(state: Any) -> None:
    raise Refused("not for you")


def set_tenant(session: Session, *_: Any) -> None:
    for entity in session.new:
        if isinstance(entity, Tenanted):
            entity.tenant = 7


def refuse_flush(*_: Any) -> None:
    raise Refused("nothing is written")


def shout(_mapper: Any, _connection: Any, entity: Any) -> None:
    entity.name = f"{entity.name}!"


def log_row(_mapper: Any, connection: Any, entity: Any) -> None:
    connection.execute(insert(Unheard).values(name=f"log of {entity.id}"))


def mark_loaded(entity: Any, *_: Any) -> None:
    entity.mark = "loaded"


def uppercase(_entity: Any, value: Any, *_: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def default_name(_entity: Any, value: Any, names: dict[str, Any]) -> str:
    names["name"] = "by init_scalar"
    return "by init_scalar"


def fill_in(_entity: Any, _args: Any, kwargs: dict[str, Any]) -> None:
    kwargs.setdefault("updated", "filled in")


def note_in_info(session: Session, entity: Any) -> None:
    entity.mark = state_of(entity).persistent


ACTING: list[tuple[str, str, Any, Callable[..., Any], dict[str, Any]]] = [
    ("a tenant's filter", "do_orm_execute", Session, only_tenant_1, {}),
    ("a refusal of reads", "do_orm_execute", Session, refuse_reads, {}),
    ("a tenant that's set", "before_flush", Session, set_tenant, {}),
    ("a refusal to flush", "before_flush", Session, refuse_flush, {}),
    ("a refusal after the flush", "after_flush", Session, refuse_flush, {}),
    ("a refusal to commit", "before_commit", Session, refuse_flush, {}),
    ("a refusal to begin", "after_begin", Session, refuse_flush, {}),
    ("a value before insert", "before_insert", Heard, shout, {}),
    ("a value before insert of a mixin", "before_insert", Tenanted, shout, {"propagate": True}),
    ("a value before update", "before_update", Heard, shout, {}),
    ("a row after insert", "after_insert", Heard, log_row, {}),
    ("a row after update", "after_update", Heard, log_row, {}),
    ("a row before delete", "before_delete", Heard, log_row, {}),
    ("a refusal to delete", "before_delete", Heard, refuse_flush, {}),
    ("a mark on loading", "load", Heard, mark_loaded, {}),
    ("a mark on loading of a mixin", "load", Tenanted, mark_loaded, {"propagate": True}),
    ("a mark on refreshing", "refresh", Heard, mark_loaded, {}),
    ("a mark when persistent", "loaded_as_persistent", Session, note_in_info, {}),
    ("a value on setting", "set", Heard.name, uppercase, {"retval": True}),
    ("a value on setting, for subclasses", "set", Heard.name, uppercase, {"retval": True, "propagate": True}),
    ("a value on first reading", "init_scalar", Heard.name, default_name, {"retval": True}),
    ("a value on making", "init", Heard, fill_in, {}),
]


@ON_THREE
@pytest.mark.parametrize(
    "name, target, function, options", [a[1:] for a in ACTING], ids=[a[0] for a in ACTING]
)
def test_listeners_that_act(
    both: Both, name: str, target: Any, function: Callable[..., Any], options: dict[str, Any]
) -> None:
    def scenario(way: Way) -> None:
        way.call("create_many", Heard, [Heard(id=60, name="a", tenant=1), Heard(id=61, name="b", tenant=2)])
        with listened(target, name, function, **options):
            way.call("get", Heard, 61)
            way.call("update", Heard, 61, {"name": "x"})
            brief_walk(way, Heard)
            way.call("delete", Heard, 61)
        brief_walk(way, Heard)
        way.rows(Unheard)

    both(scenario, Heard, Unheard)


def test_a_listener_of_a_subclass_of_session_is_none_of_ours(both: Both) -> None:
    class Own(Session): ...

    def scenario(way: Way) -> None:
        calls: list[str] = []
        with heard(Own, ["do_orm_execute", "before_flush"], calls):
            brief_walk(way, Heard)
        way.look("calls", calls)

    both(scenario, Heard)


def test_a_listener_that_is_heard_once(both: Both) -> None:
    def scenario(way: Way) -> None:
        calls: list[int] = []

        def note(state: Any) -> None:
            calls.append(1)

        event.listen(Session, "do_orm_execute", note, once=True)
        try:
            brief_walk(way, Heard)
        finally:
            event.remove(Session, "do_orm_execute", note)
        way.look("calls", calls)

    both(scenario, Heard)
