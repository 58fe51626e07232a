"""Rows for tables that nobody knows beforehand: made by the columns' types, keys and CHECKs."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from itertools import product
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Enum,
    LargeBinary,
    MetaData,
    String,
    Table,
    insert,
    inspect,
    select,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

__all__ = ["fill"]

ROWS = 2
_TRIES = 40
_QUOTED = re.compile(r"'((?:[^']|'')*)'")
_OWN = re.compile(r"(alembic_version|schema_version|migration_run|migration_statement|audit_\w+)$")

Given = Callable[[str], Sequence[Mapping[str, Any]] | None]


def fill(connection: Connection, given: Given) -> dict[str, int]:
    """Put rows into every table that has none, parents first, and give how many each has then.

    `given` may give a table's rows; where it gives None they're made up.
    """
    metadata = MetaData()
    metadata.reflect(connection)
    counts = {}
    for table in metadata.sorted_tables:
        if not _OWN.match(table.name):
            counts[table.name] = _fill(connection, table, given(table.name))
    return counts


def _fill(connection: Connection, table: Table, given: Sequence[Mapping[str, Any]] | None) -> int:
    there = len(connection.execute(select(*list(table.primary_key) or list(table.columns)).limit(ROWS)).all())
    if there:
        return there
    if given is not None:
        for row in given:
            connection.execute(insert(table).values(dict(row)))
        return len(given)
    made = 0
    for number in range(1, ROWS + 1):
        made += any(_inserted(connection, table, row) for row in _rows(connection, table, number))
    return made


def _inserted(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    try:
        with connection.begin_nested():
            connection.execute(insert(table).values(dict(row)))
    except (DBAPIError, ValueError):
        return False
    return True


def _rows(connection: Connection, table: Table, number: int) -> Iterator[dict[str, Any]]:
    """Give rows to be tried: with every column filled, then with the least, by what CHECKs may want."""
    checks = [str(each["sqltext"]) for each in inspect(connection).get_check_constraints(table.name)]
    given = [column for column in table.columns if column.computed is None]
    filled = [column for column in given if not _is_numbered(column, table)]
    least = [column for column in filled if not column.nullable and column.server_default is None]
    for columns in (filled, least):
        wanted = [_values(connection, column, number, checks) for column in columns]
        if not all(wanted):
            continue
        for tried, values in enumerate(product(*wanted)):
            if tried >= _TRIES:
                break
            yield dict(zip((column.name for column in columns), values, strict=True))


def _is_numbered(column: Column[Any], table: Table) -> bool:
    keys = list(table.primary_key)
    return keys == [column] and column.type.python_type is int and not column.foreign_keys


def _values(connection: Connection, column: Column[Any], number: int, checks: Sequence[str]) -> list[Any]:
    """Give what may be put into a column, the likeliest first."""
    for key in column.foreign_keys:
        parents = connection.scalars(select(key.column).order_by(key.column)).all()
        if not parents:
            return [None] if column.nullable else []
        return [parents[(number - 1) % len(parents)]]
    named = [text for text in checks if re.search(rf"\b{re.escape(column.name)}\b", text)]
    members = [found.replace("''", "'") for text in named for found in _QUOTED.findall(text)]
    plain = _plain(column.type, number)
    if members and isinstance(column.type, String):
        length = column.type.length or 10**6
        return [*dict.fromkeys(member for member in members if 0 < len(member) <= length), *plain]
    return plain


def _plain(type_: TypeEngine[Any], number: int) -> list[Any]:
    if isinstance(type_, Enum):
        return list(type_.enums)
    if isinstance(type_, JSON):
        return [[], {}]
    if isinstance(type_, LargeBinary):
        return [b"%d" % number]
    try:
        kind = type_.python_type
    except NotImplementedError:
        return [str(number), None]
    made: dict[type, list[Any]] = {
        bool: [True, False],
        int: [number, 0, 10 * number],
        float: [number / 2, 0.0],
        Decimal: [Decimal(number), Decimal(0)],
        datetime: [datetime(2026, 1, number, 12, 0, 0)],
        date: [date(2026, 1, number)],
        time: [time(number)],
        bytes: [b"%d" % number],
        uuid.UUID: [uuid.UUID(int=number)],
    }
    if kind is str:
        length = getattr(type_, "length", None) or 100
        return [f"value {number}"[:length], str(number)[:length], f"{number:032x}"[-length:]]
    return made.get(kind, [None])
