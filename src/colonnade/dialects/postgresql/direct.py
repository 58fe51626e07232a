"""Statements on psycopg's and asyncpg's own connections, in autocommit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from colonnade.dialects import connecting
from colonnade.dialects.awaiting import Awaited
from colonnade.dialects.postgresql import connect
from colonnade.dialects.values import DriverConnection

NUMBERS_ROWS = False

_TIMESTAMPTZ: Final = 1184
READ_AS_TEXT = frozenset({_TIMESTAMPTZ})

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


class _Cursors:
    """The cursors of one connection of psycopg's, which are used again: a new one takes as long as a row.

    A cursor holds its last answer until the next, so it's kept after small ones alone.
    """

    __slots__ = ("_connection", "_plain", "_reading")

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._plain: Any = None
        self._reading: Any = None

    def plain(self) -> Any:
        """Give the cursor that gives values as all of psycopg's do."""
        if self._plain is None:
            self._plain = self._connection.cursor()
        return self._plain

    def reading(self) -> Any:
        """Give the cursor that leaves instants as text.

        psycopg makes them of the zone that the server names, and that takes longer than all else in a row.
        """
        if self._reading is None:
            from psycopg.types.string import TextLoader

            self._reading = self._connection.cursor()
            self._reading.adapters.register_loader(_TIMESTAMPTZ, TextLoader)
        return self._reading

    def forget(self, rows: Rows) -> Rows:
        """Let go of answers that hold more than a row; gives the rows."""
        if len(rows) > 1:
            self._plain = self._reading = None
        return rows


class _Psycopg:
    """psycopg's connection. Prepares a statement when it's sent for the fifth time, as psycopg does."""

    __slots__ = ("_connection", "_cursors")

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._cursors = _Cursors(connection)

    def fetch(self, statement: str, parameters: Any) -> Rows:
        return self._cursors.forget(self._cursors.plain().execute(statement, parameters).fetchall())

    def read(self, statement: str, parameters: Any) -> Rows:
        return self._cursors.forget(self._cursors.reading().execute(statement, parameters).fetchall())

    def described(self, statement: str, parameters: Any) -> tuple[Rows, Sequence[Any]]:
        cursor = self._cursors.plain().execute(statement, parameters)
        types = _types(cursor)
        return self._cursors.forget(cursor.fetchall()), types

    def change(self, statement: str, parameters: Any) -> int:
        count: int = self._cursors.plain().execute(statement, parameters).rowcount
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

    __slots__ = ("_connection", "_cursors", "_driver")

    def __init__(self, connection: Any, driver: Any) -> None:
        self._connection = connection
        self._driver = driver
        self._cursors = _Cursors(driver)

    async def asked(self, ask: str, statement: str, parameters: Any) -> Any:
        cursor = self._cursors.reading() if ask == "read" else self._cursors.plain()
        await cursor.execute(statement, parameters)
        if ask == "change":
            return cursor.rowcount
        types = _types(cursor) if ask == "described" else ()
        rows = self._cursors.forget(await cursor.fetchall())
        return (rows, types) if ask == "described" else rows

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
            if ask in ("fetch", "read"):  # it gives instants in UTC
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
