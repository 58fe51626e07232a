"""The triggers of MySQL and MariaDB."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Table
from sqlalchemy.dialects import mysql

from colonnade.dialects.contract import object_name
from colonnade.dialects.mysql.types import UTC_NOW

# The named style, since under the drivers' own the preparer would double a percent sign in a name.
_quote = mysql.dialect(paramstyle="named").identifier_preparer


def create_touch(table: Table, column: Column[Any]) -> Sequence[str]:
    """Give a trigger that moves the column in an UPDATE which didn't; never back.

    Not `ON UPDATE CURRENT_TIMESTAMP`: that is the local time of whoever updates, and not UTC.
    """
    stamp = _quote.quote(column.name)
    moved = f"greatest({UTC_NOW}, OLD.{stamp} + INTERVAL 1 MICROSECOND)"
    name = _quote.quote(object_name("touch", table.name))
    prefix = f"{_quote.quote(table.schema)}." if table.schema else ""
    return [
        f"CREATE TRIGGER {prefix}{name} BEFORE UPDATE ON {_quote.format_table(table)} FOR EACH ROW"
        f" SET NEW.{stamp} = IF(NEW.{stamp} <=> OLD.{stamp}, {moved}, NEW.{stamp})"
    ]


def drop_touch(table: Table, column: Column[Any]) -> Sequence[str]:
    """Give nothing: the trigger went with its table."""
    return []


def remove_touch(table: Table) -> Sequence[str]:
    """Give what takes the trigger away while the table stays."""
    prefix = f"{_quote.quote(table.schema)}." if table.schema else ""
    return [f"DROP TRIGGER IF EXISTS {prefix}{_quote.quote(object_name('touch', table.name))}"]


def keep_in_step(table: Table, columns: tuple[str, str], expressions: tuple[str, str]) -> Sequence[str]:
    """Give two triggers; what one SET has set, those behind it see."""
    first, second = map(_quote.quote, columns)
    there, back = expressions
    second_told = f"NOT (NEW.{second} <=> ({there}))"
    inserted, updated = _steps(table, columns)
    on = f"ON {_quote.format_table(table)} FOR EACH ROW SET"
    return [
        f"CREATE TRIGGER {inserted} BEFORE INSERT {on}"
        f" NEW.{first} = IF(NEW.{second} IS NOT NULL AND {second_told}, {back}, NEW.{first}),"
        f" NEW.{second} = IF(NEW.{second} IS NULL, {there}, NEW.{second})",
        f"CREATE TRIGGER {updated} BEFORE UPDATE {on}"
        f" NEW.{first} = IF(NOT (NEW.{second} <=> OLD.{second}) AND {second_told}, {back}, NEW.{first}),"
        f" NEW.{second} = IF(NEW.{second} <=> OLD.{second} AND NOT (NEW.{first} <=> OLD.{first})"
        f" AND NOT (NEW.{first} <=> ({back})), {there}, NEW.{second})",
    ]


def leave_step(table: Table, columns: tuple[str, str]) -> Sequence[str]:
    """Give what takes both triggers away."""
    return [f"DROP TRIGGER IF EXISTS {name}" for name in _steps(table, columns)]


def _steps(table: Table, columns: tuple[str, str]) -> Sequence[str]:
    prefix = f"{_quote.quote(table.schema)}." if table.schema else ""
    of = "_".join((table.name, *sorted(columns)))
    return [prefix + _quote.quote(object_name(f"step_{when}", of)) for when in ("insert", "update")]
