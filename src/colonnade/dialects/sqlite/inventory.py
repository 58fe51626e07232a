"""Everything that an SQLite schema has: `sqlite_schema` keeps each definition's text, which is read here.

The PRAGMAs tell less than the text: no CHECK, no COLLATE of a column, no ON CONFLICT, no AUTOINCREMENT. What
stands inline and what stands at the table's end mean the same, and are the same here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from colonnade.dialects.definitions import Cursor, Spelling, Token, tokens, unwrapped
from colonnade.dialects.sqlite.clauses import RESERVED, SOFT, Key, TableText, parts_of_index
from colonnade.dialects.values import Item
from colonnade.errors import MigrationError

if TYPE_CHECKING:
    from sqlalchemy import Connection

MAIN = "main"
_spelling = Spelling(RESERVED, SOFT)


def read(connection: Connection, schemas: Sequence[str] = ()) -> Iterable[Item]:
    """Give everything; a schema is `main` or the name of an attached database."""
    first = next(iter(schemas), MAIN)
    for schema in schemas or (MAIN,):
        yield from _Schema(connection, schema, "" if schema == first else f"{schema}.").items()


class _Schema:
    """One database file: the rows of its `sqlite_schema`, by type."""

    def __init__(self, connection: Connection, schema: str, prefix: str) -> None:
        self._connection = connection
        self._schema = _spelling.name(schema)
        self._prefix = prefix
        self._texts: dict[str, list[tuple[str, str, tuple[Token, ...]]]] = {}
        asked = f"SELECT type, name, tbl_name, sql FROM {self._schema}.sqlite_master WHERE sql IS NOT NULL"
        for kind, name, table, definition in self._rows(asked):
            if not name.startswith("sqlite_"):  # its own: statistics, and where AUTOINCREMENT stands
                self._texts.setdefault(kind, []).append((name, table, _tokens(definition)))
        self._tables = {
            name.lower(): _table_text(name, parts)
            for name, _, parts in self._texts.get("table", ())
            if not Cursor(parts).sees("CREATE", "VIRTUAL")
        }

    def items(self) -> Iterator[Item]:
        for table in self._tables.values():
            yield from self._table(table)
        for name, _, parts in self._texts.get("table", ()):
            if name.lower() not in self._tables:
                yield self._item("table", "", name, {"virtual": _spelling.write(_after_name(parts, name))})
        for name, owner, parts in self._texts.get("index", ()):
            yield self._item("index", owner, name, self._index(owner, parts))
        for name, owner, parts in self._texts.get("trigger", ()):
            definition = _spelling.write(_after_name(parts, name))
            yield self._item("trigger", owner, name, {"definition": definition})
        for name, _, parts in self._texts.get("view", ()):
            yield self._item("view", "", name, {"definition": _spelling.write(_after_name(parts, name))})
        yield from self._counters()
        yield self._environment()

    def _item(self, kind: str, table: str, name: str, clauses: Mapping[str, str]) -> Item:
        """Make an item; what stands by itself has the prefix in its name, all else in its table's."""
        if table:
            return Item(kind, self._prefix + table, name, clauses)
        return Item(kind, "", self._prefix + name, clauses)

    def _table(self, table: TableText) -> Iterator[Item]:
        yield self._item("table", "", table.name, table.options)
        for column in table.columns.values():
            yield self._item("column", table.name, column.name, column.clauses)
        taken: set[tuple[str, str]] = set()
        for key in table.keys:
            references = self._references(key)
            clauses = {**key.clauses, **({"references": references} if references else {})}
            name = _unused(taken, key.kind, key.name or key.described(references))
            yield self._item(key.kind, table.name, name, clauses)

    def _references(self, key: Key) -> str:
        """Give `parent(id)`: where the text names no columns, those of the parent's key."""
        if not key.parent:
            return ""
        parent = self._tables.get(key.parent.lower())
        names = key.parent_columns or (parent.primary_key if parent else ())
        if parent:
            names = tuple(parent.spelled(name) for name in names)
        columns = ", ".join(_spelling.name(name) for name in names)
        return f"{_spelling.name(parent.name if parent else key.parent)}({columns})"

    def _index(self, table_name: str, parts: Sequence[Token]) -> Mapping[str, str]:
        table = self._tables.get(table_name.lower())
        cursor = Cursor(parts)
        cursor.takes("CREATE")
        clauses = {"unique": "yes"} if cursor.takes("UNIQUE") else {}
        cursor.until(("ON",))
        cursor.takes("ON")
        cursor.next()
        columns = parts_of_index(cursor.group(), table)
        where = _spelling.write(unwrapped(cursor.rest()[1:]))
        return {**clauses, "columns": columns, **({"where": where} if where else {})}

    def _counters(self) -> Iterator[Item]:
        counting = [table for table in self._tables.values() if table.autoincrement]
        if counting:  # else the table that holds them may not be there
            rows = self._rows(f"SELECT name, seq FROM {self._schema}.sqlite_sequence")
            stands = {str(name).lower(): str(value) for name, value in rows}
            for table in counting:
                value = stands.get(table.name.lower(), "0")
                yield self._item("counter", table.name, table.name, {"last": value})

    def _environment(self) -> Item:
        names = ("encoding", "application_id", "user_version", "auto_vacuum")
        asked = ", ".join(f"(SELECT * FROM pragma_{name})" for name in names)
        if self._prefix:  # these functions answer for `main` alone
            return self._item("environment", "", "database", {})
        (row,) = self._rows(f"SELECT {asked}")
        return self._item("environment", "", "database", dict(zip(names, map(str, row), strict=True)))

    def _rows(self, statement: str) -> Sequence[Sequence[str]]:
        try:
            return self._connection.execute(text(statement.replace(":", "\\:"))).all()
        except DBAPIError as error:
            if str(error.orig) == f"no such table: {self._schema}.sqlite_master":
                raise MigrationError(f"no database is attached as {self._schema}") from error
            if "not authorized" in str(error.orig) or "prohibited" in str(error.orig):
                raise MigrationError(
                    f"the catalogue of {self._schema} may not be read: {error.orig}",
                    remedy="Let the connection's authorizer allow reads of sqlite_master and sqlite_sequence",
                ) from error
            raise


# A replay reads the same texts after each of its revisions. What's cached is shared, and not to be changed.
@lru_cache(maxsize=1024)
def _tokens(definition: str) -> tuple[Token, ...]:
    return tuple(tokens(definition))


@lru_cache(maxsize=1024)
def _table_text(name: str, parts: tuple[Token, ...]) -> TableText:
    return TableText(name, parts)


def _after_name(parts: Sequence[Token], name: str) -> Sequence[Token]:
    """Give what follows the name in `CREATE … name`."""
    for place, token in enumerate(parts):
        if token.kind != "symbol" and token.text.strip("'").lower() == name.lower() and place > 1:
            return parts[place + 1 :]
    return parts


def _unused(taken: set[tuple[str, str]], kind: str, name: str) -> str:
    """Give the name, numbered where the table has this kind of thing by that name already."""
    number = 1
    tried = name
    while (kind, tried) in taken:
        number += 1
        tried = f"{name} #{number}"
    taken.add((kind, tried))
    return tried
