"""The operations that write one entity."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import inspect as state_of
from sqlalchemy.orm.attributes import flag_modified

from colonnade.engine.translate import translated
from colonnade.errors import EntityValidationError
from colonnade.models.fields import is_sql
from colonnade.models.validation import checked_updates
from colonnade.repository.acting import acted
from colonnade.repository.checking import check_written
from colonnade.repository.completion import complete
from colonnade.repository.direct import DirectTable
from colonnade.repository.graph import carry_over, refuse_foreign, refuse_taken_key
from colonnade.repository.holders import deleting
from colonnade.repository.operation import operation
from colonnade.repository.reading import ReadOperations
from colonnade.repository.softdelete import loading_all_rows

T = TypeVar("T")


def _create_directly(self: WriteOperations[T], table: DirectTable[T], entity: T) -> Any:
    """Do what `create` does, past the Session."""
    return acted(table.home.dialect, table.creation.create(entity))


def _update_directly(
    self: WriteOperations[T], table: DirectTable[T], id: Any, updates: Mapping[str, Any]
) -> Any:
    """Do what `update` does, past the Session."""
    return acted(table.home.dialect, table.writing.update(id, updates, partial(self._found, id)))


def _delete_directly(self: WriteOperations[T], table: DirectTable[T], id: Any, *, hard: bool = False) -> Any:
    """Do what `delete` does, past the Session."""
    return acted(table.home.dialect, table.writing.delete(table.key(id), hard=hard))


class WriteOperations(ReadOperations[T]):
    """Creating, changing and deleting one entity."""

    @operation(direct=_create_directly)
    def create(self, entity: T) -> T:
        """Insert the entity and what is attached to it; generated keys and defaults are on the object.

        Raises:
            EntityValidationError: for an object of another class, or one that is stored already.
            TransactionError: for an object of another open session.
            ConstraintError: when the database refuses it; nothing is stored.
        """
        self._refuse_stored(entity)
        return self._stored(entity)

    @operation
    def save(self, entity: T) -> T:
        """Write the changed columns of an entity that was read earlier; one that is new is created.

        When the open session holds another object for the same row, the changes go to that
        one, which is given back.

        Raises:
            StaleEntityError: when the row was deleted, or changed since (with `VersionMixin`).
            TransactionError: for an object of another open session.
        """
        self._refuse_foreign(entity)
        present = self._present(state_of(entity).identity_key)
        if present is None or present is entity:
            return self._stored(entity)
        carry_over(entity, present)
        return self._stored(present)

    @operation(direct=_update_directly)
    def update(self, id: Any, updates: Mapping[str, Any]) -> T:
        """Set the named fields of the row with this key and give the entity; no fields change nothing.

        Values may be SQL expressions: `{"plays": Clip.plays + 1}`.

        Raises:
            EntityNotFoundError: when there is no such row.
            EntityValidationError: for an unknown field, or a part of the primary key.
            ConstraintError: when the database refuses it.
        """
        values = checked_updates(self.model, updates)
        if not values:
            return self.get_one(id)
        entity = self.get_one(id, for_update=True)
        self._set(entity, values)
        return self._stored(entity)

    @operation(direct=_delete_directly)
    def delete(self, id: Any, *, hard: bool = False) -> bool:
        """Delete the row with this key; False when there is none.

        A class with `SoftDeleteMixin` is marked instead, unless `hard` is true.

        Raises:
            ForeignKeyViolationError: when other rows hold it.
        """
        entity = self.get(id, for_update=True, include_deleted=hard or not self._soft_deletes)
        if entity is None:
            return False
        self._remove([entity], hard)
        return True

    @operation
    def restore(self, id: Any) -> T:
        """Take back the soft deletion of the row with this key; one that isn't deleted stays as it is.

        Raises:
            EntityNotFoundError: when there is no such row.
            EntityValidationError: when the class has no `SoftDeleteMixin`.
        """
        if not self._soft_deletes:
            raise EntityValidationError(
                f"{self.model.__name__} has no SoftDeleteMixin, so nothing of it can be restored",
                entity=self.model.__name__,
            )
        entity = self.get_one(id, for_update=True, include_deleted=True)
        if getattr(entity, "deleted_at") is None:  # noqa: B009
            return entity
        self._set(entity, {"deleted_at": None})
        return self._stored(entity)

    def _found(self, id: Any, entity: T | None) -> T:
        return self._not_found(id) if entity is None else entity

    def _stored(self, entity: T) -> T:
        """Add, flush, and load what the database has made of it and of what came with it."""
        self._store([entity])
        return entity

    def _store(self, entities: builtins.list[T]) -> None:
        session = self.db_session
        for entity in entities:
            refuse_taken_key(session, entity)
        before = set(map(id, session))
        session.add_all(entities)
        written = {id(one): one for one in (*entities, *session.new, *session.dirty)}
        check_written(session, written.values(), before)
        session.flush()
        complete(session, written.values())

    def _set(self, entity: T, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            setattr(entity, name, value)
            if not is_sql(value):
                flag_modified(entity, name)  # an equal value is written too: it says what the row shall hold

    def _remove(self, entities: builtins.list[T], hard: bool) -> None:
        if self._soft_deletes and not hard:
            now = datetime.now(UTC)
            for entity in entities:
                self._set(entity, {"deleted_at": now})
            self.db_session.flush()
            return
        with deleting(self.model), translated(self.db_session), loading_all_rows(entities):
            for entity in entities:
                self.db_session.delete(entity)
            self.db_session.flush()

    def _refuse_foreign(self, entity: Any) -> None:
        """Refuse what isn't of this repository's class, and what another open session holds."""
        if not isinstance(entity, self.model):
            raise EntityValidationError(
                f"{type(entity).__name__} was given, and this repository stores {self.model.__name__}",
                entity=self.model.__name__,
            )
        refuse_foreign(self.db_session, entity)

    def _refuse_stored(self, entity: Any) -> None:
        self._refuse_foreign(entity)
        if state_of(entity).has_identity:
            raise EntityValidationError(
                f"this {self.model.__name__} is stored already",
                entity=self.model.__name__,
                remedy="use save() for its changes, or create a new object",
            )

    def _present(self, identity_key: Any) -> T | None:
        return None if identity_key is None else self.db_session.identity_map.get(identity_key)
