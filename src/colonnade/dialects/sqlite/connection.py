"""One connection to SQLite: what is done on it, each a plain function that runs in its own thread.

`connect.py` calls these, on aiosqlite with one hop to the connection's thread for each.
"""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections.abc import Callable
from threading import Event
from typing import Any

from colonnade.dialects.contract import BeginMode
from colonnade.dialects.sqlite.texts import CASEFOLD, casefold

_WAIT_S = (0.0005, 0.005)


class FileConnection(sqlite3.Connection):
    """The driver's connection in autocommit, with what must be remembered about it."""

    query_only: bool = False
    path: str = ""
    identity: tuple[int, int] | None = None

    # SQLAlchemy sets it to "" when a connection had the option `isolation_level`, and the driver would begin
    # by itself from then on. What it was made with (None, autocommit) stays.
    @property
    def isolation_level(self) -> None:
        return None

    @isolation_level.setter
    def isolation_level(self, value: str | None) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        pass


def set_up(connection: sqlite3.Connection, lock_timeout_s: float) -> None:
    """Set what SQLite keeps per connection, and the journal of a file."""
    connection.isolation_level = None
    wait_for_lock(connection, lock_timeout_s)
    connection.execute("PRAGMA foreign_keys=ON")
    # Without it REPLACE deletes rows and no trigger hears of it.
    connection.execute("PRAGMA recursive_triggers=ON")
    connection.create_function(CASEFOLD, 1, casefold, deterministic=True)
    if _write_ahead(connection, lock_timeout_s):
        # In WAL mode a power cut may then take the last commits, but never damages the file.
        connection.execute("PRAGMA synchronous=NORMAL")
    if isinstance(connection, FileConnection):
        connection.path = connection.execute("PRAGMA database_list").fetchone()[2]
        connection.identity = _identity(connection.path)


def begin(
    connection: sqlite3.Connection, mode: BeginMode, lock_timeout_s: float, given_up: Event | None = None
) -> None:
    """Open a transaction. One that was given up meanwhile is closed again.

    Raises:
        sqlite3.OperationalError: another connection kept its write lock for `lock_timeout_s` seconds.
    """
    if connection.isolation_level is not None:  # of an engine that isn't ours
        connection.isolation_level = None
    set_query_only(connection, mode == "read_only")
    if mode == "write":
        _begin_immediate(connection, lock_timeout_s, given_up)
    else:
        connection.execute("BEGIN")
    if given_up is not None and given_up.is_set():
        connection.rollback()


def wait_for_lock(connection: sqlite3.Connection, seconds: float) -> None:
    """Let the connection's statements wait so long for another's lock by themselves; 0 for not at all."""
    connection.execute(f"PRAGMA busy_timeout={_milliseconds(seconds) if seconds else 0}")


def pause() -> None:
    """Wait a little, each time another while, before the lock is tried again."""
    time.sleep(random.uniform(*_WAIT_S))


def keeps_floats(type_name: str) -> bool:
    """Tell whether a column of this type turns whole numbers into floats.

    Source: "Determination of Column Affinity" in SQLite's documentation.
    """
    name = type_name.upper()
    if any(word in name for word in ("INT", "CHAR", "CLOB", "TEXT", "BLOB")):
        return False
    return any(word in name for word in ("REAL", "FLOA", "DOUB"))


def roll_back(connection: sqlite3.Connection) -> None:
    """End the open transaction, if there is one, whatever its statements still have to give."""
    if connection.in_transaction:
        connection.rollback()


def set_query_only(connection: sqlite3.Connection, wanted: bool) -> None:
    """Make the connection refuse writes, or take them again; nothing is sent when it does so already."""
    if getattr(connection, "query_only", None) is not wanted:
        connection.execute(f"PRAGMA query_only={'ON' if wanted else 'OFF'}")
        if isinstance(connection, FileConnection):
            connection.query_only = wanted


def is_replaced(connection: sqlite3.Connection) -> bool:
    """Tell whether the file was deleted, or another one put in its place, since it was opened."""
    return replacement_of(connection)()


def replacement_of(connection: sqlite3.Connection) -> Callable[[], bool]:
    """Give a function that tells whether the connection's file was deleted or replaced."""
    identity = getattr(connection, "identity", None)
    if identity is None:
        return lambda: False
    path, look = connection.path, os.stat  # type: ignore[attr-defined]
    device, inode = identity

    def is_replaced() -> bool:
        try:
            found = look(path)
        except OSError:
            return True
        return bool(found.st_ino != inode or found.st_dev != device)

    return is_replaced


def _begin_immediate(
    connection: sqlite3.Connection, lock_timeout_s: float, given_up: Event | None = None
) -> None:
    # SQLite's own busy handler waits ever longer, up to 100 ms: who waits long loses to who has just come.
    deadline = time.monotonic() + lock_timeout_s
    wait_for_lock(connection, 0)
    try:
        while not _tried(connection, last=time.monotonic() >= deadline or _is_set(given_up)):
            pause()
    finally:
        wait_for_lock(connection, lock_timeout_s)


def _tried(connection: sqlite3.Connection, *, last: bool) -> bool:
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if last or not is_busy(error):
            raise
        return False
    return True


def _is_set(event: Event | None) -> bool:
    return event is not None and event.is_set()


def _write_ahead(connection: sqlite3.Connection, lock_timeout_s: float) -> bool:
    """Put a file into WAL mode, if it can be, and tell whether it is.

    Others that open a new file at the same time hold the lock; SQLite gives up at once then.
    """
    deadline = time.monotonic() + lock_timeout_s
    while (mode := _journal_mode(connection, "")) in ("delete", "truncate", "persist"):
        try:
            mode = _journal_mode(connection, "=WAL")
            break
        except sqlite3.OperationalError as error:
            if _primary(error) in _NO_WAL:
                break
            if not is_busy(error) or time.monotonic() >= deadline:
                raise
            pause()
    return mode == "wal"


def _journal_mode(connection: sqlite3.Connection, change: str) -> str:
    row: tuple[Any, ...] = connection.execute(f"PRAGMA journal_mode{change}").fetchone()
    return str(row[0])


# A file that may only be read, a folder that takes no second file, a file system without shared memory.
_NO_WAL = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM})


def _primary(error: sqlite3.Error) -> int:
    return error.sqlite_errorcode & 0xFF


def is_busy(error: sqlite3.Error) -> bool:
    """Tell whether another connection kept its lock."""
    return _primary(error) == sqlite3.SQLITE_BUSY


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))


def _identity(path: str) -> tuple[int, int] | None:
    if not path:
        return None
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
