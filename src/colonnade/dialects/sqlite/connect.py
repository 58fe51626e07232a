"""Connecting to SQLite, over the standard library's sqlite3 and over aiosqlite."""

from __future__ import annotations

import sqlite3
from asyncio import shield
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote
from uuid import uuid4

from sqlalchemy.util.concurrency import in_greenlet

from colonnade.dialects import connecting
from colonnade.dialects.contract import BEGIN_OPTION, BeginMode, Face
from colonnade.dialects.sqlite import connection as own
from colonnade.errors import ConfigurationError, DatabaseConnectionError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection
    from sqlalchemy.engine.interfaces import DBAPIConnection

    from colonnade.settings import DatabaseSettings

DRIVERS: Mapping[Face, tuple[str, ...]] = {"sync": ("pysqlite",), "async": ("aiosqlite",)}
EXAMPLE_URL = "{name}.db"
INSTALLED_BY: Mapping[Face, str] = {"sync": "", "async": "async"}
ERROR_ABORTS_TRANSACTION = False
DDL_COMMITS = False
BEGINS_BY_STATEMENT = True
INTERLEAVES = True

_EXTRAS = {"pysqlite": "sqlite3:sqlite", "aiosqlite": "aiosqlite:async"}
_URI_OPTIONS = frozenset({"immutable", "mode", "nolock", "vfs"})
_OPTIONS = _URI_OPTIONS | {"cached_statements", "detect_types", "uri"}


def engine_arguments(url: URL, settings: DatabaseSettings, face: Face) -> tuple[URL, dict[str, Any]]:
    """Give the URL with its driver chosen and options translated, and `create_engine`'s arguments.

    A database in memory has a name of its own in each call, and is shared by all connections to that name.

    Raises:
        ConfigurationError: no driver is installed, the URL has a host or an option that the driver
            doesn't take, or the file's folder doesn't exist.
    """
    url = connecting.with_driver(url, face, DRIVERS, _EXTRAS)
    if url.host or url.username:
        raise ConfigurationError(
            f"{url} names a host; a file is sqlite:///relative.db or sqlite:////absolute.db"
        )
    connecting.refuse_unknown_options(url, _OPTIONS, "sqlite")
    connect_args = {
        "factory": own.FileConnection,
        "isolation_level": None,
        "timeout": settings.lock_timeout_s,
        # A pool hands a connection from thread to thread, to one at a time.
        "check_same_thread": False,
    }
    return _located(url), connecting.engine_arguments(settings, connect_args)


def password_argument(text: str) -> str | bytes:
    """Give a password as the driver's `connect` must have it: as it is."""
    return text


def set_up(connection: DBAPIConnection, settings: DatabaseSettings) -> None:
    """Say once to a new connection what every connection of this engine needs."""
    _run(connection, own.set_up, settings.lock_timeout_s)


def begin(connection: Connection, mode: BeginMode, lock_timeout_s: float) -> None:
    """Send what opens a transaction in this mode; one for writing waits its turn.

    A task that is cancelled while it waits leaves no transaction behind.

    Raises:
        sqlite3.OperationalError: another connection kept its write lock for `lock_timeout_s` seconds.
    """
    if mode == "autocommit" or connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
        return
    given_up = Event()
    try:
        _run(connection.connection.dbapi_connection, own.begin, mode, lock_timeout_s, given_up)
    finally:
        given_up.set()


def session_options(mode: BeginMode, isolation_level: str | None) -> dict[str, Any]:
    """Give the connection's execution options for a session with these wishes.

    The level isn't among them: every transaction of SQLite is serializable, which serves any wish.

    Raises:
        ConfigurationError: the level is no level of the SQL standard.
    """
    connecting.known_level(isolation_level)
    return {BEGIN_OPTION: mode}


def seeing_latest(connection: Connection) -> AbstractContextManager[None]:
    """Nothing: there is one writer at a time."""
    return nullcontext()


def tidy(connection: DBAPIConnection) -> None:
    """Undo, on a connection's way back to the pool, what `begin` left on it."""
    if getattr(_driver(connection), "query_only", None) is not False:
        _run(connection, own.set_query_only, False)


def autocommit(connection: DBAPIConnection, wanted: bool) -> None:
    """Nothing: it's so until BEGIN is sent."""


def needs_rollback(connection: DBAPIConnection) -> bool:
    """Tell whether a transaction is open; on the asynchronous face a rollback without one costs a hop."""
    return in_transaction(connection) is not False


