"""Many rows at once: one array for each column, unnested by the server into rows.

Numbers are given out in the order of an INSERT's ORDER BY. So the rows that come back, sorted by number, are
in the order of those that were sent.

Source: PostgreSQL's documentation of INSERT and of `unnest … WITH ORDINALITY`; SQLAlchemy's
"insertmanyvalues" relies on the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Column, Connection

from colonnade.dialects.batching import equations, in_batches
from colonnade.dialects.values import Batch, ChangedRows, NewRows

if TYPE_CHECKING:
    from sqlalchemy import Dialect

NUMBERS_AHEAD = False
CHANGES_BY_KEY = False

_MOST_ROWS = 10_000
_MOST_BYTES = 64_000_000

# What a column is called in CREATE TABLE, the array to send for it, and what may be in that. Never with a
# length: a cast to VARCHAR(3) cuts in silence, where the assignment to the column refuses.
_ARRAYS: Mapping[str, tuple[str, type]] = {
    "SMALLINT": ("SMALLINT", int),
    "INTEGER": ("INTEGER", int),
    "BIGINT": ("BIGINT", int),
    "BOOLEAN": ("BOOLEAN", bool),
    "REAL": ("DOUBLE PRECISION", float),
    "FLOAT": ("DOUBLE PRECISION", float),
    "DOUBLE PRECISION": ("DOUBLE PRECISION", float),
    "NUMERIC": ("NUMERIC", Decimal),
    "TEXT": ("TEXT", str),
    "VARCHAR": ("TEXT", str),
    "BYTEA": ("BYTEA", bytes),
    "UUID": ("UUID", UUID),
    "DATE": ("DATE", date),
    "TIME WITHOUT TIME ZONE": ("TIME WITHOUT TIME ZONE", time),
    "TIMESTAMP WITHOUT TIME ZONE": ("TIMESTAMP WITHOUT TIME ZONE", datetime),
    "TIMESTAMP WITH TIME ZONE": ("TIMESTAMP WITH TIME ZONE", datetime),
    "INTERVAL": ("INTERVAL", timedelta),
}


def first_number(connection: Connection, column: Column[Any], count: int) -> int | None:
    """Nothing: sequences aren't locked."""
    return None


def step(connection: Connection, column: Column[Any]) -> int | None:
    """Nothing: others may take numbers from the same sequence meanwhile."""
    return None


def inserts(new: NewRows, dialect: Dialect) -> Sequence[Batch] | None:
    """Give an INSERT from arrays for each ten thousand rows; None for types without a sure array."""
    arrays = _arrays(new.columns, new.rows, dialect)
    if arrays is None:
        return None
    quote = dialect.identifier_preparer
    names = ", ".join(quote.format_column(column) for column in new.columns)
    fresh = [f"c{at}" for at in range(len(new.columns))]
    text = (
        f"INSERT INTO {quote.format_table(new.table)} ({names}) SELECT {', '.join(fresh)} "
        f"FROM unnest({arrays}) WITH ORDINALITY AS fresh ({', '.join(fresh)}, place) ORDER BY place"
    )
    if new.made:
        text += f" RETURNING {', '.join(quote.format_column(column) for column in new.made)}"
    return _batches(text, new.rows)


def updates(changed: ChangedRows, dialect: Dialect) -> Sequence[Batch] | None:
    """Give an UPDATE from arrays for each ten thousand rows; None for types without a sure array."""
    arrays = _arrays([*changed.columns, *changed.keys], changed.rows, dialect)
    if arrays is None:
        return None
    quote = dialect.identifier_preparer
    table = quote.format_table(changed.table)
    fresh = [f"c{at}" for at in range(len(changed.columns))]
    keys = [f"k{at}" for at in range(len(changed.keys))]
    settings = equations(changed.columns, fresh, dialect, "")
    criteria = equations(changed.keys, keys, dialect, "kept.")
    if changed.counter is not None:
        counter = quote.format_column(changed.counter)
        settings.append(f"{counter} = kept.{counter} + 1")
    if changed.mark is not None:
        criteria.append(f"kept.{quote.format_column(changed.mark)} IS NULL")
    text = (
        f"UPDATE {table} AS kept SET {', '.join(settings)} "
        f"FROM unnest({arrays}) AS fresh ({', '.join([*fresh, *keys])}) WHERE {' AND '.join(criteria)}"
    )
    return _batches(text, changed.rows)


def _batches(text: str, rows: Sequence[tuple[Any, ...]]) -> list[Batch]:
    return [
        Batch(text, tuple(map(list, zip(*part, strict=True))), part)
        for part in in_batches(rows, _MOST_ROWS, _MOST_BYTES)
    ]


def _arrays(columns: Sequence[Column[Any]], rows: Sequence[tuple[Any, ...]], dialect: Dialect) -> str | None:
    """Give the arrays as placeholders, each with its type; None where one isn't sure to mean the same."""
    placeholder = "${}" if dialect.paramstyle == "numeric_dollar" else "%s"
    found = []
    for at, column in enumerate(columns):
        array = _ARRAYS.get(_bare(dialect.type_compiler_instance.process(column.type)))
        if array is None or not _is_alike([row[at] for row in rows], array[1]):
            return None
        found.append(f"{placeholder.format(at + 1)}::{array[0]}[]")
    return ", ".join(found) or None


def _bare(ddl: str) -> str:
    """Give the name of a type without what may follow: VARCHAR(255) COLLATE "C"."""
    return ddl.partition(" COLLATE ")[0].partition("(")[0]


def _is_alike(values: Sequence[Any], kind: type) -> bool:
    """Tell whether the values are all of this kind, as the drivers find an array's type by one of them."""
    kinds = set(map(type, values)) - {type(None)}
    if kinds - {kind}:
        return False
    return kind not in (datetime, time) or len({one.tzinfo is None for one in values if one is not None}) < 2
