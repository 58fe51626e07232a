"""What an SQLite database keeps as text about one table and all that names it, and whether it still works."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from colonnade.dialects.definitions import Cursor, Token, split, tokens
from colonnade.dialects.sqlite.pieces import TablePieces, mentioned, quoted

if TYPE_CHECKING:
    from sqlalchemy import Connection

_EVENTS = ("INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True)
class Stored:
    """One row of `sqlite_schema`: `table` is the one that an index or trigger belongs to."""

    kind: str
    name: str
    table: str
    text: str

    @property
    def label(self) -> str:
        on = f" on {self.table}" if self.kind in ("index", "trigger") else ""
        return f"{self.kind} {self.name}{on}"

    @property
    def parts(self) -> list[Token]:
        return tokens(self.text)


@dataclass(frozen=True)
class Index:
    """An index's text, taken apart as far as it takes to see what it names."""

    stored: Stored

    def names(self) -> set[str]:
        """Give all that may be a column that it names."""
        cursor = Cursor(self.stored.parts)
        cursor.until(("ON",))
        cursor.takes("ON")
        cursor.next()
        named: set[str] = set()
        for part in split(cursor.group()):
            named |= mentioned(part)
        return named | mentioned(cursor.rest())


class Schema:
    """The texts of one database file."""

    def __init__(self, connection: Connection, name: str | None) -> None:
        self._connection = connection
        self.name = name or "main"
        self.prefix = quoted(self.name) + "."
        asked = f"SELECT type, name, tbl_name, sql FROM {self.prefix}sqlite_master WHERE sql IS NOT NULL"
        rows = connection.exec_driver_sql(asked + " ORDER BY rowid").all()
        self.all = [Stored(*row) for row in rows if not str(row[1]).startswith("sqlite_")]

    def table(self, name: str) -> Stored | None:
        """Give the table of this name."""
        return next((each for each in self.of("table") if each.name.lower() == name.lower()), None)

    def of(self, kind: str, table: str | None = None) -> list[Stored]:
        """Give what is of a kind; of those, what belongs to a table."""
        return [
            each
            for each in self.all
            if each.kind == kind and (table is None or each.table.lower() == table.lower())
        ]

    def pieces(self, stored: Stored) -> TablePieces:
        return TablePieces(stored.name, stored.text)

    def other_tables(self, name: str) -> Iterator[TablePieces]:
        """Give the plain tables but one, taken apart."""
        for stored in self.of("table"):
            if stored.name.lower() != name.lower() and not Cursor(stored.parts).sees("CREATE", "VIRTUAL"):
                yield self.pieces(stored)

    def create(self, stored: Stored) -> None:
        """Make an index or trigger from its text."""
        self._connection.exec_driver_sql(self._placed(stored.text))

    def _placed(self, text: str) -> str:
        """Give the text with the schema before the name, where that's another than the connection's own."""
        if self.name == "main":
            return text
        for word in ("INDEX", "TRIGGER"):
            head, found, rest = text.partition(word)
            if found and head.split() in (["CREATE"], ["CREATE", "UNIQUE"]):
                return f"{head}{word} {self.prefix}{rest.lstrip()}"
        return text

    def broken(self, doomed: Sequence[str] = ()) -> dict[str, str]:
        """Give the views and triggers that SQLite can't compile, by label, with what it says.

        SQLite names no trigger: of several that fire together those that name a `doomed` column are meant.
        """
        found: dict[str, str] = {}
        for view in self.of("view"):
            if error := self._error(f"SELECT * FROM {self.prefix}{quoted(view.name)}"):
                found[view.label] = error
        for owner, event, triggers in self._firing():
            if error := self._error(self._statement(owner, event)):
                naming = [each for each in triggers if mentioned(each.parts) & set(doomed)]
                for trigger in naming or triggers:
                    found[trigger.label] = error
        return found

    def _firing(self) -> Iterator[tuple[str, str, list[Stored]]]:
        owners = {trigger.table.lower(): trigger.table for trigger in self.of("trigger")}
        for owner in owners.values():
            for event in _EVENTS:
                triggers = [each for each in self.of("trigger", owner) if event_of(each) == event]
                if triggers:
                    yield owner, event, triggers

    def _statement(self, owner: str, event: str) -> str:
        target = self.prefix + quoted(owner)
        if event == "INSERT":
            return f"INSERT INTO {target} DEFAULT VALUES"
        if event == "DELETE":
            return f"DELETE FROM {target}"
        asked = "SELECT name FROM pragma_table_xinfo(?, ?) WHERE hidden = 0"
        rows = self._connection.exec_driver_sql(asked, (owner, self.name))
        names = [quoted(str(row[0])) for row in rows]
        return f"UPDATE {target} SET " + ", ".join(f"{name} = {name}" for name in names)

    def _error(self, statement: str) -> str:
        try:
            self._connection.exec_driver_sql(f"EXPLAIN {statement}").close()
        except DBAPIError as error:
            return str(error.orig)
        return ""


def event_of(trigger: Stored) -> str:
    """Give INSERT, UPDATE or DELETE."""
    cursor = Cursor(trigger.parts)
    cursor.until(*((event,) for event in _EVENTS))
    return cursor.next().text.upper()


def columns_of_update(trigger: Stored) -> set[str]:
    """Give the columns of `UPDATE OF a, b`; unknown ones there are no error to SQLite."""
    cursor = Cursor(trigger.parts)
    cursor.until(*((event,) for event in _EVENTS))
    if not cursor.takes("UPDATE", "OF"):
        return set()
    return mentioned(cursor.until(("ON",)))
