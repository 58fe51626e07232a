"""Connecting to MySQL and MariaDB, over PyMySQL and asyncmy."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from colonnade.dialects import connecting
from colonnade.dialects.contract import BEGIN_OPTION, BeginMode, Face

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection
    from sqlalchemy.engine.interfaces import DBAPIConnection

    from colonnade.settings import DatabaseSettings

DRIVERS: Mapping[Face, tuple[str, ...]] = {"sync": ("pymysql",), "async": ("asyncmy",)}
ERROR_ABORTS_TRANSACTION = False

_EXTRAS = {"pymysql": "pymysql:mysql", "asyncmy": "asyncmy:asyncmy"}
_SQL_MODE = "STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ZERO_DATE,NO_ZERO_IN_DATE,NO_ENGINE_SUBSTITUTION"
_IN_TRANSACTION = 1  # SERVER_STATUS_IN_TRANS of the protocol


def engine_arguments(url: URL, settings: DatabaseSettings, face: Face) -> tuple[URL, dict[str, Any]]:
    """Give the URL with its driver chosen and options translated, and `create_engine`'s arguments.

    Raises:
        ConfigurationError: no driver is installed, or the URL has an option that the driver doesn't take.
    """
    url = connecting.with_driver(url, face, DRIVERS, _EXTRAS)
    connecting.refuse_unknown_options(url, _OPTIONS, url.get_driver_name())
    asked = connecting.single_options(url)
    connect_args = {
        "charset": asked.get("charset", "utf8mb4"),
        "connect_timeout": int(asked.get("connect_timeout", 10)),
    }
    url = connecting.with_password(url, settings).difference_update_query(url.query)
    return url, connecting.engine_arguments(settings, connect_args)


def set_up(connection: DBAPIConnection, settings: DatabaseSettings) -> None:
    """Say in one statement what every connection of this engine needs."""
    version = connecting.raw(connection).get_server_info()
    cursor = connection.cursor()
    cursor.execute(f"SET {', '.join(_variables(version, settings))}")
    cursor.close()


def begin(connection: Connection, mode: BeginMode, lock_timeout_s: float) -> None:
    """Send what opens a read-only transaction; others begin with their first statement."""
    if mode == "read_only":
        connection.exec_driver_sql("START TRANSACTION READ ONLY")


def session_options(mode: BeginMode, isolation_level: str | None) -> dict[str, Any]:
    """Give the connection's execution options for a session with these wishes."""
    options: dict[str, Any] = {BEGIN_OPTION: mode}
    if isolation_level is not None:
        options["isolation_level"] = isolation_level
    return options


def tidy(connection: DBAPIConnection) -> None:
    """Nothing: a read-only transaction is undone by its end."""


def is_stale(connection: DBAPIConnection) -> bool:
    """Tell without a round trip whether the server has closed this idle connection."""
    raw = connecting.raw(connection)
    socket = getattr(raw, "_sock", None)
    return socket is not None and connecting.has_news(socket.fileno())


def in_transaction(connection: DBAPIConnection) -> bool | None:
    """Tell whether the server still has the transaction open, by the flag of its last answer."""
    status = getattr(connecting.raw(connection), "server_status", None)
    return None if status is None else bool(status & _IN_TRANSACTION)


def keep_alive(url: URL) -> object | None:
    """Nothing: the server lives by itself."""
    return None


def _variables(version: str, settings: DatabaseSettings) -> list[str]:
    waiting = max(1, math.ceil(settings.lock_timeout_s))
    variables = [
        f"sql_mode='{_SQL_MODE}'",
        "time_zone='+00:00'",
        f"innodb_lock_wait_timeout={waiting}",
        f"lock_wait_timeout={waiting}",
    ]
    if settings.statement_timeout_s is not None:
        variables.append(_statement_timeout(version, settings.statement_timeout_s))
    if _has_snapshot_isolation(version):
        variables.append("innodb_snapshot_isolation=ON")
    return variables


def _statement_timeout(version: str, seconds: float) -> str:
    # MySQL's holds for SELECT alone, and counts in milliseconds.
    if "MariaDB" in version:
        return f"max_statement_time={seconds:.6f}"
    return f"max_execution_time={max(1, round(seconds * 1000))}"


# The first release of each series that has the variable (MDEV-35124); later series have it from their first.
_SNAPSHOT_SINCE = {(10, 6): 18, (10, 11): 8, (11, 0): 6, (11, 1): 5, (11, 2): 4, (11, 4): 2}


def _has_snapshot_isolation(version: str) -> bool:
    found = re.search(r"(\d+)\.(\d+)\.(\d+)-MariaDB", version)
    if found is None:
        return False
    major, minor, patch = map(int, found.groups())
    if (major, minor) in _SNAPSHOT_SINCE:
        return patch >= _SNAPSHOT_SINCE[major, minor]
    return (major, minor) > (11, 4)


_OPTIONS = frozenset("charset connect_timeout".split())
