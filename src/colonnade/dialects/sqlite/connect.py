"""Connecting to SQLite, over the standard library's sqlite3 and over aiosqlite."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from colonnade.dialects import connecting
from colonnade.dialects.contract import BEGIN_OPTION, BeginMode, Face
from colonnade.errors import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection
    from sqlalchemy.engine.interfaces import DBAPIConnection

    from colonnade.settings import DatabaseSettings

DRIVERS: Mapping[Face, tuple[str, ...]] = {"sync": ("pysqlite",), "async": ("aiosqlite",)}
ERROR_ABORTS_TRANSACTION = False

_EXTRAS = {"pysqlite": "sqlite3:sqlite", "aiosqlite": "aiosqlite:async"}


def engine_arguments(url: URL, settings: DatabaseSettings, face: Face) -> tuple[URL, dict[str, Any]]:
    """Give the URL with its driver chosen and options translated, and `create_engine`'s arguments."""
    url = connecting.with_driver(url, face, DRIVERS, _EXTRAS)
    if url.database is None:
        query = {"vfs": "memdb", "uri": "true"}
        url = url.set(database=f"file:/colonnade-{uuid4().hex}", query=query)
    elif not url.database.startswith("file:") and not Path(url.database).absolute().parent.is_dir():
        raise ConfigurationError(f"the folder of {url.database} doesn't exist")
    connect_args = {"timeout": settings.lock_timeout_s, "isolation_level": None}
    return url, connecting.engine_arguments(settings, connect_args)


def set_up(connection: DBAPIConnection, settings: DatabaseSettings) -> None:
    """Say once to a new connection what every connection of this engine needs."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


def begin(connection: Connection, mode: BeginMode, lock_timeout_s: float) -> None:
    """Send what opens a transaction in this mode."""
    cursor = connection.connection.cursor()
    cursor.execute(f"PRAGMA query_only={'ON' if mode == 'read_only' else 'OFF'}")
    cursor.execute("BEGIN IMMEDIATE" if mode == "write" else "BEGIN")
    cursor.close()


def session_options(mode: BeginMode, isolation_level: str | None) -> dict[str, Any]:
    """Give the connection's execution options for a session with these wishes."""
    return {BEGIN_OPTION: mode}


def tidy(connection: DBAPIConnection) -> None:
    """Undo, on a connection's way back to the pool, what `begin` left on it."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA query_only=OFF")
    cursor.close()


def is_stale(connection: DBAPIConnection) -> bool:
    """A file is never closed by a server."""
    return False


def in_transaction(connection: DBAPIConnection) -> bool | None:
    """Tell whether SQLite still has the transaction open."""
    return bool(connecting.raw(connection).in_transaction)


def keep_alive(url: URL) -> object | None:
    """Give an open connection to a database in memory, which lasts as long as one is open."""
    if url.query.get("vfs") != "memdb":
        return None
    return sqlite3.connect(f"{url.database}?vfs=memdb", uri=True, check_same_thread=False)
