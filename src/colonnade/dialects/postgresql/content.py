"""What stands in the tables of a PostgreSQL database: digests that the server makes of its rows' text.

A row's text tells NULL from an empty text and quotes what could be mistaken. What it looks like depends on a
dozen settings, which are set for the time of reading: so is `row_security`, so that a policy that would hide
rows from this account is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, text
from sqlalchemy.exc import SQLAlchemyError

from colonnade.dialects.cursors import driver_of
from colonnade.dialects.postgresql.connect import in_transaction
from colonnade.dialects.values import StoredColumn, StoredTable, Tally
from colonnade.errors import MigrationError

if TYPE_CHECKING:
    from sqlalchemy import Connection

_SETTINGS: Mapping[str, str] = {
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "bytea_output": "hex",
    "extra_float_digits": "3",
    "lc_monetary": "C",
    "quote_all_identifiers": "off",
    "row_security": "off",
    "search_path": "",
    "statement_timeout": "0",
}
_PAGES_AT_ONCE = 1024
_TID_RANGES_SINCE = (14,)

# Partitions are read with the table that they're parts of; foreign tables are another database's.
_TABLES = """
SELECT n.nspname AS schema, c.relname AS name, c.relkind::text AS kind,
       pg_relation_size(c.oid) / current_setting('block_size')::int8 AS pages,
       (SELECT array_agg(ARRAY[a.attname::text, t.typname::text] ORDER BY a.attnum)
        FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
       (SELECT array_agg(a.attname::text ORDER BY k.place)
        FROM (SELECT i.indkey, i.indnkeyatts FROM pg_index i
              WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
                AND i.indexprs IS NULL
                AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND NOT a.attnotnull
                                AND a.attnum = ANY (i.indkey::int2[]))
              ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid LIMIT 1) i,
             unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, place)
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
        WHERE k.place <= i.indnkeyatts) AS key
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND n.nspname IN :schemas
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid
                  AND e.deptype = 'e')
  AND NOT c.relispartition
