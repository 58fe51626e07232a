"""The operations that write many entities, all of them in one transaction."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import CursorResult, delete, update

from colonnade.errors import EntityValidationError
from colonnade.repository.completion import complete
from colonnade.repository.fields import validate_updates
from colonnade.repository.keys import key_of, many_keys_criteria, split_row
from colonnade.repository.operation import operation
from colonnade.repository.query import criteria
from colonnade.repository.reading import Criterion
from colonnade.repository.writing import WriteOperations

T = TypeVar("T")


class BulkOperations(WriteOperations[T]):
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
        self.db_session.add_all(new)
        written = list(self.db_session.new)
        self.db_session.flush()
        complete(self.db_session, written)
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
        found = self._locked_by_key(ids, include_deleted=hard)
        for entity in found.values():
            self._remove(entity, hard)
        self.db_session.flush()
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
        statement = delete(self.model).where(*self._conditions(criteria))
        return self._rows_changed(statement)

    def _update_where(self, values: Mapping[str, Any], given: Iterable[Any]) -> int:
        statement = update(self.model).where(*criteria(self.model, given))
        if self._soft_deletes:
            statement = statement.where(getattr(self.model, "deleted_at").is_(None))  # noqa: B009
        version = self._mapper.version_id_col
        if version is not None:
            name = self._mapper.get_property_by_column(version).key
            values = {name: getattr(self.model, name) + 1, **values}
        return self._rows_changed(statement.values(values))

    def _rows_changed(self, statement: Any) -> int:
        result = self.db_session.execute(statement, execution_options={"synchronize_session": "fetch"})
        assert isinstance(result, CursorResult)
        return result.rowcount

    def _locked_by_key(self, ids: Iterable[Any], *, include_deleted: bool = False) -> dict[Any, T]:
        """Read and lock the rows with these keys, by key."""
        statement = self._locked(self._select(include_deleted), True, False)
        found: dict[Any, T] = {}
        for criterion in many_keys_criteria(self.model, ids):
            for entity in self.scalars(statement.where(criterion)).unique():
                found[key_of(entity)] = entity
        return found
