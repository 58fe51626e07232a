"""PostgreSQL's triggers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Table
from sqlalchemy.dialects import postgresql

from colonnade.dialects.contract import object_name

# The named style, since under the drivers' own the preparer would double a percent sign in a name.
_dialect: Any = postgresql.dialect
_quote = _dialect(paramstyle="named").identifier_preparer


def create_touch(table: Table, column: Column[Any]) -> Sequence[str]:
    """Give a function and a trigger that calls it for an UPDATE which didn't move the column.

    clock_timestamp, since two UPDATEs of one transaction are two moments; never back, since the row's older
    value may come from a client whose clock is ahead.
    """
    stamp = _quote.quote(column.name)
    moved = f"greatest(clock_timestamp(), OLD.{stamp} + interval '1 microsecond')"
    return [
        f"CREATE OR REPLACE FUNCTION {_function(table)}() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN NEW.{stamp} := {moved}; RETURN NEW; END $$",
        f"CREATE OR REPLACE TRIGGER {_quote.quote(object_name('touch', table.name))}"
        f" BEFORE UPDATE ON {_quote.format_table(table)} FOR EACH ROW"
        f" WHEN (NEW.{stamp} IS NOT DISTINCT FROM OLD.{stamp}) EXECUTE FUNCTION {_function(table)}()",
    ]


def drop_touch(table: Table, column: Column[Any]) -> Sequence[str]:
    """Give the function's end; the trigger went with its table."""
    return [f"DROP FUNCTION IF EXISTS {_function(table)}()"]


def remove_touch(table: Table) -> Sequence[str]:
    """Give what takes trigger and function away while the table stays."""
    name = _quote.quote(object_name("touch", table.name))
    return [
        f"DROP TRIGGER IF EXISTS {name} ON {_quote.format_table(table)}",
        f"DROP FUNCTION IF EXISTS {_function(table)}()",
    ]


def _function(table: Table) -> str:
    name = _quote.quote(object_name("touch", table.name))
    return f"{_quote.quote(table.schema)}.{name}" if table.schema else name
