"""What the server makes of what a model asks for: of a temporary table, in its own words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from colonnade.dialects.postgresql import inventory
from colonnade.dialects.statements import verbatim
from colonnade.dialects.values import Item, StoredView

if TYPE_CHECKING:
    from sqlalchemy import Connection, MetaData

CLAUSES = {"column": ("generated", "kept", "collation", "default"), "index": ("definition", "unique")}


@contextmanager
def made(
    connection: Connection, create: Any, indexes: Sequence[Any], name: str
) -> Iterator[tuple[Connection, str | None]]:
    """Make a temporary table while the block lasts, undone with its savepoint."""
    trial = connection.begin_nested()
    try:
        for statement in (create, *indexes):
            connection.execute(statement)
        schema = connection.scalar(text("SELECT nspname FROM pg_namespace WHERE oid = pg_my_temp_schema()"))
        yield connection, str(schema)
    finally:
        trial.rollback()


def read(connection: Connection, name: str, schema: str | None) -> Sequence[Item]:
    """Give the columns and indexes of a table."""
    items = inventory.read(connection, () if schema is None else (schema,))
    return [item for item in items if item.table == name and item.kind in CLAUSES]


def refine(connection: Connection, metadata: MetaData) -> None:
    """Do nothing: all types are told."""


def views(connection: Connection) -> Mapping[str, StoredView]:
    """Give the views of the schema that the connection is in."""
    rows = connection.execute(text(_VIEWS)).all()
    return {name: StoredView(definition, kind == "m") for name, kind, definition in rows}


def view_made(connection: Connection, definition: str, materialized: bool) -> StoredView:
    """Give the text of a temporary view, which goes with its savepoint."""
    name = "colonnade_view"
    trial = connection.begin_nested()
    try:
        connection.execute(verbatim(f"CREATE TEMPORARY VIEW {name} AS {definition}"))
        made = connection.scalar(
            text(f"SELECT pg_get_viewdef('pg_temp.{name}'::regclass)".replace(":", r"\:"))
        )
    finally:
        trial.rollback()
    return StoredView(str(made), materialized)


_VIEWS = """
SELECT relname::text, relkind::text, pg_get_viewdef(oid) FROM pg_class
WHERE relkind IN ('v', 'm') AND relnamespace = CAST(current_schema() AS regnamespace) ORDER BY oid
"""
