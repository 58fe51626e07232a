"""What `initialize` does, in order. Higher rooms add their own steps to `STEPS`.

A step is a function of the home, the script location and the policy `on_start`; it runs
with the synchronous API (on the asynchronous face inside a greenlet) and tells whether
it has seen to the schema.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Literal

from sqlalchemy import Connection, MetaData, inspect, text

from colonnade.engine.home import Home
from colonnade.errors import ConfigurationError

OnStart = Literal["upgrade", "check", "ignore"]
Step = Callable[[Home, str, OnStart | None], None]

STEPS: list[Step] = []
"""Called when a script location was given: the migrations' room puts its policy here."""

CHECKS: list[Callable[[Home], None]] = []
"""Called at the end, where there are metadata: what looks whether all that belongs to the tables is there."""


def initialize(home: Home, script_location: str | None, on_start: OnStart | None) -> None:
    """Bring the database to where the application can start.

    Raises:
        ConfigurationError: when scripts were given and nothing can run them.
        DatabaseConnectionError: when there's no database to be reached.
    """
    if script_location is not None:
        if not STEPS:
            raise ConfigurationError(
                "script_location was given, and nothing that can follow a migration tree was imported",
                remedy="import DatabaseManager from colonnade",
            )
        for step in STEPS:
            step(home, script_location, on_start)
    elif home.metadata is not None and on_start != "ignore":
        create_tables(home, home.metadata)
    else:
        prove_connection(home)
    if home.metadata is not None and on_start != "ignore":
        for check in CHECKS:
            check(home)


def create_tables(home: Home, *metadata: MetaData) -> None:
    """Create the tables that aren't there; where none is missing nothing is locked or written.

    One process at a time: two that start at once would both find a table missing.
    """
    with home.connection("deferred") as connection:
        missing = [each for each in metadata if _is_any_missing(connection, each)]
    if missing:
        with home.connection() as connection, _one_at_a_time(home, connection):
            for each in missing:
                each.create_all(connection)


def drop_tables(home: Home, *metadata: MetaData) -> None:
    """Drop the tables that are there, one process at a time."""
    with home.connection() as connection, _one_at_a_time(home, connection):
        for each in metadata:
            each.drop_all(connection)


def _one_at_a_time(home: Home, connection: Connection) -> AbstractContextManager[None]:
    return home.dialect.locks.exclusive(connection, "colonnade schema", home.settings.lock_timeout_s)


def _is_any_missing(connection: Connection, metadata: MetaData) -> bool:
    inspector = inspect(connection)
    schemas = {table.schema for table in metadata.tables.values()}
    there = {(schema, name) for schema in schemas for name in inspector.get_table_names(schema)}
    return any((table.schema, table.name) not in there for table in metadata.tables.values())


def prove_connection(home: Home) -> None:
    """Send the smallest query there is."""
    with home.connection("deferred") as connection:
        connection.execute(text("SELECT 1"))


def configuration_of(context: Any, dependencies: Any) -> Any:
    """Find the configuration: in `dependencies["config"]`, else `context.config`, else nowhere."""
    if dependencies is not None and "config" in dependencies:
        return dependencies["config"]
    return getattr(context, "config", None)
