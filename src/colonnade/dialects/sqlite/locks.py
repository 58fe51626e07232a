"""One process at a time for work on the whole schema."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from colonnade.dialects.cursors import ask, driver_of
from colonnade.errors import MigrationLockError

if TYPE_CHECKING:
    from sqlalchemy import Connection


@contextmanager
def exclusive(connection: Connection, name: str, timeout_s: float) -> Iterator[None]:
    """The connection's write transaction is the lock: SQLite has one writer, and DDL is part of it."""
    yield


@contextmanager
def migrating(connection: Connection, timeout_s: float) -> Iterator[None]:
    """Hold a lock file beside the database; the system frees it when its process ends.

    A migration's own write lock would do for its statements, but backup and rehearsal come before them.

    Raises:
        MigrationLockError: another process kept it for `timeout_s` seconds.
    """
    path = ask(driver_of(connection), "PRAGMA database_list")[0][2]
    if not path:  # in memory: of this process alone
        if not _in_memory.acquire(timeout=timeout_s):
            raise MigrationLockError(f"another thread has been migrating for {timeout_s:g} seconds")
        try:
            yield
        finally:
            _in_memory.release()
        return
    from filelock import FileLock, Timeout

    lock = FileLock(f"{path}.migration-lock", timeout=timeout_s)
    try:
        lock.acquire()
    except Timeout as error:
        raise MigrationLockError(
            f"another process has been migrating {path} for {timeout_s:g} seconds"
        ) from error
    try:
        yield
    finally:
        lock.release()


_in_memory = threading.Lock()
