"""What stands in the tables of an SQLite database.

SQLite has no function for digests, and its own ways to write a value down lose something: `quote` ends at
a NUL, numbers are rounded to 15 digits. So the rows are read, text as its bytes, and marshalled: 4 µs a row.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from colonnade.dialects.cursors import ask, driver_of
from colonnade.dialects.values import StoredColumn, StoredTable, Tally

if TYPE_CHECKING:
    from sqlalchemy import Connection

_ROWS_AT_ONCE = 10_000
# Of this version the bytes are the same everywhere and always: later ones note what object is which.
_MARSHAL_VERSION = 2
_VALUE = "CASE typeof(?) WHEN 'text' THEN CAST(? AS BLOB) WHEN 'blob' THEN 'x' || hex(?) ELSE ? END"
_HIDDEN = 1  # of a virtual table, for its arguments


def reading(connection: Connection) -> AbstractContextManager[None]:
    """Nothing: no setting changes what is read."""
    return nullcontext()


def tables(connection: Connection, schemas: Sequence[str]) -> Sequence[StoredTable]:
    """Give the tables but virtual ones, whose rows stand in tables of their own or elsewhere."""
    named = tuple(schemas) or ("main",)
    return [table for schema in named for table in _tables(connection, schema, schema == named[0])]


def _tables(connection: Connection, schema: str, is_first: bool) -> Iterator[StoredTable]:
    driver = driver_of(connection)
    asked = (
        f"SELECT name FROM {_quoted(schema)}.sqlite_master WHERE type = 'table'"
        r" AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND sql NOT LIKE 'create virtual%' ORDER BY name"
    )
    for (name,) in ask(driver, asked):
        rows = ask(driver, f"PRAGMA {_quoted(schema)}.table_xinfo({_quoted(name)})")
        columns = tuple(StoredColumn(row[1], row[2]) for row in rows if row[6] != _HIDDEN)
        key = tuple(row[1] for row in sorted(rows, key=lambda row: row[5]) if row[5])
        yield StoredTable(name if is_first else f"{schema}.{name}", schema, name, columns, key)


def count(connection: Connection, table: StoredTable) -> int:
    """Count the rows."""
    return int(ask(driver_of(connection), f"SELECT count(*) FROM {_source(table)}")[0][0])


def tallies(connection: Connection, table: StoredTable, columns: Sequence[StoredColumn]) -> Iterator[Tally]:
    """Read the table once, of one moment, and give a tally for each ten thousand rows."""
    for rows in _read(connection, table, columns):
        yield Tally(len(rows), sum(map(_digest, rows)) % 2**128)


def buckets(
    connection: Connection,
    table: StoredTable,
    columns: Sequence[StoredColumn],
    key: Sequence[StoredColumn],
    count: int,
) -> Mapping[int, Tally]:
    """Read the table once, and tally each part."""
    found: dict[int, list[int]] = {}
    for row in _rows(connection, table, [*key, *columns]):
        tally = found.setdefault(_digest(row[: len(key)]) % count, [0, 0])
        tally[0] += 1
        tally[1] += _digest(row[len(key) :])
    return {bucket: Tally(rows, total % 2**128) for bucket, (rows, total) in found.items()}


def rows(
    connection: Connection,
    table: StoredTable,
    columns: Sequence[StoredColumn],
    key: Sequence[StoredColumn],
    count: int,
    bucket: int,
) -> Iterator[tuple[tuple[Any, ...], int]]:
    """Read the table once, and give the rows of this part."""
    for row in _rows(connection, table, [*key, *columns]):
        if _digest(row[: len(key)]) % count == bucket:
            shown = (each.decode("utf-8", "replace") if isinstance(each, bytes) else each for each in row)
            yield tuple(shown)[: len(key)], _digest(row[len(key) :])


def _rows(
    connection: Connection, table: StoredTable, columns: Sequence[StoredColumn]
) -> Iterator[tuple[Any, ...]]:
    for several in _read(connection, table, columns):
        yield from several


def _read(
    connection: Connection, table: StoredTable, columns: Sequence[StoredColumn]
) -> Iterator[list[tuple[Any, ...]]]:
    """Give the rows, a list at a time, with a driver's text for a blob, and its bytes for a text.

    A text may have bytes that the driver can't read. As an expression a value has no declared type, by which
    an application's driver might convert it.
    """
    values = ", ".join(_VALUE.replace("?", _quoted(column.name)) for column in columns) or "NULL"
    with closing(driver_of(connection).cursor()) as cursor:
        cursor.execute(f"SELECT {values} FROM {_source(table)}")
        while found := cursor.fetchmany(_ROWS_AT_ONCE):
            yield list(found)


def _digest(row: tuple[Any, ...]) -> int:
    return int.from_bytes(blake2b(marshal.dumps(row, _MARSHAL_VERSION), digest_size=16).digest())


def _source(table: StoredTable) -> str:
    return f"{_quoted(table.schema)}.{_quoted(table.name)}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
