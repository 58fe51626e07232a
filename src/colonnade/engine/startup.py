"""What `initialize` does, in order. Higher rooms add their own steps to `STEPS`.

A step is a function of the home, the script location and the policy `on_start`; it runs
with the synchronous API (on the asynchronous face inside a greenlet) and tells whether
it has seen to the schema.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from sqlalchemy import Connection, MetaData, inspect, text

from colonnade.engine.home import Home
from colonnade.errors import ConfigurationError, DatabaseError

OnStart = Literal["upgrade", "check", "ignore"]
Step = Callable[[Home, str, OnStart | None], None]

STEPS: list[Step] = []
"""Called when a script location was given: the migrations' room puts its policy here."""


def initialize(home: Home, script_location: str | None, on_start: OnStart | None) -> None:
    """Bring the database to where the application can start.

    Raises:
        ConfigurationError: when scripts were given and nothing can run them.
        DatabaseConnectionError: when there's no database to be reached.
    """
    if script_location is not None:
        if not STEPS:
            raise ConfigurationError(
                "script_location was given, but this version of Colonnade has no migrations yet",
                remedy="leave script_location out and give metadata",
            )
        for step in STEPS:
            step(home, script_location, on_start)
    elif home.metadata is not None and on_start != "ignore":
        create_missing_tables(home, home.metadata)
    else:
        prove_connection(home)


def create_missing_tables(home: Home, metadata: MetaData) -> None:
    """Create the tables that aren't there, in one transaction where the database can.

    Where none is missing nothing is locked or written. Two processes that start at once may
    both find a table missing; the one that comes second looks again.
    """
    with home.connection("deferred") as connection:
        if not _is_any_missing(connection, metadata):
            return
    try:
        _create(home, metadata)
    except DatabaseError:
        _create(home, metadata)


def _is_any_missing(connection: Connection, metadata: MetaData) -> bool:
    inspector = inspect(connection)
    schemas = {table.schema for table in metadata.tables.values()}
    there = {(schema, name) for schema in schemas for name in inspector.get_table_names(schema)}
    return any((table.schema, table.name) not in there for table in metadata.tables.values())


def _create(home: Home, metadata: MetaData) -> None:
    with home.connection() as connection:
        metadata.create_all(connection)


def prove_connection(home: Home) -> None:
    """Send the smallest query there is."""
    with home.connection("deferred") as connection:
        connection.execute(text("SELECT 1"))


def configuration_of(context: Any, dependencies: Any) -> Any:
    """Find the configuration: in `dependencies["config"]`, else `context.config`, else nowhere."""
    if dependencies is not None and "config" in dependencies:
        return dependencies["config"]
    return getattr(context, "config", None)
