"""SQLite's triggers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Table
from sqlalchemy.dialects import sqlite

from colonnade.dialects.contract import object_name
from colonnade.dialects.sqlite.types import UTC_NOW

# The named style, since under the drivers' own the preparer would double a percent sign in a name.
_quote = sqlite.dialect(paramstyle="named").identifier_preparer


def create_touch(table: Table, column: Column[Any]) -> Sequence[str]:
    """Give a trigger that updates the row once more, unless the UPDATE moved the column.

    The second UPDATE moves it, so it ends there with recursive_triggers on. The clock has milliseconds only:
    where it isn't past the old value, the old one plus a microsecond is taken.
    """
    name, stamp = _quote.quote(object_name("touch", table.name)), _quote.quote(column.name)
    prefix = f"{_quote.quote(table.schema)}." if table.schema else ""
    return [
        f"CREATE TRIGGER IF NOT EXISTS {prefix}{name} AFTER UPDATE ON {_quote.quote(table.name)}"
        f" WHEN NEW.{stamp} IS OLD.{stamp} BEGIN"
        f" {touching(table, column)}; END"
    ]


def drop_touch(table: Table, column: Column[Any]) -> Sequence[str]:
    """Give nothing: the trigger went with its table."""
    return []


def remove_touch(table: Table) -> Sequence[str]:
    """Give what takes the trigger away while the table stays."""
    prefix = f"{_quote.quote(table.schema)}." if table.schema else ""
    return [f"DROP TRIGGER IF EXISTS {prefix}{_quote.quote(object_name('touch', table.name))}"]


def keep_in_step(table: Table, columns: tuple[str, str], expressions: tuple[str, str]) -> Sequence[str]:
    """Give two triggers that update the row once more; they end there with recursive_triggers on."""
    first, second = map(_quote.quote, columns)
    there, back = expressions
    inserted, updated = _steps(table, columns)
    on, which = f"ON {_quote.quote(table.name)}", f"WHERE {_same_row(table)}"
    second_told = f"NEW.{second} IS NOT OLD.{second} AND NEW.{second} IS NOT ({there})"
    first_told = (
        f"NEW.{second} IS OLD.{second} AND NEW.{first} IS NOT OLD.{first} AND NEW.{first} IS NOT ({back})"
    )
    return [
        f"CREATE TRIGGER {inserted} AFTER INSERT {on} WHEN NEW.{second} IS NOT ({there}) BEGIN"
        f" UPDATE {_quote.quote(table.name)}"
        f" SET {first} = CASE WHEN NEW.{second} IS NULL THEN NEW.{first} ELSE {back} END,"
        f" {second} = CASE WHEN NEW.{second} IS NULL THEN {there} ELSE NEW.{second} END {which}; END",
        f"CREATE TRIGGER {updated} AFTER UPDATE OF {first}, {second} {on}"
        f" WHEN ({second_told}) OR ({first_told}) BEGIN UPDATE {_quote.quote(table.name)}"
        f" SET {first} = CASE WHEN {second_told} THEN {back} ELSE NEW.{first} END,"
        f" {second} = CASE WHEN {first_told} THEN {there} ELSE NEW.{second} END {which}; END",
    ]


def leave_step(table: Table, columns: tuple[str, str]) -> Sequence[str]:
    """Give what takes both triggers away."""
    return [f"DROP TRIGGER IF EXISTS {name}" for name in _steps(table, columns)]


def _steps(table: Table, columns: tuple[str, str]) -> Sequence[str]:
    prefix = f"{_quote.quote(table.schema)}." if table.schema else ""
    of = "_".join((table.name, *sorted(columns)))
    return [prefix + _quote.quote(object_name(f"step_{when}", of)) for when in ("insert", "update")]


def touching(table: Table, column: Column[Any]) -> str:
    """Give the UPDATE of such a trigger."""
    stamp = _quote.quote(column.name)
    return f"UPDATE {_quote.quote(table.name)} SET {stamp} = {moved(f'OLD.{stamp}')} WHERE {_same_row(table)}"


def moved(stamp: str) -> str:
    """Give what an old stamp is moved to; the same throughout a statement, as its clock stands still."""
    return f"max({UTC_NOW}, {_next_microsecond(stamp)})"


def _same_row(table: Table) -> str:
    keys = [_quote.quote(key.name) for key in table.primary_key] or ["rowid"]
    return " AND ".join(f"{key} = NEW.{key}" for key in keys)


def _next_microsecond(stamp: str) -> str:
    following = f"(CAST(substr({stamp}, 21) AS INTEGER) + 1)"
    second = (
        f"strftime('%Y-%m-%d %H:%M:%S', substr({stamp}, 1, 19), '+' || ({following} / 1000000) || ' seconds')"
    )
    return f"{second} || printf('.%06d', {following} % 1000000)"
