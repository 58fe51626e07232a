"""The SQL that writes an entry of the audit log: what is the same on every database.

A `Writer` puts together texts about one table. Its dialect's own says how texts are joined, how a value is
written as JSON, and how two values are told apart.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from colonnade.dialects.auditing import INTEGERS, LOG, REDACTED, Audited, bare, member

if TYPE_CHECKING:
    from sqlalchemy import Column, Dialect


class Writer(ABC):
    """Writes of rows, each by the name that it goes by: NEW, OLD, or a table's alias."""

    def __init__(self, audited: Audited, dialect: Dialect) -> None:
        self.audited = audited
        self.table = audited.table
        self.dialect = dialect

    @abstractmethod
    def concat(self, parts: Sequence[str]) -> str:
        """Give the expression for several texts in one."""

    @abstractmethod
    def literal(self, text: str) -> str:
        """Give a text as SQL has it."""

    @abstractmethod
    def named(self, row: str, column: Column[Any]) -> str:
        """Give a row's column as SQL has it."""

    @abstractmethod
    def encoded(self, column: Column[Any], name: str) -> str:
        """Give the expression for a value as JSON; never NULL."""

    @abstractmethod
    def capped(self, column: Column[Any], name: str, encoded: str) -> str:
        """Give the same for a value that may be too large to be kept."""

    @abstractmethod
    def differs(self, column: Column[Any]) -> str:
        """Give the condition that a column's value in OLD isn't exactly that in NEW; never NULL."""

    @abstractmethod
    def number(self, name: str) -> str:
        """Give the expression for an integer key, or NULL where it doesn't fit 64 bits."""

    @abstractmethod
    def shortened(self, key: str) -> str:
        """Give the expression for a key as text that is short enough for its column."""

    @abstractmethod
    def circumstances(self) -> Mapping[str, str]:
        """Give the expressions for who and when, by column."""

    @abstractmethod
    def insertion(self, columns: str, values: str) -> str:
        """Give the INSERT of an entry."""

    @abstractmethod
    def source(self, rows: str) -> str:
        """Give what stands behind a SELECT of entries about these rows, each by a name: `FROM …`."""

    def kind(self, column: Column[Any]) -> str:
        """Give the name of a column's type."""
        return bare(column, self.dialect)

    def image(self, row: str) -> str:
        """Give the expression for all that is logged of a row, as JSON."""
        parts = [self.literal("{")]
        for at, column in enumerate(self.audited.columns):
            parts += [self.literal("," * (at > 0) + member(column)), self.value(column, row)]
        return self.concat([*parts, self.literal("}")])

    def key(self, row: str) -> str:
        """Give the expression for a row's key, as a JSON array."""
        parts = [self.literal("[")]
        for at, column in enumerate(self.audited.keys):
            comma = [self.literal(",")] if at else []
            parts += [*comma, self.encoded(column, self.named(row, column))]
        return self.shortened(self.concat([*parts, self.literal("]")]))

    def value(self, column: Column[Any], row: str) -> str:
        """Give the expression for what is kept of a value."""
        name = self.named(row, column)
        if column.name in self.audited.redacted:
            return self.literal(REDACTED)
        return self.capped(column, name, self.encoded(column, name))

    def new_value(self, column: Column[Any]) -> str:
        """Give the expression for what is kept of a value after an UPDATE."""
        return self.value(column, "NEW")

    def changed(self) -> str:
        """Give the condition that an UPDATE has changed anything that is logged."""
        return " OR ".join(self.differs(column) for column in self.audited.columns)

    def difference(self, column: Column[Any], old: str, new: str, comma: bool = True) -> str:
        """Give the expression for what became of one column's value."""
        start = self.literal("," * comma + member(column) + "[")
        return self.concat([start, old, self.literal(","), new, self.literal("]")])

    def inserted(self) -> str:
        """Give the statement that notes an INSERT."""
        return self.entry("'CREATE'", "INSERT", "NEW", self.image("NEW"))

    def deleted(self) -> str:
        """Give the statement that notes a DELETE."""
        return self.entry("'DELETE'", "DELETE", "OLD", self.image("OLD"))

    def updated(self) -> str:
        """Give the statement that notes an UPDATE which has changed something."""
        parts = []
        for column in self.audited.columns:
            said = self.difference(column, self.value(column, "OLD"), self.new_value(column))
            parts.append(f"CASE WHEN {self.differs(column)} THEN {said} ELSE '' END")
        listed = f"substr({self.concat(parts)}, 2)"
        changes = self.concat([self.literal("{"), listed, self.literal("}")])
        moved = " OR ".join(self.differs(column) for column in self.audited.keys)
        previous = f"CASE WHEN {moved} THEN {self.key('OLD')} END"
        return self.entry(self._action(), "UPDATE", "NEW", changes, previous)

    def entry(self, action: str, operation: str, row: str, changes: str, previous: str = "NULL") -> str:
        """Give the INSERT of an entry about a row."""
        values = self.values(action, operation, row, changes, previous)
        return self.insertion(", ".join(values), ", ".join(values.values()))

    def values(
        self, action: str, operation: str, row: str, changes: str, previous: str = "NULL"
    ) -> dict[str, str]:
        """Give the expressions for an entry, by column."""
        keys = self.audited.keys
        is_number = len(keys) == 1 and self.kind(keys[0]) in INTEGERS
        return {
            "entity_type": self.literal(self.audited.entity_type),
            "entity_id": self.number(self.named(row, keys[0])) if is_number else "NULL",
            "entity_key": self.key(row),
            "previous_key": previous,
            "action": action,
            "operation": f"'{operation}'",
            "changes": changes,
            "source": "'trigger'",
            **self.circumstances(),
        }

    def baseline(self) -> str:
        """Give the statement that notes the rows which nothing is known of."""
        values = self.values("'CREATE'", "INSERT", "present", self.image("present"))
        values["source"] = "'baseline'"
        known = (
            f"SELECT 1 FROM {self.log} AS known WHERE known.entity_type = {values['entity_type']}"
            f" AND known.entity_key = {values['entity_key']} AND known.operation = 'INSERT'"
        )
        rows = self.source(f"{self.named_table} AS present")
        columns = ", ".join(values)
        return (
            f"INSERT INTO {self.log} ({columns}) SELECT {', '.join(values.values())} {rows}"
            f" WHERE NOT EXISTS ({known})"
        )

    def live(self) -> str:
        """Give the SELECT of each row's key and image, as text."""
        return f"SELECT {self.key('present')}, {self.image('present')} FROM {self.named_table} AS present"

    @property
    @abstractmethod
    def named_table(self) -> str:
        """The table as SQL has it."""

    @property
    def log(self) -> str:
        """The log as SQL has it."""
        return LOG

    def _action(self) -> str:
        if self.audited.soft is None:
            return "'UPDATE'"
        old, new = (f"{self.named(row, self.audited.soft)} IS NULL" for row in ("OLD", "NEW"))
        return (
            f"CASE WHEN {old} AND NOT {new} THEN 'DELETE' WHEN {new} AND NOT {old} THEN 'CREATE'"
            " ELSE 'UPDATE' END"
        )


def into_log(place: str, columns: str, values: str) -> str:
    """Give the INSERT of what is selected into the log, which is in this place."""
    return f"INSERT INTO {place}{LOG} ({columns}) SELECT {values}"
