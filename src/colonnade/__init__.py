"""Colonnade: one database layer for SQLAlchemy, on three databases, synchronous and asynchronous.

The public names, and nothing else; each loads its room when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from colonnade.audit.log import AuditLog
    from colonnade.audit.repository import AsyncAuditRepository, AuditRepository
    from colonnade.engine.face import AsyncFace, SyncFace
    from colonnade.engine.manager import AsyncDatabaseManager, DatabaseManager
    from colonnade.engine.observe import StatementEvent
    from colonnade.migrations.manager import AlembicManager, AsyncAlembicManager
    from colonnade.migrations.version import SchemaVersion
    from colonnade.repository.operation import operation
    from colonnade.repository.operations import RepositoryOperations
    from colonnade.repository.page import Page
    from colonnade.repository.repository import AsyncBaseRepository, BaseRepository
    from colonnade.settings import DatabaseSettings

__all__ = [
    "AlembicManager",
    "AsyncAlembicManager",
    "AsyncAuditRepository",
    "AsyncBaseRepository",
    "AsyncDatabaseManager",
    "AsyncFace",
    "AuditLog",
    "AuditRepository",
    "BaseRepository",
    "DatabaseManager",
    "DatabaseSettings",
    "Page",
    "RepositoryOperations",
    "SchemaVersion",
    "StatementEvent",
    "SyncFace",
    "operation",
]

_ROOMS = {
    "AlembicManager": "migrations.manager",
    "AsyncAlembicManager": "migrations.manager",
    "AsyncAuditRepository": "audit.repository",
    "AsyncBaseRepository": "repository.repository",
    "AsyncDatabaseManager": "engine.manager",
    "AsyncFace": "engine.face",
    "AuditLog": "audit.log",
    "AuditRepository": "audit.repository",
    "BaseRepository": "repository.repository",
    "DatabaseManager": "engine.manager",
    "DatabaseSettings": "settings",
    "Page": "repository.page",
    "RepositoryOperations": "repository.operations",
    "SchemaVersion": "migrations.version",
    "StatementEvent": "engine.observe",
    "SyncFace": "engine.face",
    "operation": "repository.operation",
}


def __getattr__(name: str) -> Any:
    room = _ROOMS.get(name)
    if room is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{room}"), name)
    if room == "engine.manager":
        _tell_of_migrations()
    return value


def _tell_of_migrations() -> None:
    """Let managers that are given a migration tree find what follows it, which they stand below."""
    steps = import_module(f"{__name__}.engine.startup").STEPS
    if _start not in steps:
        steps.append(_start)


def _start(home: Any, script_location: str, on_start: Any) -> None:
    import_module(f"{__name__}.migrations.start").start(home, script_location, on_start)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
