"""Which rows of other tables foreign keys delete or change, for which MySQL and MariaDB fire no trigger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, Table
from sqlalchemy.dialects import mysql

from colonnade.dialects.auditing import Step, Way, ways_down

_quote = mysql.dialect(paramstyle="named").identifier_preparer

ROW = "gone"
"""What a row goes by that is reached."""


@dataclass(frozen=True)
class Reached:
    """Rows of one table that are deleted, or in which columns are set to these expressions.

    `source` is what stands behind FROM, in which a row goes by `row`.
    """

    table: Table
    source: str
    changes: Mapping[Column[Any], str] = field(default_factory=dict)
    row: str = ROW


def reached_by_delete(table: Table) -> list[Reached]:
    """Give what goes or loses its parent with a row of this table; what is further away stands first."""
    ways = list(ways_down(table, lambda key: key.ondelete))
    deleted: dict[Table, list[Way]] = {}
    for way in ways:
        if _is_deleting(way):
            deleted.setdefault(way[-1].child, []).append(way)
    found = [Reached(child, _source(child, found)) for child, found in reversed(deleted.items())]
    for way in ways:
        if not _is_deleting(way):
            child = way[-1].child
            changes = {column: "NULL" for column, _ in way[-1].pairs}
            found.append(Reached(child, _source(child, [way], deleted.get(child, ())), changes))
    return found


def reached_by_update(table: Table) -> list[Reached]:
    """Give what is changed along with the columns of this table that others refer to."""
    found = []
    for way in ways_down(table, lambda key: key.onupdate):
        changes = _carried(way)
        if changes:
            found.append(Reached(way[-1].child, _source(way[-1].child, [way], moved=True), changes))
    return found


def _is_deleting(way: Way) -> bool:
    return (way[-1].key.ondelete or "").upper() == "CASCADE"


def _carried(way: Way) -> dict[Column[Any], str]:
    """Give what the columns of the last table on the way are set to; nothing where no change gets there."""
    known: dict[Column[Any], str] = {}
    for at, step in enumerate(way):
        if step.parent is step.child:
            return {}  # InnoDB refuses such an update
        reached = {
            column: f"NEW.{_quote.quote(referred.name)}" if at == 0 else known[referred]
            for column, referred in step.pairs
            if at == 0 or referred in known
        }
        if (step.key.onupdate or "").upper() == "SET NULL" and reached:
            reached = {column: "NULL" for column, _ in step.pairs}
        known = reached
    return known


def _source(child: Table, ways: Sequence[Way], but: Sequence[Way] = (), moved: bool = False) -> str:
    """Give the rows of a table that are reached by any of these ways, and by none of those."""
    keys = ", ".join(_quote.quote(column.name) for column in child.primary_key)
    chosen = " UNION ".join(_keys_by(way, moved) for way in ways)
    same = " AND ".join(
        f"{ROW}.{_quote.quote(one.name)} = chosen.{_quote.quote(one.name)}" for one in child.primary_key
    )
    table = _quote.format_table(child)
    if not but:
        return f"({chosen}) AS chosen JOIN {table} AS {ROW} ON {same}"
    without = " UNION ".join(_keys_by(way, moved) for way in but)
    own = ", ".join(f"{ROW}.{_quote.quote(one.name)}" for one in child.primary_key)
    return (
        f"({chosen}) AS chosen JOIN {table} AS {ROW} ON {same}"
        f" WHERE ({own}) NOT IN (SELECT {keys} FROM ({without}) AS others)"
    )


def _keys_by(way: Way, moved: bool) -> str:
    """Give the SELECT of the keys of the rows at the end of a way."""
    steps = list(_step_queries(way, moved))
    last = f"w{len(steps) - 1}"
    if len(steps) == 1 and way[0].parent is not way[0].child:
        return steps[0]
    named = ", ".join(f"w{at} AS ({query})" for at, query in enumerate(steps))
    # In parentheses a WITH may stand on either side of a UNION.
    return f"SELECT * FROM (WITH RECURSIVE {named} SELECT * FROM {last}) AS {last}"


def _step_queries(way: Way, moved: bool) -> Iterator[str]:
    for at, step in enumerate(way):
        table, own = _quote.format_table(step.child), _columns("t", step.child)
        if at == 0:
            base = f"SELECT {own} FROM {table} AS t WHERE {_is_old(step, moved)}"
        else:
            base = (
                f"SELECT {own} FROM {table} AS t JOIN {_quote.format_table(step.parent)} AS p"
                f" ON {_matches(step, 't', 'p')} JOIN w{at - 1} AS up ON {_same_key(step.parent, 'p', 'up')}"
            )
        if step.parent is step.child and (step.key.ondelete or "").upper() == "CASCADE":
            # And all that hang on those; a row hangs on its parent by the key itself.
            above = base if at == 0 else f"SELECT * FROM w{at - 1} UNION {base}"
            base = (
                f"{above} UNION SELECT {own} FROM {table} AS t"
                f" JOIN {table} AS p ON {_matches(step, 't', 'p')}"
                f" JOIN w{at} AS up ON {_same_key(step.parent, 'p', 'up')}"
            )
        yield base


def _is_old(step: Step, moved: bool) -> str:
    parts = [f"t.{_quote.quote(one.name)} = OLD.{_quote.quote(ref.name)}" for one, ref in step.pairs]
    if moved:
        changed = [
            f"NOT (OLD.{_quote.quote(ref.name)} <=> NEW.{_quote.quote(ref.name)})" for _, ref in step.pairs
        ]
        parts.append(f"({' OR '.join(changed)})")
    return " AND ".join(parts)


def _matches(step: Step, child: str, parent: str) -> str:
    pairs = step.pairs
    return " AND ".join(
        f"{child}.{_quote.quote(one.name)} = {parent}.{_quote.quote(ref.name)}" for one, ref in pairs
    )


def _same_key(table: Table, one: str, other: str) -> str:
    names = [_quote.quote(column.name) for column in table.primary_key]
    return " AND ".join(f"{one}.{name} = {other}.{name}" for name in names)


def _columns(row: str, table: Table) -> str:
    return ", ".join(f"{row}.{_quote.quote(column.name)}" for column in table.primary_key)