ORDER BY n.nspname, c.relname
"""


@contextmanager
def reading(connection: Connection) -> Iterator[None]:
    """Set what the text of a row depends on, and put it back."""
    names = ", ".join(f"current_setting('{name}')" for name in _SETTINGS)
    before = dict(zip(_SETTINGS, connection.execute(text(f"SELECT {names}")).one(), strict=True))
    _set(connection, _SETTINGS)
    try:
        yield
    except BaseException:
        with suppress(SQLAlchemyError):  # where the transaction was aborted, its rollback puts them back
            _set(connection, before)
        raise
    _set(connection, before)


def tables(connection: Connection, schemas: Sequence[str]) -> Sequence[StoredTable]:
    """Give the tables of these schemas, a partitioned one as one table."""
    named = list(schemas) or [_own_schema(connection)]
    statement = text(_TABLES).bindparams(bindparam("schemas", named, expanding=True))
    return [
        StoredTable(
            row.name if row.schema == named[0] else f"{row.schema}.{row.name}",
            row.schema,
            row.name,
            tuple(StoredColumn(*column) for column in row.columns or ()),
            tuple(row.key or ()),
            # A partitioned table has none of its own, and is read at once, with its parts.
            max(row.pages, 1) if row.kind == "r" else 0,
        )
        for row in connection.execute(statement)
    ]


def count(connection: Connection, table: StoredTable) -> int:
    """Count the rows."""
    return int(connection.scalar(text(f"SELECT count(*) FROM {_source(table)}")) or 0)


def tallies(connection: Connection, table: StoredTable, columns: Sequence[StoredColumn]) -> Iterator[Tally]:
    """Give tallies of ranges of pages, where all statements see one moment; else of the whole table."""
    tally = f"SELECT {_TALLY} FROM (SELECT {_row(columns)} AS t FROM {_source(table)}{{where}}) q"
    if not _sees_one_moment(connection):
        yield _tally(connection.execute(text(tally.format(where=""))).one())
        return
    starts = range(0, table.pages or 1, _PAGES_AT_ONCE)
    for start in starts:
        last = start == starts[-1]
        until = "" if last else f" AND ctid < '({start + _PAGES_AT_ONCE},0)'\\:\\:tid"
        where = "" if len(starts) == 1 else f" WHERE ctid >= '({start},0)'\\:\\:tid{until}"
        yield _tally(connection.execute(text(tally.format(where=where))).one())


def buckets(
    connection: Connection,
    table: StoredTable,
    columns: Sequence[StoredColumn],
    key: Sequence[StoredColumn],
    count: int,
) -> Mapping[int, Tally]:
    """Let the server tally each part."""
    parts = f"SELECT {_bucket(key, count)} AS bucket, {_row(columns)} AS t FROM {_source(table)}"
    rows = connection.execute(text(f"SELECT {_TALLY}, bucket FROM ({parts}) q GROUP BY bucket"))
    return {row.bucket: _tally(row) for row in rows}


def rows(
    connection: Connection,
    table: StoredTable,
    columns: Sequence[StoredColumn],
    key: Sequence[StoredColumn],
    count: int,
    bucket: int,
) -> Iterator[tuple[tuple[Any, ...], int]]:
    """Give the rows of this part, keys as text."""
    shown = "".join(f", {_name(column)}\\:\\:text AS k{place}" for place, column in enumerate(key))
    part = f"SELECT {_row(columns)} AS t{shown} FROM {_source(table)} WHERE {_bucket(key, count)} = {bucket}"
    for row in connection.execute(text(f"SELECT {_HIGH} AS high, {_LOW} AS low, q.* FROM ({part}) q")):
        yield tuple(row[3:]), ((row.high % 2**64) << 64) + row.low % 2**64


# Both halves by one function with two seeds; a digest of OpenSSL's takes the server three times as long.
_HIGH = 'hashtextextended(t COLLATE "C", 0)'
_LOW = 'hashtextextended(t COLLATE "C", 1)'
_TALLY = f"count(*) AS rows, coalesce(sum({_HIGH}), 0) AS high, coalesce(sum({_LOW}), 0) AS low"


def _tally(row: Any) -> Tally:
    high, low = int(row.high) % 2**64, int(row.low) % 2**64
    return Tally(row.rows, (high << 64) + low)


def _row(columns: Sequence[StoredColumn]) -> str:
    return f"ROW({', '.join(map(_name, columns))})\\:\\:text"


def _bucket(key: Sequence[StoredColumn], count: int) -> str:
    return f'hashtextextended({_row(key)} COLLATE "C", 0) & {count - 1}'


def _name(column: StoredColumn) -> str:
    return _quoted(column.name)


def _source(table: StoredTable) -> str:
    """Give the table without those that inherit from it; a partitioned one with its parts."""
    only = "ONLY " if table.pages else ""
    return f"{only}{_quoted(table.schema)}.{_quoted(table.name)}"


def _sees_one_moment(connection: Connection) -> bool:
    if (connection.dialect.server_version_info or ()) < _TID_RANGES_SINCE:
        return False
    level = connection.scalar(text("SELECT current_setting('transaction_isolation')"))
    return level in ("repeatable read", "serializable") and bool(in_transaction(driver_of(connection)))


def _own_schema(connection: Connection) -> str:
    own = connection.scalar(text("SELECT current_schema()"))
    if own is None:
        raise MigrationError(
            "no schema of the connection's search_path exists, or the account may use none of them",
            remedy="Create it, GRANT USAGE ON SCHEMA to the account, or name the schemas to read",
        )
    return str(own)


def _set(connection: Connection, settings: Mapping[str, str]) -> None:
    # For the session: in autocommit a setting of the transaction would be gone at once.
    told = ", ".join(f"set_config('{name}', :{name}, false)" for name in settings)
    connection.execute(text(f"SELECT {told}"), dict(settings))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""').replace(":", "\\:") + '"'
