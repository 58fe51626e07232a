"""What names a column on MySQL and MariaDB, and would be broken or narrowed in silence without it.

The servers refuse where a CHECK, a foreign key or a generated column needs it. They take it out of indexes
of several columns, UNIQUE ones too, and let triggers and views be, which fail from then on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import text

from colonnade.dialects.definitions import Token, split, tokens

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from colonnade.dialects.values import Item


def keys_of_several(items: Iterable[Item], column: str) -> Iterator[str]:
    """Give the indexes of a table, its primary key among them, that are about this column and others."""
    for item in items:
        if item.kind in ("index", "primary key"):
            parts = split(tokens(item.clauses["columns"], hints=True))
            names = [part[0].text.lower() for part in parts]
            if len(names) > 1 and column.lower() in names:
                yield f"{item.kind} {item.name}".strip()


def triggers_and_views(connection: Connection, schema: str | None, table: str, column: str) -> Iterator[str]:
    """Give the triggers and views of the schema that name a table's column.

    A view, or another table's trigger, is taken to name it where it has both names in its text.
    """
    for owner, name, body in connection.execute(_TRIGGERS, {"schema": schema}):
        parts = tokens(body, hints=True)
        own = str(owner).lower() == table.lower() and _names_own(parts, column)
        if own or _names_both(parts, table, column):
            yield f"trigger {name} on {owner}"
    for name, body in connection.execute(_VIEWS, {"schema": schema}):
        if _names_both(tokens(body, hints=True), table, column):
            yield f"view {name}"


def _names_own(parts: Sequence[Token], column: str) -> bool:
    """Tell whether NEW or OLD has the column."""
    words = [token.text.lower() for token in parts]
    wanted = ([row, ".", column.lower()] for row in ("new", "old"))
    return any(words[place : place + 3] == each for each in wanted for place in range(len(words)))


def _names_both(parts: Sequence[Token], table: str, column: str) -> bool:
    named = {token.text.lower() for token in parts if token.kind in ("word", "name")}
    return {table.lower(), column.lower()} <= named


_TRIGGERS = text(
    "SELECT event_object_table, trigger_name, action_statement FROM information_schema.triggers"
    " WHERE trigger_schema = COALESCE(:schema, DATABASE()) ORDER BY 2"
)
_VIEWS = text(
    "SELECT table_name, view_definition FROM information_schema.views"
    " WHERE table_schema = COALESCE(:schema, DATABASE()) ORDER BY 1"
)
