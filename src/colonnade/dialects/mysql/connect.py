"""Connecting to MySQL and MariaDB, over PyMySQL and asyncmy."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

from colonnade.dialects import connecting
from colonnade.dialects.contract import BEGIN_OPTION, BeginMode, Face
from colonnade.dialects.mysql import tls
from colonnade.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import URL, Connection
    from sqlalchemy.engine.interfaces import DBAPIConnection

    from colonnade.settings import DatabaseSettings

DRIVERS: Mapping[Face, tuple[str, ...]] = {"sync": ("pymysql",), "async": ("asyncmy",)}
EXAMPLE_URL = "mysql://root@127.0.0.1/{name}"
INSTALLED_BY: Mapping[Face, str] = {"sync": "mysql", "async": "async,asyncmy,mysql"}
ERROR_ABORTS_TRANSACTION = False
DDL_COMMITS = True
BEGINS_BY_STATEMENT = True
INTERLEAVES = False  # PyMySQL drops the rows still on their way, with a mere warning; asyncmy too

_EXTRAS = {"pymysql": "pymysql:mysql", "asyncmy": "asyncmy:asyncmy"}
_OPTIONS = tls.OPTIONS | {"charset", "connect_timeout", "read_timeout", "unix_socket"}
_CONNECT_TIMEOUT_S = 10
# The same on every server, so that a value that is refused by one is refused by all.
_SQL_MODE = "STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ZERO_DATE,NO_ZERO_IN_DATE,NO_ENGINE_SUBSTITUTION"
_LEVEL_OPTION = "colonnade_isolation_level"
_IN_TRANSACTION = 1  # SERVER_STATUS_IN_TRANS of the protocol


def engine_arguments(url: URL, settings: DatabaseSettings, face: Face) -> tuple[URL, dict[str, Any]]:
    """Give the URL with its driver chosen and options translated, and `create_engine`'s arguments.

    Raises:
        ConfigurationError: no driver is installed, the URL has an option that the driver doesn't take,
            or a certificate can't be read.
    """
    url = connecting.with_driver(url, face, DRIVERS, _EXTRAS)
    # MySQL's own tools write ssl-mode, the drivers ssl_mode.
    url = url.set(query={key.replace("-", "_"): value for key, value in url.query.items()})
    connecting.refuse_unknown_options(url, _OPTIONS, url.get_driver_name())
    connect_args = _connect_args(url, connecting.single_options(url))
    url = connecting.with_password(url, settings).difference_update_query(list(url.query))
    if url.password is not None:
        connect_args["password"] = password_argument(str(url.password))
    return url, connecting.engine_arguments(settings, connect_args)


def password_argument(text: str) -> str | bytes:
    """Give a password as the driver's `connect` must have it.

    From text both drivers make latin-1, where the server compares UTF-8 (PyMySQL 1.2, asyncmy 0.2.18).
    """
    return text.encode()


def set_up(connection: DBAPIConnection, settings: DatabaseSettings) -> None:
    """Say in one statement what every connection of this engine needs."""
    version = connecting.raw(connection).get_server_info()
    cursor = connection.cursor()
    cursor.execute(f"SET {', '.join(_variables(version, settings))}")
    cursor.close()


def begin(connection: Connection, mode: BeginMode, lock_timeout_s: float) -> None:
    """Send what opens the transaction.

    Left to itself the server opens one with the first table that is read. Its status flag
    would then be down until that, and couldn't tell a transaction that the server has undone.
    """
    if mode == "autocommit":
        autocommit(connection.connection, True)
    elif (options := connection.get_execution_options()).get("isolation_level") != "AUTOCOMMIT":
        if level := options.get(_LEVEL_OPTION):
            # For the next transaction alone. SQLAlchemy's own way sets it for the connection and back again.
            connection.exec_driver_sql(f"SET TRANSACTION ISOLATION LEVEL {level}")
        connection.exec_driver_sql("START TRANSACTION READ ONLY" if mode == "read_only" else "BEGIN")


def session_options(mode: BeginMode, isolation_level: str | None) -> dict[str, Any]:
    """Give the connection's execution options for a session with these wishes.

    Raises:
        ConfigurationError: the level is no level of the SQL standard.
    """
    options: dict[str, Any] = {BEGIN_OPTION: mode}
    if level := connecting.known_level(isolation_level):
        options[_LEVEL_OPTION] = level
    return options


@contextmanager
def seeing_latest(connection: Connection) -> Iterator[None]:
    """Turn snapshot isolation off in the block: with it, MariaDB answers such a read with error 1020.

    A later write to a row that was found so is still refused with that error.
    """
    cursor = connection.connection.cursor()
    isolated = False
    if _has_snapshot_isolation(connecting.raw(connection.connection.dbapi_connection).get_server_info()):
        cursor.execute("SELECT @@innodb_snapshot_isolation")
        isolated = cursor.fetchall()[0][0] == 1
    try:
        if isolated:
            cursor.execute("SET innodb_snapshot_isolation=OFF")
        yield
    finally:
        if isolated and not connection.invalidated:
            cursor.execute("SET innodb_snapshot_isolation=ON")
        cursor.close()


def autocommit(connection: Any, wanted: bool) -> None:
    """Let each statement outside BEGIN commit itself, which needn't be undone.

    Our connections are made so; a session with an isolation level of its own leaves them otherwise.
    """
    if wanted and not connection.get_autocommit():
        connection.autocommit(True)


def tidy(connection: DBAPIConnection) -> None:
    """Nothing: a read-only transaction is undone by its end."""


def needs_rollback(connection: DBAPIConnection) -> bool:
    """Tell by the status of the server's last answer; after an error it may be said without need."""
    return bool(connecting.raw(connection).server_status & _IN_TRANSACTION)


