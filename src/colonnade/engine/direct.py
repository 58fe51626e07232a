"""One statement of one call, by the shortest way: the driver's own connection, in autocommit.

In come a statement that was compiled before and its parameters; out come the driver's rows. No Session, no
BEGIN, no COMMIT: the one exchange that the statement is. Errors come out as ours, as everywhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy.exc import StatementError
from sqlalchemy.util import greenlet_spawn

from colonnade.dialects.contract import BEGIN_OPTION
from colonnade.dialects.values import Failure
from colonnade.engine.block import shielded
from colonnade.engine.entities import known_tables
from colonnade.engine.failures import Kind, asker, drivers_own
from colonnade.engine.observe import WAY_OPTION
from colonnade.engine.orm_errors import decode_unmade
from colonnade.engine.pool import DirectPool, Lent
from colonnade.engine.translate import logged, place_of, translate, translated
from colonnade.errors import DatabaseError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Executable, Row, Table

    from colonnade.engine.home import Home

Ask = Literal["fetch", "read", "described", "change", "insert"]
Rows = Sequence[Sequence[Any]]


@dataclass(slots=True, eq=False)
class Sent:
    """A statement as the driver is given it, and what errors and observers tell of it.

    `values` gives from the parameters the values of the row that is written, by column, and
    `criteria` those that a row is looked for by.
    """

    text: str
    table: Table
    entity: str
    kind: Kind | None = None
    values: Callable[[Any], Mapping[str, Any]] | None = None
    criteria: Callable[[Any], Mapping[str, Any]] | None = None


class Request:
    """A statement to be sent, and what to make of the answer: a result, or the next request.

    `ask` names what is asked of the driver's connection: its rows, how many rows it concerned, …
    `finish` may be called in another try, but once only with an answer.
    """

    __slots__ = ("ask", "finish", "parameters", "sent")
    ask: Ask

    def __init__(self, sent: Sent, parameters: Any, ask: Ask, finish: Callable[[Any], Any]) -> None:
        self.sent = sent
        self.parameters = parameters
        self.ask = ask
        self.finish = finish


class Driver:
    """The drivers' connections of one engine, one for each call."""

    _sends_again = True
    """Whether a read that found its connection lost may be sent on another one."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self.dialect = home.dialect
        self._place = place_of(home.engine)
        self._lock_timeout_s = home.settings.lock_timeout_s
        self._observers = home.observers
        self._callbacks = home.observers.callbacks
        pool = home.engine.pool
        # An asynchronous engine's pool may be another at each call: see Home.engine.
        self._pool = pool if isinstance(pool, DirectPool) and home.face == "sync" else None
        self.numbers_rows = self.dialect.direct.NUMBERS_ROWS
        """Whether the driver tells the number that the database gave a new row."""

    def run(self, request: Any) -> Any:
        """Send the request, and those that follow from it, and give the result; what is none is given back.

        On the asynchronous face inside a greenlet.

        Raises:
            DatabaseError: what the database or the connection to it answers.
        """
        while type(request) is Request:
            sent: Request = request
            request = sent.finish(self._send(sent.ask, sent.sent, sent.parameters))
        return request

    async def run_async(self, request: Any) -> Any:
        """Do what `run` does, awaiting the driver itself."""
        # Written flat: each `await` of one's own takes its time, too.
        while type(request) is Request:
            sent, parameters = request.sent, request.parameters
            pool: Any = self._home.engine.pool
            idle: Any = getattr(pool, "idle", None)
            lent: Any = idle.pop() if idle else None
            if lent is None or self._is_stale(lent, sent) or (pool.recycles and pool.is_due(lent)):
                lent = await greenlet_spawn(self._replaced, pool, lent)
            start = time.perf_counter()
            try:
                answer = await lent.driver.asked(request.ask, sent.text, parameters)
            except BaseException as error:  # noqa: BLE001 (raised in there, or ours for it)
                await shielded(greenlet_spawn(self._told_failing, start, lent, sent, parameters, error))
                continue
            if self._callbacks:
                self._tell(sent, time.perf_counter() - start, _count(request.ask, answer))
            if lent.fairy is not None or lent.pool is not pool or pool.waiting or pool.crowded:
                await greenlet_spawn(self._give_back, lent)
            else:
                idle.append(lent)
            request = request.finish(answer)
        return request

    def fetch(self, sent: Sent, parameters: Any, ask: Ask = "fetch") -> Rows:
        """Send the statement and give all its rows, as `fetch` or as `read` of a connection does."""
        rows: Rows = self._send(ask, sent, parameters)
        return rows

    def described(self, sent: Sent, parameters: Any) -> tuple[Rows, Sequence[Any]]:
        """Send the statement and give all its rows, and the driver's type of each column."""
        found: tuple[Rows, Sequence[Any]] = self._send("described", sent, parameters)
        return found

    def _send(self, ask: Ask, sent: Sent, parameters: Any) -> Any:
        # Written flat: on SQLite, what is around the statement takes as long as the statement.
        if self._callbacks:
            return self._send_and_tell(ask, sent, parameters)
        pool = self._pool
        try:
            lent = pool.idle.pop()  # type: ignore[union-attr]
        except (AttributeError, IndexError):  # another kind of pool, or none of its connections is idle
            lent = self._taken()
        else:
            is_stale = lent.driver.looks_stale if sent.kind is None else lent.driver.is_stale
            if is_stale() or (pool.recycles and pool.is_due(lent)):  # type: ignore[union-attr]
                pool.discard(lent)  # type: ignore[union-attr]
                lent = self._taken()
        try:
            answer = getattr(lent.driver, ask)(sent.text, parameters)
        except BaseException as error:  # noqa: BLE001 (raised in there, or ours for it)
            self._fail(lent, sent, parameters, error)
            return self._send(ask, sent, parameters)
        if pool is None or lent.fairy is not None or lent.pool is not pool:  # disposed of meanwhile
            self._give_back(lent)
            return answer
        pool.idle.append(lent)
        if pool.waiting or pool.crowded:
            pool.serve()
        return answer

    def _send_and_tell(self, ask: Ask, sent: Sent, parameters: Any) -> Any:
        lent = self._taken()
        start = time.perf_counter()
        try:
            answer = getattr(lent.driver, ask)(sent.text, parameters)
        except BaseException as error:  # noqa: BLE001 (as above)
            self._told_failing(start, lent, sent, parameters, error)
            return self._send(ask, sent, parameters)
        seconds = time.perf_counter() - start
        self._give_back(lent)
        self._tell(sent, seconds, _count(ask, answer))
        return answer

    def _is_stale(self, lent: Lent, sent: Sent) -> bool:
        return lent.driver.looks_stale() if sent.kind is None else lent.driver.is_stale()

    def _replaced(self, pool: Any, lent: Lent | None) -> Lent:
        if lent is not None:
            pool.discard(lent)
        return self._taken()

    def _told_failing(
        self, start: float, lent: Lent, sent: Sent, parameters: Any, error: BaseException
    ) -> None:
        seconds = time.perf_counter() - start
        try:
            self._fail(lent, sent, parameters, error)
        except DatabaseError as ours:
            self._tell(sent, seconds, None, ours)
            raise

    def _tell(self, sent: Sent, seconds: float, rows: int | None, error: BaseException | None = None) -> None:
        if self._observers:
            table = sent.table.fullname
            self._observers.told(sent.text, seconds, rows, sent.entity, "direct", error, table=table)

    def _taken(self) -> Lent:
        """Give a connection that is in autocommit and alive, as far as can be told without asking it."""
        pool = self._home.engine.pool
        if isinstance(pool, DirectPool):
            while pool.idle:
                try:
                    lent = pool.idle.pop()
                except IndexError:  # another thread was faster
                    break
                if not lent.driver.is_stale() and not pool.is_due(lent):
                    return lent
                pool.discard(lent)
        fairy = pool.connect()
        try:
            driver = self.dialect.direct.enter(fairy.dbapi_connection, self._lock_timeout_s)  # type: ignore[arg-type]
        except BaseException as error:
            fairy.invalidate(error)
            fairy.close()
            raise
        return Lent(pool, driver, fairy)

    def _give_back(self, lent: Lent) -> None:
        pool = lent.pool
        if isinstance(pool, DirectPool):
            pool.give_back(lent)
        elif lent.fairy is not None:
            lent.driver.leave()
            lent.fairy.close()

    def _fail(self, lent: Lent, sent: Sent, parameters: Any, error: BaseException) -> None:
        """Close or give back the connection, and raise our error for the driver's.

        Not so for a read on a connection that waited and is lost now: it may have died while it waited,
        which isn't asked before each read, and the read is sent on another one.
        """
        waited = lent.fairy is None
        ours = self._translated(lent, sent, parameters, error) if isinstance(error, Exception) else None
        if ours is None or ours.connection_invalidated:
            self._discard(lent, error)
        else:
            self._give_back(lent)
        if ours is None:
            raise error
        if self._sends_again and waited and sent.kind is None and ours.connection_invalidated:
            return
        raise ours from error

    def _discard(self, lent: Lent, error: BaseException) -> None:
        if lent.fairy is not None:
            lent.fairy.invalidate(error)
            lent.fairy.close()
        elif isinstance(lent.pool, DirectPool):
            lent.pool.discard(lent, error)
            lent.pool.discard_stale()  # what closed this one has often closed them all

    def _translated(self, lent: Lent, sent: Sent, parameters: Any, error: Exception) -> DatabaseError | None:
        failure = Failure(
            error=drivers_own(error),
            phase="statement",
            tables=known_tables(self._home.metadata, sent.table),
            table=sent.table,
            values=sent.values(parameters) if sent.values else None,
            ask=asker(lent.record.dbapi_connection) if lent.record.dbapi_connection is not None else None,
            kind=sent.kind,
            criteria=sent.criteria(parameters) if sent.criteria else None,
        )
        return translate(
            failure,
            dialect=self.dialect,
            orig=error,
            statement=sent.text,
            place=self._place,
            commits=sent.kind is not None,
        )


