"""Putting the audit triggers into a database, and looking whether they're there.

    audit.install(db)                    await audit.install(adb)

Tables that are created have theirs along with them.
"""

from __future__ import annotations

import logging
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, overload

from sqlalchemy import Connection, MetaData, Table, event, inspect

from colonnade.audit.declare import audited_in
from colonnade.audit.log import AuditLog, AuditState
from colonnade.dialects.auditing import Made
from colonnade.dialects.contract import Dialect, dialect_named, known_dialect
from colonnade.engine.face import AsyncFace, SyncFace
from colonnade.engine.home import Home
from colonnade.engine.manager import AsyncDatabaseManager, DatabaseManager
from colonnade.engine.startup import CHECKS
from colonnade.errors import ConfigurationError
from colonnade.repository.operation import operation

__all__ = ["Missing", "check", "install"]

_logger = logging.getLogger("colonnade.audit")

LOG_TABLE: Any = AuditLog.__table__
OWN_TABLES: tuple[Any, ...] = (LOG_TABLE, AuditState.__table__)


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that auditing needs and that the database lacks, or has otherwise."""

    table: str
    name: str
    is_there: bool

    @property
    def sentence(self) -> str:
        """Say it to a person."""
        what = "isn't as the models have it" if self.is_there else "is missing"
        return f"the trigger {self.name} of {self.table} {what}"

    def __str__(self) -> str:
        return self.sentence


class _Installing:
    """What is done to the triggers, on either face."""

    def __init__(self, home: Home) -> None:
        self._home = home

    @operation
    def install(self, metadata: Sequence[MetaData]) -> None:
        with self._home.connection() as connection, _one_at_a_time(self._home, connection):
            for each in metadata:
                install_in(connection, each)

    @operation
    def check(self, metadata: Sequence[MetaData]) -> list[Missing]:
        with self._home.connection("deferred") as connection:
            return [found for each in metadata for found in missing_in(connection, each)]


class _SyncInstalling(_Installing, SyncFace):
    """On the synchronous face."""


class _AsyncInstalling(_Installing, AsyncFace):
    """On the asynchronous face."""


@overload
def install(db: DatabaseManager, *metadata: MetaData) -> None: ...
@overload
def install(db: AsyncDatabaseManager, *metadata: MetaData) -> Coroutine[Any, Any, None]: ...
def install(db: DatabaseManager | AsyncDatabaseManager, *metadata: MetaData) -> Any:
    """Put the log and the triggers of all audited tables into the database; what is there is made anew.

    Tables that `create_tables` or `initialize` makes have them already. Others are of these metadata, else
    of the manager's own. Rows that are there when a table gets its triggers have an entry of their own, a
    baseline. To be awaited with an `AsyncDatabaseManager`.

    Raises:
        ConfigurationError: for a declaration that can't be followed, or a manager without metadata; where
            the account lacks a right, before anything is changed, with the statement that gives it.
        SchemaMismatchError: for an audited table that isn't there.
    """
    return _of(db).install(_metadata(db, metadata))


@overload
def check(db: DatabaseManager, *metadata: MetaData) -> list[Missing]: ...
@overload
def check(db: AsyncDatabaseManager, *metadata: MetaData) -> Coroutine[Any, Any, list[Missing]]: ...
def check(db: DatabaseManager | AsyncDatabaseManager, *metadata: MetaData) -> Any:
    """Give what auditing needs and the database lacks, or has otherwise; nothing where all is well."""
    return _of(db).check(_metadata(db, metadata))


def _of(db: DatabaseManager | AsyncDatabaseManager) -> Any:
    return _SyncInstalling(db.home) if isinstance(db, DatabaseManager) else _AsyncInstalling(db.home)


def _metadata(
    db: DatabaseManager | AsyncDatabaseManager, given: tuple[MetaData, ...]
) -> tuple[MetaData, ...]:
    found = given or ((db.metadata,) if db.metadata is not None else ())
    if not found:
        raise ConfigurationError(
            "this manager was given no metadata, so it knows no audited tables",
            remedy="DatabaseManager(…, metadata=Base.metadata), or name the metadata in the call",
        )
    return found


def install_in(connection: Connection, metadata: MetaData) -> None:
    """Make the log and all triggers for these tables, in the connection's transaction."""
    if audited_in(metadata):
        _refuse_without_rights(connection, list(audited_in(metadata)))
        _make_log(connection)
        _make(connection, _support(connection))
        there = dialect_named(connection.dialect.name).audit.installed(connection)
        for table in metadata.sorted_tables:
            objects = _objects(connection, table)
            _make(connection, objects)
            if any(one.name not in there for one in objects):
                _note_baseline(connection, table)


