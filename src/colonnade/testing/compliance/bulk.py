"""Cases about writing many entities at once."""

from __future__ import annotations

from typing import TypeVar

import pytest

from colonnade.errors import EntityNotFoundError, EntityValidationError, UniqueViolationError
from colonnade.testing.compliance.cases import Case, Cases, needs
from colonnade.testing.compliance.writing import computed

T = TypeVar("T")


class BulkCases(Cases[T]):
    """All of them, or none."""

    def test_create_many_fills_in_the_objects(self, case: Case[T]) -> None:
        given = [case.new(number) for number in range(4)]
        wanted = [case.given(number) for number in range(4)]
        created = case.repository.create_many(given)
        assert [one is other for one, other in zip(created, given, strict=True)] == [True] * 4
        assert len(set(case.keys(created))) == 4
        for entity, values in zip(created, wanted, strict=True):
            found = case.repository.get_one(case.key(entity))
            assert {name: getattr(found, name) for name in values} == values
            assert case.read(entity) == case.read(found)
        assert case.repository.create_many([]) == []

    def test_create_many_stores_all_or_none(self, case: Case[T]) -> None:
        entity = case.repository.create(case.new(0))
        with pytest.raises(UniqueViolationError):
            case.repository.create_many([case.new(1), case.with_key_of(entity, 2)])
        with pytest.raises(EntityValidationError):
            case.repository.create_many([case.new(3), object()])
        assert case.keys(case.repository.find()) == [case.key(entity)]

    def test_update_many_goes_by_key(self, case: Case[T]) -> None:
        first, second, third = case.stored(3)
        before = case.values(case.repository.get_one(case.key(second)))
        rows = [{**case.key_of_row(entity), **case.changes} for entity in (third, first)]
        assert case.repository.update_many(rows) == 2
        for entity in (first, third):
            found = case.values(case.repository.get_one(case.key(entity)))
            assert {name: found[name] for name in case.changes} == case.changes
        assert case.values(case.repository.get_one(case.key(second))) == before
        assert case.repository.update_many([]) == 0

    def test_update_many_changes_all_or_none(self, case: Case[T]) -> None:
        entity = case.stored(1)[0]
        before = case.values(case.repository.get_one(case.key(entity)))
        absent = case.new(91)
        case.set_key(absent, case.absent_key())
        rows = [{**case.key_of_row(one), **case.changes} for one in (entity, absent)]
        with pytest.raises(EntityNotFoundError):
            case.repository.update_many(rows)
        for wrong in ({**rows[0], "no_such_field": 1}, dict(case.changes)):
            with pytest.raises(EntityValidationError):
                case.repository.update_many([rows[0], wrong])
        assert case.values(case.repository.get_one(case.key(entity))) == before

    def test_update_where_goes_by_criteria(self, case: Case[T]) -> None:
        first, second = case.stored(2)
        before = case.values(case.repository.get_one(case.key(second)))
        assert case.repository.update_where(case.changes, *case.by_key(first)) == 1
        found = case.values(case.repository.get_one(case.key(first)))
        assert {name: found[name] for name in case.changes} == case.changes
        assert case.values(case.repository.get_one(case.key(second))) == before
        assert case.repository.update_where(case.changes) == 2
        assert case.repository.update_where({}) == 0
        with pytest.raises(EntityValidationError):
            case.repository.update_where({"no_such_field": 1})
        with pytest.raises(EntityValidationError):
            case.repository.update_where(case.changes, True)

    @needs("expressions")
    def test_update_where_takes_sql_expressions(self, case: Case[T]) -> None:
        keys = case.keys(case.stored(2))
        name, expression, expected = computed(case)
        case.repository.update_where({name: case.changes[name]})
        assert case.repository.update_where({name: expression}) == 2
        assert [getattr(entity, name) for entity in case.repository.get_many(keys)] == [expected] * 2

    @needs("upsert")
    def test_upsert_many_inserts_and_overwrites(self, case: Case[T]) -> None:
        stored = case.repository.create(case.new(0))
        twin, new = case.new(0), case.new(1)
        for name in self.upsert_on or case.key_names:
            setattr(twin, name, getattr(stored, name))
        for name, value in case.changes.items():
            if name not in self.upsert_on:
                setattr(twin, name, value)
        if not self.upsert_on and not case.has_key(new):
            case.set_key(new, case.absent_key())
        upserted = case.repository.upsert_many([twin, new], on=self.upsert_on)
        assert [case.key(upserted[0]), len(upserted), case.repository.count()] == [case.key(stored), 2, 2]
        found = case.values(case.repository.get_one(case.key(stored)))
        expected = {name: value for name, value in case.changes.items() if name not in self.upsert_on}
        assert {name: found[name] for name in expected} == expected
        assert case.repository.upsert_many([]) == []

    def test_delete_many_counts_what_was_there(self, case: Case[T]) -> None:
        first, second, third = case.keys(case.stored(3))
        absent = case.absent_key()
        assert case.repository.delete_many([third, absent, first]) == 2
        assert case.keys(case.repository.find()) == [second]
        assert case.repository.delete_many([]) == 0

    def test_delete_where_goes_by_criteria(self, case: Case[T]) -> None:
        first, second = case.stored(2)
        assert case.repository.delete_where(*case.by_key(first)) == 1
        assert case.repository.delete_where(*case.by_key(first)) == 0
        assert case.keys(case.repository.find()) == [case.key(second)]

    def test_everything_is_deleted_only_when_told(self, case: Case[T]) -> None:
        case.stored(2)
        with pytest.raises(EntityValidationError):
            case.repository.delete_where()
        assert case.repository.count() == 2
        assert case.repository.delete_where(everything=True) == 2
        assert case.repository.count() == 0
