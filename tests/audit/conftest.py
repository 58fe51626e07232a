"""A manager with the audited tables, and what has been recorded.

The tables are made once for each database, and emptied before each test; the log only grows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url

from colonnade import AsyncBaseRepository, AsyncDatabaseManager, BaseRepository, DatabaseManager, audit
from colonnade.audit import AsyncAuditRepository, AuditRepository
from colonnade.testing.databases import Databases
from tests.audit.models import Base
from tests.databases import _RAN_ON, Driver, _reason
from tests.faces import Face
from tests.repository.conftest import SYNC_DRIVERS


@pytest.fixture(scope="session")
def kept_audited(databases: Databases) -> Iterator[Callable[[str], str]]:
    """A function from a database's name to the URL of this run's one, with its tables."""
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
def audited_url(
    driver: Driver, kept_audited: Callable[[str], str], request: Any, pytestconfig: pytest.Config
) -> str:
    """The URL, for the test's driver, of a database with empty audited tables."""
    if reason := _reason(pytestconfig, driver.database):
        pytest.skip(f"{driver.database} is left out: {reason}")
    request.node.user_properties.append((_RAN_ON, driver.id))
    url = make_url(kept_audited(driver.database))
    engine = create_engine(url.set(drivername=f"{driver.database}+{SYNC_DRIVERS[driver.database]}"))
    with engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
    engine.dispose()
    return url.set(drivername=driver.name).render_as_string(hide_password=False)


@pytest.fixture
def db(faced: Face, audited_url: str) -> Iterator[Any]:
    """A manager of the test's face, with its tables."""
    kind = faced.pick(DatabaseManager, AsyncDatabaseManager)
    with faced.entered(kind(audited_url, metadata=Base.metadata)) as manager:
        yield manager


@pytest.fixture
def repository(faced: Face, db: Any) -> Callable[[type], Any]:
    """A function from a class to its repository."""

    def make(model: Any) -> Any:
        face: Any = faced.pick(BaseRepository, AsyncBaseRepository)
        return face[model](db)

    return make


class _Awaited:
    """A plain context manager for those who write `async with`."""

    def __init__(self, block: AbstractContextManager[Any]) -> None:
        self._block = block

    async def __aenter__(self) -> Any:
        return self._block.__enter__()

    async def __aexit__(self, *raised: Any) -> Any:
        return self._block.__exit__(*raised)


@pytest.fixture
def acting(faced: Face) -> Callable[..., AbstractContextManager[Any]]:
    """A function like `audit.actor`, for the task of the test's face."""

    def enter(*args: Any, **context: Any) -> AbstractContextManager[Any]:
        block = audit.actor(*args, **context)
        return faced.entered(faced.pick(block, _Awaited(block)))

    return enter


@pytest.fixture
def log(faced: Face, db: Any) -> Any:
    """The log's repository."""
    return faced.pick(AuditRepository, AsyncAuditRepository)(db)


@pytest.fixture
def entries(faced: Face, log: Any) -> Callable[[], list[Any]]:
    """A function that gives the entries since it was called last, or since the test began."""

    def newest() -> int:
        last = faced.run(log.find(order_by="-id", limit=1))
        return last[0].id if last else 0

    seen = newest()

    def read() -> list[Any]:
        nonlocal seen
        found: list[Any] = faced.run(log.find(log.model.id > seen, order_by="id"))
        seen = found[-1].id if found else seen
        return found

    return read


@pytest.fixture
def recorded(entries: Callable[[], list[Any]]) -> Callable[[], list[tuple[Any, ...]]]:
    """The same as tuples: action, type, key, changes, actor."""
    return lambda: [(e.action, e.entity_type, e.entity_key, e.changes, e.user_id) for e in entries()]
