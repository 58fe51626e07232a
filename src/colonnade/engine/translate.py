"""The one place where a driver's exception becomes ours.

`attach` listens to one engine: whatever a connect, a statement or a commit raises there
comes out as a `DatabaseError`, with its class decided by the dialect. `translated` does
the same for what never passes the listener: the pool, the ORM, and plain sessions on
engines of others. Each error is logged here once, without values.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from sqlalchemy import Select, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import StatementError as SQLAlchemyStatementError
from sqlalchemy.exc import TimeoutError as SQLAlchemyTimeoutError

from colonnade.dialects.constraints import find_table
from colonnade.dialects.contract import BEGIN_OPTION, Dialect, known_dialect
from colonnade.dialects.values import Failure, Fault, Phase
from colonnade.engine.entities import entity_of, known_tables, remember, remember_objects
from colonnade.engine.failures import drivers_own, failure_of
from colonnade.engine.guard import guard_of
from colonnade.engine.orm_errors import decode_orm, decode_unmade
from colonnade.engine.wording import message_of
from colonnade.errors import (
    AmbiguousCommitError,
    ConstraintError,
    DamagedDatabaseError,
    DatabaseConnectionError,
    DatabaseError,
    DiskFullError,
    ForeignKeyViolationError,
    PoolTimeoutError,
    ReadOnlyDatabaseError,
    SchemaMismatchError,
    StatementError,
    ValueRejectedError,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, MetaData
    from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
    from sqlalchemy.engine.interfaces import Dialect as SQLAlchemyDialect
    from sqlalchemy.orm import Session

__all__ = ["attach", "logged", "place_of", "remember", "translate", "translate_orm", "translated", "unlogged"]

_logger = logging.getLogger("colonnade")
_logger.addHandler(logging.NullHandler())  # a program that sets up no logging hears of errors by exception
REFUSALS = (ConstraintError, ValueRejectedError, SchemaMismatchError, StatementError)
"""Errors that say what the database makes of the statement, and would say so again."""
_GRAVE = (AmbiguousCommitError, DamagedDatabaseError, DiskFullError)
_NOTABLE = (DatabaseConnectionError, PoolTimeoutError, ReadOnlyDatabaseError)


def attach(
    engine: Engine,
    dialect: Dialect,
    source: Callable[[], MetaData | None],
    *,
    password: Callable[[], str] | None = None,
) -> None:
    """Translate all errors of this engine; for an asynchronous one give its `sync_engine`.

    `source` gives the metadata to take names from, each time it's needed. `password` is
    called before each new connection.
    """
    committing: WeakSet[Connection] = WeakSet()
    place = place_of(engine)

    def on_error(context: ExceptionContext) -> BaseException | None:
        # SQLAlchemy 2.1.9 sets `chained_exception` only once a listener has returned one.
        if context.is_pre_ping or isinstance(getattr(context, "chained_exception", None), DatabaseError):
            return None  # a ping is SQLAlchemy's own business; another listener of ours was here before
        return _on_error(context, dialect, source(), place, _phase(context, committing))

    def do_connect(
        driver: SQLAlchemyDialect, record: Any, arguments: list[Any], options: dict[str, Any]
    ) -> DBAPIConnection:
        if password is not None:
            options["password"] = dialect.connect.password_argument(password())
        try:
            return driver.connect(*arguments, **options)
        except (driver.loaded_dbapi.Error, OSError, EOFError) as error:
            failure = Failure(drivers_own(error), "connect", known_tables(source(), None))
            ours = translate(failure, dialect=dialect, orig=error, place=place)
            if ours is None:
                raise
            raise ours from error

    event.listen(engine, "commit", committing.add)
    event.listen(engine, "commit_twophase", lambda connection, *_: committing.add(connection))
    event.listen(engine, "begin", committing.discard)
    event.listen(engine, "rollback", committing.discard)
    event.listen(engine, "handle_error", on_error)
    event.listen(engine, "do_connect", do_connect)
    event.listen(engine, "engine_disposed", _watch_pool)
    _watch_pool(engine)


def translate(
    failure: Failure,
    *,
    dialect: Dialect,
    orig: BaseException | None = None,
    statement: str | None = None,
    place: str = "the database",
    commits: bool = False,
) -> DatabaseError | None:
    """Give our error for a driver's, logged; None for an exception that isn't the driver's.

    `commits` tells that the statement was its own commit, as a write in autocommit is.
    """
    fault = dialect.errors.decode(failure) or _by_python(failure)
    if fault is None:
        return None
    if fault.connection_lost and (commits or failure.phase == "commit"):
        fault = Fault(AmbiguousCommitError, connection_lost=True)
    table = find_table(failure.tables, fault.table)
    entity = entity_of(table, fault.table)
    return logged(
        fault.error(
            message_of(fault, failure, entity, place),
            entity=entity,
            columns=fault.columns,
            constraint=fault.constraint,
            retryable=fault.retryable,
            remedy=_remedy(fault),
            orig=failure.error if orig is None else orig,
            statement=statement,
            connection_invalidated=fault.connection_lost,
        ),
        failure.phase,
    )


class translated:
    """Turn what SQLAlchemy raises in the block into our errors; ours and all others pass as they are.

    >>> with translated(None):
    ...     pass
    """

    __slots__ = ("_session",)

    def __init__(self, session: Session | None) -> None:
        self._session = session

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, SQLAlchemyError) and not isinstance(error, DatabaseError):
            raise translate_orm(error, self._session) from (getattr(error, "orig", None) or error)


@contextmanager
def unlogged() -> Iterator[None]:
    """Log no error of the block: what is refused there is tried again otherwise, and told by that."""
    token = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(token)


_silent: ContextVar[bool] = ContextVar("colonnade_silent", default=False)


def translate_orm(error: SQLAlchemyError, session: Session | None = None) -> DatabaseError:
    """Give our error for one of SQLAlchemy's that no listener has seen; ours come back as they are."""
    if isinstance(error, DatabaseError):
        return error
    if session is not None:
        remember_objects(session)
    if isinstance(error, DBAPIError):
        return translate_foreign(error, None if session is None else session.get_bind().dialect.name)
    return logged(decode_orm(error), "statement")


