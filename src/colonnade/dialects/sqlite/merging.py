"""The text of a table with a batch's wishes put into it, and all else as it's written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Column, Integer
from sqlalchemy.schema import CreateColumn, SchemaItem

from colonnade.dialects.sqlite.pieces import ColumnPieces, Kind, Piece, TablePieces, quoted
from colonnade.errors import MigrationError

if TYPE_CHECKING:
    from sqlalchemy import Constraint, Dialect

    from colonnade.dialects.alembic_parts import Asked, Carried

_VALUES: tuple[Kind, ...] = ("default", "generated")
_OPTIONS = {"sqlite_strict": ("STRICT", True), "sqlite_with_rowid": ("WITHOUT ROWID", False)}


class Merge:
    """What a batch asks, as changes to a table's pieces.

    `current` gives the name that a column has by now for the one that the batch knows.
    """

    def __init__(
        self, pieces: TablePieces, asked: Asked, current: Callable[[str], str], dialect: Dialect
    ) -> None:
        self._pieces = pieces
        self._asked = asked
        self._current = current
        self._dialect = dialect
        # Alembic and SQLAlchemy compile parts of statements with one that has none, too.
        self._compiler = dialect.ddl_compiler(dialect, cast(Any, None))

    def written(self, leaving: Iterable[int]) -> str:
        """Change the pieces, and give the text; the keys at these places go."""
        keys = self._pieces.all_keys
        for place in leaving:
            self._pieces.remove(keys[place])
        for name, carried in self._asked.carried.items():
            self._alter(self._pieces.column(self._current(name)), carried)
        self._arrange()
        self._change_primary_key()
        for constraint in self._asked.restated_keys:
            self._add_key(constraint, may_be_there=True)
        for constraint in self._asked.new_keys:
            self._add_key(constraint)
        self._set_options()
        return self._pieces.written(self._pieces.name)

    def _alter(self, column: ColumnPieces, carried: Carried) -> None:
        if carried.retyped:
            given = self._in_pieces(f"x {carried.now.type.compile(dialect=self._dialect)}")
            column.set("type", given.of_kind("type"))
            if given.of_kind("collate"):
                column.set("collate", given.of_kind("collate"))
        if carried.was.nullable != carried.now.nullable:
            column.set("null", "" if carried.now.nullable else "NOT NULL")
        was, now = self._valued(carried.was), self._valued(carried.now)
        for kind in _VALUES:
            if was.of_kind(kind) != now.of_kind(kind):
                column.set(kind, now.of_kind(kind))

    def _valued(self, column: Column[Any]) -> ColumnPieces:
        """Give in pieces where a column's value comes from; its type may be one that can't be written."""
        default = column.server_default
        given = [] if default is None else [cast(SchemaItem, default._copy())]
        return self._specified(Column("x", Integer(), *given))

    def _specified(self, column: Column[Any]) -> ColumnPieces:
        """Give a column as SQLAlchemy writes it, in pieces."""
        return self._in_pieces(self._compiler.process(CreateColumn(column)))

    def _in_pieces(self, text: str) -> ColumnPieces:
        return TablePieces("", f"CREATE TABLE x ({text})").columns[0]

    def _arrange(self) -> None:
        """Put the columns into their order: the table's own, unless the batch asks for another."""
        gone = {self._current(name).lower() for name in self._asked.dropped}
        there = [column for column in self._pieces.columns if column.name.lower() not in gone]
        if self._asked.reordered:
            there = self._reordered(there)
        before: ColumnPieces | None = None
        for name in self._asked.sequence:
            if name in self._asked.added:
                column = self._specified(self._asked.added[name])
                there.insert(there.index(before) + 1 if before else 0, column)
            else:
                column = self._pieces.column(self._current(name))
            before = column
        self._pieces.columns = there

    def _reordered(self, there: list[ColumnPieces]) -> list[ColumnPieces]:
        """Give the columns as asked; one that the batch doesn't know stays behind the one before it."""
        ordered = [
            self._pieces.column(self._current(name))
            for name in self._asked.sequence
            if name not in self._asked.added
        ]
        for place, column in enumerate(there):
            if column not in ordered:
                ordered.insert(ordered.index(there[place - 1]) + 1 if place else 0, column)
        return ordered

    def _change_primary_key(self) -> None:
        asked = self._asked.primary_key
        if asked is None:
            return
        for key in self._pieces.all_keys:
            if key.key and key.key.kind == "primary key":
                self._pieces.remove(key)
        if asked.columns:
            name = f"CONSTRAINT {quoted(str(asked.name))} " if asked.name else ""
            columns = ", ".join(quoted(str(column.name)) for column in asked.columns)
            self._pieces.keys.append(Piece("key", f"{name}PRIMARY KEY ({columns})"))

    def _add_key(self, constraint: Constraint, may_be_there: bool = False) -> None:
        """Add a key; where the table may have it already without a name, the given name is its own."""
        text = self._compiler.process(constraint)
        if not text:
            return
        columns = ", ".join(column.text for column in self._pieces.columns)
        new = TablePieces("", f"CREATE TABLE x ({columns}, {text})").keys[-1]
        for key in self._pieces.all_keys if may_be_there else ():
            if key.key and new.key and key.key.says_the_same_as(new.key):
                if not new.key.name or key.key.name.lower() == new.key.name.lower():
                    return
                if not key.key.name:
                    self._pieces.remove(key)
        self._pieces.keys.append(new)

    def _set_options(self) -> None:
        for name, value in self._asked.options.items():
            if name in _OPTIONS:
                option, wanted = _OPTIONS[name]
                self._pieces.options = [each for each in self._pieces.options if each.upper() != option]
                self._pieces.options += [option] if bool(value) is wanted else []
            elif name == "sqlite_autoincrement":
                self._set_autoincrement(bool(value))

    def _set_autoincrement(self, wanted: bool) -> None:
        for key in self._pieces.all_keys:
            if key.key is None or key.key.kind != "primary key":
                continue
            has = "autoincrement" in key.key.clauses
            if has == wanted:
                return
            if not wanted:
                place = key.text.upper().rindex("AUTOINCREMENT")
                key.text = key.text[:place] + key.text[place + len("AUTOINCREMENT") :]
                return
            if "row number" in key.key.clauses:
                self._number(key)
                return
        if wanted:
            raise MigrationError(
                f"sqlite_autoincrement needs a primary key of one INTEGER column in {self._pieces.name}",
                entity=self._pieces.name,
            )

    def _number(self, key: Piece) -> None:
        if not key.text.rstrip().endswith(")"):
            key.text += " AUTOINCREMENT"
            return
        self._pieces.remove(key)
        (name,) = key.names
        self._pieces.column(name).pieces.append(Piece("key", "PRIMARY KEY AUTOINCREMENT"))
