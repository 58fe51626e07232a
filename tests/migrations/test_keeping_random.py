"""Random tables and random batches on SQLite: the inventory changes in what was asked, and no value changes.

What a batch should make of a schema is told here from the inventory before it, in a few lines: that is the
other opinion which the rebuilding is held against.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Connection, String, create_engine
from sqlalchemy.exc import IntegrityError

from colonnade.errors import DependentObjectsError, UnfitRowsError
from colonnade.migrations.inventory import Inventory, Item, compare
from tests.migrations.keeping import inventory, upgrading

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::sqlalchemy.exc.SAWarning")

NAMES = ("c0", "c1", "c2", "c3")
OWN = ("unique", "check", "foreign key", "primary key")
TYPES = ("INTEGER", "TEXT", "varchar(9)", "NUMERIC(5, 1)", "REAL", "BLOB", "odd type (3)", "")
CLAUSES = (
    "COLLATE NOCASE",
    "NOT NULL",
    "NOT NULL ON CONFLICT REPLACE",
    "DEFAULT 'd'",
    "DEFAULT (1 + 1)",
    "UNIQUE",
    "UNIQUE ON CONFLICT IGNORE",
    "CHECK ({0} IS NOT 'zz')",
    "CONSTRAINT ck_{0} CHECK ({0} IS NOT 'yy')",
    "REFERENCES o (x) ON DELETE CASCADE",
    "REFERENCES t ({0}) ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED",
)
KEYS = (
    "UNIQUE ({0}, {1})",
    "CONSTRAINT uq UNIQUE ({1}, {0} COLLATE RTRIM) ON CONFLICT FAIL",
    "CHECK ({0} IS NOT 'a' OR {1} IS NOT 'zz')",
    "CONSTRAINT ck CHECK (coalesce({0}, 1) <> 'q')",
    "FOREIGN KEY ({0}, {1}) REFERENCES o (x, y) ON DELETE SET NULL",
)
OTHERS = (
    "CREATE INDEX ix_desc ON t ({0} DESC, {1} COLLATE NOCASE)",
    "CREATE INDEX ix_one ON t ({0})",
    "CREATE INDEX ix_low ON t (lower({0}))",
    "CREATE INDEX ix_part ON t ({0}) WHERE {1} IS NOT NULL",
    "CREATE TRIGGER tr_own AFTER UPDATE OF {0} ON t BEGIN INSERT INTO o (x) VALUES (NEW.{1}); END",
    "CREATE TRIGGER tr_other AFTER INSERT ON o BEGIN UPDATE t SET {0} = NEW.x WHERE {1} = 'none'; END",
    "CREATE VIEW v AS SELECT {0} AS a FROM t WHERE {1} IS NOT NULL",
)
pair = st.permutations(NAMES).map(lambda names: tuple(names[:2]))


@dataclass(frozen=True)
class Wishes:
    """What a batch asks, by column."""

    renamed: dict[str, str] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    nullable: dict[str, bool] = field(default_factory=dict)
    defaults: dict[str, str | None] = field(default_factory=dict)
    added: bool = False
    unique: tuple[str, ...] = ()


@st.composite
def schemas(draw: st.DrawFn) -> tuple[str, ...]:
    own_key = draw(st.sampled_from(("", "INTEGER PRIMARY KEY AUTOINCREMENT", "INTEGER PRIMARY KEY", "table")))
    lines = []
    for place, name in enumerate(NAMES):
        clauses = draw(st.lists(st.sampled_from(CLAUSES), max_size=2, unique_by=lambda each: each.split()[0]))
        if place == 0 and own_key.startswith("INTEGER"):
            lines.append(f"{name} {own_key}")
        else:
            lines.append(
                " ".join([name, draw(st.sampled_from(TYPES)), *(each.format(name) for each in clauses)])
            )
    lines += draw(st.sampled_from(([], ["g AS (c0 || c1) STORED"], ["g INT AS (length(c2))"])))
    lines += [
        each.format(*draw(pair)) for each in draw(st.lists(st.sampled_from(KEYS), max_size=2, unique=True))
    ]
    options = ""
    if own_key == "table":
        lines.append(draw(st.sampled_from(("PRIMARY KEY (c0, c1 DESC)", "CONSTRAINT pk PRIMARY KEY (c2)"))))
        options = draw(st.sampled_from(("", " WITHOUT ROWID")))
    others = draw(st.lists(st.sampled_from(OTHERS), max_size=3, unique=True))
    return (
        "CREATE TABLE o (x UNIQUE, y, UNIQUE (x, y))",
        f"CREATE TABLE t ({', '.join(lines)}){options}",
        *(each.format(*draw(pair)) for each in others),
    )


@st.composite
def wishes(draw: st.DrawFn) -> Wishes:
    names = draw(st.permutations(NAMES))
    renamed = dict(zip(names, ("n0", "n1"), strict=False)) if draw(st.booleans()) else {}
    dropped = names[2:3] if draw(st.booleans()) else ()
    left = [name for name in names if name not in dropped]
    return Wishes(
        renamed=renamed,
        dropped=tuple(dropped),
        nullable=draw(st.dictionaries(st.sampled_from(left), st.booleans(), max_size=1)),
        defaults=draw(st.dictionaries(st.sampled_from(left), st.sampled_from((None, "new")), max_size=1)),
        added=draw(st.booleans()),
        unique=tuple(left[:2]) if draw(st.booleans()) else (),
    )


values = st.sampled_from((None, 1, 2, 1.5, "a", "B", "b ", "12", b"\x00"))
rows = st.lists(st.tuples(values, values, values, values), max_size=6)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(schemas(), rows, wishes(), st.sampled_from(("auto", "always")), st.booleans())
def test_a_batch_changes_what_it_asks_and_nothing_else(
    schema: tuple[str, ...], data: list[tuple[Any, ...]], asked: Wishes, recreate: str, hearing: bool
) -> None:
    engine = create_engine("sqlite://", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in schema:
            connection.exec_driver_sql(statement)
        for row in data:
            fill(connection, row)
        before, stored = inventory(connection), read(connection)
        in_the_way = {name for name in asked.dropped if stands_in_the_way(before, name)}
        try:
            carry_out(connection, asked, recreate, hearing)
        except DependentObjectsError:
            event("named by something")
            assert in_the_way
            assert not compare(before, inventory(connection))
            assert read(connection) == stored
        except UnfitRowsError:
            event("rows don't fit")
            assert False in asked.nullable.values() or asked.unique
            assert read(connection) == stored
        else:
            event("done")
            assert not in_the_way
            difference = compare(expected(before, asked), inventory(connection))
            assert not difference.changes, str(difference)
            assert not difference.counters
            assert not difference.rows
            assert read(connection, asked.renamed, asked.dropped) == [
                [pair for pair in row if pair[0] not in asked.dropped] for row in stored
            ]
    engine.dispose()


def fill(connection: Connection, row: tuple[Any, ...]) -> None:
    with suppress(IntegrityError):  # then it's one row fewer
        connection.exec_driver_sql("INSERT INTO t (c0, c1, c2, c3) VALUES (?, ?, ?, ?)", row)


def carry_out(connection: Connection, asked: Wishes, recreate: Any, hearing: bool) -> None:
    # The tables may refer to what isn't unique, and have rows that refer to nothing.
    with (
        upgrading(connection, foreign_keys_hold=False, hearing=hearing) as op,
        op.batch_alter_table("t", recreate=recreate) as batch,
    ):
        for name, new in asked.renamed.items():
            batch.alter_column(name, new_column_name=new)
        for name in asked.dropped:
            batch.drop_column(name)
        for name, nullable in asked.nullable.items():
            batch.alter_column(name, nullable=nullable)
        for name, default in asked.defaults.items():
            batch.alter_column(name, server_default=default)
        if asked.added:
            batch.add_column(Column("more", String(7), server_default="m"))
        if asked.unique:
            batch.create_unique_constraint("uq_asked", list(asked.unique))


def read(
    connection: Connection, renamed: dict[str, str] | None = None, dropped: tuple[str, ...] = ()
) -> list[list[tuple[str, Any, str]]]:
    """Give the rows with their storage classes, by the columns' names before a batch, and their numbers."""
    names = [name for name in NAMES if name not in dropped]
    now = [(renamed or {}).get(name, name) for name in names]
    asked = ", ".join(f"{name}, typeof({name})" for name in now)
    has_number = (
        "WITHOUT ROWID"
        not in connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 't'").scalar_one()
    )
    number = "rowid" if has_number else "NULL"
    found = connection.exec_driver_sql(f"SELECT {number}, {asked} FROM t ORDER BY {number}, {asked}").all()
    return [
        [("rowid", row[0], ""), *((name, row[1 + 2 * at], row[2 + 2 * at]) for at, name in enumerate(names))]
        for row in found
    ]


