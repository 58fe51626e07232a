"""A connection to MySQL or MariaDB that carries out revisions; each DDL statement commits by itself there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from colonnade.dialects.cursors import ask, send

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection

EMBEDDED = False
OPTIONS: Mapping[str, Any] = {}
_READING = ("select", "show", "explain", "describe", "desc", "values")


def identity(connection: DBAPIConnection) -> tuple[str, ...]:
    """Give what tells this database from others: the server's place on disk, and the database's name."""
    return tuple(map(str, ask(connection, "SELECT @@hostname, @@port, @@datadir, DATABASE()")[0]))


def prepare(connection: DBAPIConnection, lock_timeout_s: float) -> Callable[[], None]:
    """Let statements give up waiting for a lock; by default DDL waits a day for a reader to end.

    What is given back puts the connection back.
    """
    seconds = max(1, round(lock_timeout_s))
    metadata, rows = ask(connection, "SELECT @@lock_wait_timeout, @@innodb_lock_wait_timeout")[0]
    _set(connection, seconds, seconds)
    return lambda: _set(connection, metadata, rows)


def only_reads(statement: str) -> bool:
    """Tell whether a statement asks for something and changes nothing, by its first word."""
    return statement.lstrip("( \n\t").lower().startswith(_READING)


def problems(connection: DBAPIConnection) -> list[str]:
    """Nothing: foreign keys are held by each statement."""
    return []


def _set(connection: DBAPIConnection, metadata: int, rows: int) -> None:
    send(connection, f"SET lock_wait_timeout = {metadata}, innodb_lock_wait_timeout = {rows}")
