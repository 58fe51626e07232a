"""Telling a database who acts, with the first write that it concerns, on every connection of one engine.

What a connection was told is kept with it. It's told again when somebody else acts, and in each transaction
where the database forgets it at the end of one; nothing is sent where nobody acts and nothing is audited.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import event

from colonnade.dialects.acting import NOBODY, current
from colonnade.dialects.contract import BEGIN_OPTION
from colonnade.engine.guard import reads_only

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection, ExecutionContext

    from colonnade.dialects.contract import Dialect

_TOLD = "colonnade.acting"
"""What the connection was told in this transaction, or last."""
_TRANSACTION = "colonnade.transaction"
_UNSURE = object()
"""Told, but a savepoint was rolled back since."""


def attach(engine: Engine, dialect: Dialect, is_audited: Callable[[], bool]) -> None:
    """Tell this engine's connections who acts; which transaction it is, too, where tables are audited."""
    audit = dialect.audit

    def before_cursor_execute(
        connection: Connection,
        cursor: Any,
        statement: str,
        parameters: Any,
        context: ExecutionContext | None,
        executemany: bool,
    ) -> None:
        acting, info = current.get(), connection.info
        if acting is None and _TOLD not in info and not is_audited():
            return
        if not audit.may_write(statement) or reads_only(context, statement):
            return
        options = connection.get_execution_options()
        if options.get(BEGIN_OPTION) == "read_only" or audit.TELLING in statement:
            return
        lasting = "autocommit" in (options.get(BEGIN_OPTION), str(options.get("isolation_level")).lower())
        wanted = acting or NOBODY
        if not lasting and audit.NAMES_TRANSACTIONS and is_audited():
            wanted = replace(wanted, transaction_id=info.setdefault(_TRANSACTION, uuid4().hex))
        if info.get(_TOLD, NOBODY) != wanted:
            audit.tell(connection, wanted, lasting)
            info[_TOLD] = wanted

    def on_commit(connection: Connection) -> None:
        if connection.info.get(_TOLD, NOBODY) != NOBODY:
            audit.forget(connection)
        ended(connection)

    def ended(connection: Connection) -> None:
        if connection.invalidated:
            return  # what was told went with the driver's connection
        connection.info.pop(_TRANSACTION, None)
        if not audit.CARRIES:
            connection.info.pop(_TOLD, None)

    def on_rollback_savepoint(connection: Connection, name: str, context: None) -> None:
        if not audit.CARRIES and not connection.invalidated and _TOLD in connection.info:
            connection.info[_TOLD] = _UNSURE

    def tidy(connection: DBAPIConnection, record: Any, state: Any) -> None:
        told = record.info.pop(_TOLD, NOBODY)
        record.info.pop(_TRANSACTION, None)
        if told != NOBODY and not state.terminate_only:
            audit.forget_raw(connection)

    event.listen(engine, "before_cursor_execute", before_cursor_execute)
    event.listen(engine, "commit", on_commit)
    event.listen(engine, "rollback", ended)
    event.listen(engine, "rollback_savepoint", on_rollback_savepoint)
    event.listen(engine, "reset", tidy)
