"""Cases about reading: by key, by criteria, by offset, as a stream."""

from __future__ import annotations

from typing import Any, TypeVar

import pytest
from sqlalchemy import inspect as state_of

from colonnade.errors import (
    EntityNotFoundError,
    EntityValidationError,
    MultipleEntitiesError,
    RelationshipNotLoadedError,
    TransactionError,
)
from colonnade.testing.compliance.cases import Case, Cases

T = TypeVar("T")

LAZY = ("select", "True", True)


class ReadingCases(Cases[T]):
    """What is read is what was written."""

    def test_get_gives_what_was_created(self, case: Case[T]) -> None:
        given = case.given(0)
        entity = case.repository.create(case.new(0))
        case.repository.create(case.new(1))
        found = case.repository.get(case.key(entity))
        assert found is not None
        assert {name: getattr(found, name) for name in given} == given
        assert case.key(found) == case.key(entity)

    def test_a_key_may_be_a_mapping(self, case: Case[T]) -> None:
        entity = case.stored(2)[1]
        named = {name: getattr(entity, name) for name in case.key_names}
        assert case.key(case.repository.get(named)) == case.key(entity)

    def test_get_of_a_missing_row_is_none(self, case: Case[T]) -> None:
        case.stored(1)
        assert case.repository.get(case.absent_key()) is None

    def test_get_one_of_a_missing_row_raises(self, case: Case[T]) -> None:
        absent = case.absent_key()
        with pytest.raises(EntityNotFoundError) as caught:
            case.repository.get_one(absent)
        assert caught.value.entity == case.model.__name__

    def test_get_one_gives_the_row(self, case: Case[T]) -> None:
        for entity in case.stored(2):
            assert case.key(case.repository.get_one(case.key(entity))) == case.key(entity)

    def test_what_is_no_key_is_refused(self, case: Case[T]) -> None:
        too_long = tuple(range(len(case.key_names) + 1))
        for call in (case.repository.get, case.repository.get_one, case.repository.delete):
            with pytest.raises(EntityValidationError):
                call(too_long)

    def test_get_many_keeps_the_order_asked(self, case: Case[T]) -> None:
        first, second, third = case.keys(case.stored(3))
        absent = case.absent_key()
        asked = [third, first, second]
        assert case.keys(case.repository.get_many(asked)) == asked
        assert case.repository.get_many([]) == []
        assert case.keys(case.repository.get_many([third, absent, first])) == [third, first]

    def test_list_goes_by_key_and_offset(self, case: Case[T]) -> None:
        keys = case.keys(case.stored(5))
        assert case.keys(case.repository.list()) == keys
        assert case.keys(case.repository.list(1, 2)) == keys[1:3]
        assert case.keys(case.repository.list(skip=4)) == keys[4:]
        assert case.repository.list(skip=5) == []
        assert case.repository.list(limit=0) == []

    def test_negative_limits_are_refused(self, case: Case[T]) -> None:
        for arguments in ({"skip": -1}, {"limit": -1}):
            for call in (case.repository.list, case.repository.find, case.repository.list_and_count):
                with pytest.raises(EntityValidationError):
                    call(**arguments)

    def test_list_and_count_counts_all(self, case: Case[T]) -> None:
        keys = case.keys(case.stored(4))
        found, total = case.repository.list_and_count(1, 2)
        assert (case.keys(found), total) == (keys[1:3], 4)
        assert case.repository.list_and_count(9, 2) == ([], 4)

    def test_list_and_count_takes_criteria(self, case: Case[T]) -> None:
        entity = case.stored(3)[1]
        found, total = case.repository.list_and_count(0, 10, *case.by_key(entity))
        assert (case.keys(found), total) == ([case.key(entity)], 1)

    def test_find_meets_all_criteria(self, case: Case[T]) -> None:
        first, second = case.stored(2)
        assert case.keys(case.repository.find(*case.by_key(first))) == [case.key(first)]
        different = [getattr(case.model, case.key_names[-1]) != getattr(first, case.key_names[-1])]
        assert case.repository.find(*case.by_key(first), *different) == []
        assert len(case.repository.find()) == 2
        filters = {name: getattr(second, name) for name in case.key_names}
        assert case.keys(case.repository.find(filters=filters)) == [case.key(second)]

    def test_find_orders_and_cuts(self, case: Case[T]) -> None:
        keys = case.keys(case.stored(4))
        names = list(case.key_names)
        backwards = [f"-{name}" for name in names]
        assert case.keys(case.repository.find(order_by=names)) == keys
        assert case.keys(case.repository.find(order_by=backwards)) == keys[::-1]
        assert case.keys(case.repository.find(order_by=",".join(backwards), skip=1, limit=2)) == keys[2:0:-1]
        assert case.repository.find(limit=0) == []

    def test_unknown_names_are_refused(self, case: Case[T]) -> None:
        case.stored(1)
        for arguments in ({"filters": {"no_such": 1}}, {"order_by": "no_such"}, {"load": "no_such"}):
            with pytest.raises(EntityValidationError):
                case.repository.find(**arguments)

    def test_criteria_that_are_no_sql_are_refused(self, case: Case[T]) -> None:
        for call in (case.repository.find, case.repository.count, case.repository.exists):
            for criterion in (True, None, "id = 1"):
                with pytest.raises(EntityValidationError):
                    call(criterion)

    def test_first_is_the_first_or_none(self, case: Case[T]) -> None:
        assert case.repository.first() is None
        keys = case.keys(case.stored(3))
        assert case.key(case.repository.first()) == keys[0]
        backwards = [f"-{name}" for name in case.key_names]
        assert case.key(case.repository.first(order_by=backwards)) == keys[-1]

    def test_one_is_exactly_one(self, case: Case[T]) -> None:
        with pytest.raises(EntityNotFoundError):
            case.repository.one()
        first, _ = case.stored(2)
        assert case.key(case.repository.one(*case.by_key(first))) == case.key(first)
        with pytest.raises(MultipleEntitiesError):
            case.repository.one()

    def test_exists_and_count_agree(self, case: Case[T]) -> None:
        assert (case.repository.exists(), case.repository.count()) == (False, 0)
        first, _, _ = case.stored(3)
        assert (case.repository.exists(), case.repository.count()) == (True, 3)
        assert case.repository.count(*case.by_key(first)) == 1
        assert case.repository.exists(*case.by_key(first)) is True
        case.repository.delete_where(*case.by_key(first), **case.hard)
        assert case.repository.exists(*case.by_key(first)) is False

    def test_a_query_string_is_answered_by_a_page(self, case: Case[T]) -> None:
        keys = case.keys(case.stored(3))
        order = ",".join(f"-{name}" for name in case.key_names)
        page = case.repository.query({"order": order, "limit": "2"})
        assert (case.keys(page.items), page.next_cursor is None) == (keys[:0:-1], False)
        rest = case.repository.query({"order": order, "limit": "2", "cursor": page.next_cursor})
        assert (case.keys(rest.items), rest.next_cursor) == (keys[:1], None)
        with pytest.raises(EntityValidationError):
            case.repository.query({"no_such": "1"})

    def test_figures_are_of_what_is_found(self, case: Case[T]) -> None:
        first, _, _ = case.stored(3)
        assert case.repository.aggregate({"rows": "count"}) == [{"rows": 3}]
        assert case.repository.aggregate({"rows": "count"}, *case.by_key(first)) == [{"rows": 1}]
        groups = case.repository.aggregate({"rows": "count"}, group_by=case.key_names)
        assert [group["rows"] for group in groups] == [1, 1, 1]
        with pytest.raises(EntityValidationError):
            case.repository.aggregate({"rows": "no_such__sum"})

    def test_a_stream_gives_each_row_once(self, case: Case[T]) -> None:
        assert case.repository.stream() == []
        entities = case.stored(5)
        keys = case.keys(entities)
        for batch in (1, 2, 5, 1000):
            streamed = case.repository.stream(batch=batch, order_by=case.key_columns)
            assert case.keys(streamed) == keys
        assert case.keys(case.repository.stream(*case.by_key(entities[2]))) == [keys[2]]
        with pytest.raises(EntityValidationError):
            case.repository.stream(batch=0)

    def test_a_stream_may_be_left_early(self, case: Case[T]) -> None:
        entities = case.stored(4)
        first = case.repository.started_stream(batch=2, order_by=case.key_columns)
        assert case.key(first) == case.key(entities[0])
        assert case.repository.count() == 4

    def test_what_came_back_can_be_read(self, case: Case[T]) -> None:
        created = case.repository.create(case.new(0))
        key = case.key(created)
        results: list[Any] = [
            created,
            case.repository.get(key),
            case.repository.get_one(key),
            *case.repository.get_many([key]),
            *case.repository.list(),
            *case.repository.find(),
            *case.repository.page().items,
            *case.repository.stream(),
            case.repository.update(key, case.changes),
        ]
        assert len(results) == 9
        for result in results:
            assert state_of(result).detached
            case.read(result)
        assert case.read(created).keys() == case.read(results[1]).keys()

    def test_an_unloaded_relationship_says_so(self, case: Case[T]) -> None:
        key = case.key(case.repository.create(case.new(0)))
        for relationship in state_of(case.model).relationships:
            if relationship.lazy in LAZY:
                with pytest.raises(RelationshipNotLoadedError, match=relationship.key):
                    getattr(case.repository.get_one(key), relationship.key)
                getattr(case.repository.get_one(key, load=relationship.key), relationship.key)
                for found in case.repository.find(load=getattr(case.model, relationship.key)):
                    getattr(found, relationship.key)

    def test_for_update_needs_a_session(self, case: Case[T]) -> None:
        key = case.key(case.stored(1)[0])
        with pytest.raises(TransactionError):
            case.repository.get(key, for_update=True)
        with pytest.raises(TransactionError):
            case.repository.find(for_update=True)
        with case.session():
            assert case.key(case.repository.get(key, for_update=True)) == key
            assert case.keys(case.repository.find(for_update=True, skip_locked=True)) == [key]
