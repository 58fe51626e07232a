"""One process at a time for work on the whole schema."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from colonnade.errors import LockTimeoutError, MigrationLockError

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection


@contextmanager
def exclusive(connection: Connection, name: str, timeout_s: float) -> Iterator[None]:
    """Hold a named lock of this database, which survives the implicit commits of DDL.

    Raises:
        LockTimeoutError: when another process kept it for `timeout_s` seconds.
    """
    lock = _named(name)
    if connection.scalar(select(func.get_lock(lock, timeout_s))) != 1:
        raise LockTimeoutError(f"another process held the lock {name!r} for {timeout_s:g} seconds")
    try:
        yield
    finally:
        connection.execute(select(func.release_lock(lock)))


@contextmanager
def migrating(connection: Connection, timeout_s: float) -> Iterator[None]:
    """Hold a named lock of the connection; the server frees it when the connection ends.

    Raises:
        MigrationLockError: another process kept it for `timeout_s` seconds.
    """
    lock = _named("colonnade migration")
    if connection.scalar(select(func.get_lock(lock, timeout_s))) != 1:
        holder = connection.scalar(select(func.is_used_lock(lock)))
        raise MigrationLockError(
            f"another process has been migrating this database for {timeout_s:g} seconds"
            + (f" (server connection {holder})" if holder else "")
        )
    try:
        yield
    finally:
        connection.execute(select(func.release_lock(lock)))


def _named(name: str) -> ColumnElement[str]:
    return func.concat(func.left(func.database(), 40), f".{name}")  # at most 64 characters
