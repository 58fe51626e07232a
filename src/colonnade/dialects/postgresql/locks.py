"""One process at a time for work on the whole schema."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from typing import TYPE_CHECKING

from sqlalchemy import func, select, text

from colonnade.errors import MigrationLockError

if TYPE_CHECKING:
    from sqlalchemy import Connection


@contextmanager
def exclusive(connection: Connection, name: str, timeout_s: float) -> Iterator[None]:
    """Hold an advisory lock to the end of the transaction, which the DDL is part of.

    It waits as long as the connection's lock_timeout says, and is the same behind a pooler.
    """
    connection.execute(select(func.pg_advisory_xact_lock(key_of(name))))
    yield


@contextmanager
def migrating(connection: Connection, timeout_s: float) -> Iterator[None]:
    """Hold an advisory lock of the connection; the server frees it when the connection ends.

    Raises:
        MigrationLockError: another process kept it for `timeout_s` seconds.
    """
    key, deadline = key_of(_MIGRATING), time.monotonic() + timeout_s
    while not connection.scalar(select(func.pg_try_advisory_lock(key))):
        if time.monotonic() >= deadline:
            raise MigrationLockError(
                f"another process has been migrating this database for {timeout_s:g} seconds"
                f"{_holder(connection, key)}"
            )
        time.sleep(PAUSE_S)
    try:
        yield
    finally:
        connection.execute(select(func.pg_advisory_unlock(key)))


_MIGRATING = "colonnade migration"
PAUSE_S = 0.1


def key_of(name: str) -> int:
    """Give the number of the advisory lock of this name."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)


def _holder(connection: Connection, key: int) -> str:
    asked = (
        "SELECT a.pid, a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
        " WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1"
        " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND (l.classid::int8 << 32) | l.objid::int8 = :key"
    )
    row = connection.execute(text(asked), {"key": key}).first()
    return "" if row is None else f": {row.application_name or 'a program'} (server process {row.pid})"