def abandon(connection: DBAPIConnection) -> None:
    """Roll back, since closing isn't enough.

    sqlite3_close() leaves a connection open whose statements aren't finished, and it keeps its
    locks. A cancelled task's traceback holds on to such a cursor for as long as somebody looks at it.
    """
    if isinstance(connection, sqlite3.Connection):
        own.roll_back(connection)
    elif in_greenlet() and _driver(connection) is not None:
        connection.run_async(lambda driver: shield(driver._execute(own.roll_back, driver._conn)))


def is_stale(connection: DBAPIConnection) -> bool:
    """Tell whether the file was deleted, or another one put in its place, since it was opened."""
    driver = _driver(connection)
    return driver is None or own.is_replaced(driver)


def in_transaction(connection: DBAPIConnection) -> bool | None:
    """Tell whether SQLite still has the transaction open; None for a closed connection."""
    driver = _driver(connection)
    try:
        return None if driver is None else driver.in_transaction
    except sqlite3.ProgrammingError:  # closed
        return None


def keep_alive(url: URL) -> sqlite3.Connection | None:
    """Give an open connection to a database in memory, which lasts as long as one is open."""
    if url.query.get("vfs") != "memdb":
        return None
    return sqlite3.connect(f"{url.database}?vfs=memdb", uri=True, check_same_thread=False)


def file_of(url: URL) -> Path | None:
    """Give the file that the database is in; None for one in memory."""
    database = url.database or ":memory:"
    if database == ":memory:" or url.query.get("mode") == "memory" or url.query.get("vfs") == "memdb":
        return None
    if database.startswith("file:"):
        return Path(unquote(database.removeprefix("file:").partition("?")[0]))
    return Path(database)


def read_only(url: URL) -> URL:
    """Give the URL of the same file, opened so that no file is made or left, and its journal stays as it is.

    Raises:
        DatabaseConnectionError: there is no such file.
    """
    file = file_of(url)
    if file is None:
        return url
    if not file.exists():
        raise DatabaseConnectionError(
            f"there is no database at {file}", remedy="`colonnade db upgrade` makes it, or name another one"
        )
    return url.update_query_dict({"mode": "rw" if _rests_in_wal(file) else "ro"})


def _rests_in_wal(file: Path) -> bool:
    """Tell whether a file in WAL mode is used by nobody.

    Who opens one makes two files beside it, and may take them away at the end only if it may write.
    """
    with file.open("rb") as opened:
        is_wal = opened.read(20)[18:] == b"\x02\x02"
    return is_wal and not Path(f"{file}-wal").exists()


def _located(url: URL) -> URL:
    """Give the URL as SQLAlchemy must have it: a path, or a URI where there are options for SQLite itself."""
    if url.database in (None, "", ":memory:") or url.query.get("mode") == "memory":
        # Two connections to ":memory:" are two databases. The memdb VFS (SQLite 3.36) shares one by a
        # name that starts with a slash; its locks wait, where those of the shared cache fail at once.
        query = {"vfs": "memdb", "uri": "true"}
        return url.set(database=f"file:/colonnade-{uuid4().hex}", query=query)
    database = str(url.database)
    if database.startswith("file:"):
        return url.update_query_dict({"uri": "true"})
    path = Path(database).absolute()
    if not path.parent.is_dir():
        raise ConfigurationError(f"the folder {path.parent} for {path.name} doesn't exist; make it first")
    if _URI_OPTIONS.isdisjoint(url.query):
        return url.set(database=str(path))
    return url.set(database=f"file:{quote(str(path))}").update_query_dict({"uri": "true"})


# The only two places that know aiosqlite from inside: `_conn`, and `_execute`, which runs a function in the
# connection's thread. Its public methods run one statement each, at 25 µs for the hop.


def _driver(connection: Any) -> sqlite3.Connection | None:
    """Give sqlite3's connection, to be asked for attributes only; None for a closed one of aiosqlite's."""
    driver = connecting.raw(connection)
    return driver if isinstance(driver, sqlite3.Connection) else driver._connection


def _run(connection: Any, function: Callable[..., None], *arguments: Any) -> None:
    """Run the function with sqlite3's connection and the arguments, in the thread that owns it."""
    if isinstance(connection, sqlite3.Connection):
        function(connection, *arguments)
    else:
        connection.run_async(lambda driver: driver._execute(function, driver._conn, *arguments))
