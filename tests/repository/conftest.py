"""A manager with the tables of `models`, and repositories of the test's face.

The tables are made once for each database, and emptied before each test: making them takes longer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url

from colonnade import AsyncBaseRepository, AsyncDatabaseManager, BaseRepository, DatabaseManager
from colonnade.testing.databases import Databases
from tests.databases import _RAN_ON, Driver, _reason
from tests.faces import Face
from tests.repository.models import Base, Video

SYNC_DRIVERS = {"sqlite": "pysqlite", "postgresql": "psycopg", "mysql": "pymysql"}


@pytest.fixture(scope="module")
def kept(databases: Databases) -> Iterator[Callable[[str], str]]:
    """A function from a database's name to the URL of this module's one, with its tables."""
    with ExitStack() as lent:
        urls: dict[str, str] = {}

        def keep(database: str) -> str:
            if database not in urls:
                urls[database] = lent.enter_context(databases.fresh(database))
                with DatabaseManager(urls[database], metadata=Base.metadata):
                    pass
            return urls[database]

        yield keep


@pytest.fixture
def filled_url(driver: Driver, kept: Callable[[str], str], request: Any, pytestconfig: pytest.Config) -> str:
    """The URL, for the test's driver, of a database with empty tables."""
    if reason := _reason(pytestconfig, driver.database):
        pytest.skip(f"{driver.database} is left out: {reason}")
    request.node.user_properties.append((_RAN_ON, driver.id))
    url = make_url(kept(driver.database))
    _empty(url.set(drivername=f"{driver.database}+{SYNC_DRIVERS[driver.database]}"))
    return url.set(drivername=driver.name).render_as_string(hide_password=False)


def _empty(url: Any) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
    engine.dispose()


@pytest.fixture
def db(faced: Face, filled_url: str) -> Iterator[Any]:
    """A manager of the test's face."""
    kind = faced.pick(DatabaseManager, AsyncDatabaseManager)
    with faced.entered(kind(filled_url)) as manager:
        yield manager


@pytest.fixture
def repository(faced: Face, db: Any) -> Callable[[type], Any]:
    """A function from a class to its repository."""

    def make(model: Any) -> Any:
        face: Any = faced.pick(BaseRepository, AsyncBaseRepository)
        return face[model](db)

    return make


@pytest.fixture
def videos(repository: Callable[[type], Any]) -> Any:
    """The videos' repository."""
    return repository(Video)
