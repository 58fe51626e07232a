"""One database for each kind, in which both ways are gone one after the other from the same empty tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from sqlalchemy import Engine, MetaData, Table, create_engine, make_url
from sqlalchemy.orm import class_mapper as mapper_of

from colonnade import AsyncDatabaseManager, DatabaseManager
from colonnade.testing.databases import Databases
from tests.databases import _RAN_ON, DRIVERS, Driver, _reason
from tests.faces import Face
from tests.ways.emptying import empty
from tests.ways.recording import Way, differences, report

SYNC_DRIVERS = {"sqlite": "pysqlite", "postgresql": "psycopg", "mysql": "pymysql"}
WAYS = {"session": False, "direct": True}

Both = Callable[..., None]


def on(*ids: str) -> pytest.MarkDecorator:
    """A mark for tests of what no driver has a part in: they run on these alone."""
    drivers = [pytest.param(driver, id=driver.id) for driver in DRIVERS if driver.id in ids]
    return pytest.mark.parametrize("driver", drivers, indirect=True)


ON_ONE = on("sqlite")
ON_THREE = on("sqlite", "asyncpg", "mysql")


class Ground:
    """A database of one kind, its plain engine, and which tables are made in it."""

    def __init__(self, url: Any) -> None:
        self.url = make_url(url)
        self._made: set[int] = set()
        self._kept: list[MetaData] = []
        self._engine: Engine | None = None

    @property
    def engine(self) -> Engine:
        """An engine that is none of a manager's."""
        if self._engine is None:
            name = self.url.get_backend_name()
            self._engine = create_engine(self.url.set(drivername=f"{name}+{SYNC_DRIVERS[name]}"))
        return self._engine

    def make(self, metadata: MetaData) -> None:
        """Make the tables of the metadata, the first time that it's seen."""
        if id(metadata) not in self._made:
            metadata.create_all(self.engine, checkfirst=False)
            self._made.add(id(metadata))
            self._kept.append(metadata)

    def unmake(self, metadata: MetaData) -> None:
        """Drop the tables of the metadata."""
        if metadata in self._kept:
            metadata.drop_all(self.engine)
            self._kept.remove(metadata)
            self._made.discard(id(metadata))

    def unmake_schema(self, schema: str) -> None:
        """Drop the tables that were made in the schema."""
        for metadata in [
            kept for kept in self._kept if any(t.schema == schema for t in kept.tables.values())
        ]:
            self.unmake(metadata)

    def close(self) -> None:
        if self._engine is not None:
            self._engine.dispose()


@pytest.fixture(scope="session")
def grounds(databases: Databases) -> Iterator[Callable[[str], Ground]]:
    """A function from a database's name to the one of this run."""
    with ExitStack() as lent:
        made: dict[str, Ground] = {}

        def ground(database: str) -> Ground:
            if database not in made:
                made[database] = Ground(lent.enter_context(databases.fresh(database)))
                lent.callback(made[database].close)
            return made[database]

        yield ground


@pytest.fixture
def ground(
    driver: Driver, grounds: Callable[[str], Ground], request: Any, pytestconfig: pytest.Config
) -> Ground:
    """The database of the test's driver."""
    if reason := _reason(pytestconfig, driver.database):
        pytest.skip(f"{driver.database} is left out: {reason}")
    request.node.user_properties.append((_RAN_ON, driver.id))
    return grounds(driver.database)


@pytest.fixture
def walked(faced: Face, driver: Driver, ground: Ground) -> Callable[..., list[Way]]:
    """A function that runs a scenario on each way from empty tables, and gives the records."""

    def walk(scenario: Callable[[Way], None], *models: Any, manager: Any = None) -> list[Way]:
        tables = _tables_of(models)
        for metadata in dict.fromkeys(table.metadata for table in tables):
            ground.make(metadata)
        url = ground.url.set(drivername=driver.name).render_as_string(hide_password=False)
        make: Any = manager or faced.pick(DatabaseManager, AsyncDatabaseManager)
        walks = []
        for name, direct in WAYS.items():
            empty(ground.engine, tables)
            with faced.entered(make(url)) as db:
                db.home.direct = direct
                way = Way(name, faced, db)
                observe(way)
                scenario(way)
                way.rows(*tables)
                walks.append(way)
        return walks

    return walk


@pytest.fixture
def both(walked: Callable[..., list[Way]]) -> Both:
    """A function that runs a scenario on each way and fails where they can be told apart."""

    def compare(scenario: Callable[[Way], None], *models: Any, manager: Any = None) -> None:
        lines = differences(*walked(scenario, *models, manager=manager))
        if lines:
            pytest.fail(report(lines), pytrace=False)

    return compare


def observe(way: Way) -> None:
    """Let the manager tell by which way each statement goes, where it can."""
    on_statement = getattr(way.db, "on_statement", None)
    if on_statement is not None:
        on_statement(lambda event: way.taken.append(event.way))


def _tables_of(models: Any) -> list[Table]:
    tables: dict[Table, None] = {}
    for model in models:
        found = [model] if isinstance(model, Table) else mapper_of(model).tables
        tables |= dict.fromkeys(table for table in found if isinstance(table, Table))
    return list(tables)
