"""What stands, while a manager is rolled back, in front of its SQLAlchemy dialect and on its engine.

Connections that aren't lent out by the pin pass as ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, PoolProxiedConnection, event

from colonnade.dialects.contract import BEGIN_OPTION
from colonnade.engine.guard import guard_of, reads_only
from colonnade.engine.home import Home
from colonnade.errors import ReadOnlyDatabaseError, TransactionError
from colonnade.testing.loans import LENT

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import ExceptionContext, ExecutionContext

    from colonnade.testing.loans import Loan

READING = frozenset("SELECT VALUES EXPLAIN SHOW DESCRIBE TABLE PRAGMA SAVEPOINT RELEASE ROLLBACK".split())
"""How a statement begins that a read-only transaction takes."""

COMMITTING = frozenset(
    "ALTER ANALYZE BEGIN COMMIT CREATE DROP GRANT LOCK OPTIMIZE RENAME REPAIR REVOKE START TRUNCATE".split()
)
"""How one begins with which the database would commit, where it commits with DDL."""


class Shadows:
    """Puts them there, until `lift`."""

    def __init__(self, home: Home) -> None:
        self._engine = home.engine
        self._ddl_commits = home.dialect.connect.DDL_COMMITS
        dialect: Any = self._engine.dialect
        self._begin, self._commit, self._roll_back = dialect.do_begin, dialect.do_commit, dialect.do_rollback
        self._before: dict[str, Any] = {}
        self._shadow("do_begin", self._do_begin)
        self._shadow("do_commit", self._do_commit)
        self._shadow("do_rollback", self._do_rollback)
        # The pool of the pin closes what comes back to it, and means its loan.
        self._shadow("do_close", _do_nothing)
        self._shadow("do_terminate", _do_nothing)
        # A result that the server still holds would be in the way of the next one's statement.
        self._shadow("supports_server_side_cursors", False)
        self._listeners: dict[str, Any] = {
            "begin": self._on_begin,
            "before_cursor_execute": self._before_execute,
            "handle_error": self._on_error,
            "set_connection_execution_options": self._on_options,
        }
        for name, listener in self._listeners.items():
            event.listen(self._engine, name, listener)

    def lift(self) -> None:
        """Take them away again."""
        for name, listener in self._listeners.items():
            event.remove(self._engine, name, listener)
        own = vars(self._engine.dialect)
        for name, value in self._before.items():
            if value is _CLASS:
                del own[name]
            else:
                own[name] = value

    def _shadow(self, name: str, value: Any) -> None:
        own = vars(self._engine.dialect)
        self._before[name] = own.get(name, _CLASS)
        own[name] = value

    def _on_begin(self, connection: Connection) -> None:
        loan = _lent(connection)
        if loan is not None:
            loan.mode = connection.get_execution_options().get(BEGIN_OPTION, "write")

    def _do_begin(self, connection: PoolProxiedConnection) -> None:
        loan = _lent(connection)
        if loan is None:
            self._begin(connection)
        else:
            loan.begin(connection)

    def _do_commit(self, connection: PoolProxiedConnection) -> None:
        loan = _lent(connection)
        if loan is None:
            self._commit(connection)
        else:
            loan.keep(connection)

    def _do_rollback(self, connection: PoolProxiedConnection) -> None:
        loan = _lent(connection)
        if loan is None:
            self._roll_back(connection)
        else:
            loan.undo(connection)

    def _before_execute(
        self,
        connection: Connection,
        cursor: Any,
        statement: str,
        parameters: Any,
        context: ExecutionContext | None,
        executemany: bool,
    ) -> None:
        loan = _lent(connection)
        if loan is None:
            return
        words = statement.upper().split(None, 2)
        if loan.mode == "read_only" and not _may_read(words, statement):
            raise _refused(connection)
        if self._ddl_commits and words[:1] and words[0] in COMMITTING and "TEMPORARY" not in words:
            raise TransactionError(
                f"this database commits before {words[0]}, which rolled_back couldn't undo",
                remedy="create the tables before rolled_back",
            )
        loan.touched = loan.touched or not reads_only(context, statement)

    def _on_error(self, context: ExceptionContext) -> None:
        loan = None if context.connection is None else _lent(context.connection)
        if loan is not None:
            loan.touched = True  # a failed SELECT too: on some databases nothing goes on before a rollback

    def _on_options(self, connection: Connection, options: dict[str, Any]) -> None:
        loan = _lent(connection)
        if loan is not None:
            level = options.pop("isolation_level", None)
            loan.autocommit = loan.autocommit or level == "AUTOCOMMIT"
            for name in [name for name in options if name.endswith(("_readonly", "_deferrable"))]:
                del options[name]


_CLASS = object()
"""Stands for what the dialect's class has."""


def _do_nothing(connection: Any) -> None:
    pass


def _lent(connection: Connection | PoolProxiedConnection) -> Loan | None:
    loan: Loan | None = connection.info.get(LENT)
    return loan


def _may_read(words: list[str], statement: str) -> bool:
    if words[:1] == ["WITH"]:
        return not {"INSERT", "UPDATE", "DELETE", "MERGE"} & set(statement.upper().split())
    return not words or words[0].lstrip("(") in READING


def _refused(connection: Connection) -> ReadOnlyDatabaseError:
    error = ReadOnlyDatabaseError("a write was refused: this session was opened with read_only=True")
    guard = guard_of(connection)
    if guard is not None:
        guard.fail(error, ended=False, aborts=False)
    return error
