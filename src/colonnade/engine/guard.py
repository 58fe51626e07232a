"""What a managed transaction may still do: savepoints sent late, failed statements remembered.

A guard travels with one session as an execution option of its connection. It holds back
each SAVEPOINT until the first write inside it, and it knows whether a statement failed
and at which level, so that half a transaction is never committed in silence.
Connections without a guard (the engine used directly) behave as SQLAlchemy leaves them.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, PendingRollbackError

from colonnade.errors import TransactionError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine.interfaces import ExceptionContext, ExecutionContext
    from sqlalchemy.orm import Session

    from colonnade.dialects.contract import Dialect

GUARD_OPTION = "colonnade_guard"
"""The execution option that carries the guard."""

LOCKING_CLAUSES = (" FOR UPDATE", " FOR NO KEY UPDATE", " FOR SHARE", " FOR KEY SHARE", " LOCK IN SHARE MODE")

CURE = (
    "wrap the call whose error you handle in `with db.session():`, "
    "so that only its own savepoint is rolled back"
)


class Guard:
    """The state of one session's transaction, as the connection's events show it.

    `sent` and `pending` are the names of the open savepoints, outermost first; those in
    `pending` have not reached the server. `failure` is the first error that was answered
    at `failed_level`: 0 is the transaction itself, n the n-th savepoint. `ended` is true
    when the database has undone the whole transaction by itself. `undone_by` is the error
    for which the last rollback was done: a failed flush's own, when nothing came after.
    """

    __slots__ = ("ended", "failed_level", "failure", "pending", "quiet", "sent", "session", "undone_by")

    def __init__(self) -> None:
        self.session: Session | None = None
        self.clear()

    def clear(self) -> None:
        """Start anew, as after a rollback of everything."""
        self.sent: list[str] = []
        self.pending: list[str] = []
        self.failure: BaseException | None = None
        self.failed_level = 0
        self.ended = False
        self.quiet = False
        self.undone_by: BaseException | None = None

    def check(self) -> None:
        """Refuse to go on after a failure that no rollback has healed.

        Raises:
            TransactionError: with the failed statement's error as its cause.
        """
        if self.failure is not None and not self.quiet:
            raise poisoned(self.failure)

    def fail(self, error: BaseException, *, ended: bool, aborts: bool) -> None:
        """Remember a failed statement; `aborts` when it has undone savepoints not yet sent, too."""
        self.ended = self.ended or ended
        level = 0 if self.ended else len(self.sent) + (0 if aborts else len(self.pending))
        if self.failure is None or level < self.failed_level:
            self.failure, self.failed_level = error, level

    def leave(self, name: str, *, heal: bool) -> bool:
        """Forget the savepoint and those inside it; tell whether the server knows of it."""
        known = name in self.sent
        if not known and name not in self.pending:
            return False
        names = self.sent if known else self.pending
        level = names.index(name) + (0 if known else len(self.sent))
        del names[names.index(name) :]
        if known:
            self.pending.clear()
        if heal and not self.ended and self.failed_level > level:
            self.failure = None
        return known and not self.ended


def poisoned(failure: BaseException) -> TransactionError:
    """Give the error for a transaction in which `failure` was swallowed."""
    error = TransactionError(
        f"a statement of this transaction failed and was not rolled back ({type(failure).__name__}), "
        "so nothing more is sent and nothing is committed",
        remedy=CURE,
    )
    error.__cause__ = failure
    return error


def undone(failure: BaseException | None) -> TransactionError:
    """Give the error for what was rolled back under a block: by a failed flush, or with its connection."""
    name = f" ({type(failure).__name__})" if failure is not None else ""
    error = TransactionError(
        f"a statement failed{name}, and the transaction or savepoint around it was rolled back, "
        "so nothing more is sent and nothing of it is committed",
        remedy=CURE,
    )
    error.__cause__ = failure
    return error


def guard_of(connection: Connection) -> Guard | None:
    """Give the guard that the connection carries, if any."""
    guard: Guard | None = connection.get_execution_options().get(GUARD_OPTION)
    return guard


def install(engine: Engine, dialect: Dialect) -> None:
    """Put guards to work on this engine's connections."""
    _hold_savepoints(engine)
    event.listen(engine, "rollback", _on_rollback)
    event.listen(engine, "begin", _on_begin)
    event.listen(engine, "commit", _on_commit)

    def on_error(context: ExceptionContext) -> None:
        connection = context.connection
        if connection is None or not isinstance(context.sqlalchemy_exception, DBAPIError):
            return
        if _is_probe(context):
            return
        guard = guard_of(connection)
        if guard is not None:
            # SQLAlchemy sets `chained_exception` once a listener before this one has given one.
            error = getattr(context, "chained_exception", None) or context.original_exception
            open_still = None if context.is_disconnect else _in_transaction(connection, dialect)
            ended = context.is_disconnect or open_still is False
            guard.fail(error, ended=ended, aborts=dialect.connect.ERROR_ABORTS_TRANSACTION)

    event.listen(engine, "handle_error", on_error)


