"""What a schema has, and how two of them differ: values, and nothing that reads a database."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Literal, NamedTuple

from colonnade.dialects.values import Item

__all__ = ["Change", "Difference", "Inventory", "Item", "Key", "compare", "label", "name_of"]

COUNTER = "counter"
ENVIRONMENT = "environment"
POSITION = "position"


class Key(NamedTuple):
    """What names one thing of a schema."""

    kind: str
    table: str
    name: str


@dataclass(frozen=True)
class Inventory:
    """All that a schema has, by key.

    Apart from it: where numberings stand, what the server or the account brought (owners, grants, a
    database's own collation), and how many rows each table has, where they were counted.
    """

    items: Mapping[Key, Item]
    counters: Mapping[Key, Item] = field(default_factory=dict)
    environment: Mapping[Key, Item] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, items: Iterable[Item], rows: Mapping[str, int] | None = None) -> Inventory:
        """Sort what a dialect's inventory gives."""
        sorted_out: dict[str, dict[Key, Item]] = {COUNTER: {}, ENVIRONMENT: {}, "": {}}
        for item in items:
            kind = item.kind if item.kind in sorted_out else ""
            sorted_out[kind][_key(item)] = item
        return cls(sorted_out[""], sorted_out[COUNTER], sorted_out[ENVIRONMENT], dict(rows or {}))

    def without(self, tables: Iterable[str], triggers: re.Pattern[str] | None = None) -> Inventory:
        """Give the same without these tables, what belongs to them, and the triggers of these names.

        Functions that only such triggers call go as well.
        """
        left_out = frozenset(tables)
        gone = {key for key in self.items if _is_left_out(key, left_out, triggers)}
        functions = self._called_for(gone)
        return Inventory(
            {key: item for key, item in self.items.items() if key not in gone and key.name not in functions},
            {key: item for key, item in self.counters.items() if not _is_left_out(key, left_out, None)},
            _without_functions(self.environment, functions),
            {table: count for table, count in self.rows.items() if table not in left_out},
        )

    def _called_for(self, gone: Collection[Key]) -> frozenset[str]:
        """Give the functions that triggers among these call, and no others."""
        triggers = [(key, item) for key, item in self.items.items() if key.kind == "trigger"]
        theirs = _texts(item for key, item in triggers if key in gone)
        others = _texts(item for key, item in triggers if key not in gone)
        names = (key.name for key in self.items if key.kind == "function")
        return frozenset(name for name in names if name in theirs and name not in others)

    def tables(self) -> list[str]:
        """Give the names of the tables, in order."""
        return sorted(key.name for key in self.items if key.kind == "table")

    def to_json(self) -> dict[str, Any]:
        """Give what `json.dumps` takes; the items are in the order of their keys."""
        return {
            "items": [_as_json(item) for _, item in sorted(self.items.items())],
            "counters": [_as_json(item) for _, item in sorted(self.counters.items())],
            "environment": [_as_json(item) for _, item in sorted(self.environment.items())],
            "rows": dict(sorted(self.rows.items())),
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Inventory:
        """Give back what `to_json` gave."""
        kinds = ("items", "counters", "environment")
        items = (Item(**each) for kind in kinds for each in told[kind])
        return cls.of(items, told["rows"])


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is gone or new, or one clause of it that isn't as it was.

    `before` and `after` are the clause's texts, or all of the thing's; empty where it had or has none.
    """

    what: Literal["gone", "new", "changed"]
    kind: str
    table: str
    name: str
    clause: str = ""
    before: str = ""
    after: str = ""

    @property
    def sentence(self) -> str:
        """Say it to a person."""
        subject = label(Key(self.kind, self.table, self.name))
        if self.what == "changed":
            return f"{subject}: {self.clause} was {_or_none(self.before)}, is {_or_none(self.after)}"
        text = self.before or self.after
        return f"{subject} is {self.what}" + (f": {text}" if text else "")

    def to_json(self) -> dict[str, str]:
        """Give what `json.dumps` takes."""
        names = ("what", "kind", "table", "name", "clause", "before", "after", "sentence")
        return {name: getattr(self, name) for name in names}

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True, slots=True)
class Difference:
    """How one inventory differs from another; it's false where the schemas are equal.

    What belongs to a table that is gone or new isn't told again. `counters`, `environment` and `rows` are no
    part of the schema: each lists what changed there.
    """

    changes: tuple[Change, ...] = ()
    counters: tuple[Change, ...] = ()
    environment: tuple[Change, ...] = ()
    rows: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes)

    @property
    def gone(self) -> tuple[Change, ...]:
        """What the second schema lacks."""
        return tuple(change for change in self.changes if change.what == "gone")

    @property
    def new(self) -> tuple[Change, ...]:
        """What the first schema lacked."""
        return tuple(change for change in self.changes if change.what == "new")

    @property
    def changed(self) -> tuple[Change, ...]:
        """The clauses that aren't as they were."""
        return tuple(change for change in self.changes if change.what == "changed")

    def to_json(self) -> dict[str, Any]:
        """Give what `json.dumps` takes."""
        names = ("changes", "counters", "environment", "rows")
        return {name: [change.to_json() for change in getattr(self, name)] for name in names}

    def __str__(self) -> str:
        return "\n".join(change.sentence for change in self.changes) or "no difference"


def compare(before: Inventory, after: Inventory) -> Difference:
    """Tell clause by clause how `after` differs from `before`; rows where both were counted."""
    return Difference(
        tuple(chain(_changes(before.items, after.items), _orders(before.items, after.items))),
        tuple(_changes(before.counters, after.counters)),
        tuple(_changes(before.environment, after.environment)),
        tuple(_row_changes(before.rows, after.rows)),
    )


def label(key: Key) -> str:
    """Give what a person calls it: `index ix_clip_title on clip`."""
    if key.kind == "column":
        return f"column {key.table}.{key.name}"
    if not key.name:
        return f"{key.kind} of {key.table}"
    return f"{key.kind} {key.name}" + (f" on {key.table}" if key.table else "")


def name_of(change: Change) -> str:
    """Give the name by which a change is accepted: `index ix_clip_title on clip`."""
    return label(Key(change.kind, change.table, change.name))


def _key(item: Item) -> Key:
    return Key(item.kind, item.table, item.name)


def _is_left_out(key: Key, tables: frozenset[str], triggers: re.Pattern[str] | None) -> bool:
    if key.table in tables or (key.kind == "table" and key.name in tables):
        return True
    return triggers is not None and key.kind == "trigger" and triggers.match(key.name) is not None


def _without_functions(items: Mapping[Key, Item], functions: frozenset[str]) -> dict[Key, Item]:
    return {key: item for key, item in items.items() if key.name.removeprefix("function ") not in functions}


def _texts(items: Iterable[Item]) -> str:
    return " ".join(text for item in items for text in item.clauses.values())


def _changes(before: Mapping[Key, Item], after: Mapping[Key, Item]) -> Iterator[Change]:
    for key in sorted(before.keys() | after.keys()):
        if key not in after:
            if not _goes_with_its_table(key, before, after):
                yield Change("gone", *key, before=_said(before[key]))
        elif key not in before:
            if not _goes_with_its_table(key, after, before):
                yield Change("new", *key, after=_said(after[key]))
        else:
            yield from _clauses(key, before[key].clauses, after[key].clauses)


def _goes_with_its_table(key: Key, there: Mapping[Key, Item], lacking: Mapping[Key, Item]) -> bool:
    table = Key("table", "", key.table)
    return table in there and table not in lacking


def _clauses(key: Key, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    for clause in sorted(before.keys() | after.keys()):
        was, is_ = before.get(clause, ""), after.get(clause, "")
        if was != is_ and not (key.kind == "column" and clause == POSITION):
            yield Change("changed", *key, clause=clause, before=was, after=is_)


def _orders(before: Mapping[Key, Item], after: Mapping[Key, Item]) -> Iterator[Change]:
    """Tell of tables whose columns, those that they have in both, stand in another order."""
    common = [key for key in before if key.kind == "column" and key in after]
    was, is_ = _in_order(common, before), _in_order(common, after)
    for table in sorted(was):
        if was[table] != is_[table]:
            texts = {"before": ", ".join(was[table]), "after": ", ".join(is_[table])}
            yield Change("changed", "table", "", table, clause="column order", **texts)


def _in_order(columns: Iterable[Key], items: Mapping[Key, Item]) -> dict[str, list[str]]:
    orders: dict[str, list[str]] = {}
    for key in sorted(columns, key=lambda key: int(items[key].clauses.get(POSITION, 0))):
        orders.setdefault(key.table, []).append(key.name)
    return orders


def _row_changes(before: Mapping[str, int], after: Mapping[str, int]) -> Iterator[Change]:
    for table in sorted(before.keys() & after.keys()):
        if before[table] != after[table]:
            was, is_ = str(before[table]), str(after[table])
            yield Change("changed", "table", "", table, clause="rows", before=was, after=is_)


def _said(item: Item) -> str:
    return "; ".join(f"{name} {text}" for name, text in sorted(item.clauses.items()) if name != POSITION)


def _or_none(text: str) -> str:
    return text or "(none)"


def _as_json(item: Item) -> dict[str, Any]:
    clauses = dict(sorted(item.clauses.items()))
    return {"kind": item.kind, "table": item.table, "name": item.name, "clauses": clauses}
