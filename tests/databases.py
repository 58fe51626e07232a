"""Fixtures that give each test an empty database of its own, on every database and driver.

| fixture | once per | gives |
|---|---|---|
| `url` | database | a URL that names no driver: `sqlite:///…`, `postgresql://…`, `mysql://…` |
| `sync_url` | driver of the synchronous face | a URL that names the driver: `postgresql+psycopg://…` |
| `async_url` | driver of the asynchronous face | the same: `postgresql+asyncpg://…` |
| `face_url` | all seven drivers | the same; `driver` tells which, and `faced` goes with it |
| `sqlite_url`, `postgresql_url`, `mysql_url` | | one database, a URL that names no driver |
| `fresh_url` | | a function: `fresh_url("mysql")` gives one more database |

Databases that a run does without are named in its header and at its end. With CI=true it does
without none.
"""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any, Literal

import pytest
from sqlalchemy import make_url

from colonnade.errors import ConfigurationError
from colonnade.testing.databases import DATABASES, Databases
from colonnade.testing.servers import Server, find_servers


@dataclass(frozen=True)
class Driver:
    """One way to a database: a driver on one of the two faces."""

    id: str
    face: Literal["sync", "async"]
    database: str
    name: str


DRIVERS = (
    Driver("sqlite", "sync", "sqlite", "sqlite+pysqlite"),
    Driver("postgresql", "sync", "postgresql", "postgresql+psycopg"),
    Driver("mysql", "sync", "mysql", "mysql+pymysql"),
    Driver("aiosqlite", "async", "sqlite", "sqlite+aiosqlite"),
    Driver("psycopg_async", "async", "postgresql", "postgresql+psycopg"),
    Driver("asyncpg", "async", "postgresql", "postgresql+asyncpg"),
    Driver("asyncmy", "async", "mysql", "mysql+asyncmy"),
)
SYNC = tuple(driver for driver in DRIVERS if driver.face == "sync")
ASYNC = tuple(driver for driver in DRIVERS if driver.face == "async")

_SERVERS = pytest.StashKey[dict[str, Server]]()
_RAN_ON = "ran on"

FreshUrl = Callable[[str], str]


def pytest_configure(config: pytest.Config) -> None:
    try:
        servers = find_servers()
    except ConfigurationError as error:
        raise pytest.UsageError(str(error)) from error
    if os.environ.get("CI") == "true" and (missing := _left_out(servers)):
        raise pytest.UsageError(f"with CI=true every database is required; {missing}")
    config.stash[_SERVERS] = servers


def pytest_report_header(config: pytest.Config) -> list[str]:
    servers = config.stash[_SERVERS]
    found = [f"sqlite {sqlite3.sqlite_version}"] + [s.source for s in servers.values() if not s.reason]
    return [f"databases: {', '.join(found)}"] + [line for line in [_left_out(servers)] if line]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    ran: Counter[str] = Counter()
    for report in (r for outcome in ("passed", "failed") for r in terminalreporter.getreports(outcome)):
        ran.update({value for name, value in report.user_properties if name == _RAN_ON})
    if ran:
        terminalreporter.write_line(
            f"tests run on {', '.join(f'{name}: {ran[name]}' for name in sorted(ran))}"
        )
    if missing := _left_out(config.stash[_SERVERS]):
        terminalreporter.write_line(missing, yellow=True, bold=True)


def _left_out(servers: dict[str, Server]) -> str:
    reasons = [f"{name} ({server.reason})" for name, server in servers.items() if server.reason]
    return f"left out: {', '.join(reasons)}" if reasons else ""


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Databases]:
    """What lends the databases of this run."""
    with closing(Databases(tmp_path_factory.mktemp("databases"), pytestconfig.stash[_SERVERS])) as lender:
        yield lender


@pytest.fixture
def fresh_url(
    databases: Databases, request: pytest.FixtureRequest, pytestconfig: pytest.Config
) -> Iterator[FreshUrl]:
    """A function from a database's name to the URL of one more fresh database, as often as it's called."""
    with ExitStack() as lent:

        def lend(database: str) -> str:
            if reason := _reason(pytestconfig, database):
                pytest.skip(f"{database} is left out: {reason}")
            request.node.user_properties.append((_RAN_ON, database))
            return lent.enter_context(databases.fresh(database))

        yield lend


def _reason(config: pytest.Config, database: str) -> str:
    server = config.stash[_SERVERS].get(database)
    return server.reason if server else ""


def _url_for(driver: Driver, fresh_url: FreshUrl, request: pytest.FixtureRequest) -> str:
    url = make_url(fresh_url(driver.database)).set(drivername=driver.name)
    request.node.user_properties.append((_RAN_ON, driver.id))
    return url.render_as_string(hide_password=False)


def _each(drivers: Iterable[Driver]) -> list[Any]:
    return [pytest.param(driver, id=driver.id) for driver in drivers]


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, fresh_url: FreshUrl) -> str:
    """A fresh database, once on each kind; its URL names no driver."""
    return fresh_url(request.param)


@pytest.fixture(params=_each(SYNC))
def sync_url(request: pytest.FixtureRequest, fresh_url: FreshUrl) -> str:
    """A fresh database, once for each driver of the synchronous face."""
    return _url_for(request.param, fresh_url, request)


@pytest.fixture(params=_each(ASYNC))
def async_url(request: pytest.FixtureRequest, fresh_url: FreshUrl) -> str:
    """A fresh database, once for each driver of the asynchronous face."""
    return _url_for(request.param, fresh_url, request)


@pytest.fixture(params=_each(DRIVERS))
def driver(request: pytest.FixtureRequest) -> Driver:
    """Each of the seven drivers."""
    each: Driver = request.param
    return each


@pytest.fixture
def face_url(driver: Driver, fresh_url: FreshUrl, request: pytest.FixtureRequest) -> str:
    """A fresh database, once for each of the seven drivers; `faced` runs what the test does with it."""
    return _url_for(driver, fresh_url, request)


@pytest.fixture
def sqlite_url(fresh_url: FreshUrl) -> str:
    """A fresh SQLite file."""
    return fresh_url("sqlite")


@pytest.fixture
def postgresql_url(fresh_url: FreshUrl) -> str:
    """A fresh database on PostgreSQL."""
    return fresh_url("postgresql")


@pytest.fixture
def mysql_url(fresh_url: FreshUrl) -> str:
    """A fresh database on MySQL or MariaDB."""
    return fresh_url("mysql")