def texts(item: Item) -> str:
    """Give what an item says of columns: for a foreign key its own side, for an index no name."""
    names = ("columns", "check", "where", "definition", "generated")
    return " ".join(item.clauses.get(name, "") for name in names)


def mentioned(text: str) -> set[str]:
    return set(re.findall(r"\bc[0-3]\b", text))


def stands_in_the_way(before: Inventory, name: str) -> bool:
    for key, item in before.items.items():
        named = mentioned(texts(item))
        if key.kind in ("trigger", "view") and name in named:
            return True
        if key.kind == "column" and name in named:
            return True
        if key.kind in (*OWN, "index") and name in named and key.table == "t" and named != {name}:
            return True
        refers = key.kind == "foreign key" and item.clauses["references"] == f"t({name})"
        if refers and named != {name}:
            return True
    return False


def expected(before: Inventory, asked: Wishes) -> Inventory:
    """Tell what the batch should make of an inventory."""
    items = [item for item in before.items.values() if not goes(item, asked.dropped)]
    # SQLite gives a row's own number whatever is said of its column: it takes no NULL.
    numbered = any(item.clauses.get("row number") == "yes" for item in items if item.table == "t")
    of_number = replace(asked, nullable={}) if numbered else asked
    items = [changed(item, of_number if item.name == "c0" else asked) for item in items]
    items += [renamed(item, asked.renamed) for item in new_items(asked)]
    items = [renamed(item, asked.renamed) for item in items]
    counters = {} if "c0" in asked.dropped else before.counters
    return Inventory({key_of(item): item for item in items}, counters, before.environment, before.rows)


