"""The rules of a table, found in the metadata by what a database tells of them.

In comes a table and what an error names: a constraint's name, its columns, or its text.
Out comes a `Rule` with the name and columns that all databases shall give. A constraint
without a name has the one that PostgreSQL would make up (`clip_video_id_fkey`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Constraint,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
)


class Rule(NamedTuple):
    """A constraint or unique index: its name and its columns, in the metadata's order."""

    name: str
    columns: tuple[str, ...]


def find_table(tables: Mapping[str, Table], name: str | None) -> Table | None:
    """Give the table of this name, in whatever schema when no name is exactly that."""
    if name is None:
        return None
    if name in tables:
        return tables[name]
    return next((table for table in tables.values() if table.name.lower() == name.lower()), None)


def rule_named(table: Table | None, name: str) -> Rule | None:
    """Give the rule of this name; names compare without case, as MySQL's and SQLite's do."""
    rules = () if table is None else _rules(table)
    return next((rule for rule in map(as_rule, rules) if rule.name.lower() == name.lower()), None)


def unique_rule(table: Table | None, columns: Iterable[str]) -> Rule | None:
    """Give the unique constraint or index, or the primary key, that has just these columns."""
    wanted = set(columns)
    if table is None:
        return None
    return next((rule for rule in map(as_rule, _unique(table)) if set(rule.columns) == wanted), None)


def primary_key(table: Table) -> Rule:
    """Give the primary key."""
    return as_rule(table.primary_key)


def foreign_key(table: Table | None, columns: Iterable[str]) -> Rule | None:
    """Give the foreign key of the table that has just these columns."""
    wanted = set(columns)
    keys = () if table is None else table.foreign_key_constraints
    return next((rule for rule in map(as_rule, keys) if set(rule.columns) == wanted), None)


def unnamed_unique(table: Table | None, first_column: str) -> Rule | None:
    """Give the unique constraint without a name that begins with this column."""
    rules = [] if table is None else [as_rule(rule) for rule in _unique(table) if not _has_name(rule)]
    return next((rule for rule in rules if rule.columns[:1] == (first_column,)), None)


def unnamed_checks(table: Table | None) -> list[CheckConstraint]:
    """Give the CHECKs without a name, in no particular order."""
    constraints: Iterable[Constraint] = () if table is None else table.constraints
    return [each for each in constraints if isinstance(each, CheckConstraint) and not _has_name(each)]


def check_with_text(table: Table | None, text: str) -> Rule | None:
    """Give the CHECK without a name whose expression reads so; the only one, if there's just one."""
    checks = unnamed_checks(table)
    alike = [each for each in checks if _squeezed(str(each.sqltext)) == _squeezed(text)]
    found = alike or (checks if len(checks) == 1 else [])
    return as_rule(found[0]) if found else None


def as_rule(rule: Constraint | Index) -> Rule:
    """Give the name and columns of a constraint or index."""
    columns = _columns(rule)
    return Rule(str(rule.name) if _has_name(rule) else _made_up(rule, columns), columns)


def misfits(table: Table | None, rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Give the columns in which some row's value is none that the column's type takes."""
    if table is None:
        return ()
    return tuple(
        column.name for column in table.columns if any(_misfit(column, row.get(column.name)) for row in rows)
    )


def _rules(table: Table) -> Iterator[Constraint | Index]:
    yield from table.constraints
    yield from table.indexes


def _unique(table: Table) -> Iterator[Constraint | Index]:
    yield from (each for each in table.constraints if isinstance(each, UniqueConstraint))
    yield from (index for index in table.indexes if index.unique)
    yield table.primary_key


def _has_name(rule: Constraint | Index) -> bool:
    # A CHECK made by a type has a symbol for its name until it's compiled.
    return isinstance(rule.name, str)


def _columns(rule: Constraint | Index) -> tuple[str, ...]:
    if isinstance(rule, CheckConstraint):
        return _columns_of_check(rule)
    columns: Iterable[Column[Any]] = getattr(rule, "columns", ())
    return tuple(column.name for column in columns)


def _columns_of_check(check: CheckConstraint) -> tuple[str, ...]:
    """Give the columns that the expression uses, in the table's order; text is searched for their names."""
    used = {column.name for column in check.columns}
    if not used:
        used = set(re.findall(r"\w+", re.sub(r"'(?:[^']|'')*'", "", str(check.sqltext))))
    table = check.table
    return tuple(column.name for column in table.columns if column.name in used)


def _made_up(rule: Constraint | Index, columns: Sequence[str]) -> str:
    table = rule.table.name if isinstance(rule, Index) else rule.parent.name  # type: ignore[union-attr]
    if isinstance(rule, PrimaryKeyConstraint):
        return f"{table}_pkey"
    if isinstance(rule, CheckConstraint):
        return "_".join([table, *(columns if len(columns) == 1 else ()), "check"])
    ending = "fkey" if isinstance(rule, ForeignKeyConstraint) else "key"
    return made_up_name(table, columns, ending)


def made_up_name(table: str, columns: Iterable[str], ending: str) -> str:
    """Give the name that PostgreSQL would make up for a constraint that was given none."""
    return "_".join([table, *columns, ending])


def _squeezed(text: str) -> str:
    return re.sub(r"[\s\"`\[\]]", "", text).lower()


def _misfit(column: Column[Any], value: Any) -> bool:
    kind = column.type
    if value is None:
        return False
    if isinstance(kind, Integer):
        bits = 15 if isinstance(kind, SmallInteger) else 63 if isinstance(kind, BigInteger) else 31
        return not isinstance(value, int | float | Decimal) or not -(2**bits) <= value < 2**bits
    if isinstance(kind, String):
        # A character of code 0 fits into no text of PostgreSQL.
        too_long = isinstance(value, str) and len(value) > (kind.length or len(value))
        return not isinstance(value, str) or too_long or "\0" in value
    return False
