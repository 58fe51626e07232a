"""What the server makes of what a model asks for: of a temporary table, in its own words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, inspect, text

from colonnade.dialects.statements import verbatim
from colonnade.dialects.values import Item, StoredView

if TYPE_CHECKING:
    from sqlalchemy import Connection, MetaData

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


def refine(connection: Connection, metadata: MetaData) -> None:
    """Tell JSON: MariaDB keeps it as text with a CHECK, which is a part of the column."""
    if getattr(connection.dialect, "is_mariadb", False):
        for table, column in connection.execute(text(_JSON)):
            if table in metadata.tables and column in metadata.tables[table].columns:
                metadata.tables[table].columns[column].type = JSON()


def views(connection: Connection) -> Mapping[str, StoredView]:
    """Give the views of the connection's database, whose name is left out of their text."""
    rows = connection.execute(text(_VIEWS)).all()
    return {name: StoredView(_without(schema, definition)) for name, schema, definition in rows}


def _without(schema: str, definition: str) -> str:
    own = re.compile(r"('(?:[^'\\]|\\.|'')*')|`" + re.escape(schema.replace("`", "``")) + r"`\.")
    return own.sub(lambda found: found[1] or "", definition)


def view_made(connection: Connection, definition: str, materialized: bool) -> StoredView:
    """Give the text of a view that is made under another name, and dropped: none is temporary here."""
    name = f"colonnade_view_{token_hex(4)}"
    connection.execute(verbatim(f"CREATE VIEW {name} AS {definition}"))
    try:
        return views(connection)[name]
    finally:
        connection.execute(text(f"DROP VIEW {name}"))


_VIEWS = """
SELECT table_name, table_schema, view_definition FROM information_schema.views WHERE table_schema = database()
"""

_JSON = """
SELECT table_name, constraint_name FROM information_schema.check_constraints
WHERE constraint_schema = database() AND check_clause = concat('json_valid(`', constraint_name, '`)')
"""
