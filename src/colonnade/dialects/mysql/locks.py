"""One process at a time for work on the whole schema."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from colonnade.errors import LockTimeoutError

if TYPE_CHECKING:
    from sqlalchemy import Connection


@contextmanager
def exclusive(connection: Connection, name: str, timeout_s: float) -> Iterator[None]:
    """Hold a named lock of this database, which survives the implicit commits of DDL.

    Raises:
        LockTimeoutError: when another process kept it for `timeout_s` seconds.
    """
    lock = func.concat(func.left(func.database(), 40), f".{name}")  # at most 64 characters
    if connection.scalar(select(func.get_lock(lock, timeout_s))) != 1:
        raise LockTimeoutError(f"another process held the lock {name!r} for {timeout_s:g} seconds")
    try:
        yield
    finally:
        connection.execute(select(func.release_lock(lock)))
