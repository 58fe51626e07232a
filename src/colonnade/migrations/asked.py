"""What revisions asked for, and what of a schema's changes nobody did.

Asked for is what an operation of Alembic names, what a statement of the revision's own names, and what can't
be without something that goes. The rest was lost on the way: a trigger that a rebuilt table had, an index
that went with one of its columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from colonnade.migrations.inventory import Change, Difference, Inventory, Item, Key, name_of
from colonnade.migrations.plan import Finding
from colonnade.migrations.recording import Recording

__all__ = ["Asked", "unasked"]

_WORD = re.compile(r"\w+")

_ASPECTS = {
    "type": "modify_type",
    "collation": "modify_type",
    "charset": "modify_type",
    "nullable": "modify_nullable",
    "default": "modify_server_default",
    "identity": "modify_server_default",
    "generated": "modify_server_default",
    "comment": "modify_comment",
}
"""A column's clauses, and the attribute of `alter_column` that asks for a change of each."""


@dataclass(frozen=True)
class Asked:
    """What one revision asked for, as far as it can be told by names."""

    recording: Recording

    @cached_property
    def words(self) -> frozenset[str]:
        """All words of the statements that the revision sent itself."""
        return frozenset(word.lower() for text in self.recording.own for word in _WORD.findall(text))

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that its operations are about: of tables, indexes and constraints."""
        fields = ("table_name", "index_name", "constraint_name", "new_table_name")
        found = (getattr(each, name, None) for each in self.recording.operations for name in fields)
        return frozenset(str(name).lower() for name in found if name)

    @cached_property
    def dropped(self) -> frozenset[tuple[str, str]]:
        """The columns that its operations drop, each with its table."""
        return frozenset(self._columns("DropColumnOp"))

    @cached_property
    def altered(self) -> Mapping[tuple[str, str], Any]:
        """The columns that its operations alter, and how."""
        operations = (each for each in self.recording.operations if type(each).__name__ == "AlterColumnOp")
        return {(_lower(each, "table_name"), _lower(each, "column_name")): each for each in operations}

    @cached_property
    def renames(self) -> Mapping[str, str]:
        """The old names of what its operations rename, and the new ones."""
        found = {
            column: str(each.modify_name).lower()
            for (_, column), each in self.altered.items()
            if each.modify_name
        }
        for each in self.recording.operations:
            if type(each).__name__ == "RenameTableOp":
                found[_lower(each, "table_name")] = _lower(each, "new_table_name")
        return found

    def explains(self, change: Change, before: Inventory, after: Inventory) -> bool:
        """Tell whether the change was asked for."""
        if change.what == "new" or self._names(change):
            return True
        if change.what == "gone":
            return self._goes_along(change, before) or _is_served(change, before, after)
        return self._is_renamed(change) or self._is_altered(change)

    def _names(self, change: Change) -> bool:
        name, table = change.name.lower(), change.table.lower()
        if change.kind == "column":
            mentioned = name in self.words and (not self.words or table in self.words)
            return mentioned or (change.what == "gone" and self._drops_or_renames(table, name))
        plain = name.partition("(")[0] or name  # a function's has its arguments in it
        return plain in self.names or plain in self.words

    def _drops_or_renames(self, table: str, column: str) -> bool:
        return (table, column) in self.dropped or column in self.renames

    def _goes_along(self, change: Change, before: Inventory) -> bool:
        """Tell whether a thing goes because all that it's about goes: the index of a dropped column, say."""
        item = before.items[Key(change.kind, change.table, change.name)]
        words = _words_of(item)
        columns = {key.name.lower() for key in before.items if key[:2] == ("column", change.table)}
        about = words & columns
        dropped = {column for table, column in self.dropped if table == change.table.lower()}
        dropped |= {column for column in about if column in self.words}
        if about and about <= dropped:
            return True
        gone = {name for name in before.tables() if name.lower() in self.names | self.words}
        return not change.table and any(name.lower() in words for name in gone)

    def _is_renamed(self, change: Change) -> bool:
        def renamed(text: str) -> str:
            return _WORD.sub(lambda word: self.renames.get(word[0].lower(), word[0].lower()), text)

        return bool(self.renames) and renamed(change.before) == change.after.lower()

    def _is_altered(self, change: Change) -> bool:
        if change.kind == "table":
            return change.name.lower() in self.words | self.names
        operation = self.altered.get((change.table.lower(), change.name.lower()))
        if operation is None:
            return False
        aspect = _ASPECTS.get(change.clause)
        if aspect is None:
            return True
        asked = getattr(operation, aspect)
        # None asks for a default or a comment to go, and False for nothing; of all others None does.
        nothing = False if aspect in ("modify_server_default", "modify_comment") else None
        return asked is not nothing

    def _columns(self, kind: str) -> Iterator[tuple[str, str]]:
        for each in self.recording.operations:
            if type(each).__name__ == kind:
                yield _lower(each, "table_name"), _lower(each, "column_name")


def _is_served(change: Change, before: Inventory, after: Inventory) -> bool:
    """Tell whether another index begins with all that this one had: MySQL drops then what it had made."""
    clauses = before.items[Key(change.kind, change.table, change.name)].clauses
    columns = clauses.get("columns", "")
    if change.kind != "index" or "unique" in clauses or not columns:
        return False
    return any(
        key[:2] == ("index", change.table) and item.clauses.get("columns", "").startswith(columns)
        for key, item in after.items.items()
    )


def unasked(
    revision: str, asked: Asked, difference: Difference, before: Inventory, after: Inventory
) -> list[Finding]:
    """Give a finding for each thing that a revision loses or changes without asking for it."""
    return [
        Finding(
            "clause-gone" if change.what == "gone" else "clause-changed",
            "error",
            f"{change.sentence}, and the revision doesn't ask for that",
            revision=revision,
            table=change.table,
            remedy="name it in the revision: drop it there if it shall go, else make it again; or accept"
            f" it by its name: {name_of(change)!r}",
            name=name_of(change),
        )
        for change in difference.changes
        if not asked.explains(change, before, after)
    ]


def _lower(operation: Any, name: str) -> str:
    return str(getattr(operation, name, "") or "").lower()


def _words_of(item: Item) -> set[str]:
    return {word.lower() for text in item.clauses.values() for word in _WORD.findall(text)}
