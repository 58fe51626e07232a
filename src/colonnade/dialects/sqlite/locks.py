"""One process at a time for work on the whole schema."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection


@contextmanager
def exclusive(connection: Connection, name: str, timeout_s: float) -> Iterator[None]:
    """The connection's write transaction is the lock: SQLite has one writer, and DDL is part of it."""
    yield
