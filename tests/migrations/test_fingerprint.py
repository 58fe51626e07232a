"""One schema, one fingerprint; another schema, another one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    create_engine,
)
from sqlalchemy.schema import CreateIndex, CreateTable

from colonnade.migrations.fingerprint import fingerprint, fingerprint_of
from colonnade.migrations.inventory import Inventory, Item
from colonnade.testing.databases import DATABASES
from tests.migrations.conftest import carry_out
from tests.migrations.schemas import WHOLE

Connect = Callable[[str], Connection]
each_database = pytest.mark.parametrize("database", DATABASES)

MODELS = MetaData()
for _name in ("studio", "clip", "tag", "note"):
    Table(
        _name,
        MODELS,
        Column("id", Integer, primary_key=True),
        Column("title", String(40), nullable=False, server_default="none"),
        Column("size", Integer),
        Index(f"ix_{_name}_title", "title", "size"),
        Index(f"ix_{_name}_size", "size"),
        CheckConstraint("size > 0", name=f"ck_{_name}"),
    )
Table("pair", MODELS, Column("clip_id", ForeignKey("clip.id")), Column("tag_id", ForeignKey("tag.id")))
Table("code", MODELS, Column("a", String(9)), Column("b", String(9)), UniqueConstraint("a", "b", name="uq"))


@each_database
def test_create_all_and_another_order_of_statements(fresh: Connect, database: str) -> None:
    by_metadata, by_hand = fresh(database), fresh(database)
    MODELS.create_all(by_metadata)
    tables = sorted(MODELS.tables.values(), key=lambda table: (table.name == "pair", table.name))
    for table in tables:
        by_hand.execute(CreateTable(table))
    for index in sorted((index for table in tables for index in table.indexes), key=lambda i: str(i.name)):
        by_hand.execute(CreateIndex(index))
    assert fingerprint(by_metadata) == fingerprint(by_hand)


@each_database
def test_the_whole_schema_twice(fresh: Connect, database: str) -> None:
    prints = set()
    for _ in range(2):
        connection = fresh(database)
        carry_out(connection, WHOLE[database])
        prints |= {fingerprint(connection), fingerprint(connection)}
    assert len(prints) == 1


@given(st.permutations(list(MODELS.tables)), st.randoms())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_order_of_statements(names: list[str], chance: object) -> None:
    prints = []
    for order in (list(MODELS.tables), names):
        engine = create_engine("sqlite://")
        with engine.connect() as connection:
            for name in order:
                connection.execute(CreateTable(MODELS.tables[name]))
            for name in reversed(order):
                for index in MODELS.tables[name].indexes:
                    connection.execute(CreateIndex(index))
            prints.append(fingerprint(connection))
        engine.dispose()
    assert prints[0] == prints[1]


@each_database
def test_counters_rows_and_version_tables_are_not_in_it(fresh: Connect, database: str) -> None:
    connection = fresh(database)
    MODELS.create_all(connection)
    before = fingerprint(connection)
    for _ in range(3):
        connection.execute(MODELS.tables["clip"].insert())
    carry_out(connection, ("CREATE TABLE alembic_version (version_num VARCHAR(32))",))
    assert fingerprint(connection) == before
    assert fingerprint(connection, without=()) != before


@each_database
def test_the_order_of_columns_is_in_it(fresh: Connect, database: str) -> None:
    prints = []
    for columns in ("a INTEGER, b INTEGER", "b INTEGER, a INTEGER"):
        connection = fresh(database)
        carry_out(connection, (f"CREATE TABLE t ({columns})",))
        prints.append(fingerprint(connection))
    assert prints[0] != prints[1]


CLAUSES = st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3)
ITEMS = st.lists(
    st.builds(Item, st.sampled_from(["table", "column"]), st.text(max_size=5), st.text(max_size=5), CLAUSES),
    max_size=5,
    unique_by=lambda item: (item.kind, item.table, item.name),
)


@given(ITEMS, ITEMS)
def test_equal_inventories_alone_have_equal_fingerprints(one: list[Item], other: list[Item]) -> None:
    first, second = Inventory.of(one), Inventory.of(other)
    assert fingerprint_of(first) == fingerprint_of(Inventory.of(reversed(one)))
    assert (fingerprint_of(first) == fingerprint_of(second)) == (first.items == second.items)


def test_it_stays_what_it_is() -> None:
    items = [
        Item("table", "", "clïp", {}),
        Item("column", "clïp", "id", {"type": "INTEGER", "position": "1", "nullable": "no"}),
    ]
    assert fingerprint_of(Inventory.of(items)) == (
        "1:13adfd07a42ef2c5da21cbedd0030f80acf324efb1869aae4303a4f508f330be"
    )
