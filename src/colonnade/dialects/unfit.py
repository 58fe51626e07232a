"""Rows that stand in a migration's way: how many they are, and which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from colonnade.dialects.alembic_parts import LOSSY
from colonnade.dialects.statements import verbatim
from colonnade.errors import LossyChangeError, UnfitRowsError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

SHOWN = 5


@dataclass(frozen=True)
class Source:
    """A table whose rows are asked about: its name in SQL and in words, and the columns of its key.

    `key` has the columns' expressions in SQL, by name; none where its rows can't be named.
    """

    sql: str
    name: str
    key: dict[str, str]


@dataclass(frozen=True)
class Unfit:
    """So many of a table's rows, some of them by name."""

    count: int
    of: int
    keys: tuple[str, ...]

    def __str__(self) -> str:
        which = ""
        if self.keys:
            more = ", …" if self.count > len(self.keys) else ""
            which = f" ({', '.join(self.keys)}{more})"
        return f"{self.count:,} of {self.of:,} rows{which}"


def find_unfit(connection: Connection, source: Source, condition: str) -> Unfit | None:
    """Find the rows that meet a condition in SQL; None where there are none."""
    count = _one(connection, f"SELECT count(*) FROM {source.sql} WHERE {condition}")
    if not count:
        return None
    keys: tuple[str, ...] = ()
    if source.key:
        columns = ", ".join(source.key.values())
        asked = f"SELECT {columns} FROM {source.sql} WHERE {condition} ORDER BY {columns} LIMIT {SHOWN}"
        keys = tuple(_named(list(source.key), row) for row in connection.execute(verbatim(asked)))
    return Unfit(count, _one(connection, f"SELECT count(*) FROM {source.sql}"), keys)


def nulls(source: Source, column: str, found: Unfit) -> UnfitRowsError:
    """Give the error for NULLs where none are to be."""
    return UnfitRowsError(
        f"{source.name}.{column} can't be made NOT NULL: it is NULL in {found}",
        entity=source.name,
        columns=(column,),
        count=found.count,
        keys=found.keys,
        remedy=f"Give these rows a value first: UPDATE {source.name} SET {column} = … WHERE {column} IS NULL",
    )


def lossy(source: Source, column: str, change: str, found: Unfit, how: str) -> LossyChangeError:
    """Give the error for values that wouldn't be what they were; `how` is how a revision says it's meant."""
    return LossyChangeError(
        f"{source.name}.{column} {change} would change the value of {found}",
        entity=source.name,
        columns=(column,),
        count=found.count,
        keys=found.keys,
        remedy=f"Change these values first, by an UPDATE in the revision, or say that it's meant: {how}",
    )


IN_ALTER_COLUMN = f'alter_column(…, {LOSSY}="why")'
IN_BATCH = f'{IN_ALTER_COLUMN}, or with recreate="always" table_kwargs={{"info": {{"{LOSSY}": "why"}}}}'


def _one(connection: Connection, asked: str) -> int:
    return int(connection.execute(verbatim(asked)).scalar_one())


def _named(names: Sequence[str], row: Row[Any]) -> str:
    if len(names) == 1:
        return f"{names[0]} {row[0]!r}"
    return f"({', '.join(names)}) ({', '.join(repr(value) for value in row)})"
