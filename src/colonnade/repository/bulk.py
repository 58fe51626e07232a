"""The operations that write many entities, all of them in one transaction."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import CursorResult, delete, update

from colonnade.errors import EntityValidationError
from colonnade.repository.completion import complete
from colonnade.repository.fields import fields_of, validate_updates
from colonnade.repository.keys import key_of, many_keys_criteria, normal_key, split_row
from colonnade.repository.operation import operation
from colonnade.repository.races import RaceOperations
from colonnade.repository.reading import Criterion
from colonnade.repository.reread import reread_class

T = TypeVar("T")


class BulkOperations(RaceOperations[T]):
    """Creating, changing and deleting many entities at once."""

    @operation
    def create_many(self, entities: Iterable[T]) -> builtins.list[T]:
        """Insert the entities, with generated keys and defaults on the objects that were passed in.

        Raises:
            EntityValidationError: for an object of another class, or one that is stored already.
            ConstraintError: when the database refuses one; none is stored.
        """
        new = list(entities)
        for entity in new:
            self._refuse_stored(entity)
        self._store(new)
        return new

    @operation
    def update_many(self, rows: Iterable[Mapping[str, Any]]) -> int:
        """Set fields of many rows, each a mapping with the primary key and new values; gives how many.

        Raises:
            EntityNotFoundError: when one of them isn't there; none is changed.
            EntityValidationError: for an unknown field, or a row without its key.
        """
        changes = [split_row(self.model, row) for row in rows]
        found = self._locked_by_key(key for key, _ in changes)
        for key, values in changes:
            if key not in found:
                self._not_found(key)
            self._set(found[key], values)
        self.db_session.flush()
        complete(self.db_session, found.values())
        return len(changes)

    @operation
    def update_where(self, values: Mapping[str, Any], *criteria: Criterion) -> int:
        """Set fields of all rows that meet the criteria, in one statement; gives how many rows there were.

        Raises:
            EntityValidationError: for an unknown field, or criteria that are no SQL.
        """
        checked = validate_updates(self.model, values)
        if not checked:
            return 0
        return self._update_where(checked, criteria)

    @operation
    def upsert_many(self, entities: Iterable[T], on: str | Iterable[Any] = ()) -> builtins.list[T]:
        """Upsert each of the entities, in order, in one transaction; see `upsert`."""
        on = on if isinstance(on, str) or not isinstance(on, Iterable) else tuple(on)
        return [self.upsert(entity, on) for entity in entities]

    @operation
    def delete_many(self, ids: Iterable[Any], *, hard: bool = False) -> int:
        """Delete the rows with these keys; gives how many there were.

        A class with `SoftDeleteMixin` has them marked instead, unless `hard` is true.
        """
        found = self._locked_by_key(ids, include_deleted=hard or not self._soft_deletes)
        self._remove(list(found.values()), hard)
        return len(found)

    @operation
    def delete_where(self, *criteria: Criterion, everything: bool = False, hard: bool = False) -> int:
        """Delete all rows that meet the criteria, in one statement; gives how many there were.

        The database's own ON DELETE rules apply; cascades declared in Python alone do not.

        Raises:
            EntityValidationError: without criteria, unless `everything` is true.
        """
        if not criteria and not everything:
            raise EntityValidationError(
                f"delete_where without criteria would delete every {self.model.__name__}",
                entity=self.model.__name__,
                remedy="give criteria, or everything=True",
            )
        if self._soft_deletes and not hard:
            return self._update_where({"deleted_at": datetime.now(UTC)}, criteria)
        conditions = self._conditions(criteria)
        tables = {table for mapper in self._mapper.self_and_descendants for table in mapper.tables}
        if len(tables) > 1:  # which no single DELETE reaches
            found = self._locked_by_criteria(conditions)
            self._remove(found, hard=True)
            return len(found)
        synchronize = "fetch" if self.db_session.identity_map else False
        return self._rows_changed(delete(self.model).where(*conditions), synchronize=synchronize)

    def _update_where(self, values: Mapping[str, Any], given: Iterable[Any]) -> int:
        conditions = self._conditions(given)
        if self._soft_deletes:
            conditions = (*conditions, getattr(self.model, "deleted_at").is_(None))  # noqa: B009
        if len(self._mapper.tables) > 1:  # which no single UPDATE reaches
            found = self._locked_by_criteria(conditions)
            for entity in found:
                self._set(entity, values)
            self._store(found)
            return len(found)
        version = fields_of(self.model).version
        if version is not None:
            values = {version: getattr(self.model, version) + 1, **values}
        # Not SQLAlchemy's own synchronizing: it knows nothing of updated_at, nor of expressions.
        count = self._rows_changed(update(self.model).where(*conditions).values(values), synchronize=False)
        reread_class(self.db_session, self.model)
        return count

    def _rows_changed(self, statement: Any, *, synchronize: Any) -> int:
        self.db_session.flush()
        result = self.db_session.execute(statement, execution_options={"synchronize_session": synchronize})
        assert isinstance(result, CursorResult)
        return result.rowcount

    def _locked_by_criteria(self, conditions: Iterable[Any]) -> builtins.list[T]:
        return self.find(*conditions, for_update=True, include_deleted=True)

    def _locked_by_key(self, ids: Iterable[Any], *, include_deleted: bool = False) -> dict[Any, T]:
        """Read and lock the rows with these keys, by key."""
        keys = [normal_key(self.model, id) for id in ids]
        statement = self._locking(self._select(include_deleted), keys)
        found: dict[Any, T] = {}
        for criterion in many_keys_criteria(self.model, keys):
            for entity in self.scalars(statement.where(criterion)).unique():
                found[key_of(entity)] = entity
        return found
