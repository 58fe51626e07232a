"""One process at a time for work on the whole schema."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from typing import TYPE_CHECKING

from sqlalchemy import func, select

if TYPE_CHECKING:
    from sqlalchemy import Connection


@contextmanager
def exclusive(connection: Connection, name: str, timeout_s: float) -> Iterator[None]:
    """Hold an advisory lock to the end of the transaction, which the DDL is part of.

    It waits as long as the connection's lock_timeout says, and is the same behind a pooler.
    """
    key = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)
    connection.execute(select(func.pg_advisory_xact_lock(key)))
    yield
