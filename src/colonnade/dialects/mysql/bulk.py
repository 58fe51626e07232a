"""Many rows at once: statements of many rows each.

The rows of one INSERT are numbered in the order of its VALUES, without a gap: an INSERT whose rows are
counted beforehand takes all its numbers at once.

Source: MySQL's documentation of "AUTO_INCREMENT Handling in InnoDB", simple inserts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Connection, Table

from colonnade.dialects.batching import equations, in_batches
from colonnade.dialects.values import Batch, ChangedRows, NewRows

if TYPE_CHECKING:
    from sqlalchemy import Dialect

NUMBERS_AHEAD = False
CHANGES_BY_KEY = False

_MOST_ROWS = 10_000
_MOST_BYTES = 1_000_000
"""A quarter of the smallest `max_allowed_packet` that is usual (MySQL 5.7)."""
_JOINED = (int, str, bytes, float, date, datetime)
"""Values whose type in a table of VALUES is the same in each row."""


def first_number(connection: Connection, column: Column[Any], count: int) -> int | None:
    """Nothing: the table isn't locked."""
    return None


def step(connection: Connection, column: Column[Any]) -> int | None:
    """Give the server's step, where it takes the numbers of all rows of an INSERT at once.

    MariaDB says nothing of that for the mode in which statements take numbers side by side (2); MySQL does.
    """
    table: Table = column.table
    facts = (
        "SELECT @@auto_increment_increment, @@innodb_autoinc_lock_mode, (SELECT engine FROM "
        "information_schema.tables WHERE table_schema = coalesce(%s, database()) AND table_name = %s)"
    )
    found = connection.exec_driver_sql(facts, (table.schema, table.name)).one()
    surest = 1 if getattr(connection.dialect, "is_mariadb", False) else 2
    return int(found[0]) if found[2] == "InnoDB" and int(found[1]) <= surest else None


def inserts(new: NewRows, dialect: Dialect) -> Sequence[Batch] | None:
    """Give INSERTs of many rows; None on MySQL where something is to come back, as it has no RETURNING."""
    if new.made and not dialect.insert_returning:
        return None
    quote = dialect.identifier_preparer
    names = ", ".join(map(quote.format_column, new.columns))
    head = f"INSERT INTO {quote.format_table(new.table)} ({names}) VALUES "
    row = f"({', '.join(['%s'] * len(new.columns))})"
    tail = f" RETURNING {', '.join(map(quote.format_column, new.made))}" if new.made else ""
    return [
        Batch(f"{head}{', '.join([row] * len(rows))}{tail}", tuple(chain.from_iterable(rows)), rows)
        for rows in in_batches(new.rows, _MOST_ROWS, _MOST_BYTES)
    ]


def updates(changed: ChangedRows, dialect: Dialect) -> Sequence[Batch] | None:
    """Give UPDATEs joined with a table of the new values; None where that could compare otherwise.

    Keys of text are left out, as the join's collation isn't the column's, and MySQL, whose tables of VALUES
    are written otherwise.
    """
    width = len(changed.columns)
    if not getattr(dialect, "is_mariadb", False):
        return None
    kinds = [set(map(type, values)) - {type(None)} for values in zip(*changed.rows, strict=True)]
    if any(kind - {int} for kind in kinds[width:]):
        return None
    if any(len(kind) > 1 or kind - {*_JOINED} for kind in kinds[:width]):
        return None
    return [_update(changed, dialect, rows) for rows in in_batches(changed.rows, _MOST_ROWS, _MOST_BYTES)]


def _update(changed: ChangedRows, dialect: Dialect, rows: Sequence[tuple[Any, ...]]) -> Batch:
    quote = dialect.identifier_preparer
    fresh = [f"c{at}" for at in range(len(changed.columns))]
    keys = [f"k{at}" for at in range(len(changed.keys))]
    settings = equations(changed.columns, fresh, dialect, "kept.")
    criteria = equations(changed.keys, keys, dialect, "kept.")
    if changed.counter is not None:
        counter = quote.format_column(changed.counter)
        settings.append(f"kept.{counter} = kept.{counter} + 1")
    where = "" if changed.mark is None else f" WHERE kept.{quote.format_column(changed.mark)} IS NULL"
    one = f"({', '.join(['%s'] * len(rows[0]))})"
    # Only through WITH can a table of VALUES be given names (MariaDB 10.3).
    table = (
        f"(WITH given ({', '.join([*fresh, *keys])}) AS (VALUES {', '.join([one] * len(rows))}) "
        "SELECT * FROM given) AS fresh"
    )
    text = (
        f"UPDATE {quote.format_table(changed.table)} AS kept JOIN {table} ON {' AND '.join(criteria)} "
        f"SET {', '.join(settings)}{where}"
    )
    return Batch(text, tuple(chain.from_iterable(rows)), rows)
