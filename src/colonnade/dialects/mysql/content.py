"""What stands in the tables of a MySQL or MariaDB database: digests that the server makes of its rows.

Text goes in as UTF-8, whatever the column's character set; floats as doubles, which are written with all
their digits where a FLOAT is cut to six. What may be longer than a packet goes in as a digest of its own: of
a text that is too long CONCAT makes NULL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, text
from sqlalchemy.exc import SQLAlchemyError

from colonnade.dialects.cursors import driver_of
from colonnade.dialects.mysql.connect import in_transaction
from colonnade.dialects.values import StoredColumn, StoredTable, Tally
from colonnade.errors import MigrationError

if TYPE_CHECKING:
    from sqlalchemy import Connection

_ROWS_AT_ONCE = 50_000
_LONG = ("mediumtext", "longtext", "mediumblob", "longblob", "json")
_TEXT = ("char", "varchar", "tinytext", "text", "enum", "set")
_BINARY = ("binary", "varbinary", "tinyblob", "blob")
_WHOLE = ("tinyint", "smallint", "mediumint", "int", "bigint")
_PLAIN = (*_WHOLE, "decimal", "date", "datetime", "timestamp", "time", "year", "uuid", "inet4", "inet6")
_FLOATS = ("float", "double")
_BITS = ("bit",)

_TABLES = """
SELECT table_schema AS `schema`, table_name AS name FROM information_schema.tables
WHERE table_schema IN :schemas AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')
ORDER BY table_schema, table_name
"""
_COLUMNS = """
SELECT table_schema AS `schema`, table_name AS `table`, column_name AS name, data_type AS type
FROM information_schema.columns WHERE table_schema IN :schemas ORDER BY ordinal_position
"""
_KEYS = """
SELECT table_schema AS `schema`, table_name AS `table`, index_name AS `index`, column_name AS name
FROM information_schema.statistics s
WHERE table_schema IN :schemas AND non_unique = 0 AND sub_part IS NULL
  AND NOT EXISTS (SELECT 1 FROM information_schema.statistics n
                  WHERE n.table_schema = s.table_schema AND n.table_name = s.table_name
                    AND n.index_name = s.index_name AND (n.nullable = 'YES' OR n.sub_part IS NOT NULL))
