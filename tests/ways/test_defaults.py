"""Each kind of default is worked out, and read back, the same, by either way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from colonnade import AsyncDatabaseManager, DatabaseManager
from tests.databases import Driver
from tests.faces import Face
from tests.ways import defaults
from tests.ways.conftest import Both, on
from tests.ways.recording import Way, differences, report
from tests.ways.walks import every_operation, some_operations

CLASSES = [
    defaults.Defaulted,
    defaults.EagerlyDefaulted,
    defaults.LazilyDefaulted,
    defaults.WithoutReturning,
]


def counting_calls(scenario: Callable[[Way], None]) -> Callable[[Way], None]:
    """The same scenario, with a record of the defaults that were called."""

    def counted(way: Way) -> None:
        defaults.CALLS.clear()
        scenario(way)
        way.look("calls of defaults", list(defaults.CALLS))

    return counted


@pytest.mark.parametrize("model", CLASSES[:1])
def test_defaults(both: Both, model: Any) -> None:
    both(counting_calls(every_operation(model, defaults.DEFAULTED, defaults.DEFAULTED_CHANGES)), model)


@pytest.mark.parametrize("model", CLASSES[1:])
def test_defaults_read_back_otherwise(both: Both, model: Any) -> None:
    changes = defaults.DEFAULTED_CHANGES[:4]
    both(counting_calls(some_operations(model, defaults.DEFAULTED, changes)), model)


def test_computed_columns(both: Both) -> None:
    scenario = every_operation(defaults.Computing, defaults.COMPUTING, defaults.COMPUTING_CHANGES)
    both(scenario, defaults.Computing)


@on("mysql", "asyncmy")
def test_what_an_insert_cannot_return(walked: Any, faced: Face) -> None:
    """MySQL has no RETURNING, as MariaDB has: a second statement asks for what the database made."""

    def manager(url: str) -> Any:
        db = faced.pick(DatabaseManager, AsyncDatabaseManager)(url)
        dialect: Any = db.home.engine.dialect
        initialize = dialect.initialize

        def without_returning(connection: Any) -> None:
            initialize(connection)
            dialect.insert_returning = False

        dialect.initialize = without_returning
        return db

    taken: dict[str, list[str]] = {}

    def scenario(way: Way) -> None:
        some_operations(defaults.Served, defaults.NAMED, defaults.NAME_CHANGES)(way)
        way.call("create", defaults.Served, defaults.Served(id=70, by_server="given"))
        way.call("create", defaults.Served, defaults.Served(id=70))
        way.taken.clear()
        way.call("create", defaults.Served, defaults.Served(name="counted"))
        taken[way.name] = list(way.taken)

    lines = differences(*walked(scenario, defaults.Served, manager=manager))
    if lines:
        pytest.fail(report(lines), pytrace=False)
    assert taken["direct"] == ["direct", "direct"]


def test_virtual_columns(both: Both, driver: Driver) -> None:
    if driver.database == "postgresql":
        pytest.skip("PostgreSQL 15 has none")
    rows, changes = defaults.COMPUTING, defaults.COMPUTING_CHANGES[:2]
    both(every_operation(defaults.Virtual, rows, changes), defaults.Virtual)


def test_sequences(both: Both, driver: Driver) -> None:
    if driver.database == "sqlite":
        pytest.skip("SQLite has none")
    both(every_operation(defaults.Numbered, defaults.NAMED, defaults.NAME_CHANGES), defaults.Numbered)


def test_an_identity_that_takes_no_value(both: Both, driver: Driver) -> None:
    if driver.database != "postgresql":
        pytest.skip("only PostgreSQL has one")
    both(every_operation(defaults.Always, defaults.NAMED, defaults.NAME_CHANGES), defaults.Always)
