"""Backing up an SQLite file and restoring it, over SQLite's own online backup.

A copy of the file alone would lose what stands in its write-ahead log.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace as replaced
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from colonnade.dialects.cursors import ask, driver_of, send
from colonnade.dialects.sqlite.connection import is_busy, pause
from colonnade.dialects.sqlite.scratch import located, path_of
from colonnade.errors import BackupError, LockTimeoutError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from colonnade.dialects.contract import Connecting
    from colonnade.settings import DatabaseSettings

SUFFIX = ".db"
BYTES_A_SECOND = 100e6
_PAGES_AT_ONCE = 2048
_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


def check(connection: Connection) -> None:
    """Nothing: SQLite needs no program."""


def schemas(connection: Connection) -> Sequence[str]:
    """Give the one schema that a file has."""
    return ("main",)


def default_folder(settings: DatabaseSettings) -> Path:
    """Give the folder `backups` beside the file."""
    path = path_of(settings)
    if path is None:
        raise BackupError("a database in memory can't be backed up", remedy="Leave the backup out by name")
    return path.parent / "backups"


def title(settings: DatabaseSettings) -> str:
    """Give the file's name without its ending."""
    path = path_of(settings)
    return "memory" if path is None else path.stem


def size(connection: Connection) -> int:
    """Give the bytes that a backup has at most: those of the pages."""
    asked = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    return int(ask(driver_of(connection), asked)[0][0])


@contextmanager
def dumped(
    settings: DatabaseSettings, target: Path, connect: Connecting, advance: Callable[[int], object]
) -> Iterator[Connection]:
    """Copy the database page by page, and give the connection whose read transaction it was done in."""
    with connect(settings, "read_only") as connection:
        driver: Any = driver_of(connection)
        page_size = int(ask(driver, "PRAGMA page_size")[0][0])

        def told(_: int, remaining: int, total: int) -> None:
            advance((total - remaining) * page_size)

        ask(driver, "SELECT count(*) FROM sqlite_schema")  # the read transaction begins with it
        with _room_missed(), closing(sqlite3.connect(target)) as copy:
            driver.backup(copy, pages=_PAGES_AT_ONCE, progress=told)
        yield connection


def load(settings: DatabaseSettings, source: Path, connect: Connecting, *, trial: bool) -> None:
    """Copy a backup into an empty database."""
    path = path_of(settings)
    assert path is not None
    with _room_missed(), closing(_only_read(source)) as copy, closing(sqlite3.connect(path)) as target:
        copy.backup(target)


def calm(connection: Connection) -> None:
    """Nothing: nothing in a file acts by itself."""


def create_beside(settings: DatabaseSettings, name: str, connect: Connecting) -> DatabaseSettings:
    """Give the settings of a new file beside the original."""
    path = path_of(settings)
    assert path is not None
    beside = path.with_name(f"{name}{path.suffix}")
    return replaced(settings, url=located(settings.sqlalchemy_url(), beside))


def replace(
    settings: DatabaseSettings,
    source: Path,
    connect: Connecting,
    check: Callable[[Connection], object],
    deadline_s: float,
) -> None:
    """Put a backup in the place of what is there, once `check` has seen it under the write lock.

    In WAL mode readers go on with what they had. Else the file is kept from everybody meanwhile.

    Raises:
        LockTimeoutError: others held the file until the deadline; nothing was changed.
    """
    with connect(settings) as connection, connect(settings, "read_only") as reader:
        driver: Any = driver_of(connection)
        if ask(driver, "PRAGMA journal_mode")[0][0] == "wal":
            seen = _Once(lambda: check(reader))
            _copied(driver, source, deadline_s, after_lock=seen)
            return
    with connect(settings) as connection:
        driver = driver_of(connection)
        send(driver, "PRAGMA locking_mode=EXCLUSIVE")
        _begin_exclusive(driver, deadline_s)
        send(driver, "COMMIT")  # the lock stays
        check(connection)
        _copied(driver, source, deadline_s, after_lock=lambda: None)
        send(driver, "PRAGMA locking_mode=NORMAL")
        ask(driver, "SELECT count(*) FROM sqlite_schema")  # with the next read it's let go


class _Once:
    """Calls a function the first time, and no more."""

    def __init__(self, function: Callable[[], object]) -> None:
        self._function = function
        self._called = False

    def __call__(self) -> None:
        if not self._called:
            self._called = True
            self._function()


def _copied(driver: Any, source: Path, deadline_s: float, after_lock: Callable[[], object]) -> None:
    """Copy the backup over the database; the first page takes the write lock, which is kept to the end."""
    deadline = time.monotonic() + deadline_s

    def told(status: int, remaining: int, total: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            if time.monotonic() >= deadline:
                raise LockTimeoutError(f"others held the database for {deadline_s:g} seconds")
        elif remaining < total:
            after_lock()

    with _room_missed(), closing(_only_read(source)) as copy:
        copy.backup(driver, pages=1, progress=told, sleep=0.02)


def _begin_exclusive(driver: Any, deadline_s: float) -> None:
    deadline = time.monotonic() + deadline_s
    while True:
        try:
            send(driver, "BEGIN EXCLUSIVE")
            return
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() >= deadline:
                raise LockTimeoutError(f"others held the database for {deadline_s:g} seconds") from error
            pause()


def _only_read(path: Path) -> sqlite3.Connection:
    # Nothing is to be written beside a backup: one of a database in WAL mode would get a log of its own.
    return sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1", uri=True)


@contextmanager
def _room_missed() -> Iterator[None]:
    """Tell of a full disk as the system does."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in _FULL:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
        raise
