"""The compliance cases pass for Colonnade's own repositories, on every driver."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from sqlalchemy import make_url

from colonnade import AsyncDatabaseManager, DatabaseManager
from colonnade.errors import ConfigurationError
from colonnade.testing.databases import Databases
from tests.databases import DRIVERS, Driver
from tests.testing.compliant import Base, FoxCases, SeatCases, TicketCases


@pytest.fixture(scope="module", params=[pytest.param(driver, id=driver.id) for driver in DRIVERS])
def db(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Any]:
    """One database for all cases on a driver: they undo what they do."""
    driver: Driver = request.param
    with ExitStack() as stack:
        try:
            url = stack.enter_context(databases.fresh(driver.database))
        except ConfigurationError as error:
            pytest.skip(str(error))
        url = make_url(url).set(drivername=driver.name).render_as_string(hide_password=False)
        with DatabaseManager(str(make_url(url).set(drivername=driver.database)), metadata=Base.metadata):
            pass  # the tables are there, so that no case need look for them
        manager = DatabaseManager if driver.face == "sync" else AsyncDatabaseManager
        given = manager(url, metadata=Base.metadata, on_start="ignore")
        yield given
        if isinstance(given, DatabaseManager):
            given.close()


class TestAnIntegerKey(FoxCases): ...


class TestACompositeKeyWithSoftDeletion(SeatCases): ...


class TestAUuidKeyWithEveryMixin(TicketCases): ...
