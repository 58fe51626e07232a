"""Which foreign key was broken: SQLite doesn't tell, so its tables are asked.

Asked on the same connection after the statement failed, with the statement's values. At
COMMIT, where deferred keys are checked, the transaction is still open and SQLite lists
the rows itself. What can't be told for sure is left out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Table

from colonnade.dialects.constraints import as_rule, find_table, foreign_key, made_up_name
from colonnade.dialects.values import Failure, Fault
from colonnade.errors import ForeignKeyViolationError

OWNER_MISSING = "the row that it refers to is not there"
STILL_HELD = "other rows still refer to it"
MOST_ASKED = 1000
"""For how many different values of one statement an owner is looked for."""


def broken_key(failure: Failure) -> Fault:
    """Give the fault, with constraint, table and columns where they can be told."""
    if failure.ask is None:
        return _unknown(failure)
    try:
        return _found(failure) or _unknown(failure)
    except sqlite3.Error:  # the tables aren't as the metadata says: then nothing can be told
        return _unknown(failure)


def _found(failure: Failure) -> Fault | None:
    if failure.table is None:
        return _listed(failure) if failure.phase == "commit" else None
    if failure.kind == "delete":
        return _holder(failure, failure.table)
    found = _missing_owner(failure, failure.table)
    return found if found or failure.kind == "insert" else _holder(failure, failure.table)


def _listed(failure: Failure) -> Fault:
    """Ask for all rows without an owner; sure only when they all break one key."""
    assert failure.ask is not None
    rows = failure.ask("PRAGMA foreign_key_check", ())
    keys = {(row[0], row[3]) for row in rows}
    if len(keys) != 1:
        return Fault(ForeignKeyViolationError, detail=OWNER_MISSING if keys else "")
    table_name, number = keys.pop()
    listed = failure.ask(f"PRAGMA foreign_key_list({_quoted(table_name)})", ())
    columns = tuple(row[3] for row in sorted(listed, key=lambda row: row[1]) if row[0] == number)
    rule = foreign_key(find_table(failure.tables, table_name), columns)
    return Fault(
        ForeignKeyViolationError,
        detail=OWNER_MISSING,
        constraint=rule.name if rule else made_up_name(table_name, columns, "fkey"),
        table=table_name,
        columns=rule.columns if rule else columns,
    )


def _missing_owner(failure: Failure, table: Table) -> Fault | None:
    """Find the key of this table whose new values have no row to refer to."""
    keys = list(table.foreign_key_constraints)
    if failure.kind == "insert" and not failure.all_rows:  # a statement given as text, or INSERT from SELECT
        return _fault(keys[0], OWNER_MISSING) if len(keys) == 1 else None
    broken = [key for key in keys if _lacks_owner(failure, key)]
    return _fault(broken[0], OWNER_MISSING) if len(broken) == 1 else None


def _lacks_owner(failure: Failure, key: ForeignKeyConstraint) -> bool:
    names = [element.parent.name for element in key.elements]
    rows = (row for row in failure.all_rows if not _is_own_row(key, row))
    given = dict.fromkeys(tuple(row.get(name) for name in names) for row in rows)
    condition = " AND ".join(f"{_quoted(element.column.name)} = ?" for element in key.elements)
    query = f"SELECT 1 FROM {_quoted(key.referred_table.name)} WHERE {condition} LIMIT 1"
    return any(
        None not in values and not _ask(failure, query, values) for values in islice(given, MOST_ASKED)
    )


def _is_own_row(key: ForeignKeyConstraint, values: Mapping[str, Any]) -> bool:
    """Tell whether a row refers to itself: it needs no other, and isn't there to be found."""
    if key.referred_table is not key.parent:
        return False
    return all(
        element.column.name in values and values[element.column.name] == values.get(element.parent.name)
        for element in key.elements
    )


def _holder(failure: Failure, table: Table) -> Fault | None:
    """Find the key of another table, or of this one, through which rows hold the one that was to go."""
    holding = list(_keys_that_hold(failure, table))
    if not failure.criteria:
        return _fault(holding[0], STILL_HELD) if len(holding) == 1 and _only_way(failure, table) else None
    broken = [key for key in holding if _holds(failure, key, table)]
    return _fault(broken[0], STILL_HELD) if len(broken) == 1 else None


def _keys_that_hold(failure: Failure, table: Table) -> Iterator[ForeignKeyConstraint]:
    for key in _keys_to(failure, table):
        if (key.ondelete or "NO ACTION").upper() in ("NO ACTION", "RESTRICT"):
            yield key


def _keys_to(failure: Failure, table: Table) -> list[ForeignKeyConstraint]:
    return [
        key
        for other in failure.tables.values()
        for key in other.foreign_key_constraints
        if key.referred_table.name == table.name
    ]


def _only_way(failure: Failure, table: Table) -> bool:
    """Tell whether nothing cascades from the table, so that its own holders are all there can be."""
    return len(list(_keys_that_hold(failure, table))) == len(_keys_to(failure, table))


def _holds(failure: Failure, key: ForeignKeyConstraint, table: Table) -> bool:
    values = {name: value for name, value in (failure.criteria or {}).items() if name in table.columns}
    if not values:
        return False
    pairs = " AND ".join(
        f"child.{_quoted(element.parent.name)} = parent.{_quoted(element.column.name)}"
        for element in key.elements
    )
    chosen = " AND ".join(f"parent.{_quoted(name)} IS ?" for name in values)
    child, parent = _quoted(key.table.name), _quoted(table.name)
    query = f"SELECT 1 FROM {parent} AS parent JOIN {child} AS child ON {pairs} WHERE {chosen} LIMIT 1"
    return bool(_ask(failure, query, list(values.values())))


def _ask(failure: Failure, query: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
    assert failure.ask is not None
    return failure.ask(query, values)


def _fault(key: ForeignKeyConstraint, detail: str) -> Fault:
    rule = as_rule(key)
    return Fault(
        ForeignKeyViolationError,
        detail=detail,
        constraint=rule.name,
        table=key.table.name,
        columns=rule.columns,
    )


def _unknown(failure: Failure) -> Fault:
    return Fault(ForeignKeyViolationError, table=None if failure.table is None else failure.table.name)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
