"""Several statements of one moment, on PyMySQL's and asyncmy's own connections in autocommit."""

from __future__ import annotations

from typing import Any

from sqlalchemy.util import await_only

from colonnade.dialects import connecting


def among(column: Any, kind: Any, name: str) -> None:
    """Nothing: each value is a parameter of its own."""


def begin(connection: Any) -> None:
    """Begin a transaction; in REPEATABLE READ it sees what its first statement sees."""
    driver = connecting.raw(connection)
    if driver is connection:
        driver.begin()
    else:
        await_only(driver.begin())


def end(connection: Any) -> None:
    """End it: nothing was written."""
    driver = connecting.raw(connection)
    if driver is connection:
        driver.rollback()
    else:
        await_only(driver.rollback())
