"""What the server makes of what a model asks for: of a temporary table, in its own words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect, text

from colonnade.dialects.values import Item, StoredView

if TYPE_CHECKING:
    from sqlalchemy import Connection

CLAUSES = {"column": ("generated", "kept", "collation", "default", "labels")}


@contextmanager
def made(
    connection: Connection, create: Any, indexes: Sequence[Any], name: str
) -> Iterator[tuple[Connection, str | None]]:
    """Make a temporary table while the block lasts; neither that nor its end commits anything."""
    quoted = connection.dialect.identifier_preparer.quote(name)
    connection.execute(create)
    try:
        yield connection, None
    finally:
        connection.exec_driver_sql(f"DROP TEMPORARY TABLE {quoted}")


def read(connection: Connection, name: str, schema: str | None) -> Sequence[Item]:
    """Give the columns of a table, as SHOW CREATE TABLE has them: a temporary one is in no catalogue."""
    found = []
    for each in inspect(connection).get_columns(name, schema):
        computed: Any = each.get("computed") or {}
        clauses = {
            "generated": str(computed.get("sqltext") or ""),
            "kept": "stored" if computed.get("persisted") else "",
            "default": str(each.get("default") or ""),
            "labels": ", ".join(map(repr, getattr(each["type"], "enums", ()))),
            "collation": getattr(each["type"], "collation", None) or "",
        }
        said = {clause: value for clause, value in clauses.items() if value}
        found.append(Item("column", name, each["name"], said))
    return found


def views(connection: Connection) -> Mapping[str, StoredView]:
    """Give the views of the connection's database."""
    rows = connection.execute(text(_VIEWS)).all()
    return {name: StoredView(definition) for name, definition in rows}


def view_made(connection: Connection, definition: str, materialized: bool) -> StoredView:
    """Give the text of a view that is made under another name, and dropped: none is temporary here."""
    name = f"colonnade_view_{token_hex(4)}"
    connection.execute(text(f"CREATE VIEW {name} AS {definition}".replace(":", r"\:")))
    try:
        return views(connection)[name]
    finally:
        connection.execute(text(f"DROP VIEW {name}"))


_VIEWS = """
SELECT table_name, view_definition FROM information_schema.views WHERE table_schema = database()
"""