ORDER BY index_name <> 'PRIMARY', index_name, seq_in_index
"""


@contextmanager
def reading(connection: Connection) -> Iterator[None]:
    """Set what the text of a value depends on, and put it back."""
    limit = "max_statement_time" if is_mariadb(connection) else "max_execution_time"
    names = ("time_zone", "sql_mode", limit)
    asked = ", ".join(f"@@SESSION.{name}" for name in names)
    before = connection.execute(text(f"SELECT {asked}")).one()
    set_all = text(f"SET {', '.join(f'SESSION {name} = :{name}' for name in names)}")
    put_back: dict[str, Any] = dict(zip(names, before, strict=True))
    meanwhile: dict[str, Any] = {"time_zone": "+00:00", "sql_mode": "", limit: 0}
    connection.execute(set_all, meanwhile)
    try:
        yield
    except BaseException:
        with suppress(SQLAlchemyError):  # the connection may be lost
            connection.execute(set_all, put_back)
        raise
    connection.execute(set_all, put_back)


def tables(connection: Connection, schemas: Sequence[str]) -> Sequence[StoredTable]:
    """Give the tables of these databases."""
    named = list(schemas) or [str(connection.scalar(text("SELECT DATABASE()")))]
    columns: dict[tuple[str, str], list[StoredColumn]] = {}
    for row in _about(connection, _COLUMNS, named):
        columns.setdefault((row.schema, row.table), []).append(StoredColumn(row.name, row.type.lower()))
    keys: dict[tuple[str, str], dict[str, list[str]]] = {}
    for row in _about(connection, _KEYS, named):
        keys.setdefault((row.schema, row.table), {}).setdefault(row.index, []).append(row.name)
    return [
        StoredTable(
            row.name if row.schema == named[0] else f"{row.schema}.{row.name}",
            row.schema,
            row.name,
            tuple(columns.get((row.schema, row.name), ())),
            tuple(next(iter(keys.get((row.schema, row.name), {}).values()), ())),
        )
        for row in _about(connection, _TABLES, named)
    ]


def count(connection: Connection, table: StoredTable) -> int:
    """Count the rows."""
    return int(connection.scalar(text(f"SELECT COUNT(*) FROM {_source(table)}")) or 0)


def tallies(connection: Connection, table: StoredTable, columns: Sequence[StoredColumn]) -> Iterator[Tally]:
    """Give tallies of ranges of the key, where it starts with a whole number; else of the whole table."""
    key = next(iter(table.of(table.key)), None)
    if key is None or key.type not in _WHOLE or not _sees_one_moment(connection):
        yield _tallied(connection, table, columns, "")
        return
    after: int | None = None
    while True:
        beyond = "" if after is None else f" WHERE {_name(key)} > {after}"
        asked = f"SELECT {_name(key)} FROM {_source(table)}{beyond} ORDER BY {_name(key)}"
        until = connection.scalar(text(f"{asked} LIMIT 1 OFFSET {_ROWS_AT_ONCE - 1}"))
        if until is None:
            yield _tallied(connection, table, columns, beyond)
            return
        yield _tallied(connection, table, columns, f"{beyond or ' WHERE TRUE'} AND {_name(key)} <= {until}")
        after = int(until)


def buckets(
    connection: Connection,
    table: StoredTable,
    columns: Sequence[StoredColumn],
    key: Sequence[StoredColumn],
    count: int,
) -> Mapping[int, Tally]:
    """Let the server tally each part."""
    parts = f"SELECT {_bucket(key, count)} AS bucket, {_digest(columns)} AS h FROM {_source(table)}"
    rows = connection.execute(text(f"SELECT {_TALLY}, bucket FROM ({parts}) q GROUP BY bucket"))
    return {int(row.bucket): _tally(table, row) for row in rows}


def rows(
    connection: Connection,
    table: StoredTable,
    columns: Sequence[StoredColumn],
    key: Sequence[StoredColumn],
    count: int,
    bucket: int,
) -> Iterator[tuple[tuple[Any, ...], int]]:
    """Give the rows of this part, keys as the driver gives them."""
    shown = "".join(f", {_name(column)}" for column in key)
    statement = (
        f"SELECT {_digest(columns)} AS h{shown} FROM {_source(table)} WHERE {_bucket(key, count)} = {bucket}"
    )
    for row in connection.execute(text(statement)):
        yield tuple(row[1:]), int(row[0][:32], 16)


# CONV gives text, of which SUM would make a double.
_HIGH = "CAST(CONV(SUBSTR(h, 1, 16), 16, 10) AS UNSIGNED)"
_LOW = "CAST(CONV(SUBSTR(h, 17, 16), 16, 10) AS UNSIGNED)"
_TALLY = (
    f"COUNT(*) AS number, COUNT(h) AS digested, COALESCE(SUM({_HIGH}), 0) AS high,"
    f" COALESCE(SUM({_LOW}), 0) AS low"
)


def _tallied(
    connection: Connection, table: StoredTable, columns: Sequence[StoredColumn], where: str
) -> Tally:
    digests = f"SELECT {_digest(columns)} AS h FROM {_source(table)}{where}"
    return _tally(table, connection.execute(text(f"SELECT {_TALLY} FROM ({digests}) q")).one())


def _tally(table: StoredTable, row: Any) -> Tally:
    if row.number != row.digested:
        raise MigrationError(
            f"{row.number - row.digested} rows of {table.label} are longer than the server's"
            " max_allowed_packet, and their content can't be told",
            remedy="Raise max_allowed_packet on the server",
        )
    return Tally(row.number, ((int(row.high) % 2**64) << 64) + int(row.low) % 2**64)


def _digest(columns: Sequence[StoredColumn]) -> str:
    values = ", ',', ".join(map(_value, columns)) or "''"
    return f"SHA2(CONCAT({values}), 256)"


def _value(column: StoredColumn) -> str:
    """Give the expression for a column's value as bytes that can't be mistaken for another's."""
    name = _name(column)
    if column.type in _PLAIN:
        return f"IFNULL({name}, '~')"
    if column.type in _FLOATS:
        return f"IFNULL({name} + 0e0, '~')"
    if column.type in _BITS:
        return f"IFNULL(CAST({name} AS UNSIGNED), '~')"
    if column.type in _TEXT:
        written = f"CAST(CONVERT({name} USING utf8mb4) AS BINARY)"
        return f"IFNULL(CONCAT(CHAR_LENGTH({name}), '\\:', {written}), '~')"
    if column.type in _BINARY:
        return f"IFNULL(CONCAT(LENGTH({name}), '\\:', {name}), '~')"
    if column.type in _LONG and column.type.endswith("blob"):
        return f"IFNULL(SHA2({name}, 256), '~')"
    if column.type in _LONG:
        return f"IFNULL(SHA2(CONVERT({name} USING utf8mb4), 256), '~')"
    return f"IFNULL(SHA2(HEX({name}), 256), '~')"  # of places, vectors and whatever comes


def _bucket(key: Sequence[StoredColumn], count: int) -> str:
    return f"CAST(CONV(SUBSTR({_digest(key)}, 1, 8), 16, 10) AS UNSIGNED) & {count - 1}"


def _name(column: StoredColumn) -> str:
    return _quoted(column.name)


def _source(table: StoredTable) -> str:
    return f"{_quoted(table.schema)}.{_quoted(table.name)}"


def _about(connection: Connection, query: str, schemas: Sequence[str]) -> Sequence[Any]:
    statement = text(query).bindparams(bindparam("schemas", list(schemas), expanding=True))
    return connection.execute(statement).all()


def _sees_one_moment(connection: Connection) -> bool:
    variable = "tx_isolation" if is_mariadb(connection) else "transaction_isolation"
    level = str(connection.scalar(text(f"SELECT @@{variable}"))).replace("-", " ")
    return level in ("REPEATABLE READ", "SERIALIZABLE") and bool(in_transaction(driver_of(connection)))


def is_mariadb(connection: Connection) -> bool:
    """Tell MariaDB from MySQL."""
    return bool(getattr(connection.dialect, "is_mariadb", False))


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``").replace(":", "\\:") + "`"
