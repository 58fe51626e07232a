"""Deferred columns, names of all kinds and schemas, by either way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, event
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import undefer

from colonnade import AsyncDatabaseManager, DatabaseManager
from tests.databases import Driver
from tests.faces import Face
from tests.ways import columns
from tests.ways.conftest import Both, Ground
from tests.ways.recording import Way
from tests.ways.walks import every_operation, some_operations

NAMES: list[dict[str, Any]] = [{"name": "fox"}, {}]


def test_deferred_columns(both: Both) -> None:
    def scenario(way: Way) -> None:
        every_operation(columns.Deferring, columns.DEFERRING, columns.DEFERRING_CHANGES)(way)
        way.call("create", columns.Deferring, columns.Deferring(id=1, notes="n"))
        for load in columns.LOADS:
            got = way.call("get", columns.Deferring, 1, load=load)
            way.call("find", columns.Deferring, load=load)
            way.call("page", columns.Deferring, load=load)
            if got is not None:
                way.live_on(got, {"notes": "m"})
        way.call("stream", columns.Deferring, load=undefer(columns.Deferring.notes))

    both(scenario, columns.Deferring)


def test_names_of_columns(both: Both) -> None:
    def scenario(way: Way) -> None:
        every_operation(columns.Otherwise, columns.OTHERWISE, columns.OTHERWISE_CHANGES)(way)
        every_operation(columns.Quoted, columns.QUOTED, columns.QUOTED_CHANGES)(way)
        some_operations(columns.Described, columns.DESCRIBED, columns.DESCRIBED_CHANGES)(way)

    both(scenario, columns.Otherwise, columns.Quoted, columns.Described)


@pytest.fixture
def shelf(ground: Ground, driver: Driver, tmp_path: Path) -> Iterator[Callable[[Any], None]]:
    """A second schema, and a function that lets an engine see it: on SQLite its connections attach it."""
    if driver.database != "sqlite":
        with ground.engine.begin() as connection:
            connection.exec_driver_sql(f"CREATE SCHEMA {columns.SHELF}")
        yield lambda engine: None
        ground.unmake_schema(columns.SHELF)
        with ground.engine.begin() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA {columns.SHELF}")
        return

    def attach(connection: Any, _: Any) -> None:
        connection.cursor().execute(f"ATTACH DATABASE '{tmp_path / 'shelf.db'}' AS {columns.SHELF}")

    event.listen(ground.engine, "connect", attach)
    ground.engine.dispose()
    yield lambda engine: event.listen(engine, "connect", attach)
    ground.unmake_schema(columns.SHELF)
    event.remove(ground.engine, "connect", attach)
    ground.engine.dispose()


@pytest.fixture
def manager(faced: Face, shelf: Callable[[Any], None]) -> Callable[..., Any]:
    """A function that makes a manager of an engine with execution options, which sees the second schema."""

    def make(url: str, **execution_options: Any) -> Any:
        create: Any = faced.pick(create_engine, create_async_engine)
        engine = create(url, execution_options=execution_options)
        shelf(faced.pick(engine, getattr(engine, "sync_engine", None)))
        return faced.pick(DatabaseManager, AsyncDatabaseManager)(engine)

    return make


def test_a_schema(both: Both, manager: Callable[..., Any]) -> None:
    both(every_operation(columns.InSchema, NAMES, [{"name": "owl"}]), columns.InSchema, manager=manager)


@pytest.mark.parametrize("schema", [columns.SHELF, None], ids=["another", "default"])
def test_a_schema_that_is_translated(both: Both, manager: Callable[..., Any], schema: str | None) -> None:
    table = columns.translated_to(schema)
    both(
        every_operation(columns.Translated, NAMES, [{"name": "owl"}]),
        table,
        manager=lambda url: manager(url, schema_translate_map={"tenant": schema}),
    )


def test_execution_options_of_the_engine(both: Both, manager: Callable[..., Any]) -> None:
    """A user's own options, and those that change how SQLAlchemy works."""
    options = {"anything": 1, "compiled_cache": None, "stream_results": False, "logging_token": "mine"}
    both(
        some_operations(columns.Described, columns.DESCRIBED, columns.DESCRIBED_CHANGES),
        columns.Described,
        manager=lambda url: manager(url, **options),
    )