def _refuse_without_rights(connection: Connection, tables: Sequence[Table]) -> None:
    audit = dialect_named(connection.dialect.name).audit
    remedy = audit.missing_right(connection, tables, _schema(connection))
    if remedy is not None:
        raise ConfigurationError(
            "the account may not make the audit triggers, and nothing was changed", remedy=f"Let it: {remedy}"
        )


def _note_baseline(connection: Connection, table: Table) -> None:
    """Note the rows that were there before anything was recorded."""
    audited = audited_in(table.metadata).get(table)
    if audited is not None:
        dialect = dialect_named(connection.dialect.name)
        send(connection, dialect.audit.writer(audited, connection.dialect).baseline())


def missing_in(connection: Connection, metadata: MetaData) -> list[Missing]:
    """Give what is missing of what `install_in` makes."""
    if not audited_in(metadata):
        return []
    wanted = [*_support(connection)]
    for table in metadata.sorted_tables:
        wanted += _objects(connection, table)
    there = dialect_named(connection.dialect.name).audit.installed(connection)
    return [
        Missing(one.table, one.name, one.name in there)
        for one in wanted
        if one.body not in there.get(one.name, "")
    ]


def _one_at_a_time(home: Home, connection: Connection) -> Any:
    return home.dialect.locks.exclusive(connection, "colonnade schema", home.settings.lock_timeout_s)


def _support(connection: Connection) -> Sequence[Made]:
    return dialect_named(connection.dialect.name).audit.support(_schema(connection))


def _objects(connection: Connection, table: Table) -> Sequence[Made]:
    audited = audited_in(table.metadata)
    if not audited:
        return []
    dialect: Dialect = dialect_named(connection.dialect.name)
    return dialect.audit.objects(table, audited, connection.dialect, _schema(connection))


def _schema(connection: Connection) -> str:
    """Give the schema that the log is in: the connection's own."""
    return str(inspect(connection).default_schema_name or "")


def _make_log(connection: Connection) -> None:
    LOG_TABLE.metadata.create_all(connection, tables=list(OWN_TABLES), checkfirst=True)


def _make(connection: Connection, objects: Iterable[Made]) -> None:
    for one in objects:
        for statement in one.create:
            send(connection, statement)


def send(connection: Connection, statement: str) -> None:
    """Send a statement as it stands."""
    if connection.dialect.paramstyle in ("format", "pyformat"):
        statement = statement.replace("%", "%%")
    connection.exec_driver_sql(statement)


def _warn_at_start(home: Home) -> None:
    """Say so in the log where triggers are missing: the application works, and isn't recorded."""
    if home.metadata is None or not audited_in(home.metadata):
        return
    with home.connection("deferred") as connection:
        found = missing_in(connection, home.metadata)
    if found:
        _logger.warning("changes aren't recorded: %s; `audit.install(db)` puts that right", found[0])


CHECKS.append(_warn_at_start)


def _is_served(connection: Any) -> bool:
    """Tell whether triggers can be made there: not where statements are only printed."""
    return isinstance(connection, Connection) and known_dialect(connection.dialect.name) is not None


@event.listens_for(MetaData, "before_create")
def _before_tables(metadata: MetaData, connection: Connection, tables: Any = (), **_: Any) -> None:
    """Refuse to make audited tables whose triggers can't be made; some databases commit each table."""
    wanted = [table for table in tables or () if table in audited_in(metadata)]
    if wanted and _is_served(connection):
        _refuse_without_rights(connection, wanted)


@event.listens_for(Table, "after_create")
def _with_table(table: Table, connection: Connection, **_: Any) -> None:
    """Make a new table's triggers along with it."""
    if not _is_served(connection):
        return
    if table in OWN_TABLES:
        _make(connection, [one for one in _support(connection) if one.table == table.name])
    elif objects := _objects(connection, table):
        _make_log(connection)
        _make(connection, objects)


@event.listens_for(Table, "after_drop")
def _after_table(table: Table, connection: Connection, **_: Any) -> None:
    """Take away what a table's triggers leave behind."""
    if not _is_served(connection):
        return
    gone = _support(connection) if table is LOG_TABLE else _objects(connection, table)
    for one in gone:
        for statement in one.drop:
            send(connection, statement)
