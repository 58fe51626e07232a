"""A connection to PostgreSQL that carries out revisions: in one transaction, and waiting for nobody long."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from colonnade.dialects.cursors import ask, send

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection

EMBEDDED = False
OPTIONS: Mapping[str, Any] = {}
_READING = ("select", "show", "explain", "values", "table")


def identity(connection: DBAPIConnection) -> tuple[str, ...]:
    """Give what tells this database from others: its number in the server, and when that was started.

    Addresses don't tell: one server has several, and a proxy in front of it others.
    """
    asked = (
        "SELECT oid::text, pg_postmaster_start_time()::text, datname::text"
        " FROM pg_database WHERE datname = current_database()"
    )
    return tuple(ask(connection, asked)[0])


def prepare(connection: DBAPIConnection, lock_timeout_s: float) -> Callable[[], None]:
    """Let statements give up waiting for a lock: whatever comes after one that waits, waits as well.

    What is given back puts the connection back.
    """
    before = ask(connection, "SELECT current_setting('lock_timeout')")[0][0]
    send(connection, f"SET lock_timeout = {max(1, round(lock_timeout_s * 1000))}")
    return lambda: send(connection, f"SET lock_timeout = '{before}'")


def only_reads(statement: str) -> bool:
    """Tell whether a statement asks for something and changes nothing, by its first word."""
    return statement.lstrip("( \n\t").lower().startswith(_READING)


def problems(connection: DBAPIConnection) -> list[str]:
    """Nothing: PostgreSQL looks at its constraints by itself, at those that are deferred when it commits."""
    return []