def unmade(sent: Sent, error: Exception) -> DatabaseError:
    """Give our error for a statement that was never sent, as what a type can't convert gives through Core.

    Ours come back as they are.
    """
    if isinstance(error, DatabaseError):
        return error
    failure = Failure(error, "statement", known_tables(None, sent.table), table=sent.table)
    wrapped = StatementError(str(error), sent.text, None, error)
    return logged(decode_unmade(wrapped, failure), "statement")


def _count(ask: Ask, answer: Any) -> int:
    """Give how many rows the answer is about."""
    if ask in ("fetch", "read"):
        return len(answer)
    if ask == "described":
        return len(answer[0])
    return int(answer) if ask == "change" else 1


class Core:
    """The same statements through SQLAlchemy's Core in autocommit, where somebody listens to cursors."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def fetch(self, statement: Executable, values: Mapping[str, Any]) -> Sequence[Row[Any]]:
        """Send the statement and give all its rows, converted by their types."""
        with self._connection() as connection:
            return connection.execute(statement, values).all()

    def change(self, statement: Executable, values: Mapping[str, Any]) -> int:
        """Send the statement and give how many rows it concerned."""
        with self._connection() as connection:
            return connection.execute(statement, values).rowcount

    def one(self, statement: Executable, values: Mapping[str, Any]) -> Sequence[Any]:
        """Send an INSERT of one row, and give what it returns."""
        with self._connection() as connection:
            result = connection.execute(statement, values)
            return result.one() if result.returns_rows else ()

    def insert(self, statement: Executable, values: Mapping[str, Any]) -> Sequence[Any]:
        """Send an INSERT of one row, and give its key."""
        with self._connection() as connection:
            result: Any = connection.execute(statement, values)
            key: Sequence[Any] = result.inserted_primary_key
            return key

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        with translated(None), self._home.engine.connect() as connection:
            yield connection.execution_options(**{BEGIN_OPTION: "autocommit", WAY_OPTION: "core"})
