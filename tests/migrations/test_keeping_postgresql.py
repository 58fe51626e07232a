"""Changes on PostgreSQL: what would be rounded or cut without a word, and what would go with a column."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql

from colonnade.dialects.postgresql.changes import is_cast, widens
from colonnade.errors import DependentObjectsError, LossyChangeError, MigrationError, UnfitRowsError
from tests.migrations.conftest import carry_out
from tests.migrations.keeping import changes, inventory, upgrading


@pytest.fixture
def connection(emptied: Callable[[str], Connection]) -> Connection:
    """A connection to a database without tables."""
    return emptied("postgresql")


@pytest.mark.parametrize(
    ("was", "values", "asked", "using", "lost"),
    [
        ("varchar(20)", "('ab'), ('abcd'), (NULL)", sa.String(3), "a::varchar(3)", 1),
        ("varchar(20)", "('ab'), ('abcd')", sa.String(3), "CAST(a AS varchar(3))", 1),
        ("varchar(20)", "('ab'), ('abcd')", sa.String(3), "left(a, 3)", 0),
        ("text", "('12'), ('007')", sa.Integer(), "a::integer", 1),
        ("text", "('2020-01-02'), ('2 Jan 2020')", sa.Date(), '("a")::date', 1),
        ("numeric(10, 3)", "(1.500), (1.501)", sa.Numeric(10, 1), None, 1),
        ("numeric", "(1.50), (1.5)", sa.Numeric(10, 1), None, 0),
        ("double precision", "(1.5), (1.25)", sa.Integer(), None, 2),
        ("double precision", "(1.5), (0.1)", sa.REAL(), None, 1),
        ("bigint", "(9007199254740993), (1)", sa.Double(), None, 1),
        (
            "timestamp",
            "('2020-01-02 03:04:05.6'), ('2020-01-02 03:04:05')",
            postgresql.TIMESTAMP(precision=0),
            None,
            1,
        ),
        ("timestamp", "('2020-01-02 03:04:05'), ('2020-01-02')", sa.Date(), None, 1),
        ("timestamp", "('2020-01-02 03:04:05'), (NULL)", sa.Time(), "a::time", 1),
        ("json", "('{\"a\":  1}')", postgresql.JSONB(), "a::jsonb", 1),
        ("integer", "(1), (2)", sa.Boolean(), "a::boolean", 1),
        ("varchar(20)", "('a b ')", sa.String(30, collation="C"), None, 0),
        ("varchar(20)", "('a b ')", sa.Text(), None, 0),
        ("integer", "(1)", sa.BigInteger(), None, 0),
    ],
)
def test_values_that_would_change_stop_it(
    connection: Connection, was: str, values: str, asked: Any, using: str | None, lost: int
) -> None:
    carry_out(
        connection, (f"CREATE TABLE t (id serial PRIMARY KEY, a {was})", f"INSERT INTO t (a) VALUES {values}")
    )
    count = connection.exec_driver_sql("SELECT count(a) FROM t").scalar()
    before = inventory(connection)
    if lost:
        with pytest.raises(LossyChangeError) as caught, upgrading(connection) as op:
            op.alter_column("t", "a", type_=asked, postgresql_using=using)
        assert caught.value.count == lost
        assert len(caught.value.keys) == lost
        assert changes(before, connection) == []
    with upgrading(connection) as op:
        op.alter_column(
            "t", "a", type_=asked, postgresql_using=using, colonnade_lossy="meant" if lost else None
        )
    assert connection.exec_driver_sql("SELECT count(a) FROM t").scalar() == count
    assert len(changes(before, connection)) >= 1


def test_the_error_names_rows_and_the_cure(connection: Connection) -> None:
    carry_out(
        connection,
        (
            "CREATE TABLE t (a text, b integer, price numeric(9, 2), PRIMARY KEY (b, a))",
            "INSERT INTO t SELECT 'x', n, 1.11 FROM generate_series(1, 20) n",
        ),
    )
    with pytest.raises(LossyChangeError) as caught, upgrading(connection) as op:
        op.alter_column("t", "price", type_=sa.Numeric(9, 1))
    assert str(caught.value) == (
        "t.price as NUMERIC(9, 1) in place of numeric(9,2) would change the value of 20 of 20 rows"
        " ((b, a) (1, 'x'), (b, a) (2, 'x'), (b, a) (3, 'x'), (b, a) (4, 'x'), (b, a) (5, 'x'), …)."
        " Change these values first, by an UPDATE in the revision, or say that it's meant:"
        ' alter_column(…, colonnade_lossy="why")'
    )


def test_nulls_stop_a_new_not_null(connection: Connection) -> None:
    carry_out(
        connection, ("CREATE TABLE t (id int PRIMARY KEY, a int)", "INSERT INTO t VALUES (1, 1), (7, NULL)")
    )
    with (
        pytest.raises(UnfitRowsError, match=r"it is NULL in 1 of 2 rows \(id 7\)"),
        upgrading(connection) as op,
    ):
        op.alter_column("t", "a", nullable=False)


def test_an_unknown_column_is_named(connection: Connection) -> None:
    carry_out(connection, ("CREATE TABLE t (id int)",))
    with pytest.raises(MigrationError, match="the table t has no column a"), upgrading(connection) as op:
        op.alter_column("t", "a", type_=sa.Integer())


def test_what_is_about_other_columns_does_not_go_with_one(connection: Connection) -> None:
    carry_out(
        connection,
        (
            "CREATE TABLE t (id int PRIMARY KEY, a int UNIQUE, b int, c int, CONSTRAINT uq UNIQUE (a, b),"
            " CONSTRAINT ck CHECK (a < b))",
            "CREATE INDEX ix ON t (lower((a || 'x')::text)) WHERE b > 0",
            "CREATE INDEX ix_c ON t (c) WHERE c > 0",
        ),
    )
    before = inventory(connection)
    with pytest.raises(DependentObjectsError) as caught, upgrading(connection) as op:
        op.drop_column("t", "a")
    named = " ".join(caught.value.dependents)
    assert all(name in named for name in ("constraint uq", "constraint ck", "index ix"))
    assert len(caught.value.dependents) == 3
    assert changes(before, connection) == []
    with upgrading(connection) as op, op.batch_alter_table("t") as batch:
        batch.drop_column("c")
    gone = [sentence.partition(":")[0] for sentence in changes(before, connection)]
    assert gone == ["column t.c is gone", "index ix_c on t is gone"]


@pytest.mark.parametrize(
    ("using", "alone"),
    [
        ("a", True),
        ('"a"', True),
        ("(A)::varchar(5)", True),
        ("a::text::varchar(5)", True),
        ("CAST(CAST(a AS text) AS varchar(5))", True),
        ("a::timestamp with time zone", True),
        ("upper(a)::varchar(5)", False),
        ("a::integer + 1", False),
        ("b::integer", False),
        ("CASE WHEN a = '' THEN 0 ELSE 1 END", False),
    ],
)
def test_a_cast_is_told_from_other_expressions(using: str, alone: bool) -> None:
    assert is_cast(using, "a") is alone


@pytest.mark.parametrize(
    ("old", "new", "wider"),
    [
        ("integer", "BIGINT", True),
        ("bigint", "INTEGER", False),
        ("character varying(5)", "VARCHAR(6)", True),
        ("character varying(5)", "VARCHAR(4)", False),
        ("character varying", "VARCHAR(4)", False),
        ("character varying(5)", "TEXT", True),
        ("numeric(9,2)", "NUMERIC(9, 2)", True),
        ("numeric(9,2)", "NUMERIC(9, 1)", False),
        ("timestamp(3) without time zone", "TIMESTAMP WITHOUT TIME ZONE", False),
        ("timestamp without time zone", "TIMESTAMP WITHOUT TIME ZONE", True),
    ],
)
def test_wider_types_are_known_by_name(old: str, new: str, wider: bool) -> None:
    assert widens(old, new) is wider
