"""Connections to databases that have a whole schema of `schemas`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, inspect, make_url
from sqlalchemy.schema import DropTable

from colonnade.testing.databases import Databases
from tests.databases import _RAN_ON, FreshUrl, _reason
from tests.migrations.schemas import WHOLE


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the backups of servers, which go to the working directory, go with the test."""
    monkeypatch.chdir(tmp_path)


SYNC_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql"}


def carry_out(connection: Connection, statements: tuple[str, ...]) -> None:
    """Send statements as they are, whatever stands in them."""
    for statement in statements:
        is_sqlite = connection.dialect.name == "sqlite"
        connection.exec_driver_sql(statement if is_sqlite else statement.replace("%", "%%"))


def engine_on(url: str) -> Engine:
    """Give an engine in autocommit with the synchronous driver."""
    parsed = make_url(url)
    named = parsed.set(drivername=SYNC_DRIVERS[parsed.get_backend_name()])
    return create_engine(named, isolation_level="AUTOCOMMIT")


@contextmanager
def opened(url: str) -> Iterator[Connection]:
    """Give a connection in autocommit while the block lasts."""
    engine = engine_on(url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def fresh(fresh_url: FreshUrl) -> Iterator[Callable[[str], Connection]]:
    """A function from a database's name to a connection to one more empty database."""
    with ExitStack() as stack:
        yield lambda database: stack.enter_context(opened(fresh_url(database)))


@pytest.fixture(scope="module")
def whole_url(databases: Databases, pytestconfig: pytest.Config) -> Iterator[Callable[[str], str]]:
    """A function from a database's name to the URL of this module's one with the whole schema."""
    with ExitStack() as stack:
        yield _lender(databases, pytestconfig, stack, lambda name, one: carry_out(one, WHOLE[name]))


@pytest.fixture(scope="module")
def shared_url(databases: Databases, pytestconfig: pytest.Config) -> Iterator[Callable[[str], str]]:
    """A function from a database's name to the URL of this module's one, which its tests use in turn."""
    with ExitStack() as stack:
        yield _lender(databases, pytestconfig, stack, lambda name, one: None)


def _lender(
    databases: Databases,
    config: pytest.Config,
    stack: ExitStack,
    prepare: Callable[[str, Connection], None],
) -> Callable[[str], str]:
    urls: dict[str, str] = {}

    def lend(database: str) -> str:
        if reason := _reason(config, database):
            pytest.skip(f"{database} is left out: {reason}")
        if database not in urls:
            urls[database] = stack.enter_context(databases.fresh(database))
            with opened(urls[database]) as connection:
                prepare(database, connection)
        return urls[database]

    return lend


@pytest.fixture
def whole(
    whole_url: Callable[[str], str], request: pytest.FixtureRequest
) -> Iterator[Callable[[str], Connection]]:
    """A function from a database's name to a connection to this module's one with the whole schema."""
    with ExitStack() as stack:

        def connect(database: str) -> Connection:
            url = whole_url(database)
            request.node.user_properties.append((_RAN_ON, database))
            return stack.enter_context(opened(url))

        yield connect


@pytest.fixture
def emptied(
    shared_url: Callable[[str], str], request: pytest.FixtureRequest
) -> Iterator[Callable[[str], Connection]]:
    """A function from a server's name to a connection to this module's database on it, without tables."""
    with ExitStack() as stack:

        def connect(database: str) -> Connection:
            url = shared_url(database)
            request.node.user_properties.append((_RAN_ON, database))
            connection = stack.enter_context(opened(url))
            for name in inspect(connection).get_table_names():
                connection.execute(DropTable(Table(name, MetaData())))
            return connection

        yield connect
