"""A manager of each server's driver behind a proxy that counts, on a database with the tables of `models`.

The tables are made once for each database, and filled anew before each test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url

from colonnade import AsyncBaseRepository, AsyncDatabaseManager, BaseRepository, DatabaseManager
from colonnade.testing.databases import Databases
from tests.databases import _RAN_ON, DRIVERS, Driver, _reason
from tests.exchanges.models import Account, Base, Cell, Clip, Draft, Note, fill
from tests.exchanges.proxy import Proxy, proxying
from tests.faces import Face

ON_SERVERS = [pytest.param(driver, id=driver.id) for driver in DRIVERS if driver.database != "sqlite"]
_SYNC = {driver.database: driver.name for driver in DRIVERS if driver.face == "sync"}


@pytest.fixture(params=ON_SERVERS)
def driver(request: pytest.FixtureRequest) -> Driver:
    """Each of the five drivers that talk to a server."""
    each: Driver = request.param
    return each


@pytest.fixture(scope="module")
def kept(databases: Databases) -> Iterator[Callable[[str], Any]]:
    """A function from a database's name to the engine of this module's one, with its tables."""
    with ExitStack() as lent:
        engines: dict[str, Any] = {}

        def keep(database: str) -> Any:
            if database not in engines:
                url = make_url(lent.enter_context(databases.fresh(database)))
                with DatabaseManager(url.render_as_string(hide_password=False), metadata=Base.metadata):
                    pass
                engines[database] = create_engine(url.set(drivername=_SYNC[database]))
                lent.callback(engines[database].dispose)
            return engines[database]

        yield keep


@pytest.fixture
def server(driver: Driver, kept: Callable[[str], Any], request: Any, pytestconfig: pytest.Config) -> Any:
    """An engine on the test's database, past the proxy; the tables are filled."""
    if reason := _reason(pytestconfig, driver.database):
        pytest.skip(f"{driver.database} is left out: {reason}")
    request.node.user_properties.append((_RAN_ON, driver.id))
    engine = kept(driver.database)
    fill(engine)
    return engine


@pytest.fixture
def kind(server: Any) -> str:
    """Which server it is: postgresql, mysql or mariadb."""
    return "mariadb" if getattr(server.dialect, "is_mariadb", False) else str(server.dialect.name)


@pytest.fixture
def proxy(driver: Driver, server: Any) -> Iterator[Proxy]:
    """A proxy in front of the test's database, with a URL for the test's driver."""
    with proxying(server.url.set(drivername=driver.name).render_as_string(hide_password=False)) as proxy:
        yield proxy


@pytest.fixture
def db(faced: Face, proxy: Proxy) -> Iterator[Any]:
    """A manager of the test's face, behind the proxy."""
    manager = faced.pick(DatabaseManager, AsyncDatabaseManager)
    with faced.entered(manager(proxy.url)) as opened:
        yield opened


@dataclass(frozen=True)
class Repositories:
    """One for each class of `models`, of the test's face; and the manager."""

    clips: Any
    cells: Any
    notes: Any
    accounts: Any
    drafts: Any
    db: Any


@pytest.fixture
def repositories(faced: Face, db: Any) -> Repositories:
    """The repositories of the test's face."""
    face: Any = faced.pick(BaseRepository, AsyncBaseRepository)
    return Repositories(
        clips=face[Clip](db),
        cells=face[Cell](db),
        notes=face[Note](db),
        accounts=face[Account](db),
        drafts=face[Draft](db),
        db=db,
    )
