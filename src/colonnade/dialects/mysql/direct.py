"""Statements on PyMySQL's and asyncmy's own connections, which are made in autocommit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from colonnade.dialects import connecting
from colonnade.dialects.awaiting import Awaited
from colonnade.dialects.mysql import connect
from colonnade.dialects.values import DriverConnection

NUMBERS_ROWS = True
READ_AS_TEXT = ()

Rows = Sequence[Sequence[Any]]


def serves(dialect: Any, settings: Any) -> bool:
    """Always."""
    return True


def mending(types: Sequence[Any], dialect: Any) -> None:
    """Nothing: they are the same."""


def enter(connection: Any, lock_timeout_s: float) -> DriverConnection:
    """Give the connection to be used; one of another's engine may have to be put into autocommit."""
    connect.autocommit(connection, True)
    driver = connecting.raw(connection)
    return _Sync(connection) if driver is connection else _Async(connection, driver)


class _Sync:
    """PyMySQL's connection."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def fetch(self, statement: str, parameters: Any) -> Rows:
        rows: Rows = self._sent(statement, parameters).fetchall()
        return rows

    read = fetch

    def described(self, statement: str, parameters: Any) -> tuple[Rows, Sequence[Any]]:
        cursor = self._sent(statement, parameters)
        return cursor.fetchall(), _types(cursor)

    def change(self, statement: str, parameters: Any) -> int:
        count: int = self._sent(statement, parameters).rowcount
        return count

    def insert(self, statement: str, parameters: Any) -> int:
        number: int = self._sent(statement, parameters).lastrowid
        return number

    def is_stale(self) -> bool:
        return connect.is_stale(self._connection)

    def looks_stale(self) -> bool:
        return not self._connection.open

    def leave(self) -> None:
        """Nothing: sessions send BEGIN."""

    def _sent(self, statement: str, parameters: Any) -> Any:
        cursor = self._connection.cursor()
        cursor.execute(statement, parameters)
        return cursor


class _Async(Awaited):
    """asyncmy's connection."""

    __slots__ = ("_connection", "_driver")

    def __init__(self, connection: Any, driver: Any) -> None:
        self._connection = connection
        self._driver = driver

    async def asked(self, ask: str, statement: str, parameters: Any) -> Any:
        cursor = self._driver.cursor()
        await cursor.execute(statement, parameters)
        if ask == "change":
            return cursor.rowcount
        if ask == "insert":
            return cursor.lastrowid
        rows = await cursor.fetchall()
        return (rows, _types(cursor)) if ask == "described" else rows

    def is_stale(self) -> bool:
        return connect.is_stale(self._connection)

    def looks_stale(self) -> bool:
        transport = self._driver._transport
        return transport is None or transport.is_closing() or connecting.of_another_loop(self._driver.loop)

    def leave(self) -> None:
        """Nothing: sessions send BEGIN."""


def _types(cursor: Any) -> list[Any]:
    return [column[1] for column in cursor.description or ()]
