"""What goes with a column that a batch drops, and what stands in its way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, PrimaryKeyConstraint, UniqueConstraint

from colonnade.dialects.dependents import may_go, refuse_dependents
from colonnade.dialects.sqlite.pieces import Piece, TablePieces
from colonnade.dialects.sqlite.stored import Index, Schema, columns_of_update

if TYPE_CHECKING:
    from sqlalchemy import Constraint

    from colonnade.dialects.alembic_parts import Asked

_KINDS = {
    "unique": UniqueConstraint,
    "check": CheckConstraint,
    "foreign key": ForeignKeyConstraint,
    "primary key": PrimaryKeyConstraint,
}


class Leaving:
    """The keys and indexes that go: those that the batch drops, and those of dropped columns alone.

    `keys` are places in the order of the table's text, `indexes` names in small letters.
    """

    def __init__(self, schema: Schema, table: TablePieces, asked: Asked) -> None:
        self._schema = schema
        self._table = table
        self._asked = asked
        self._columns = frozenset(name.lower() for name in asked.dropped)
        dropped = [place for constraint in asked.dropped_keys for place in self._places(constraint)]
        self.keys = {
            place for place, key in enumerate(table.all_keys) if place in dropped or self._is_left(key)
        }
        self.indexes = {
            index.name.lower()
            for index in schema.of("index", table.name)
            if self._touches(names := self._named(Index(index).names())) and names <= self._columns
        }

    def check(self) -> None:
        """Refuse where something that stays names a column that goes.

        Raises:
            DependentObjectsError: with all of them.
        """
        found = [*self._keys_in_the_way(), *self._indexes_in_the_way(), *self._others_in_the_way()]
        refuse_dependents(self._table.name, self._asked.dropped, found)

    def _touches(self, names: frozenset[str]) -> bool:
        return bool(names & self._columns)

    def _named(self, names: set[str]) -> frozenset[str]:
        return frozenset(names) & {column.name.lower() for column in self._table.columns}

    def _is_left(self, key: Piece) -> bool:
        return self._touches(key.names) and key.names <= self._columns

    def _places(self, constraint: Constraint) -> list[int]:
        """Give the place of the key that a batch drops: by its name, else by what it's about."""
        keys = self._table.all_keys
        name = str(constraint.name).lower()
        named = [
            place
            for place, key in enumerate(keys)
            if key.key and name in (key.key.name.lower(), key.key.clauses.get("name", "").lower())
        ]
        if named:
            return named
        columns = {str(column.name).lower() for column in getattr(constraint, "columns", ())}
        alike = [
            place
            for place, key in enumerate(keys)
            if key.key
            and not key.key.name
            and isinstance(constraint, _KINDS[key.key.kind])
            and columns
            and key.names == columns
        ]
        return alike[:1]

    def _keys_in_the_way(self) -> list[str]:
        found = []
        for place, key in enumerate(self._table.all_keys):
            if place in self.keys or not key.key or not self._touches(key.names):
                continue
            if key.key.kind == "primary key" and self._asked.primary_key is not None:
                continue
            label = key.key.kind + (f" {key.key.name}" if key.key.name else f" {key.text}")
            if may_go(label):
                self.keys.add(place)
            else:
                found.append(label)
        for column in self._table.columns:
            for piece in column.pieces:
                is_generated = piece.kind == "generated" and column.name.lower() not in self._columns
                if is_generated and self._touches(piece.names):
                    found.append(f"the generated column {column.name}")
        return found

    def _indexes_in_the_way(self) -> list[str]:
        dropped = {name.lower() for name in self._asked.dropped_indexes}
        in_the_way = [
            index
            for index in self._schema.of("index", self._table.name)
            if index.name.lower() not in self.indexes | dropped
            and self._touches(self._named(Index(index).names()))
        ]
        self.indexes |= {index.name.lower() for index in in_the_way if may_go(index.label)}
        return [index.label for index in in_the_way if not may_go(index.label)]

    def _others_in_the_way(self) -> list[str]:
        """Give foreign keys that refer to a column, and triggers on its UPDATE, which SQLite lets be."""
        found = []
        for other in (self._table, *self._schema.other_tables(self._table.name)):
            for place, key in enumerate(other.all_keys):
                is_ours = key.key is not None and key.key.parent.lower() == self._table.name.lower()
                if not (is_ours and key.key) or (other is self._table and place in self.keys):
                    continue
                if self._columns & {name.lower() for name in self._referred(key)}:
                    found.append(f"foreign key of {other.name}: {key.text}")
        for trigger in self._schema.of("trigger", self._table.name):
            if columns_of_update(trigger) & self._columns:
                found.append(trigger.label)
        return found

    def _referred(self, key: Piece) -> tuple[str, ...]:
        assert key.key is not None
        return key.key.parent_columns or self._table.meaning.primary_key
