"""What happens to each connection of one engine: set up, begun, tidied, replaced when it's dead."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError

from colonnade.dialects.contract import BEGIN_OPTION, Dialect
from colonnade.settings import DatabaseSettings

_SET_UP = "colonnade.set_up"
_BEGINS = "colonnade.begins"
_COMMITS_ITSELF = "colonnade.autocommit"


def listen(
    engine: Engine, dialect: Dialect, settings: DatabaseSettings, *, pooled_already: bool = False
) -> None:
    """Serve this engine's connections; `pooled_already` also those that were made before."""
    connect = dialect.connect

    def set_up(connection: DBAPIConnection, record: Any, *_: Any) -> None:
        if not record.info.get(_SET_UP):
            connect.set_up(connection, settings)
            record.info[_SET_UP] = True

    def replace_dead(connection: DBAPIConnection, *_: Any) -> None:
        if connect.is_stale(connection):
            raise DisconnectionError("the server has closed this connection")

    def tidy(connection: DBAPIConnection, record: Any, state: Any) -> None:
        if not state.terminate_only:
            connect.tidy(connection)
            if record.info.pop(_COMMITS_ITSELF, False):
                connect.autocommit(connection, False)

    def abandon(connection: DBAPIConnection, *_: Any) -> None:
        connect.abandon(connection)

    event.listen(engine, "checkout" if pooled_already else "connect", set_up)
    event.listen(engine, "checkout", replace_dead)
    event.listen(engine, "reset", tidy)
    event.listen(engine, "invalidate", abandon)
    _begin_by_dialect(engine, dialect, settings.lock_timeout_s)
    _roll_back_by_need(engine, dialect)


def _begin_by_dialect(engine: Engine, dialect: Dialect, lock_timeout_s: float) -> None:
    """Shadow `do_begin` on this engine's own dialect; the event tells it whose transaction it is.

    In the event itself nothing may fail: SQLAlchemy 2.1.9 would then take the connection for
    one that is beginning for ever, and its writes would commit themselves.
    """
    begin_as_before = engine.dialect.do_begin

    def on_begin(connection: Connection) -> None:
        connection.info[_BEGINS] = connection

    def do_begin(pooled: Any) -> None:
        connection: Connection | None = pooled.info.pop(_BEGINS, None)
        begin_as_before(pooled)
        if connection is not None:
            mode = connection.get_execution_options().get(BEGIN_OPTION, "write")
            dialect.connect.begin(connection, mode, lock_timeout_s)
            if mode == "autocommit":
                pooled.info[_COMMITS_ITSELF] = True

    event.listen(engine, "begin", on_begin)
    setattr(engine.dialect, "do_begin", do_begin)  # noqa: B010 (a method, for the type checkers)


def _roll_back_by_need(engine: Engine, dialect: Dialect) -> None:
    """Shadow `do_rollback`: sent without a transaction, it costs an exchange and does nothing."""
    roll_back = engine.dialect.do_rollback

    def do_rollback(pooled: Any) -> None:
        if dialect.connect.needs_rollback(pooled):
            roll_back(pooled)

    setattr(engine.dialect, "do_rollback", do_rollback)  # noqa: B010 (a method, for the type checkers)
