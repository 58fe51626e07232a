"""Statements on sqlite3's own connection, in the thread that owns it.

SQLite commits each statement by itself. While another connection writes, the statement is tried again in
short slices with jitter, as `BEGIN IMMEDIATE` is: SQLite's own busy handler lets who has waited long
lose to who has just come.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from threading import Event
from time import monotonic
from typing import Any, cast

from sqlalchemy import Dialect
from sqlalchemy.types import TypeEngine

from colonnade.dialects import connecting
from colonnade.dialects.awaiting import Awaited
from colonnade.dialects.sqlite import connection as own
from colonnade.dialects.values import DriverConnection

NUMBERS_ROWS = True
READ_AS_TEXT = ()

Rows = Sequence[Sequence[Any]]
Take = Callable[[sqlite3.Cursor], Any]

_all_rows: Take = sqlite3.Cursor.fetchall
_row_count: Take = attrgetter("rowcount")
_row_number: Take = attrgetter("lastrowid")


def serves(dialect: Any, settings: Any) -> bool:
    """Always."""
    return True


def mending(types: Sequence[TypeEngine[Any]], dialect: Dialect) -> Callable[[Rows], Rows] | None:
    """Give what makes floats of the whole numbers that RETURNING gives for them (SQLite 3.40)."""
    floats = [at for at, type_ in enumerate(types) if own.keeps_floats(type_.compile(dialect))]
    if not floats:
        return None

    def mend(rows: Rows) -> Rows:
        mended = [list(row) for row in rows]
        for row in mended:
            for at in floats:
                row[at] = float(row[at]) if isinstance(row[at], int) else row[at]
        return mended

    return mend


def enter(connection: Any, lock_timeout_s: float) -> DriverConnection:
    """Give the connection to be used; it's in autocommit already, and waits by itself no more."""
    if isinstance(connection, sqlite3.Connection):
        own.wait_for_lock(connection, 0)
        return cast(DriverConnection, _Sync(connection, lock_timeout_s))
    driver = connecting.raw(connection)
    connection.run_async(lambda _: driver._execute(own.wait_for_lock, driver._conn, 0))
    return cast(DriverConnection, _Async(connection, driver, _Sync(driver._conn, lock_timeout_s)))


class _Sync:
    """sqlite3's connection in the calling thread."""

    __slots__ = ("_connection", "_execute", "_lock_timeout_s", "_looked_until", "is_stale")

    def __init__(self, connection: sqlite3.Connection, lock_timeout_s: float) -> None:
        self._connection = connection
        self._execute = connection.execute
        self._lock_timeout_s = lock_timeout_s
        self._looked_until = 0.0
        self.is_stale = own.replacement_of(connection)

    def fetch(self, statement: str, parameters: Any) -> Rows:
        # Written out, and not through `_send`: a tenth of a point read's time.
        try:
            return self._execute(statement, parameters).fetchall()
        except sqlite3.OperationalError as error:
            rows: Rows = self._again(error, _all_rows, statement, parameters)
            return rows

    read = fetch

    def described(self, statement: str, parameters: Any) -> tuple[Rows, Sequence[Any]]:
        return self.send(_described, statement, parameters)  # type: ignore[no-any-return]

    def change(self, statement: str, parameters: Any) -> int:
        return self.send(_row_count, statement, parameters)  # type: ignore[no-any-return]

    def insert(self, statement: str, parameters: Any) -> int:
        return self.send(_row_number, statement, parameters)  # type: ignore[no-any-return]

    def looks_stale(self) -> bool:
        now = monotonic()
        if now < self._looked_until:
            return False
        self._looked_until = now + 0.001
        return self.is_stale()

    def leave(self) -> None:
        own.wait_for_lock(self._connection, self._lock_timeout_s)

    def send(self, take: Take, statement: str, parameters: Any, given_up: Event | None = None) -> Any:
        """Send the statement, waiting for another's lock until it's given up, and give what is taken."""
        try:
            return take(self._execute(statement, parameters))
        except sqlite3.OperationalError as error:
            return self._again(error, take, statement, parameters, given_up)

    def _again(
        self,
        error: sqlite3.OperationalError,
        take: Take,
        statement: str,
        parameters: Any,
        given_up: Event | None = None,
    ) -> Any:
        deadline = monotonic() + self._lock_timeout_s
        while own.is_busy(error) and monotonic() < deadline and not (given_up and given_up.is_set()):
            own.pause()
            try:
                return take(self._execute(statement, parameters))
            except sqlite3.OperationalError as another:
                error = another
        raise error


class _Async(Awaited):
    """The same in aiosqlite's thread: one hop for a statement and its rows."""

    __slots__ = ("_adapted", "_driver", "_inside", "is_stale", "looks_stale")

    def __init__(self, adapted: Any, driver: Any, inside: _Sync) -> None:
        self._adapted = adapted
        self._driver = driver
        self._inside = inside
        self.is_stale = inside.is_stale
        self.looks_stale = inside.looks_stale

    async def asked(self, ask: str, statement: str, parameters: Any) -> Any:
        # aiosqlite's public methods run one statement each, at 25 µs for the hop.
        given_up = Event()
        try:
            return await self._driver._execute(
                self._inside.send, _TAKES[ask], statement, parameters, given_up
            )
        finally:
            given_up.set()  # a cancelled task waits for no lock any more

    def leave(self) -> None:
        self._adapted.run_async(lambda driver: driver._execute(self._inside.leave))


def _described(cursor: sqlite3.Cursor) -> tuple[Rows, list[None]]:
    """Give the rows, and for each column what the driver knows of its type: nothing."""
    return cursor.fetchall(), [None for _ in cursor.description or ()]


_TAKES: Mapping[str, Take] = {
    "fetch": _all_rows,
    "read": _all_rows,
    "described": _described,
    "change": _row_count,
    "insert": _row_number,
}
