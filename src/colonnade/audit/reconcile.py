"""Looking whether the tables are as the log tells: what no trigger has seen is found here.

The log is replayed and compared with each row, by what is logged of it, as the database itself writes that.
All is read in one transaction, at one moment.
"""

from __future__ import annotations

import json
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

from sqlalchemy import Connection, MetaData, Text, literal_column, select

from colonnade.audit.declare import audited_in, audited_table
from colonnade.audit.log import AuditLog
from colonnade.audit.replay import replay
from colonnade.audit.values import plain
from colonnade.dialects.auditing import Audited
from colonnade.dialects.contract import dialect_named
from colonnade.engine.face import AsyncFace, SyncFace
from colonnade.engine.manager import AsyncDatabaseManager, DatabaseManager
from colonnade.errors import ConfigurationError
from colonnade.repository.operation import operation

__all__ = ["Difference", "reconcile"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that isn't as the log tells.

    `kind` is unrecorded (there, and the log knows nothing of it), missing (not there, and the log has no end
    of it), or differs; then `columns` names what does.
    """

    entity_type: str
    entity_key: str
    kind: str
    columns: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """Say it to a person."""
        row = f"{self.entity_type} {self.entity_key}"
        if self.kind == "unrecorded":
            return f"{row} is there, and the log knows nothing of it"
        if self.kind == "missing":
            return f"{row} is gone, and the log knows nothing of that"
        return f"{row} isn't as the log tells: {', '.join(self.columns)}"

    def __str__(self) -> str:
        return self.sentence


class _Reconciling:
    """The comparison, on either face."""

    def __init__(self, db: Any) -> None:
        self._home = db.home

    @operation
    def reconcile(self, tables: Sequence[Audited]) -> list[Difference]:
        with self._home.connection("deferred", "REPEATABLE READ") as connection:
            return [found for one in tables for found in differences(connection, one)]


class _SyncReconciling(_Reconciling, SyncFace):
    """On the synchronous face."""


class _AsyncReconciling(_Reconciling, AsyncFace):
    """On the asynchronous face."""


@overload
def reconcile(db: DatabaseManager, *models: type[Any]) -> list[Difference]: ...
@overload
def reconcile(db: AsyncDatabaseManager, *models: type[Any]) -> Coroutine[Any, Any, list[Difference]]: ...
def reconcile(db: DatabaseManager | AsyncDatabaseManager, *models: Any) -> Any:
    """Give each row that isn't as the log tells; nothing where all is well.

    Of these classes, else of all that are audited in the manager's metadata. Reads the whole log of them.

    Raises:
        ConfigurationError: for a class that isn't audited, or a manager without metadata.
    """
    tables = [audited_table(model) for model in models] or list(_audited(db.metadata).values())
    kind: Any = _SyncReconciling if isinstance(db, DatabaseManager) else _AsyncReconciling
    return kind(db).reconcile(tables)


def _audited(metadata: MetaData | None) -> Any:
    if metadata is None:
        raise ConfigurationError(
            "this manager was given no metadata, so it knows no audited tables",
            remedy="DatabaseManager(…, metadata=Base.metadata), or name the classes in the call",
        )
    return audited_in(metadata)


def differences(connection: Connection, audited: Audited) -> Iterator[Difference]:
    """Give the differences of one table, by key."""
    told, there = replay(entries_of(connection, audited)), dict(live(connection, audited))
    for key in sorted({*told, *there}):
        if key not in there:
            yield Difference(audited.entity_type, key, "missing")
        elif key not in told:
            yield Difference(audited.entity_type, key, "unrecorded")
        elif columns := _other(told[key], there[key]):
            yield Difference(audited.entity_type, key, "differs", columns)


def _other(told: dict[str, Any], there: dict[str, Any]) -> tuple[str, ...]:
    """Give the columns that differ; one that wasn't logged when the row was written can't."""
    return tuple(name for name, value in there.items() if name in told and not _same(told[name], value))


def _same(told: Any, there: Any) -> bool:
    # True and 1, or 1 and 1.0, are equal in Python, and not in a table of SQLite's.
    return type(told) is type(there) and told == there


def entries_of(connection: Connection, audited: Audited, until: int | None = None) -> Iterator[Any]:
    """Give the entries about a table's rows, up to this id, as replaying takes them."""
    names = ("id", "entity_id", "entity_key", "previous_key", "operation", "changes", "source")
    more = ("timestamp", "user_id", "transaction_id")
    statement = select(*(getattr(AuditLog, name) for name in (*names, *more))).where(
        AuditLog.entity_type == audited.entity_type, AuditLog.source != "manual"
    )
    if until is not None:
        statement = statement.where(AuditLog.id <= until)
    return iter(connection.execute(statement.order_by(AuditLog.id)))


def live(connection: Connection, audited: Audited) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the key and the image of each row that is there."""
    writer = dialect_named(connection.dialect.name).audit.writer(audited, connection.dialect)
    present = audited.table.alias("present")
    parts = [literal_column(one, Text) for one in (writer.key("present"), writer.image("present"))]
    rows: Any = connection.execute(select(*parts).select_from(present))
    for key, image in rows:
        yield key, plain(json.loads(image))
