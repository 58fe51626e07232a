"""Several statements of one moment, on sqlite3's own connection in autocommit."""

from __future__ import annotations

import sqlite3
from typing import Any

from colonnade.dialects import connecting


def among(column: Any, kind: Any, name: str) -> None:
    """Nothing: each value is a parameter of its own."""


def begin(connection: Any) -> None:
    """Begin a transaction; it sees what its first statement sees."""
    _execute(connection, "BEGIN")


def end(connection: Any) -> None:
    """End it: nothing was written."""
    _execute(connection, "ROLLBACK")


def _execute(connection: Any, statement: str) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute(statement)
    else:
        driver = connecting.raw(connection)
        connection.run_async(lambda _: driver._execute(driver._conn.execute, statement))
