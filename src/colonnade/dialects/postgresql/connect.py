"""Connecting to PostgreSQL, over psycopg (both faces) and asyncpg."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from colonnade.dialects import connecting
from colonnade.dialects.contract import BEGIN_OPTION, BeginMode, Face
from colonnade.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import URL, Connection
    from sqlalchemy.engine.interfaces import DBAPIConnection

    from colonnade.settings import DatabaseSettings

DRIVERS: Mapping[Face, tuple[str, ...]] = {"sync": ("psycopg",), "async": ("asyncpg", "psycopg")}
EXAMPLE_URL = "postgresql://localhost/{name}"
INSTALLED_BY: Mapping[Face, str] = {"sync": "postgresql", "async": "async,asyncpg,postgresql"}
ERROR_ABORTS_TRANSACTION = True
DDL_COMMITS = False
BEGINS_BY_STATEMENT = False
INTERLEAVES = True

_EXTRAS = {"psycopg": "psycopg:postgresql", "asyncpg": "asyncpg:asyncpg"}
_CONNECT_TIMEOUT_S = 10
_APPLICATION = "colonnade"


def engine_arguments(url: URL, settings: DatabaseSettings, face: Face) -> tuple[URL, dict[str, Any]]:
    """Give the URL with its driver chosen and options translated, and `create_engine`'s arguments.

    Raises:
        ConfigurationError: no driver is installed, or the URL has an option that the driver doesn't take.
    """
    url = connecting.with_driver(url, face, DRIVERS, _EXTRAS)
    translate = _psycopg if url.get_driver_name() == "psycopg" else _asyncpg
    url, connect_args = translate(connecting.with_password(url, settings), settings)
    return url, connecting.engine_arguments(settings, connect_args)


def password_argument(text: str) -> str | bytes:
    """Give a password as the driver's `connect` must have it: as it is."""
    return text


def set_up(connection: DBAPIConnection, settings: DatabaseSettings) -> None:
    """Nothing: the time-outs go with the start-up message, which costs no exchange."""


def begin(connection: Connection, mode: BeginMode, lock_timeout_s: float) -> None:
    """Send nothing: the drivers begin by themselves, with what `session_options` told them.

    Raises:
        ConfigurationError: for a session on an application's engine that was made with AUTOCOMMIT.
    """
    options = connection.get_execution_options()
    if BEGIN_OPTION not in options or options.get("isolation_level") == "AUTOCOMMIT":  # asked for by itself
        return
    pooled = connection.connection.dbapi_connection
    if mode == "autocommit":
        autocommit(pooled, True)
    elif pooled is not None and connection.dialect.detect_autocommit_setting(pooled):
        raise ConfigurationError(
            "the engine is in AUTOCOMMIT, where a session could roll nothing back; "
            "give a manager an engine without it"
        )


def session_options(mode: BeginMode, isolation_level: str | None) -> dict[str, Any]:
    """Give the connection's execution options for a session with these wishes.

    Raises:
        ConfigurationError: the level is no level of the SQL standard.
    """
    options: dict[str, Any] = {BEGIN_OPTION: mode}
    if level := connecting.known_level(isolation_level):
        # The server does the one for the other, and SQLAlchemy refuses it for asyncpg.
        options["isolation_level"] = "READ COMMITTED" if level == "READ UNCOMMITTED" else level
    if mode == "read_only":
        options["postgresql_readonly"] = True
    return options


def seeing_latest(connection: Connection) -> AbstractContextManager[None]:
    """Nothing: READ COMMITTED sees them, and a higher level can't."""
    return nullcontext()


def tidy(connection: DBAPIConnection) -> None:
    """Nothing: SQLAlchemy undoes its options by itself."""


def autocommit(connection: Any, wanted: bool) -> None:
    """Let each statement commit itself, or not; the client keeps it to itself."""
    connection.autocommit = wanted


def needs_rollback(connection: DBAPIConnection) -> bool:
    """Leave it to the drivers, which send none without a transaction."""
    return True


def abandon(connection: DBAPIConnection) -> None:
    """Close one of another event loop; the server undoes what a closed connection leaves."""
    driver = connecting.raw(connection)
    if not is_psycopg(driver) and connecting.of_another_loop(driver._loop):
        with suppress(RuntimeError):  # its loop is closed
            driver.terminate()


def is_stale(connection: DBAPIConnection) -> bool:
    """Tell without a round trip whether this idle connection was closed, or belongs to another event loop."""
    driver = connecting.raw(connection)
    if is_psycopg(driver):
        return bool(driver.closed) or connecting.has_news(driver.pgconn.socket)
    if driver.is_closed() or connecting.of_another_loop(driver._loop):
        return True
    return connecting.has_news(_asyncpg_socket(driver))


def in_transaction(connection: DBAPIConnection) -> bool | None:
    """Tell whether the transaction is still open, an aborted one included; None for a closed connection."""
    driver = connecting.raw(connection)
    if is_psycopg(driver):
        status = driver.info.transaction_status.name
        return None if status == "UNKNOWN" else status != "IDLE"
    return None if driver.is_closed() else bool(driver.is_in_transaction())