def translate_foreign(error: DBAPIError, database: str | None) -> DatabaseError:
    """Translate and log a driver's error from an engine that isn't a manager's, as far as it can be told.

    `database` is SQLAlchemy's name of it.
    """
    dialect = None if database is None else known_dialect(database)
    ours = None
    if dialect is not None:
        lost_in: Phase = "commit" if error.connection_invalidated else "connect"
        phase: Phase = "statement" if error.statement is not None else lost_in
        failure = Failure(drivers_own(error), phase, known_tables(None, None))
        ours = translate(failure, dialect=dialect, orig=error.orig, statement=error.statement)
    if ours is None:
        text = "the database refused the statement"
        return logged(StatementError(text, orig=error.orig, statement=error.statement), "statement")
    ours.connection_invalidated = error.connection_invalidated
    return ours


def _watch_pool(engine: Engine) -> None:
    """Translate the time-outs of the engine's pool, for which SQLAlchemy has no event."""
    pool = engine.pool
    check_out = pool.connect

    def connect() -> Any:
        try:
            return check_out()
        except SQLAlchemyTimeoutError as error:
            if isinstance(error, DatabaseError):  # another manager's on the same engine
                raise
            raise translate_orm(error) from error

    pool.connect = connect  # type: ignore[method-assign]


def _on_error(
    context: ExceptionContext, dialect: Dialect, metadata: MetaData | None, place: str, phase: Phase
) -> BaseException | None:
    error = context.original_exception
    if isinstance(error, DatabaseError):
        # Ours, raised by a type while the statement was made up; SQLAlchemy would wrap it.
        return None if context.sqlalchemy_exception is None else copy.copy(error)
    if not isinstance(error, Exception):
        return None  # cancelled or interrupted: not the database's doing
    _remember_session(context.connection)
    failure = failure_of(context, phase, metadata)
    ours = translate(
        failure,
        dialect=dialect,
        orig=error,
        statement=context.statement,
        place=place,
        commits=_commits_itself(context, dialect),
    )
    if ours is None:
        return _unmade(context, failure)
    if ours.connection_invalidated and context.connection is not None:
        context.is_disconnect = True
    ours.connection_invalidated = context.is_disconnect
    return ours


