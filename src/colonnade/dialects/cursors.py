"""Asking a driver's connection past SQLAlchemy, which would note that a transaction has begun."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.engine.interfaces import DBAPIConnection

__all__ = ["ask", "driver_of", "send"]


def driver_of(connection: Connection) -> DBAPIConnection:
    """Give the driver's connection that an open one of SQLAlchemy's has."""
    driver = connection.connection.dbapi_connection
    assert driver is not None
    return driver


def ask(connection: DBAPIConnection, statement: str) -> Sequence[Sequence[Any]]:
    """Send a statement without parameters and give its rows."""
    cursor = connection.cursor()
    try:
        cursor.execute(statement)
        return list(cursor.fetchall())
    finally:
        cursor.close()


def send(connection: DBAPIConnection, statement: str) -> None:
    """Send a statement without parameters that gives no rows."""
    cursor = connection.cursor()
    try:
        cursor.execute(statement)
    finally:
        cursor.close()
