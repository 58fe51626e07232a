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


def keep_in_step(table: Table, columns: tuple[str, str], expressions: tuple[str, str]) -> Sequence[str]:
    """Give a function and a trigger that calls it before each row is written."""
    first, second = map(_quote.quote, columns)
    there, back = expressions
    name = _step(table, columns)
    return [
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF TG_OP = 'INSERT' THEN"
        f" IF NEW.{second} IS NULL THEN NEW.{second} := {there};"
        f" ELSIF NEW.{second} IS DISTINCT FROM ({there}) THEN NEW.{first} := {back}; END IF;"
        f" ELSIF NEW.{second} IS DISTINCT FROM OLD.{second} THEN"
        f" IF NEW.{second} IS DISTINCT FROM ({there}) THEN NEW.{first} := {back}; END IF;"
        f" ELSIF NEW.{first} IS DISTINCT FROM OLD.{first} AND NEW.{first} IS DISTINCT FROM ({back}) THEN"
        f" NEW.{second} := {there}; END IF;"
        f" RETURN NEW; END $$",
        f"CREATE OR REPLACE TRIGGER {_step_name(table, columns)} BEFORE INSERT OR UPDATE"
        f" ON {_quote.format_table(table)} FOR EACH ROW EXECUTE FUNCTION {name}()",
    ]


def leave_step(table: Table, columns: tuple[str, str]) -> Sequence[str]:
    """Give what takes trigger and function away."""
    return [
        f"DROP TRIGGER IF EXISTS {_step_name(table, columns)} ON {_quote.format_table(table)}",
        f"DROP FUNCTION IF EXISTS {_step(table, columns)}()",
    ]


def _step(table: Table, columns: tuple[str, str]) -> str:
    name = _step_name(table, columns)
    return f"{_quote.quote(table.schema)}.{name}" if table.schema else name


def _step_name(table: Table, columns: tuple[str, str]) -> str:
    return str(_quote.quote(object_name("step", "_".join((table.name, *sorted(columns))))))


def _function(table: Table) -> str:
    name = _quote.quote(object_name("touch", table.name))
    return f"{_quote.quote(table.schema)}.{name}" if table.schema else name