def abandon(connection: DBAPIConnection) -> None:
    """Close one of another event loop; the server undoes what a closed connection leaves."""
    driver = connecting.raw(connection)
    if hasattr(driver, "loop") and connecting.of_another_loop(driver.loop):
        with suppress(RuntimeError):  # its loop is closed
            driver.close()


def is_stale(connection: DBAPIConnection) -> bool:
    """Tell without a round trip whether this idle connection was closed, or belongs to another event loop."""
    driver = connecting.raw(connection)
    # PyMySQL; neither `_sock` nor asyncmy's `_transport` is public, and asyncmy's own `_sock` is always None.
    if not hasattr(driver, "_transport"):
        return driver._sock is None or connecting.has_news(driver._sock.fileno())
    transport = driver._transport
    if transport is None or transport.is_closing() or connecting.of_another_loop(driver.loop):
        return True
    return connecting.has_news(transport.get_extra_info("socket").fileno())


def in_transaction(connection: DBAPIConnection) -> bool | None:
    """Ask, with one ping, whether the transaction is still open; None once the connection is lost.

    An error's answer carries no status, so that the flag of the last answer would still say yes after a
    deadlock (1213), which rolls everything back.
    """
    driver = connecting.raw(connection)
    try:
        connection.ping(reconnect=False)
    except driver.Error:
        return None
    return bool(driver.server_status & _IN_TRANSACTION)


def keep_alive(url: URL) -> object | None:
    """Nothing: the server lives by itself."""
    return None


def file_of(url: URL) -> Path | None:
    """Nothing: what a server keeps its databases in is its own business."""
    return None


def read_only(url: URL) -> URL:
    """Give the URL as it is: connecting to a server changes nothing."""
    return url


def _connect_args(url: URL, asked: Mapping[str, str]) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "autocommit": True,  # as the server is; sessions send BEGIN
        "charset": _charset(asked.get("charset", "utf8mb4"), url.get_driver_name()),
        "connect_timeout": math.ceil(connecting.number(url, "connect_timeout", _CONNECT_TIMEOUT_S)),
        **tls.arguments(asked, url.get_driver_name()),
    }
    if "read_timeout" in asked:
        arguments["read_timeout"] = math.ceil(connecting.number(url, "read_timeout", 1))
    if "unix_socket" in asked:
        arguments["unix_socket"] = asked["unix_socket"]
    return arguments


def _charset(name: str, driver: str) -> str:
    """Give the character set's name; one that it doesn't know makes PyMySQL fail with an AttributeError."""
    known = import_module(f"{driver}.charset").charset_by_name
    try:
        found = known(name)
    except KeyError:
        found = None
    if found is None:
        raise ConfigurationError(f"no character set {name!r}; leave charset out for utf8mb4")
    return name


def _variables(version: str, settings: DatabaseSettings) -> list[str]:
    waiting = max(1, math.ceil(settings.lock_timeout_s))
    variables = [
        "time_zone='+00:00'",
        f"innodb_lock_wait_timeout={waiting}",
        # A statement waits for an ALTER TABLE a whole day without it.
        f"lock_wait_timeout={waiting}",
    ]
    if "sql_mode" not in settings.connect_args:
        variables.append(f"sql_mode='{_SQL_MODE}'")
    if settings.statement_timeout_s is not None:
        variables.append(_statement_timeout(version, settings.statement_timeout_s))
    if _has_snapshot_isolation(version):
        # Without it REPEATABLE READ lets the later of two writers undo the other in silence.
        variables.append("innodb_snapshot_isolation=ON")
    return variables


def _statement_timeout(version: str, seconds: float) -> str:
    # MySQL's holds for SELECT alone, and counts in milliseconds.
    if "MariaDB" in version:
        return f"max_statement_time={max(seconds, 0.001):.6f}"
    return f"max_execution_time={max(1, round(seconds * 1000))}"


# The first release of each series that has the variable (MDEV-35124); later series have it from their first.
_SNAPSHOT_SINCE = {(10, 6): 18, (10, 11): 8, (11, 0): 6, (11, 1): 5, (11, 2): 4, (11, 4): 2}


def _has_snapshot_isolation(version: str) -> bool:
    # "5.5.5-10.11.19-MariaDB": MariaDB puts a version before its own for old replicas.
    found = re.search(r"(\d+)\.(\d+)\.(\d+)-MariaDB", version)
    if found is None:
        return False
    major, minor, patch = map(int, found.groups())
    if (major, minor) in _SNAPSHOT_SINCE:
        return patch >= _SNAPSHOT_SINCE[major, minor]
    return (major, minor) > (11, 4)
