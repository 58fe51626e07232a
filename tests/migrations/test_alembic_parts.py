"""What we rely on of Alembic beyond its public API, by name: a new version that changes it fails here."""

from __future__ import annotations

from typing import Any

import pytest
from alembic.operations import Operations
from alembic.operations.batch import ApplyBatchImpl
from alembic.runtime.migration import MigrationContext
from sqlalchemy import CheckConstraint, Column, Connection, Integer, String, Table, create_engine

from colonnade.dialects.alembic_parts import (
    Request,
    asked_by,
    hear_batches,
    leave_nothing_to_do,
    refuse_rebuilds,
    requests_of,
    shadow,
)
from colonnade.errors import MigrationError

DEFINITION = (
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT, c BOOLEAN,"
    " CONSTRAINT ck CHECK (a > ''), CONSTRAINT uq UNIQUE (b))"
)


@pytest.fixture
def context() -> Any:
    """A context of Alembic's own, on a table that a batch may make anew."""
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        connection.exec_driver_sql(DEFINITION)
        connection.exec_driver_sql("CREATE INDEX ix ON t (a)")
        yield MigrationContext.configure(connection)
    engine.dispose()


def seen(
    context: MigrationContext, recreate: Any = "always", **keywords: Any
) -> tuple[Any, list[list[Request]]]:
    """Give what a batch asks as Alembic has got it ready, and the requests that were heard."""
    found: list[Any] = []
    heard: list[list[Request]] = []
    impl = context.impl

    def look(batch: ApplyBatchImpl, table: Table) -> None:
        found.append(asked_by(batch, heard[-1] if heard else None, impl.dialect))
        leave_nothing_to_do(impl, batch)

    shadow(impl, "prep_table_for_batch", look)
    operations = Operations(context)
    hear_batches(operations, heard.append)
    with operations.batch_alter_table("t", recreate=recreate, **keywords) as batch:
        batch.alter_column("a", new_column_name="z", type_=String(9), nullable=False, colonnade_lossy="short")
        batch.drop_column("b")
        batch.add_column(Column("d", Integer), insert_after="id")
        batch.drop_constraint("ck", type_="check")
        batch.create_unique_constraint("uq_new", ["a"])
        batch.drop_index("ix")
        batch.create_index("ix_new", ["d"])
    return found[0], heard


def test_what_a_batch_has_ready_before_it_makes_its_table(context: MigrationContext) -> None:
    restated = CheckConstraint("id > 0")
    asked, _ = seen(context, table_args=(restated,), table_kwargs={"sqlite_strict": True})
    assert (asked.name, asked.schema, asked.temporary) == ("t", None, "_alembic_tmp_t")
    assert list(asked.sequence) == ["id", "d", "a", "c"]
    assert not asked.reordered
    assert (asked.dropped, list(asked.added)) == (["b"], ["d"])
    assert list(asked.carried) == ["id", "a", "c"]
    carried = asked.carried["a"]
    assert carried.renamed
    assert carried.retyped
    assert (carried.was.nullable, carried.now.nullable, carried.now.name) == (True, False, "z")
    assert not asked.carried["c"].retyped
    assert [key.name for key in asked.dropped_keys] == ["ck"]
    assert [key.name for key in asked.new_keys] == ["uq_new"]
    assert asked.restated_keys == [restated]
    assert asked.primary_key is None
    assert asked.dropped_indexes == ["ix"]
    assert [index.name for index in asked.new_indexes] == ["ix_new"]
    assert asked.options == {"sqlite_strict": True}
    assert asked.lossy == {"a": "short"}


def test_the_rest_of_a_batch_sends_nothing(context: MigrationContext) -> None:
    seen(context)
    assert isinstance(context.connection, Connection)
    names = context.connection.exec_driver_sql(
        "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
    )
    assert sorted(names.scalars()) == ["ix", "t"]
    left = {"create_table", "drop_table", "_exec", "rename_table"} & set(vars(context.impl))
    assert left == set()


def test_requests_are_heard_before_the_batch_is_carried_out(context: MigrationContext) -> None:
    _, heard = seen(context)
    assert [name for name, _, _ in heard[0]] == [
        "alter_column",
        "drop_column",
        "add_column",
        "drop_constraint",
        "add_constraint",
        "drop_index",
        "create_index",
    ]
    _, arguments, keywords = heard[0][0]
    assert list(arguments) == ["t", "a"]
    assert keywords["colonnade_lossy"] == "short"


def test_a_batch_asks_whether_to_make_its_table_anew(context: MigrationContext) -> None:
    found: list[list[Request]] = []

    def asked(batch: Any) -> bool:
        found.append(requests_of(batch))
        return False

    shadow(context.impl, "requires_recreate_in_batch", asked)
    with Operations(context).batch_alter_table("t") as batch:
        batch.create_index("ix_more", ["c"])
    assert [name for name, _, _ in found[0]] == ["create_index"]


def test_plain_alembic_passes_over_our_keyword(context: MigrationContext) -> None:
    with Operations(context).batch_alter_table(
        "t", table_kwargs={"info": {"colonnade_lossy": "why"}}
    ) as batch:
        batch.alter_column("c", type_=Integer(), colonnade_lossy="why")


def test_a_rebuild_is_refused_before_it_begins(context: MigrationContext) -> None:
    refuse_rebuilds(context.impl)
    batch = Operations(context).batch_alter_table("t", recreate="always")
    with pytest.raises(MigrationError, match="would make t anew"), batch:
        pass
    assert isinstance(context.connection, Connection)
    assert context.connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar() == 3
