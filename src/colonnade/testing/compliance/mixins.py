"""Cases about what Colonnade's mixins promise; those about a mixin that the class hasn't are empty."""

from __future__ import annotations

from typing import Any, TypeVar

import pytest
from sqlalchemy import inspect as state_of

from colonnade.errors import (
    EntityNotFoundError,
    EntityValidationError,
    StaleEntityError,
    UniqueViolationError,
)
from colonnade.models import SoftDeleteMixin, TimestampMixin
from colonnade.testing.compliance.cases import Case, Cases, needs

T = TypeVar("T")


class MixinCases(Cases[T]):
    """Times move, versions protect, and what was deleted softly can come back."""

    def test_times_are_kept(self, case: Case[T]) -> None:
        if not issubclass(case.model, TimestampMixin):
            return
        entity: Any = case.repository.create(case.new(0))
        created, updated = entity.created_at, entity.updated_at
        changed: Any = case.repository.update(case.key(entity), case.changes)
        assert (changed.created_at, changed.updated_at > updated) == (created, True)
        case.repository.update_where(case.changes)
        found: Any = case.repository.get_one(case.key(entity))
        assert (found.created_at, found.updated_at > changed.updated_at) == (created, True)

    def test_a_stale_entity_overwrites_nothing(self, case: Case[T]) -> None:
        if state_of(case.model).version_id_col is None:
            return
        stale = case.repository.create(case.new(0))
        newer = case.repository.update(case.key(stale), case.changes)
        name = next(iter(case.changes))
        setattr(stale, name, getattr(case.new(1), name))
        _touch(stale, name)
        with pytest.raises(StaleEntityError):
            case.repository.save(stale)
        found = case.repository.get_one(case.key(stale))
        assert case.values(found) == case.values(newer)
        setattr(found, name, getattr(case.new(1), name))
        case.repository.save(found)

    def test_every_write_counts_a_version(self, case: Case[T]) -> None:
        column = state_of(case.model).version_id_col
        if column is None:
            return
        name = state_of(case.model).get_property_by_column(column).key
        entity = case.repository.create(case.new(0))
        seen = [getattr(entity, name), getattr(case.repository.update(case.key(entity), case.changes), name)]
        case.repository.update_where(case.changes)
        seen.append(getattr(case.repository.get_one(case.key(entity)), name))
        assert seen == [1, 2, 3]

    def test_what_is_deleted_softly_is_left_out(self, case: Case[T]) -> None:
        if not issubclass(case.model, SoftDeleteMixin):
            with pytest.raises(EntityValidationError):
                case.repository.restore(case.key(case.stored(1)[0]))
            return
        first, second = case.stored(2)
        key = case.key(first)
        assert case.repository.delete(key) is True
        left = [case.key(second)]
        assert case.keys(case.repository.find()) == left
        assert case.keys(case.repository.list()) == left
        assert case.keys(case.repository.page().items) == left
        assert case.keys(case.repository.stream()) == left
        assert case.keys(case.repository.get_many([key, *left])) == left
        assert (case.repository.count(), case.repository.get(key)) == (1, None)
        assert case.repository.exists(*case.by_key(first)) is False
        with pytest.raises(EntityNotFoundError):
            case.repository.update(key, case.changes)
        assert case.repository.delete_many([key]) == 0

    def test_what_is_deleted_softly_is_found_when_asked_for(self, case: Case[T]) -> None:
        if not issubclass(case.model, SoftDeleteMixin):
            return
        first, second = case.stored(2)
        key = case.key(first)
        assert case.repository.delete_many([key]) == 1
        case.repository.restore(key)
        assert case.repository.delete(key) is True
        found: Any = case.repository.get(key, include_deleted=True)
        assert found is not None and found.deleted_at is not None
        assert case.repository.count(include_deleted=True) == 2
        assert len(case.repository.find(include_deleted=True)) == 2
        assert case.repository.restore(key).deleted_at is None
        assert case.key(case.repository.restore(key)) == key
        assert case.repository.count() == 2
        assert case.repository.delete(key, hard=True) is True
        assert case.repository.get(key, include_deleted=True) is None
        assert case.repository.delete_where(*case.by_key(second)) == 1
        assert case.repository.count(include_deleted=True) == 1
        assert case.repository.delete_many([case.key(second)], hard=True) == 1
        assert case.repository.count(include_deleted=True) == 0

    @needs("get_or_create")
    def test_what_is_deleted_softly_keeps_its_key(self, case: Case[T]) -> None:
        if not issubclass(case.model, SoftDeleteMixin):
            return
        entity = case.stored(1)[0]
        case.repository.delete(case.key(entity))
        values = {name: value for name, value in case.given(1).items() if name not in case.key_names}
        with pytest.raises(UniqueViolationError):
            case.repository.create(case.with_key_of(entity, 1))
        with pytest.raises(UniqueViolationError):
            case.repository.get_or_create(values, **case.key_of_row(entity))
        assert case.repository.count(include_deleted=True) == 1


def _touch(entity: Any, name: str) -> None:
    """Have the field written though its value may be the same."""
    from sqlalchemy.orm.attributes import flag_modified

    flag_modified(entity, name)
