"""The operations that find a row or else create it, while others may be doing the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, NoReturn, TypeVar

from sqlalchemy import ColumnElement, Connection, select
from sqlalchemy import inspect as state_of
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import make_transient, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from colonnade.dialects.contract import known_dialect
from colonnade.engine.translate import translated
from colonnade.errors import DatabaseError, DeadlockError, SerializationError, UniqueViolationError
from colonnade.models.fields import attributes_of_columns, field, fields_of, refuse_name
from colonnade.repository.conflict import conflict_columns
from colonnade.repository.graph import refuse_stale
from colonnade.repository.keys import key_criteria
from colonnade.repository.operation import Operation, operation
from colonnade.repository.writing import WriteOperations

T = TypeVar("T")

RACES = 5
"""How often an insert may lose against another writer's before that is an error."""


class RaceOperations(WriteOperations[T]):
    """Creating an entity unless it is there."""

    @operation
    def get_or_create(self, /, defaults: Mapping[str, Any] | None = None, **key: Any) -> tuple[T, bool]:
        """Give the entity with these field values, or create it with the defaults; True when it was created.

        Safe against another writer who creates it meanwhile, where a unique constraint
        covers the fields.

        Raises:
            EntityValidationError: for unknown fields.
            MultipleEntitiesError: when several rows have these values.
            UniqueViolationError: when a row that is marked as deleted has them, or another row has a part.
            TransientError: when another writer was faster, in an open session whose isolation hides his row.
        """
        criteria = self._equal(key)
        self._check_names(defaults or {})
        found = self.find(*criteria, limit=2)
        for _ in range(RACES):
            if found:
                return (found[0] if len(found) == 1 else self.one(*criteria)), False
            violation = None
            try:
                with self._savepoint():
                    return self._stored(self.model(**{**(defaults or {}), **key})), True
            except UniqueViolationError as error:
                violation = error
                anew = self._begins_anew(RaceOperations.__dict__["get_or_create"])
            except (DeadlockError, SerializationError):
                anew = self._begins_anew(RaceOperations.__dict__["get_or_create"])
                if not anew:
                    raise
            with self._seeing_latest(anew):
                found = self._shared(criteria, include_deleted=False)
                if violation is not None and not found:
                    self._refuse_held(key, violation)
        self._lost_race()

    @operation
    def upsert(self, entity: T, on: str | Iterable[Any] = ()) -> T:
        """Insert the entity, or write its set fields to the row with the same values in `on`.

        `on` names the fields of a unique constraint; without it, the primary key where it is
        set, else the only unique constraint. Gives the entity that was passed in, or the open
        session's own object for that row. A row that is marked as deleted is taken back.

        Raises:
            StaleEntityError: when the entity has a version, and the row another one.
            EntityValidationError: when `on` is needed, or names what isn't unique.
            UniqueViolationError: when another constraint than `on` is broken.
            TransientError: when another writer was faster, in an open session that must be begun anew.
        """
        self._refuse_foreign(entity)
        names = conflict_columns(self.model, entity, on)
        if state_of(entity).detached:
            make_transient(entity)
        anew = True
        for attempt in range(RACES):
            try:
                with self._seeing_latest(anew):
                    key = self._key_by(entity, names, at_once=attempt > 0)
                if key is None:
                    with self._savepoint():
                        return self._stored(entity)
            except UniqueViolationError as error:
                if set(error.columns) != self._columns(names):
                    raise
                anew = self._begins_anew(RaceOperations.__dict__["upsert"])
            except (DeadlockError, SerializationError):
                anew = self._begins_anew(RaceOperations.__dict__["upsert"])
                if not anew:
                    raise
            else:
                return self._overwrite(entity, key, names)
        self._lost_race()

    @contextmanager
    def _savepoint(self) -> Iterator[None]:
        """Give a savepoint, whatever the driver thinks of it, whose errors are ours."""
        session = self.db_session
        if self._binding.home is None:
            _begin(session.connection())
        with translated(session), session.begin_nested():
            yield

    def _begins_anew(self, running: Operation[Any, Any]) -> bool:
        """End the transaction, where it holds nothing but this very call, so that the next look sees all.

        False where it holds other work, too. There a locking read is needed to see what another
        writer has just committed.
        """
        frame = self._binding.frame()
        if frame is None or frame.outer is not None or self._alone_call(frame.session) is not running:
            return False
        frame.session.rollback()
        return True

    def _seeing_latest(self, anew: bool) -> AbstractContextManager[None]:
        connection = None if anew else self.db_session.connection()
        dialect = None if connection is None else known_dialect(connection.dialect.name)
        if connection is None or dialect is None:
            return nullcontext()
        return dialect.connect.seeing_latest(connection)

    def _equal(self, values: Mapping[str, Any]) -> list[ColumnElement[bool]]:
        return [field(self.model, name) == value for name, value in values.items()]

    def _check_names(self, values: Mapping[str, Any]) -> None:
        for name in values:
            if not hasattr(self.model, name):
                refuse_name(self.model, name, fields_of(self.model).columns)

    def _refuse_held(self, key: Mapping[str, Any], error: UniqueViolationError) -> None:
        """Raise when the row in the way isn't the one looked for; return when it's gone, or unseen."""
        names = attributes_of_columns(self.model, error.columns)
        part = {
            name: value
            for name, value in key.items()
            if fields_of(self.model).synonyms.get(name, name) in names
        }
        if not part or len(part) < len(names):
            raise error
        if self._soft_deletes and self._shared(self._equal(key), include_deleted=True):
            raise UniqueViolationError(
                f"a {self.model.__name__} that is marked as deleted has these values",
                entity=self.model.__name__,
                columns=error.columns,
                constraint=error.constraint,
                remedy="Take it back with restore(id), or delete it for good with delete(id, hard=True).",
            ) from error
        if self._shared(self._equal(part), include_deleted=True):
            raise error

    def _shared(self, criteria: Iterable[ColumnElement[bool]], *, include_deleted: bool) -> list[T]:
        """Find one row or two that can't go away now, nor change.

        Shared, not for update: on MySQL everyone whose insert has failed has the row in such a lock.
        """
        statement = self._select(include_deleted).where(*criteria).limit(2)
        with translated(self.db_session):
            return list(self.scalars(statement.with_for_update(read=True, of=self.model)).unique())

    def _columns(self, names: Iterable[str]) -> set[str]:
        return {column.name for name in names for column in self._mapper.column_attrs[name].columns}

    def _key_by(self, entity: T, names: tuple[str, ...], *, at_once: bool) -> Any:
        """Find and lock the row that has the entity's values in these fields; give its key or None.

        Found first and locked by its key then, unless at once: MySQL locks the gap where a row
        isn't, and two who have locked one gap wait for each other when they insert.
        """
        criteria = [getattr(self.model, name) == getattr(entity, name) for name in names]
        with translated(self.db_session):
            found: Any = self._key_of(criteria, for_update=at_once)
            if found is None or at_once:
                return found
            id = found if len(found) > 1 else found[0]
            return self._key_of([*key_criteria(self.model, id), *criteria], for_update=True)

    def _key_of(self, criteria: Iterable[ColumnElement[bool]], *, for_update: bool) -> tuple[Any, ...] | None:
        keys = [getattr(self.model, name) for name in fields_of(self.model).key]
        statement = select(*keys).where(*criteria)
        row = self.execute(
            statement.with_for_update(of=self.model) if for_update else statement
        ).one_or_none()
        return None if row is None else tuple(row)

    def _overwrite(self, entity: T, key: tuple[Any, ...], names: tuple[str, ...]) -> T:
        fields = fields_of(self.model)
        # With nothing else to write, what it was found by is written again, so that its version is compared.
        fixed = {*fields.key, fields.version, *(names if fields.version is None else ())}
        values = {name: value for name, value in self._set_fields(entity).items() if name not in fixed}
        if self._soft_deletes:
            values.setdefault("deleted_at", None)
        present = self._present(self._mapper.identity_key_from_primary_key(key))
        if present is not None:
            refuse_stale(entity, present)
            self._set(present, values)
            return self._stored(present)
        given = {name: value for name, value in state_of(entity).dict.items() if name in self._mapper.attrs}
        for name, value in zip(fields.key, key, strict=True):
            setattr(entity, name, value)
        make_transient_to_detached(entity)
        self.db_session.add(entity)
        self._set(entity, values)
        try:
            return self._stored(entity)
        except (DatabaseError, SQLAlchemyError):
            self._give_back(entity, given)
            raise

    def _give_back(self, entity: T, given: Mapping[str, Any]) -> None:
        """Make the entity what it was before it stood for a row; a rollback would have emptied it."""
        self.db_session.expunge(entity)
        make_transient(entity)
        for name in self._mapper.attrs.keys():  # noqa: SIM118 (a read-only collection, not a dict)
            state_of(entity).dict.pop(name, None)
        for name, value in given.items():
            set_committed_value(entity, name, value)

    def _set_fields(self, entity: T) -> dict[str, Any]:
        loaded = state_of(entity).dict
        return {name: loaded[name] for name in fields_of(self.model).columns if name in loaded}

    def _lost_race(self) -> NoReturn:
        raise SerializationError(
            f"other writers were faster {RACES} times, or their row isn't visible in this transaction",
            entity=self.model.__name__,
            remedy="try the whole unit of work again: db.run(...)",
        )


def _begin(connection: Connection) -> None:
    # Python's sqlite3 begins with the first INSERT only. A savepoint before that would be the
    # transaction itself, and its release the commit.
    dialect = known_dialect(connection.dialect.name)
    driver_connection = connection.connection.dbapi_connection
    if dialect is None or driver_connection is None:
        return
    autocommit = connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"
    if not autocommit and dialect.connect.in_transaction(driver_connection) is False:
        connection.exec_driver_sql("BEGIN")
