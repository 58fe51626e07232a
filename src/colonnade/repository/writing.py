"""The operations that write one entity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar

from sqlalchemy import inspect as state_of
from sqlalchemy import select
from sqlalchemy.orm import make_transient_to_detached, object_session
from sqlalchemy.orm.attributes import flag_modified

from colonnade.errors import (
    EntityValidationError,
    SerializationError,
    TransactionError,
    UniqueViolationError,
)
from colonnade.repository.completion import complete
from colonnade.repository.conflict import conflict_columns
from colonnade.repository.fields import field, fields_of, validate_updates
from colonnade.repository.operation import operation
from colonnade.repository.reading import ReadOperations

T = TypeVar("T")

RACES = 5
"""How often an insert may lose against another writer's before that is an error."""


class WriteOperations(ReadOperations[T]):
    """Creating, changing and deleting one entity."""

    @operation
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
        for attribute in state_of(entity).attrs:
            if attribute.history.has_changes():
                setattr(present, attribute.key, attribute.value)
        return self._stored(present)

    @operation
    def update(self, id: Any, updates: Mapping[str, Any]) -> T:
        """Set the named fields of the row with this key and give the entity; no fields change nothing.

        Values may be SQL expressions: `{"plays": Clip.plays + 1}`.

        Raises:
            EntityNotFoundError: when there is no such row.
            EntityValidationError: for an unknown field, or a part of the primary key.
            ConstraintError: when the database refuses it.
        """
        values = validate_updates(self.model, updates)
        if not values:
            return self.get_one(id)
        entity = self.get_one(id, for_update=True)
        self._set(entity, values)
        return self._stored(entity)

    @operation
    def delete(self, id: Any, *, hard: bool = False) -> bool:
        """Delete the row with this key; False when there is none.

        A class with `SoftDeleteMixin` is marked instead, unless `hard` is true.

        Raises:
            ForeignKeyViolationError: when other rows hold it.
        """
        entity = self.get(id, for_update=True, include_deleted=hard)
        if entity is None:
            return False
        self._remove(entity, hard)
        self.db_session.flush()
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
        self._set(entity, {"deleted_at": None})
        return self._stored(entity)

    @operation
    def get_or_create(self, /, defaults: Mapping[str, Any] | None = None, **key: Any) -> tuple[T, bool]:
        """Give the entity with these field values, or create it with the defaults; True when it was created.

        Safe against another writer who creates it meanwhile, where a unique constraint
        covers the fields.

        Raises:
            EntityValidationError: for unknown fields.
            MultipleEntitiesError: when several rows have these values.
            UniqueViolationError: when a constraint over other fields is broken.
            SerializationError: when other writers were faster each time, or the row that has these
                values can't be seen: it's marked as deleted, or newer than this transaction's snapshot.
        """
        criteria = [getattr(self.model, name) == value for name, value in self._named(key).items()]
        for _ in range(RACES):
            found = self.find(*criteria, limit=2)
            if found:
                return (found[0] if len(found) == 1 else self.one(*criteria)), False
            try:
                with self.db_session.begin_nested():
                    return self._stored(self.model(**{**(defaults or {}), **key})), True
            except UniqueViolationError as error:
                if not set(error.columns) <= set(self._columns(key)):
                    raise
            self._look_again()
        self._lost_race()

    @operation
    def upsert(self, entity: T, on: str | Iterable[Any] = ()) -> T:
        """Insert the entity, or write its set fields to the row with the same values in `on`.

        `on` names the fields of a unique constraint; without it, the primary key where it is
        set, else the only unique constraint. Gives the entity that was passed in, or the open
        session's own object for that row.

        Raises:
            EntityValidationError: when `on` is needed, or names what isn't unique.
            UniqueViolationError: when another constraint than `on` is broken.
            SerializationError: when other writers were faster each time.
        """
        self._refuse_foreign(entity)
        names = conflict_columns(self.model, entity, on)
        for _ in range(RACES):
            key = self._key_by(entity, names)
            if key is not None:
                return self._overwrite(entity, key, names)
            try:
                with self.db_session.begin_nested():
                    return self._stored(entity)
            except UniqueViolationError as error:
                if set(error.columns) != set(self._columns(names)):
                    raise
            self._look_again()
        self._lost_race()

    def _stored(self, entity: T) -> T:
        """Add, flush, and load what the database has made of it and of what came with it."""
        session = self.db_session
        session.add(entity)
        written = [entity, *(other for other in session.new if other is not entity)]
        session.flush()
        complete(session, written)
        return entity

    def _set(self, entity: T, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            setattr(entity, name, value)
            if not hasattr(value, "__clause_element__") and not hasattr(value, "self_group"):
                flag_modified(entity, name)  # an equal value is written too: it says what the row shall hold

    def _remove(self, entity: T, hard: bool) -> None:
        if self._soft_deletes and not hard:
            self._set(entity, {"deleted_at": datetime.now(UTC)})
        else:
            self.db_session.delete(entity)

    def _refuse_foreign(self, entity: Any) -> None:
        """Refuse what isn't of this repository's class, and what another open session holds."""
        if not isinstance(entity, self.model):
            raise EntityValidationError(
                f"{type(entity).__name__} was given, and this repository stores {self.model.__name__}",
                entity=self.model.__name__,
            )
        if object_session(entity) not in (None, self.db_session):
            raise TransactionError(
                f"this {self.model.__name__} belongs to another open session",
                remedy="use that session's repository, or hand the object over when that session has ended",
                entity=self.model.__name__,
            )

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

    def _named(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Check names to look up by; the primary key is one of them."""
        for name in values:
            field(self.model, name)
        return dict(values)

    def _columns(self, names: Iterable[str]) -> set[str]:
        return {column.name for name in names for column in self._mapper.column_attrs[name].columns}

    def _key_by(self, entity: T, names: tuple[str, ...]) -> Any:
        """Find and lock the row that has the entity's values in these fields; give its key or None."""
        statement = select(*self._mapper.primary_key).with_for_update()
        for name in names:
            statement = statement.where(getattr(self.model, name) == getattr(entity, name))
        row = self.execute(statement).one_or_none()
        return None if row is None else tuple(row)

    def _overwrite(self, entity: T, key: tuple[Any, ...], names: tuple[str, ...]) -> T:
        fixed = {*names, *fields_of(self.model).key}
        values = {name: value for name, value in self._set_fields(entity).items() if name not in fixed}
        present = self._present(self._mapper.identity_key_from_primary_key(key))
        if present is None:
            for name, value in zip(fields_of(self.model).key, key, strict=True):
                setattr(entity, name, value)
            make_transient_to_detached(entity)
            present = entity
            self.db_session.add(present)
        self._set(present, values)
        return self._stored(present)

    def _set_fields(self, entity: T) -> dict[str, Any]:
        loaded = state_of(entity).dict
        return {name: loaded[name] for name in fields_of(self.model).columns if name in loaded}

    def _look_again(self) -> None:
        """Let the next look see what another writer has just committed."""
        frame = self._binding.frame()
        if frame is not None and frame.alone:
            self.db_session.rollback()

    def _lost_race(self) -> NoReturn:
        raise SerializationError(
            f"other writers were faster {RACES} times, or their row isn't visible in this transaction",
            entity=self.model.__name__,
            remedy="try the whole unit of work again: db.run(...)",
        )
