"""Letting go of old entries, so that what remains tells as much of its time as before.

Of each row that there was at the cut, one entry is kept in the place of the last that went: a baseline with
the row's image. Everything is sealed first, has to stand up to its seals, and is sealed anew.
"""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from datetime import datetime
from typing import Any, overload

from sqlalchemy import Connection, MetaData, delete, func, insert, select
from sqlalchemy.orm import Session

from colonnade.audit.declare import audited_in
from colonnade.audit.log import AuditLog
from colonnade.audit.reconcile import entries_of
from colonnade.audit.replay import apply
from colonnade.audit.seal import PER_SEAL, AuditSeal, alone, contents, faults, ids_between, new_seal, seal_all
from colonnade.dialects.auditing import Audited
from colonnade.dialects.contract import dialect_named
from colonnade.engine.face import AsyncFace, SyncFace
from colonnade.engine.manager import AsyncDatabaseManager, DatabaseManager
from colonnade.errors import ConfigurationError, DamagedDatabaseError, EntityValidationError
from colonnade.repository.operation import operation
from colonnade.settings import audit_key

__all__ = ["prune"]


class _Pruning:
    """What letting go is, on either face."""

    def __init__(self, db: Any) -> None:
        self._home = db.home

    @operation
    def prune(self, before: datetime, key: bytes, metadata: MetaData) -> int:
        seal_all(self._home, key, patience_s=10)
        with self._home.connection() as connection, alone(self._home, connection):
            session = Session(connection)
            found = list(faults(session, key))
            if found:
                raise DamagedDatabaseError(
                    f"nothing was let go of, since the log doesn't stand up to its seals: {found[0]}"
                )
            cut = _cut(session, before)
            if cut == 0:
                return 0
            return _let_go(connection, session, cut, key, list(audited_in(metadata).values()))


class _SyncPruning(_Pruning, SyncFace):
    """On the synchronous face."""


class _AsyncPruning(_Pruning, AsyncFace):
    """On the asynchronous face."""


@overload
def prune(db: DatabaseManager, before: datetime, *, key: str | bytes | None = None) -> int: ...
@overload
def prune(
    db: AsyncDatabaseManager, before: datetime, *, key: str | bytes | None = None
) -> Coroutine[Any, Any, int]: ...
def prune(
    db: DatabaseManager | AsyncDatabaseManager, before: datetime, *, key: str | bytes | None = None
) -> Any:
    """Delete the entries from before this time, and give how many that were.

    Of each row that there was then one entry is kept, a baseline with its image, so that `as_of` tells of
    any time from `before` on what it told. Seals are made anew: roots that were kept elsewhere are of what
    was there until now.

    Raises:
        EntityValidationError: for a time without a zone.
        DamagedDatabaseError: when the log doesn't stand up to its seals; nothing is deleted.
        ConfigurationError: without a key, or with a manager that was given no metadata.
    """
    if before.tzinfo is None:
        raise EntityValidationError(
            f"the time {before.isoformat()} has no zone", remedy="Use datetime.now(UTC)."
        )
    if db.metadata is None:
        raise ConfigurationError("this manager was given no metadata, so it knows no audited tables")
    kind: Any = _SyncPruning if isinstance(db, DatabaseManager) else _AsyncPruning
    return kind(db).prune(before, audit_key(key), db.metadata)


def _cut(session: Session, before: datetime) -> int:
    """Give the last id of those that go: sealed, and with none from later before it."""
    first_kept = session.scalar(select(func.min(AuditLog.id)).where(AuditLog.timestamp >= before))
    sealed = session.scalar(select(func.max(AuditSeal.last_id))) or 0
    last = session.scalar(select(func.max(AuditLog.id))) or 0
    return int(min(sealed, last if first_kept is None else first_kept - 1))


def _let_go(connection: Connection, session: Session, cut: int, key: bytes, tables: Sequence[Audited]) -> int:
    kept = [row for audited in tables for row in _baselines(connection, audited, cut)]
    audit = dialect_named(connection.dialect.name).audit
    gone = session.scalar(select(func.count()).select_from(AuditLog).where(AuditLog.id <= cut)) or 0
    audit.allow_pruning(connection, True)
    connection.execute(delete(AuditLog).where(AuditLog.id <= cut))
    audit.allow_pruning(connection, False)
    if kept:
        connection.execute(insert(AuditLog), kept)
    _seal_anew(session, cut, key)
    return int(gone) - len(kept)


def _baselines(connection: Connection, audited: Audited, cut: int) -> list[dict[str, Any]]:
    """Give an entry for each row that there was at the cut, by the id of the last one about it."""
    state: dict[str, Any] = {}
    last: dict[str, Any] = {}
    for entry in entries_of(connection, audited, cut):
        apply(entry, state)
        last[entry.entity_key] = entry
    return [
        {
            "id": last[key].id,
            "entity_type": audited.entity_type,
            "entity_id": last[key].entity_id,
            "entity_key": key,
            "action": "CREATE",
            "operation": "INSERT",
            "changes": image,
            "user_id": last[key].user_id,
            "transaction_id": last[key].transaction_id,
            "source": "baseline",
            "timestamp": last[key].timestamp,
        }
        for key, image in state.items()
    ]


def _seal_anew(session: Session, cut: int, key: bytes) -> None:
    """Seal what is kept, and after it what was sealed before."""
    sealed = session.scalar(select(func.max(AuditSeal.last_id))) or 0
    session.execute(delete(AuditSeal))
    previous, last = "", 0
    while last < sealed:
        part = list(_some(session, last, sealed))
        until = part[-1][0] if len(part) == PER_SEAL else sealed
        kind = "kept" if last < cut else "seal"
        made = new_seal(kind, last + 1, until, part, previous, key)
        session.add(made)
        session.flush()
        previous, last = made.code, until


def _some(session: Session, after: int, until: int) -> Any:
    ids = ids_between(session.connection(), after, until)
    return contents(session, after, ids[-1]) if ids else []