def _unmade(context: ExceptionContext, failure: Failure) -> DatabaseError | None:
    """Translate what went wrong before anything was sent: a value that its type can't convert."""
    if not isinstance(context.sqlalchemy_exception, SQLAlchemyStatementError):
        return None
    return logged(decode_unmade(context.sqlalchemy_exception, failure), failure.phase)


def _by_python(failure: Failure) -> Fault | None:
    """Decode what Python refuses before a driver sends it: half a surrogate pair in a text."""
    if not isinstance(failure.error, UnicodeEncodeError) or failure.phase != "statement":
        return None
    table = None if failure.table is None else failure.table.name
    broken = [name for row in failure.all_rows for name, value in row.items() if _holds_half_a_pair(value)]
    columns = tuple(dict.fromkeys(broken))
    return Fault(ValueRejectedError, detail="can't be written as UTF-8", table=table, columns=columns)


def _holds_half_a_pair(value: object) -> bool:
    return isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value)


def _phase(context: ExceptionContext, committing: WeakSet[Connection]) -> Phase:
    if context.connection is None:
        return "connect"
    if context.connection.get_execution_options().get(BEGIN_OPTION) == "read_only":
        return "statement"  # there's nothing to commit, and so nothing ambiguous
    return "commit" if context.statement is None and context.connection in committing else "statement"


def _commits_itself(context: ExceptionContext, dialect: Dialect) -> bool:
    """Tell whether the statement was a write in autocommit; a SELECT as text is taken for a read."""
    if context.connection is None or context.statement is None:
        return False
    compiled = context.execution_context.compiled if context.execution_context else None
    statement = getattr(compiled, "statement", None)
    if isinstance(statement, Select) or context.statement.lstrip()[:6].upper() == "SELECT":
        return False
    options = context.connection.get_execution_options()
    if options.get(BEGIN_OPTION) == "autocommit" or options.get("isolation_level") == "AUTOCOMMIT":
        return True
    driver_connection = context.connection.connection.dbapi_connection
    if driver_connection is None or dialect.connect.BEGINS_BY_STATEMENT:
        return False
    return context.connection.dialect.detect_autocommit_setting(driver_connection)


def _remember_session(connection: Connection | None) -> None:
    if connection is None or connection.invalidated or connection.closed:
        return
    guard = guard_of(connection)
    if guard is not None and guard.session is not None:
        remember_objects(guard.session)


def _remedy(fault: Fault) -> str | None:
    if issubclass(fault.error, ForeignKeyViolationError) and "still" in fault.detail:
        return "Delete or move the rows that refer to it first"
    if fault.error is StatementError and not fault.detail:
        return "The statement and the driver's own words are in `statement` and `orig`"
    return None


def logged(error: DatabaseError, phase: Phase) -> DatabaseError:
    """Log an error that goes to the caller, once and without values, and give it back."""
    if _silent.get() and isinstance(error, REFUSALS):
        return error
    level = logging.ERROR if isinstance(error, _GRAVE) else logging.INFO
    if isinstance(error, _NOTABLE) and not isinstance(error, AmbiguousCommitError):
        level = logging.WARNING
    fields = {
        "code": error.code,
        "entity": error.entity,
        "columns": error.columns,
        "constraint": error.constraint,
        "phase": phase,
    }
    _logger.log(level, "%s in phase %s, entity %s", error.code, phase, error.entity, extra=fields)
    return error


def place_of(engine: Engine) -> str:
    """Give server and database as they're named in messages: no user, no password, no options."""
    url = engine.url
    if not url.host:
        return url.database or engine.dialect.name
    return f"{url.host}{f':{url.port}' if url.port else ''}/{url.database or ''}"
