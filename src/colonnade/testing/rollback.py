"""One test's work on one connection, undone at its end.

While a manager is rolled back, its engine's pool lends the same connection to whoever asks,
and a transaction on that is a savepoint: BEGIN sends SAVEPOINT, COMMIT releases it, ROLLBACK goes
back to it. So sessions, units of work, streams and `db.engine` run as they always do, and only
the transaction around them all is undone.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from types import TracebackType
from typing import Any, TypeVar, cast, overload

from sqlalchemy import Connection, NullPool, Pool

from colonnade.engine.home import Home
from colonnade.engine.manager import AsyncDatabaseManager, DatabaseManager
from colonnade.engine.session import open_frame
from colonnade.errors import TransactionError
from colonnade.testing.loans import Loans
from colonnade.testing.shadows import Shadows

M = TypeVar("M", DatabaseManager, AsyncDatabaseManager)


@overload
def rolled_back(
    db: DatabaseManager, *, wait_s: float | None = None
) -> AbstractContextManager[DatabaseManager]: ...
@overload
def rolled_back(
    db: AsyncDatabaseManager, *, wait_s: float | None = None
) -> AbstractAsyncContextManager[AsyncDatabaseManager]: ...
def rolled_back(db: Any, *, wait_s: float | None = None) -> Any:
    """Undo at the block's end whatever is done through this manager meanwhile.

    `with rolled_back(db):`, or `async with rolled_back(adb):`; it gives the manager back. Every
    call, session, `run` and commit, of its views too, goes over one connection in one
    transaction. Errors and rollbacks inside undo their own part, `on_commit` functions are called,
    read-only sessions refuse writes. Blocks nest.

    An isolation level asked for is not applied: the transaction has begun. `close()` inside does
    nothing. A thread or task waits until others have ended their sessions, at most
    `wait_s` seconds (without it, `lock_timeout_s` of the settings).

    Numbers that the database drew from sequences and counters stay used.

    Raises:
        TransactionError: inside an open session; for a statement with which the database would
            commit by itself (MySQL's DDL); when another thread or task doesn't end its session;
            at the end, when the transaction was ended by other means and there's nothing to undo.
    """
    block = _RolledBack if isinstance(db, DatabaseManager) else _AsyncRolledBack
    return block(db, wait_s)


class _Block:
    """What both blocks are: a pin that is put in and taken out."""

    def __init__(self, db: Any, wait_s: float | None) -> None:
        self._db = db
        self._pin = Pin(db.home, db.home.settings.lock_timeout_s if wait_s is None else wait_s)


class _RolledBack(_Block):
    def __enter__(self) -> Any:
        self._pin.put_in()
        return self._db

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pin.take_out(error)


class _AsyncRolledBack(_Block):
    def __aenter__(self) -> Coroutine[Any, Any, Any]:
        return _spawned(self._enter)

    def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Coroutine[Any, Any, None]:
        return _spawned(lambda: self._pin.take_out(error))

    def _enter(self) -> Any:
        self._pin.put_in()
        return self._db


def _spawned(function: Callable[[], Any]) -> Coroutine[Any, Any, Any]:
    from sqlalchemy.util import greenlet_spawn

    return greenlet_spawn(function)


class Pin:
    """Holds a manager's engine on one connection; on the asynchronous face inside a greenlet."""

    def __init__(self, home: Home, wait_s: float) -> None:
        self._home = home
        self._wait_s = wait_s
        self._surrounding: Any = None
        self._pool: Pool | None = None
        self._connection: Connection | None = None
        self._loans: Loans | None = None
        self._shadows: Shadows | None = None

    def put_in(self) -> None:
        """Begin the transaction that will be undone, and lend its connection to all."""
        home = self._home
        if open_frame(home) is not None:
            raise TransactionError(
                "rolled_back was entered inside an open session",
                remedy="put rolled_back around the session",
            )
        connection = self._connection = home.engine.connect()
        try:
            connection.begin()
            # Some drivers begin with the first statement; and this point must outlast the pin's own.
            connection.exec_driver_sql("SAVEPOINT colonnade_test")
            self._loans = Loans(home, connection, self._wait_s)
        except BaseException:
            connection.close()
            raise
        self._surrounding, home.pinned = home.pinned, self
        if self._surrounding is None:
            self._shadows = Shadows(home)
        self._pool = home.engine.pool
        home.engine.pool = NullPool(self._loans.lend, dialect=home.engine.dialect, reset_on_return=None)
        self._loans.listen(home.engine.pool)

    def take_out(self, error: BaseException | None) -> None:
        """Undo everything, and let the engine be as it was."""
        connection, loans, home = cast(Connection, self._connection), cast(Loans, self._loans), self._home
        home.engine.pool = cast(Pool, self._pool)
        home.pinned = self._surrounding
        ended, forgotten = loans.ended(), loans.close()
        if self._shadows is not None:
            self._shadows.lift()
        try:
            connection.rollback()
            if forgotten:
                connection.invalidate()  # a session left open can't reach the next test
        finally:
            connection.close()
        if ended and error is None:
            raise TransactionError(
                "the transaction of rolled_back was ended by something inside it; "
                "what was done up to there may be committed",
                remedy="don't commit by SQL text, and create tables before rolled_back",
            )
