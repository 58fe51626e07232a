"""Many rows at once: one prepared statement, run for each, inside the write lock.

Rows are numbered before they're sent, as SQLite itself would do it: nobody else can write meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Connection, Table

from colonnade.dialects.batching import in_batches
from colonnade.dialects.values import Batch, ChangedRows, NewRows

if TYPE_CHECKING:
    from sqlalchemy import Dialect

NUMBERS_AHEAD = True
CHANGES_BY_KEY = True

_LARGEST = 2**63 - 1
_PARAMETERS = 32_766
"""How many a statement takes (SQLite 3.32)."""
_MOST_ROWS = 500
_MOST_BYTES = 16_000_000

# An index for the primary key is made where that isn't the rowid by another name: in a table WITHOUT
# ROWID, for another type than INTEGER, and for INTEGER PRIMARY KEY DESC.
_FACTS = """
SELECT
  (SELECT sql FROM sqlite_master WHERE type = 'table' AND lower(name) = lower(?)),
  (SELECT count(*) FROM pragma_index_list(?) WHERE origin = 'pk'),
  (SELECT group_concat(lower(name)) FROM pragma_table_info(?) WHERE pk > 0),
  (SELECT count(*) FROM (SELECT type, name, tbl_name, sql FROM sqlite_master
                         UNION ALL SELECT type, name, tbl_name, sql FROM sqlite_temp_master)
    WHERE type = 'trigger' AND lower(tbl_name) = lower(?) AND lower(sql) LIKE '%insert%'
      AND name NOT GLOB 'audit_*_' || tbl_name),
  (SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_sequence'),
  (SELECT max({key}) FROM {table})
"""


def first_number(connection: Connection, column: Column[Any], count: int) -> int | None:
    """Give the number after the largest, or after the last one given out where none is given twice.

    None where a trigger may add rows of its own, and where the column isn't the rowid.
    """
    table: Table = column.table
    if table.schema:
        return None
    quote = connection.dialect.identifier_preparer
    facts = _FACTS.format(table=quote.format_table(table), key=quote.format_column(column))
    made, indexed, keys, triggers, counted, largest = _one(connection, facts, (table.name,) * 4)
    if made is None or indexed or triggers or keys != column.name.lower():
        return None
    last: int = largest or 0
    if counted and "autoincrement" in made.lower():
        (given,) = _one(connection, "SELECT max(seq) FROM sqlite_sequence WHERE name = ?", (table.name,))
        last = max(last, given or 0)
    # Where the largest number there is was given, SQLite looks for one that is free, or gives up.
    return last + 1 if last <= _LARGEST - count else None


def _one(connection: Connection, text: str, names: tuple[str, ...]) -> Any:
    return connection.exec_driver_sql(text, names).one()


def step(connection: Connection, column: Column[Any]) -> int | None:
    """Nothing: rows are numbered before they're sent."""
    return None


def inserts(new: NewRows, dialect: Dialect) -> Sequence[Batch] | None:
    """Give one statement to be run for each row; some for hundreds of rows each where they return columns."""
    if new.number is not None:
        return None
    quote = dialect.identifier_preparer
    names = ", ".join(map(quote.format_column, new.columns))
    head = f"INSERT INTO {quote.format_table(new.table)} ({names}) VALUES "
    row = f"({', '.join('?' * len(new.columns))})"
    if not new.made:
        return [Batch(head + row, list(new.rows), new.rows)]
    tail = f" RETURNING {', '.join(map(quote.format_column, new.made))}"
    most = min(_MOST_ROWS, _PARAMETERS // len(new.columns))
    return [
        Batch(f"{head}{', '.join([row] * len(rows))}{tail}", tuple(chain.from_iterable(rows)), rows)
        for rows in in_batches(new.rows, most, _MOST_BYTES)
    ]


def updates(changed: ChangedRows, dialect: Dialect) -> Sequence[Batch] | None:
    """Give one statement to be run for each row, by key, so that neighbours are met together."""
    quote = dialect.identifier_preparer
    settings = [f"{quote.format_column(column)} = ?" for column in changed.columns]
    criteria = [f"{quote.format_column(column)} = ?" for column in changed.keys]
    if changed.counter is not None:
        counter = quote.format_column(changed.counter)
        settings.append(f"{counter} = {counter} + 1")
    if changed.mark is not None:
        criteria.append(f"{quote.format_column(changed.mark)} IS NULL")
    text = (
        f"UPDATE {quote.format_table(changed.table)} SET {', '.join(settings)} WHERE {' AND '.join(criteria)}"
    )
    width = len(changed.columns)
    rows = sorted(changed.rows, key=lambda row: row[width:])
    return [Batch(text, rows, rows)]
