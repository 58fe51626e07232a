"""What SQLite makes of what a model asks for: of a table like it, in a database in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from colonnade.dialects.sqlite import inventory
from colonnade.dialects.statements import verbatim
from colonnade.dialects.values import Item, StoredView

if TYPE_CHECKING:
    from sqlalchemy import Connection, MetaData

CLAUSES = {"column": ("generated", "kept", "collation", "default"), "index": ("columns", "where", "unique")}


@contextmanager
def made(
    connection: Connection, create: Any, indexes: Sequence[Any], name: str
) -> Iterator[tuple[Connection, str | None]]:
    """Make a table of its own while the block lasts."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    try:
        with engine.connect() as aside:
            aside.exec_driver_sql(str(create.compile(dialect=connection.dialect)).replace("TEMPORARY", "", 1))
            for statement in indexes:
                aside.execute(statement)
            yield aside, None
    finally:
        engine.dispose()


def read(connection: Connection, name: str, schema: str | None) -> Sequence[Item]:
    """Give the columns and indexes of a table."""
    items = inventory.read(connection)
    return [item for item in items if item.table == name and item.kind in CLAUSES]


def refine(connection: Connection, metadata: MetaData) -> None:
    """Do nothing: all types are told."""


def views(connection: Connection) -> Mapping[str, StoredView]:
    """Give the views: SQLite keeps their text, and looks at it when they're read."""
    items = (item for item in inventory.read(connection) if item.kind == "view")
    # The inventory's text is what follows the name.
    return {item.name: StoredView(_select(item.clauses["definition"])) for item in items}


def view_made(connection: Connection, definition: str, materialized: bool) -> StoredView:
    """Give the text of a view in a database in memory, where its tables needn't be."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    try:
        with engine.connect() as aside:
            aside.execute(verbatim(f"CREATE VIEW made AS {definition}"))
            return views(aside)["made"]
    finally:
        engine.dispose()


def _select(definition: str) -> str:
    return definition.partition("AS ")[2]
