"""One connection lent to many: to one thread or task at a time, each transaction a savepoint."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Pool, PoolProxiedConnection, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from colonnade.dialects.contract import BeginMode
from colonnade.engine.home import Home
from colonnade.engine.session import Owner, current_owner, open_frame
from colonnade.errors import TransactionError

LENT = "colonnade.lent"
"""In a connection's `info`: the loan by which it was got."""


class Loan:
    """One checkout of the connection, and the savepoint that stands for its transaction."""

    def __init__(self, loans: Loans, owner: Owner) -> None:
        self._loans = loans
        self.owner = owner
        self.savepoint = ""
        """The savepoint's name; empty while no transaction is open."""
        self.mode: BeginMode = "write"
        self.autocommit = False
        self.touched = False
        """Whether going back to the savepoint would undo or heal anything."""
        self.undone = False
        """Whether the savepoint went with an outer one."""

    def begin(self, connection: PoolProxiedConnection) -> None:
        """Take the place of BEGIN."""
        self._loans.begin(connection, self)

    def keep(self, connection: PoolProxiedConnection) -> None:
        """Take the place of COMMIT."""
        self._loans.keep(connection, self)

    def undo(self, connection: PoolProxiedConnection) -> None:
        """Take the place of ROLLBACK."""
        if self.autocommit:
            self._loans.keep(connection, self)
        else:
            self._loans.undo(connection, self)


class Loans:
    """Lends the connection of one transaction, and keeps its savepoints in order."""

    def __init__(self, home: Home, connection: Connection, wait_s: float) -> None:
        self._home = home
        self._driver: DBAPIConnection | None = connection.connection.dbapi_connection
        self._turn = _turn_of(home, wait_s)
        self._process = os.getpid()
        self._lent: list[Loan] = []
        self._open: list[Loan] = []
        self._count = 0
        self._closed = False

    def lend(self, rec: ConnectionPoolEntry) -> Any:
        """Give the connection to a pool's record, once it's this thread's or task's turn.

        Raises:
            TransactionError: when another keeps it, or in a forked process.
        """
        if self._process != os.getpid():
            raise TransactionError("rolled_back was entered by the process that forked this one")
        frame = open_frame(self._home)
        owner = current_owner() if frame is None else frame.owner  # a commit is shielded by a task of its own

        def free() -> bool:
            return not self._lent or any(loan.owner == owner for loan in self._lent)

        def take() -> None:
            loan = rec.info[LENT] = Loan(self, owner)
            self._lent.append(loan)

        self._turn.take(free, take)
        return self._driver

    def listen(self, pool: Pool) -> None:
        """Notice when this pool gets the connection back."""
        event.listen(pool, "checkin", self._take_back)

    def ended(self) -> bool:
        """Tell whether the database has no transaction open any more."""
        driver = self._driver
        return driver is None or self._home.dialect.connect.in_transaction(driver) is False

    def close(self) -> bool:
        """Stop sending anything; tell whether somebody still has the connection."""
        self._closed = True
        self._driver = None
        return bool(self._lent)

    def begin(self, connection: PoolProxiedConnection, loan: Loan) -> None:
        if self._closed or self.ended():
            raise _over()
        self._count += 1
        name = f"colonnade_{id(self):x}_{self._count}"
        _send(connection, f"SAVEPOINT {name}")
        loan.savepoint, loan.touched, loan.undone = name, False, False
        self._open.append(loan)

    def keep(self, connection: PoolProxiedConnection, loan: Loan) -> None:
        if self._closed:
            raise _over()
        if loan.undone:
            self._forget(loan)
            raise TransactionError(
                "this session was undone by the rollback of one that was opened before it and is "
                "on the same connection, as all are inside rolled_back"
            )
        self._release(connection, loan)

    def undo(self, connection: PoolProxiedConnection, loan: Loan) -> None:
        if self._closed or not loan.savepoint or loan.undone:
            self._forget(loan)
            return
        # One that only read doesn't take with it what others have done since it began.
        if loan.touched:
            for later in self._open[self._open.index(loan) + 1 :]:
                later.undone = True
            _send(connection, f"ROLLBACK TO SAVEPOINT {loan.savepoint}")
        self._release(connection, loan)

    def _release(self, connection: PoolProxiedConnection, loan: Loan) -> None:
        # Below another's it is left on the stack, where it does no harm: releasing it would take those along.
        is_last = bool(self._open) and self._open[-1] is loan
        name = loan.savepoint
        self._forget(loan)
        if is_last:
            _send(connection, f"RELEASE SAVEPOINT {name}")

    def _forget(self, loan: Loan) -> None:
        loan.savepoint = ""
        if loan in self._open:
            self._open.remove(loan)

    def _take_back(self, connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
        loan = record.info.pop(LENT, None)
        if loan is not None:
            self._turn.give_back(lambda: self._lent.remove(loan))
            self._forget(loan)


def _send(connection: PoolProxiedConnection, statement: str) -> None:
    cursor = connection.cursor()
    try:
        cursor.execute(statement)
    finally:
        cursor.close()


def _over() -> TransactionError:
    return TransactionError(
        "the transaction of rolled_back has ended, so nothing more is sent",
        remedy="look for the statement that made the database end it, or a session kept beyond the block",
    )


def _turn_of(home: Home, wait_s: float) -> _ThreadsTurn | _TasksTurn:
    return _ThreadsTurn(wait_s) if home.face == "sync" else _TasksTurn(wait_s)


def _kept(wait_s: float) -> TransactionError:
    return TransactionError(
        f"another thread or task kept its session open for {wait_s:g} seconds, and inside rolled_back "
        "all of them share one connection",
        remedy="end that session before work is done elsewhere, or pass the session on",
    )


class _ThreadsTurn:
    """Lets threads wait for each other."""

    def __init__(self, wait_s: float) -> None:
        self._wait_s = wait_s
        self._changed = threading.Condition()

    def take(self, free: Callable[[], bool], take: Callable[[], None]) -> None:
        with self._changed:
            if not self._changed.wait_for(free, self._wait_s):
                raise _kept(self._wait_s)
            take()

    def give_back(self, give: Callable[[], None]) -> None:
        with self._changed:
            give()
            self._changed.notify_all()


class _TasksTurn:
    """Lets the tasks of one event loop wait for each other."""

    def __init__(self, wait_s: float) -> None:
        self._wait_s = wait_s
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()

    def take(self, free: Callable[[], bool], take: Callable[[], None]) -> None:
        from sqlalchemy.util import await_only

        if asyncio.get_running_loop() is not self._loop:
            raise TransactionError(
                "this call runs in another event loop than rolled_back",
                remedy="let both run in one, with a client that calls the application in the test's own loop",
            )
        until = time.monotonic() + self._wait_s
        while not free():
            self._changed.clear()
            try:
                await_only(asyncio.wait_for(self._changed.wait(), until - time.monotonic()))
            except TimeoutError:
                raise _kept(self._wait_s) from None
        take()

    def give_back(self, give: Callable[[], None]) -> None:
        give()
        self._changed.set()
