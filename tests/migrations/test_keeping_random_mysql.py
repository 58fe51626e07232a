"""Random columns and random `alter_column`s on MariaDB: the inventory changes in what was asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from colonnade.migrations.inventory import Inventory, Item, compare
from tests.migrations.conftest import opened
from tests.migrations.keeping import inventory, operations_on


@dataclass(frozen=True)
class Kind:
    """A type, what may stand behind it, a value, and a wider type with its name in the inventory."""

    type: str
    defaults: tuple[str, ...]
    clauses: tuple[str, ...]
    value: str
    wider: Any = None
    called: str = ""
    index: str = "d, c DESC"


KINDS = (
    Kind("int", ("5", "(1 + 1)"), ("CHECK (c > 0)",), "7", sa.BigInteger(), "bigint(20)"),
    Kind("bigint unsigned", ("5",), ("CHECK (c < 99)",), "7"),
    Kind(
        "varchar(20) CHARACTER SET latin1 COLLATE latin1_bin",
        ("'50% ''x'''", "(concat('a', 'b'))"),
        ("CHECK (c <> 'zz:')",),
        "'é'",
        sa.String(30),
        "varchar(30)",
        "c(3), d",
    ),
    Kind("text COMPRESSED", ("'a'",), ("CHECK (c <> '')",), "'a'", index="d"),
    Kind("decimal(8,2)", ("1.50",), ("CHECK (c > 0)",), "2.25", sa.Numeric(10, 2), "decimal(10, 2)"),
    Kind(
        "datetime(3)",
        ("CURRENT_TIMESTAMP(3)", "'2020-01-01'"),
        ("ON UPDATE CURRENT_TIMESTAMP(3)",),
        "'2020-01-02 03:04:05.678'",
    ),
    Kind("timestamp NULL", ("CURRENT_TIMESTAMP",), ("ON UPDATE CURRENT_TIMESTAMP",), "'2020-01-02 03:04:05'"),
    Kind("enum('a', 'b')", ("'b'",), ("CHECK (c <> 'z')",), "'b'"),
)


ZERO = {"datetime(3)": "'0000-00-00 00:00:00.000'", "timestamp": "'0000-00-00 00:00:00'"}


@st.composite
def columns(draw: st.DrawFn) -> tuple[Kind, str]:
    kind = draw(st.sampled_from(KINDS))
    default = draw(st.sampled_from(("", *(f"DEFAULT {each}" for each in kind.defaults))))
    clauses = [default, *draw(st.lists(st.sampled_from(kind.clauses), max_size=1))]
    nullable = draw(st.booleans()) or not default
    if not nullable and "NULL" not in kind.type:
        clauses.insert(0, "NOT NULL")
    clauses.sort(key=lambda each: each.startswith("CHECK"))  # the last there
    extras = draw(st.lists(st.sampled_from(("INVISIBLE", "COMMENT 'it''s 5% \\\\ a:b'")), unique=True))
    at = next((place for place, each in enumerate(clauses) if each.startswith("CHECK")), len(clauses))
    return kind, " ".join([kind.type, *clauses[:at], *extras, *clauses[at:]])


asked = st.fixed_dictionaries(
    {},
    optional={
        "comment": st.sampled_from((None, "new: 7% 'x'")),
        "nullable": st.booleans(),
        "server_default": st.none(),
        "type_": st.just(True),
        "new_column_name": st.just("z"),
    },
)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(columns(), asked)
def test_only_what_is_asked_changes(
    shared_url: Callable[[str], str], column: tuple[Kind, str], asked: dict[str, Any]
) -> None:
    kind, definition = column
    asked = dict(asked)
    if asked.pop("type_", False) and kind.wider is not None:
        asked["type_"] = kind.wider
    with opened(shared_url("mysql")) as connection:
        created = (
            f"CREATE OR REPLACE TABLE t (id int PRIMARY KEY, c {definition}, d int, KEY ix ({kind.index}))"
        )
        connection.exec_driver_sql(created.replace("%", "%%"))
        connection.exec_driver_sql(f"INSERT INTO t (id, c, d) VALUES (1, {kind.value}, 2)")
        before, value = inventory(connection), connection.exec_driver_sql("SELECT c FROM t").scalar()
        after = expected(before, asked, kind)
        assume(not refused(after))
        operations_on(connection).alter_column("t", "c", **asked)
        difference = compare(after, inventory(connection))
        assert not difference.changes, str(difference)
        name = asked.get("new_column_name", "c")
        assert connection.exec_driver_sql(f"SELECT {name} FROM t").scalar() == value


def refused(after: Inventory) -> bool:
    """Tell whether the server takes no such column: invisible, with neither NULLs nor a default."""
    columns = [item.clauses for key, item in after.items.items() if key.kind == "column" and key.name in "cz"]
    return any("visible" in each and each["nullable"] == "no" and "default" not in each for each in columns)


def expected(before: Inventory, asked: dict[str, Any], kind: Kind) -> Inventory:
    """Tell what `alter_column` should make of an inventory."""
    items = []
    for key, item in before.items.items():
        clauses = dict(item.clauses)
        name = item.name
        if (key.kind, key.name) == ("column", "c"):
            alter(clauses, asked, kind)
            name = asked.get("new_column_name", "c")
            if "check" in clauses:
                clauses["check"] = clauses["check"].replace("`c`", f"`{name}`")
        elif key.kind == "index":
            clauses["columns"] = re.sub(r"\bc\b", asked.get("new_column_name", "c"), clauses["columns"])
        items.append(Item(item.kind, item.table, name, clauses))
    return Inventory.of(items)


def alter(clauses: dict[str, str], asked: dict[str, Any], kind: Kind) -> None:
    if "comment" in asked:
        clauses.pop("comment", None)
        if asked["comment"]:
            clauses["comment"] = asked["comment"]
    if "nullable" in asked:
        clauses["nullable"] = "yes" if asked["nullable"] else "no"
    if "server_default" in asked:
        clauses.pop("default", None)
    if clauses["nullable"] == "no" and "on update" in clauses and "default" not in clauses:
        clauses["default"] = ZERO[clauses["type"]]  # the server's own
    if "type_" in asked:
        clauses["type"] = kind.called
