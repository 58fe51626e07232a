"""Cases about writing one entity."""

from __future__ import annotations

from typing import Any, TypeVar

import pytest
from sqlalchemy import inspect as state_of

from colonnade.errors import EntityNotFoundError, EntityValidationError, UniqueViolationError
from colonnade.testing.compliance.cases import Case, Cases, needs

T = TypeVar("T")


class WritingCases(Cases[T]):
    """What is written is there, and nothing else is."""

    def test_create_gives_the_object_with_its_key(self, case: Case[T]) -> None:
        entity = case.new(0)
        assert case.repository.create(entity) is entity
        assert all(getattr(entity, name) is not None for name in case.key_names)
        assert case.repository.count() == 1

    def test_what_is_stored_cant_be_created_again(self, case: Case[T]) -> None:
        entity = case.repository.create(case.new(0))
        with pytest.raises(EntityValidationError):
            case.repository.create(entity)
        with pytest.raises(EntityValidationError):
            case.repository.create(object())
        assert case.repository.count() == 1

    def test_a_key_is_taken_once(self, case: Case[T]) -> None:
        entity = case.repository.create(case.new(0))
        before = _row(case, case.key(entity))
        with pytest.raises(UniqueViolationError) as caught:
            case.repository.create(case.with_key_of(entity, 1))
        assert caught.value.entity == case.model.__name__
        assert _row(case, case.key(entity)) == before
        assert case.repository.count() == 1

    def test_save_writes_the_changed_columns(self, case: Case[T]) -> None:
        first, second = case.stored(2)
        untouched = _row(case, case.key(second))
        for name, value in case.changes.items():
            setattr(first, name, value)
        saved = case.repository.save(first)
        assert case.key(saved) == case.key(first)
        _expect(case, case.key(first), case.changes)
        assert _row(case, case.key(second)) == untouched

    def test_save_creates_what_is_new(self, case: Case[T]) -> None:
        entity = case.repository.save(case.new(0))
        assert case.key(case.repository.get(case.key(entity))) == case.key(entity)

    def test_update_sets_the_named_fields_only(self, case: Case[T]) -> None:
        first, second = case.stored(2)
        before, untouched = _row(case, case.key(first)), _row(case, case.key(second))
        updated = case.repository.update(case.key(first), case.changes)
        assert case.key(updated) == case.key(first)
        assert {name: getattr(updated, name) for name in case.changes} == case.changes
        after = _row(case, case.key(first))
        kept = before.keys() - case.changes.keys() - _kept_by_the_database(case)
        assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
        _expect(case, case.key(first), case.changes)
        assert _row(case, case.key(second)) == untouched

    def test_update_with_nothing_changes_nothing(self, case: Case[T]) -> None:
        key = case.key(case.stored(1)[0])
        before = _row(case, key)
        assert case.key(case.repository.update(key, {})) == key
        assert _row(case, key) == before

    def test_update_of_a_missing_row_raises(self, case: Case[T]) -> None:
        absent = case.absent_key()
        for changes in (case.changes, {}):
            with pytest.raises(EntityNotFoundError):
                case.repository.update(absent, changes)
        assert case.repository.count() == 0

    def test_update_refuses_unknown_fields_and_keys(self, case: Case[T]) -> None:
        entity = case.stored(1)[0]
        before = _row(case, case.key(entity))
        key_part = {case.key_names[0]: getattr(entity, case.key_names[0])}
        for wrong in ({"no_such_field": 1}, key_part):
            with pytest.raises(EntityValidationError):
                case.repository.update(case.key(entity), {**case.changes, **wrong})
        assert _row(case, case.key(entity)) == before

    @needs("expressions")
    def test_update_takes_sql_expressions(self, case: Case[T]) -> None:
        key = case.key(case.stored(1)[0])
        name, expression, expected = computed(case)
        case.repository.update(key, {name: case.changes[name]})
        updated = case.repository.update(key, {name: expression})
        assert getattr(updated, name) == expected
        _expect(case, key, {name: expected})

    def test_delete_tells_whether_there_was_a_row(self, case: Case[T]) -> None:
        first, second = case.stored(2)
        assert case.repository.delete(case.key(first)) is True
        assert case.repository.delete(case.key(first)) is False
        assert case.repository.get(case.key(first)) is None
        assert case.keys(case.repository.find()) == [case.key(second)]

    @needs("get_or_create")
    def test_get_or_create_creates_once(self, case: Case[T]) -> None:
        values = case.given(0)
        key = _looked_up_by(case, values)
        defaults = {name: value for name, value in values.items() if name not in key}
        entity, created = case.repository.get_or_create(defaults, **key)
        assert created is True
        again, created = case.repository.get_or_create({**defaults, **case.changes}, **key)
        assert (created, case.key(again)) == (False, case.key(entity))
        assert case.repository.count() == 1
        assert {name: getattr(again, name) for name in values} == values

    @needs("get_or_create")
    def test_get_or_create_refuses_unknown_fields(self, case: Case[T]) -> None:
        with pytest.raises(EntityValidationError):
            case.repository.get_or_create(no_such_field=1)

    @needs("upsert")
    def test_upsert_inserts_or_overwrites(self, case: Case[T]) -> None:
        other = case.repository.create(case.new(5))
        untouched = _row(case, case.key(other))
        entity = case.new(0)
        if not self.upsert_on and not case.has_key(entity):
            case.set_key(entity, case.absent_key())
        entity = case.repository.upsert(entity, on=self.upsert_on)
        assert case.repository.count() == 2
        twin = case.new(0)
        for name, value in case.changes.items():
            setattr(twin, name, value)
        for name in self.upsert_on or case.key_names:
            setattr(twin, name, getattr(entity, name))
        stored = case.repository.upsert(twin, on=self.upsert_on)
        assert case.key(stored) == case.key(entity)
        assert case.repository.count() == 2
        expected = {name: value for name, value in case.changes.items() if name not in self.upsert_on}
        _expect(case, case.key(entity), expected)
        assert _row(case, case.key(other)) == untouched


def computed(case: Case[Any]) -> tuple[str, Any, Any]:
    """Give a field of the changes, an expression on it, and what that comes to."""
    for name, value in case.changes.items():
        column = getattr(case.model, name)
        if (
            isinstance(value, int)
            and not isinstance(value, bool)
            and not column.property.columns[0].foreign_keys
        ):
            return name, column + 1, value + 1
    for name, value in case.changes.items():
        if type(value) is str:
            return name, getattr(case.model, name).concat("x"), value + "x"
    raise AssertionError('no number or text among `changes`; add one, or declare without={"expressions": …}')


def _row(case: Case[Any], key: Any) -> dict[str, Any]:
    return case.values(case.repository.get_one(key))


def _expect(case: Case[Any], key: Any, values: Any) -> None:
    row = _row(case, key)
    assert {name: row[name] for name in values} == dict(values)


def _kept_by_the_database(case: Case[Any]) -> set[str]:
    """Give the columns that every UPDATE moves: times and versions."""
    mapper = state_of(case.model)
    return {
        attribute.key
        for attribute in mapper.column_attrs
        for column in attribute.columns
        if column is mapper.version_id_col
        or getattr(column, "onupdate", None)
        or getattr(column, "computed", None)
    }


def _looked_up_by(case: Case[Any], values: dict[str, Any]) -> dict[str, Any]:
    """Give the fields that tell whether the row is there: the key, where `new` sets it, else all of them."""
    if all(name in values for name in case.key_names):
        return {name: values[name] for name in case.key_names}
    return {name: value for name, value in values.items() if value is not None}