def _is_probe(context: ExceptionContext) -> bool:
    """Tell whether SQLAlchemy expects the error: `has_table` may describe a table that isn't there.

    SQLAlchemy 2.1.9 honours its own option on a connection only, and sets it on the statement.
    """
    running = context.execution_context
    return running is not None and bool(running.execution_options.get("skip_user_error_events"))


def _in_transaction(connection: Connection, dialect: Dialect) -> bool | None:
    driver_connection = connection.connection.dbapi_connection
    return None if driver_connection is None else dialect.connect.in_transaction(driver_connection)


def _on_begin(connection: Connection) -> None:
    guard = guard_of(connection)
    if guard is not None:
        guard.clear()


def _on_rollback(connection: Connection) -> None:
    guard = guard_of(connection)
    if guard is not None:
        cause = _cause(guard)
        guard.clear()
        guard.undone_by = cause


def _cause(guard: Guard) -> BaseException | None:
    """Give the error for which a rollback is done now."""
    error = guard.failure or sys.exception()
    return guard.undone_by if isinstance(error, PendingRollbackError) else error


def _on_commit(connection: Connection) -> None:
    """Refuse the session's own `commit()` after a failure; PostgreSQL would roll back without a word."""
    guard = guard_of(connection)
    if guard is not None and guard.failure is not None:
        failure = guard.failure
        # The session takes nothing but rollback() now, which sends none: the pool does when it gets
        # the connection back (SQLAlchemy 2.1.9).
        guard.clear()
        raise poisoned(failure)


def _hold_savepoints(engine: Engine) -> None:
    """Shadow the savepoint methods on this engine's own dialect, and watch for the first write."""
    dialect = engine.dialect
    send, roll_back_to, release = (
        dialect.do_savepoint,
        dialect.do_rollback_to_savepoint,
        dialect.do_release_savepoint,
    )

    def do_savepoint(connection: Connection, name: str) -> None:
        guard = guard_of(connection)
        if guard is None:
            send(connection, name)
        else:
            guard.check()
            guard.pending.append(name)

    def do_rollback_to_savepoint(connection: Connection, name: str) -> None:
        guard = guard_of(connection)
        if guard is None:
            roll_back_to(connection, name)
            return
        guard.undone_by = _cause(guard)
        if guard.leave(name, heal=True):
            _quietly(guard, roll_back_to, connection, name)

    def do_release_savepoint(connection: Connection, name: str) -> None:
        guard = guard_of(connection)
        if guard is None:
            release(connection, name)
        elif guard.failure is not None:  # SQLAlchemy rolls nothing back when a release fails
            failure = guard.failure
            do_rollback_to_savepoint(connection, name)
            raise poisoned(failure)
        elif guard.leave(name, heal=False):
            _quietly(guard, release, connection, name)

    def before_cursor_execute(
        connection: Connection,
        cursor: Any,
        statement: str,
        parameters: Any,
        context: ExecutionContext | None,
        executemany: bool,
    ) -> None:
        guard = guard_of(connection)
        if guard is None or guard.quiet:
            return
        guard.check()
        while guard.pending and not reads_only(context, statement):
            name = guard.pending.pop(0)
            guard.sent.append(name)
            _quietly(guard, send, connection, name)

    shadows = (do_savepoint, do_rollback_to_savepoint, do_release_savepoint)
    for shadow in shadows:
        setattr(dialect, shadow.__name__, shadow)
    event.listen(engine, "before_cursor_execute", before_cursor_execute)


def _quietly(guard: Guard, send: Any, connection: Connection, name: str) -> None:
    guard.quiet = True
    try:
        send(connection, name)
    finally:
        guard.quiet = False


def reads_only(context: ExecutionContext | None, statement: str) -> bool:
    """Tell whether the statement is a SELECT that locks nothing; text is never trusted to be one."""
    compiled = context.compiled if context is not None else None
    if compiled is None or not getattr(compiled.statement, "is_select", False):
        return False
    if getattr(compiled, "ctes", None):  # on PostgreSQL a WITH may hold an INSERT, UPDATE or DELETE
        return False
    return not any(clause in statement for clause in LOCKING_CLAUSES)
