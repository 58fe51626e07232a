"""A manager for a whole module of compliance cases, which undo what they do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import MetaData, make_url

from colonnade import AsyncDatabaseManager, DatabaseManager
from colonnade.errors import ConfigurationError
from colonnade.testing.databases import Databases
from tests.databases import DRIVERS, Driver

ON_EACH_DRIVER = [pytest.param(driver, id=driver.id) for driver in DRIVERS]


@contextmanager
def lent_manager(driver: Driver, databases: Databases, metadata: MetaData) -> Iterator[Any]:
    """Give a manager of the driver's face on a fresh database with the tables in it."""
    try:
        lent = databases.fresh(driver.database)
        url = lent.__enter__()
    except ConfigurationError as error:
        pytest.skip(str(error))
    try:
        with DatabaseManager(url, metadata=metadata):
            pass  # the tables are there, so that no case need look for them
        kind = DatabaseManager if driver.face == "sync" else AsyncDatabaseManager
        named = make_url(url).set(drivername=driver.name).render_as_string(hide_password=False)
        manager = kind(named, metadata=metadata, on_start="ignore")
        yield manager
        if isinstance(manager, DatabaseManager):
            manager.close()
    finally:
        lent.__exit__(None, None, None)