def keep_alive(url: URL) -> object | None:
    """Nothing: the server lives by itself."""
    return None


def file_of(url: URL) -> Path | None:
    """Nothing: what a server keeps its databases in is its own business."""
    return None


def read_only(url: URL) -> URL:
    """Give the URL as it is: connecting to a server changes nothing."""
    return url


def is_psycopg(driver: Any) -> bool:
    """Tell psycopg's connections, of either face, from asyncpg's."""
    return hasattr(driver, "pgconn")


def _asyncpg_socket(driver: Any) -> int:
    # Neither `_transport` nor `_loop` is public. The loop reads the server's good-bye, but only when idle.
    return int(driver._transport.get_extra_info("socket").fileno())


def _startup_options(settings: DatabaseSettings, asked: str | None) -> str:
    """Give what the start-up message sets; the URL's own options come last, and win.

    A pooler in transaction mode refuses such a message, or gives its settings to the next client.
    """
    parts: list[str] = []
    if settings.prepared_statements:
        parts.append(f"-c lock_timeout={_milliseconds(settings.lock_timeout_s)}")
        if settings.statement_timeout_s is not None:
            parts.append(f"-c statement_timeout={_milliseconds(settings.statement_timeout_s)}")
    return " ".join([*parts, *([asked] if asked else [])])


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))


def _psycopg(url: URL, settings: DatabaseSettings) -> tuple[URL, dict[str, Any]]:
    connecting.refuse_unknown_options(url, LIBPQ, "psycopg")
    connect_args: dict[str, Any] = {}
    if options := _startup_options(settings, connecting.single_options(url).get("options")):
        connect_args["options"] = options
    # libpq counts in whole seconds, and takes 0 for ever.
    connect_args["connect_timeout"] = math.ceil(_timeout_s(url))
    if "application_name" not in url.query:
        connect_args["application_name"] = _APPLICATION
    if not settings.prepared_statements:
        connect_args["prepare_threshold"] = None
    return url.difference_update_query(["options", "connect_timeout"]), connect_args


def _asyncpg(url: URL, settings: DatabaseSettings) -> tuple[URL, dict[str, Any]]:
    connecting.refuse_unknown_options(url, _ASYNCPG | _TUNING, "asyncpg")
    asked = connecting.single_options(url)
    if asked.get("channel_binding") == "require":
        raise ConfigurationError(
            "asyncpg can't bind the channel; use postgresql+psycopg, or leave channel_binding out"
        )
    server = {"application_name": asked.get("application_name", _APPLICATION)}
    if options := _startup_options(settings, asked.get("options")):
        server["options"] = options
    connect_args: dict[str, Any] = {
        "server_settings": server,
        "timeout": _timeout_s(url),
    }
    if in_dsn := {key: value for key, value in asked.items() if key in _ASYNCPG_DSN}:
        # These it reads from a DSN alone, and gives way to arguments for all else.
        connect_args["dsn"] = f"postgresql://?{urlencode(in_dsn)}"
    if not settings.prepared_statements:
        connect_args |= _unprepared()
    return _with_ports(url.difference_update_query(set(url.query) - {"host", "port"})), connect_args


def _with_ports(url: URL) -> URL:
    """Give the URL with a port for each of several hosts, which SQLAlchemy wants for asyncpg."""
    hosts = url.query.get("host")
    if hosts is None or isinstance(hosts, str):
        return url
    return url.update_query_dict({"host": [host if ":" in host else f"{host}:5432" for host in hosts]})


def _timeout_s(url: URL) -> float:
    return connecting.number(url, "connect_timeout", _CONNECT_TIMEOUT_S)


def _unprepared() -> dict[str, Any]:
    from uuid import uuid4

    return {
        "statement_cache_size": 0,
        "prepared_statement_cache_size": 0,
        # SQLAlchemy prepares each statement all the same; behind a pooler its name must be nobody else's.
        "prepared_statement_name_func": lambda: f"__colonnade_{uuid4()}__",
    }


# What asyncpg takes from a DSN.
_ASYNCPG_DSN = frozenset(
    {
        "gsslib",
        "krbsrvname",
        "passfile",
        "service",
        "sslcert",
        "sslcrl",
        "sslkey",
        "sslmode",
        "sslnegotiation",
        "sslrootcert",
        "ssl_max_protocol_version",
        "ssl_min_protocol_version",
        "target_session_attrs",
    }
)
_ASYNCPG = _ASYNCPG_DSN | {"application_name", "connect_timeout", "host", "options", "port"}
# These tune libpq's socket or its choice among methods: one URL serves both drivers, so asyncpg does without.
_TUNING = frozenset(
    {
        "channel_binding",
        "client_encoding",
        "fallback_application_name",
        "gssencmode",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "sslcompression",
        "sslsni",
        "tcp_user_timeout",
    }
)
LIBPQ = (
    _ASYNCPG
    | _TUNING
    | {"gssdelegation", "hostaddr", "load_balance_hosts", "require_auth", "requirepeer", "sslcertmode"}
)
