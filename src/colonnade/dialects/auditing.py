"""What the audit triggers of every database have in common: what is logged of a table, and how it's written.

An entry's `changes` is JSON that is put together as text, so that nothing is rounded on its way. A value is
what JSON has for it; what JSON has no form for is an object with one key of these:

    {"$bytes": "00ff"}               bytes, in hexadecimal digits
    {"$float": "Infinity"}           a float that is no number of JSON's
    {"$json": null}                  a document that would be taken for something else here
    {"$text": "{"}                   text in a column for documents; as it's read, what is none
    {"$utf8": "00"}                  text with characters for control, in hexadecimal digits; not as it's read
    {"$redacted": true}              a value that is not to be kept
    {"$cut": {"length": …, …}}       a value too large to be kept: its length in bytes, and its digest
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Column, Dialect, ForeignKeyConstraint, Table

LOG = "audit_log"
"""The table of entries."""

STATE = "audit_state"
"""The table of one row, where there is no session to keep who acts."""

REFUSAL = "entries of the audit log are neither changed nor deleted"
"""What the database answers to whoever tries."""

REDACTED = '{"$redacted":true}'

TAG = "'\"$'"
"""As SQL has it, what a document is wrapped for, if it's anywhere in it."""

KEY_LENGTH = 255
"""How long an entity's key is as text, at most; of a longer one the start and a digest are kept."""

CAP = 1_048_576
"""How many bytes of a value are kept, where nothing else is asked for."""

INTEGERS = frozenset(
    {"SMALLINT", "INTEGER", "INT", "BIGINT", "TINYINT", "MEDIUMINT", "SERIAL", "BIGSERIAL", "SMALLSERIAL"}
)


@dataclass(frozen=True, slots=True)
class Audited:
    """What is logged of one table; `soft` is the column that marks a row as deleted."""

    table: Table
    entity_type: str
    columns: tuple[Column[Any], ...]
    redacted: frozenset[str]
    soft: Column[Any] | None = None
    cap: int = CAP

    @property
    def keys(self) -> tuple[Column[Any], ...]:
        """The columns of the primary key."""
        return tuple(self.table.primary_key)


Catalogue = Mapping["Table", Audited]
"""The audited tables of one metadata."""


@dataclass(frozen=True, slots=True)
class Made:
    """One thing in the database that auditing needs: what makes it, what takes it away, and how it's told.

    `body` is a part of the statement that the database's catalogue gives back as it was written.
    """

    name: str
    table: str
    create: tuple[str, ...]
    drop: tuple[str, ...]
    body: str


def bare(column: Column[Any], dialect: Dialect) -> str:
    """Give the name of a column's type in DDL, in capitals, without length, collation and the like."""
    ddl: str = dialect.type_compiler_instance.process(column.type)
    name = ddl.upper().partition(" COLLATE ")[0].partition(" CHARACTER SET ")[0]
    head, parenthesis, tail = name.partition("(")
    return (head + tail.partition(")")[2] if parenthesis else name).strip()


def member(column: Column[Any]) -> str:
    """Give a column's name as a key of a JSON object, with its colon."""
    return json.dumps(column.name, ensure_ascii=False) + ":"


def document_text(said: Any) -> str:
    """Give a document, as an entry has it, as the text that a driver reads it as."""
    if isinstance(said, dict) and len(said) == 1 and ("$json" in said or "$text" in said):
        return str(said["$text"]) if "$text" in said else json.dumps(said["$json"])
    return json.dumps(said)


@dataclass(frozen=True, slots=True)
class Step:
    """One foreign key on the way of a cascade, from the table that refers to the one that's referred to."""

    key: ForeignKeyConstraint

    @property
    def child(self) -> Table:
        return self.key.table

    @property
    def parent(self) -> Table:
        return self.key.referred_table

    @property
    def pairs(self) -> list[tuple[Column[Any], Column[Any]]]:
        """The columns that refer, each with the one that it refers to."""
        return [(element.parent, element.column) for element in self.key.elements]


Way = tuple[Step, ...]
"""From a table down to one whose rows are changed along with its own."""


def ways_down(table: Table, action: Callable[[ForeignKeyConstraint], str | None]) -> Iterator[Way]:
    """Give each way by which deleting or changing a row of this table reaches others, the shortest first.

    Each step but the last is a CASCADE. A table that was passed isn't entered again, but by a key of its own.
    """
    waiting: list[Way] = [()]
    while waiting:
        way = waiting.pop(0)
        here = way[-1].child if way else table
        for key in _keys_to(here):
            said = (action(key) or "").upper()
            step = Step(key)
            if said not in ("CASCADE", "SET NULL") or step in way or _passed(table, way, key.table):
                continue
            longer = (*way, step)
            yield longer
            if said == "CASCADE":
                waiting.append(longer)


def _keys_to(table: Table) -> list[ForeignKeyConstraint]:
    found = [
        key
        for each in table.metadata.sorted_tables
        for key in each.foreign_key_constraints
        if key.referred_table is table
    ]
    return sorted(found, key=lambda key: (key.table.fullname, key.column_keys))


def _passed(table: Table, way: Way, child: Table) -> bool:
    here = way[-1].child if way else table
    return child is not here and child in {table, *(step.child for step in way)}