def key_of(item: Item) -> Any:
    return next(iter(Inventory.of([item]).items))


def goes(item: Item, dropped: tuple[str, ...]) -> bool:
    if item.kind == "column":
        return item.table == "t" and item.name in dropped
    named = mentioned(texts(item))
    return item.kind in (*OWN, "index") and bool(named) and named <= set(dropped)


def changed(item: Item, asked: Wishes) -> Item:
    if item.kind != "column" or item.table != "t":
        return item
    clauses = dict(item.clauses)
    if item.name in asked.nullable and clauses["nullable"] != ("yes" if asked.nullable[item.name] else "no"):
        clauses["nullable"] = "yes" if asked.nullable[item.name] else "no"
        clauses.pop("on conflict", None)
    if item.name in asked.defaults:
        clauses.pop("default", None)
        if (default := asked.defaults[item.name]) is not None:
            clauses["default"] = f"'{default}'"
    return Item(item.kind, item.table, item.name, clauses)


def new_items(asked: Wishes) -> Iterator[Item]:
    if asked.added:
        clauses = {"position": "9", "type": "VARCHAR(7)", "nullable": "yes", "default": "'m'"}
        yield Item("column", "t", "more", clauses)
    if asked.unique:
        yield Item("unique", "t", "uq_asked", {"columns": ", ".join(asked.unique)})


def renamed(item: Item, names: dict[str, str]) -> Item:
    def carried(text: str) -> str:
        return re.sub(r"\bc[0-3]\b", lambda match: names.get(match[0], match[0]), text)

    clauses = {name: carried(text) for name, text in item.clauses.items()}
    name = item.name if item.kind in ("index", "trigger") else carried(item.name)
    if re.fullmatch(r"ck_c\d", item.name):
        name = item.name
    return Item(item.kind, item.table, name, clauses)
