"""Statements on psycopg's and asyncpg's own connections, in autocommit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from colonnade.dialects import connecting
from colonnade.dialects.awaiting import Awaited
from colonnade.dialects.postgresql import connect
from colonnade.dialects.values import DriverConnection

NUMBERS_ROWS = False

Rows = Sequence[Sequence[Any]]


def serves(dialect: Any, settings: Any) -> bool:
    """Not asyncpg behind a pooler: it prepares every statement, by names of its own that others may have."""
    return bool(settings.prepared_statements) or dialect.driver != "asyncpg"


def mending(types: Sequence[Any], dialect: Any) -> None:
    """Nothing: they are the same."""


def enter(connection: Any, lock_timeout_s: float) -> DriverConnection:
    """Put an idle connection into autocommit, which its client does without a message."""
    driver = connecting.raw(connection)
    if not connect.is_psycopg(driver):
        return _Asyncpg(connection, driver)
    connect.autocommit(connection, True)
    return _Psycopg(connection) if driver is connection else _AsyncPsycopg(connection, driver)


class _Psycopg:
    """psycopg's connection. Prepares a statement when it's sent for the fifth time, as psycopg does."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def fetch(self, statement: str, parameters: Any) -> Rows:
        rows: Rows = self._connection.execute(statement, parameters).fetchall()
        return rows

    def described(self, statement: str, parameters: Any) -> tuple[Rows, Sequence[Any]]:
        cursor = self._connection.execute(statement, parameters)
        return cursor.fetchall(), _types(cursor)

    def change(self, statement: str, parameters: Any) -> int:
        count: int = self._connection.execute(statement, parameters).rowcount
        return count

    def insert(self, statement: str, parameters: Any) -> int:
        raise NotImplementedError  # PostgreSQL has RETURNING in its place

    def is_stale(self) -> bool:
        return connect.is_stale(self._connection)

    def looks_stale(self) -> bool:
        return bool(self._connection.closed)

    def leave(self) -> None:
        connect.autocommit(self._connection, False)


class _AsyncPsycopg(Awaited):
    """psycopg's asynchronous connection."""

    __slots__ = ("_connection", "_driver")

    def __init__(self, connection: Any, driver: Any) -> None:
        self._connection = connection
        self._driver = driver

    async def asked(self, ask: str, statement: str, parameters: Any) -> Any:
        cursor = await self._driver.execute(statement, parameters)
        if ask == "change":
            return cursor.rowcount
        rows = await cursor.fetchall()
        return rows if ask == "fetch" else (rows, _types(cursor))

    def is_stale(self) -> bool:
        return connect.is_stale(self._connection)

    def looks_stale(self) -> bool:
        return bool(self._driver.closed)

    def leave(self) -> None:
        connect.autocommit(self._connection, False)


class _Asyncpg(Awaited):
    """asyncpg's connection, which is in autocommit until SQLAlchemy's adapter begins a transaction."""

    __slots__ = ("_adapted", "_driver")

    def __init__(self, adapted: Any, driver: Any) -> None:
        self._adapted = adapted
        self._driver = driver

    async def asked(self, ask: str, statement: str, parameters: Any) -> Any:
        try:
            if ask == "fetch":
                return await self._driver.fetch(statement, *parameters)
            if ask == "change":
                status: str = await self._driver.execute(statement, *parameters)
                return int(status.rpartition(" ")[2])  # "UPDATE 1"
            prepared = await self._driver.prepare(statement)
            types = [attribute.type.oid for attribute in prepared.get_attributes()]
            return await prepared.fetch(*parameters), types
        except Exception as error:  # noqa: BLE001 (whatever it is, the adapter raises it)
            # Not public: what makes of asyncpg's errors the ones that SQLAlchemy's users see.
            self._adapted._handle_exception(error)

    def is_stale(self) -> bool:
        return connect.is_stale(self._adapted)

    def looks_stale(self) -> bool:
        return self._driver.is_closed() or connecting.of_another_loop(self._driver._loop)

    def leave(self) -> None:
        """Nothing: the adapter begins by itself."""


def _types(cursor: Any) -> list[Any]:
    return [column.type_code for column in cursor.description or ()]
