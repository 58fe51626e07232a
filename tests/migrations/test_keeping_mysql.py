"""`alter_column` on MySQL and MariaDB: a column keeps what nobody asked to change, and its values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection, text
from sqlalchemy.dialects import mysql

from colonnade.errors import DependentObjectsError, LossyChangeError, MigrationError, UnfitRowsError
from tests.migrations.conftest import carry_out
from tests.migrations.keeping import changes, inventory, operations_on

TABLE = """CREATE TABLE studio (
    id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    title varchar(80) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL DEFAULT '50% ''none''' 
        COMMENT 'a:b 100% \\\\ x',
    body text COMPRESSED, hue enum('red', 'blue') DEFAULT 'red' COMMENT 'of it',
    hidden int INVISIBLE DEFAULT 3,
    cost decimal(10, 2) DEFAULT (1 + 1) CHECK (cost > 0), twice bigint AS (cost * 2) STORED COMMENT 'doubled',
    changed_at datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
    seen_at timestamp NULL, code varchar(20) COLLATE utf8mb4_bin, CONSTRAINT ck_cost CHECK (cost < 1000),
    KEY ix_title (title(10) DESC, hue)) AUTO_INCREMENT = 50"""


ROWS = "INSERT INTO studio (title, code) VALUES ('a', '12'), ('b', '007'), ('c', 'x')"


@pytest.fixture
def connection(emptied: Callable[[str], Connection]) -> Connection:
    """A connection to a database without tables."""
    return emptied("mysql")


@pytest.fixture
def studio(connection: Connection) -> Connection:
    """A database with a table whose columns have everything."""
    carry_out(connection, (TABLE, ROWS))
    return connection


@pytest.mark.parametrize(
    ("column", "asked", "expected"),
    [
        ("id", {"comment": "the key"}, ["column studio.id: comment was (none), is the key"]),
        ("id", {"type_": sa.BigInteger()}, ["column studio.id: type was bigint(20) unsigned, is bigint(20)"]),
        ("title", {"nullable": True}, ["column studio.title: nullable was no, is yes"]),
        (
            "title",
            {"type_": sa.String(90)},
            ["column studio.title: type was varchar(80), is varchar(90)"],
        ),
        ("title", {"server_default": None}, ["column studio.title: default was '50% ''none''', is (none)"]),
        (
            "title",
            {"server_default": "7%'s"},
            ["column studio.title: default was '50% ''none''', is '7%''s'"],
        ),
        (
            "title",
            {"comment": "it's 100% \\ a:b"},
            ["column studio.title: comment was a:b 100% \\\\ x, is it's 100% \\\\ a:b"],
        ),
        (
            "hue",
            {"type_": sa.Enum("red", "blue", "50%", name="hue")},
            ["column studio.hue: type was enum('red', 'blue'), is enum('red', 'blue', '50%')"],
        ),
        ("hidden", {"nullable": False}, ["column studio.hidden: nullable was yes, is no"]),
        ("hidden", {"type_": sa.BigInteger()}, ["column studio.hidden: type was int(11), is bigint(20)"]),
        ("cost", {"nullable": False}, ["column studio.cost: nullable was yes, is no"]),
        ("twice", {"comment": None}, ["column studio.twice: comment was doubled, is (none)"]),
        ("changed_at", {"comment": "x"}, ["column studio.changed_at: comment was (none), is x"]),
        ("changed_at", {"nullable": True}, ["column studio.changed_at: nullable was no, is yes"]),
        (
            "changed_at",
            {"server_default": text("'2020-01-01'")},
            [
                "column studio.changed_at: default was current_timestamp(6), is '2020-01-01 00:00:00.000000'",
            ],
        ),
        (
            "seen_at",
            {"server_default": text("current_timestamp on update current_timestamp")},
            [
                "column studio.seen_at: default was (none), is current_timestamp()",
                "column studio.seen_at: on update was (none), is current_timestamp()",
            ],
        ),
        ("body", {"comment": "x"}, ["column studio.body: comment was (none), is x"]),
        (
            "code",
            {"type_": mysql.VARCHAR(30, collation="utf8mb4_unicode_ci")},
            [
                "column studio.code: collation was utf8mb4_bin, is utf8mb4_unicode_ci",
                "column studio.code: type was varchar(20), is varchar(30)",
            ],
        ),
    ],
)
def test_only_what_is_asked_changes(
    studio: Connection, column: str, asked: dict[str, Any], expected: list[str]
) -> None:
    before = inventory(studio)
    operations_on(studio).alter_column("studio", column, **asked)
    assert changes(before, studio) == expected


def test_a_coarser_instant_keeps_its_update(studio: Connection) -> None:
    before = inventory(studio)
    operations = operations_on(studio)
    with pytest.raises(
        LossyChangeError, match=r"studio\.changed_at as DATETIME .* 3 of 3 rows \(id 50, id 51, id 52\)"
    ):
        operations.alter_column("studio", "changed_at", type_=sa.DateTime())
    assert changes(before, studio) == []
    operations.alter_column("studio", "changed_at", type_=sa.DateTime(), colonnade_lossy="seconds are enough")
    assert changes(before, studio) == [
        "column studio.changed_at: default was current_timestamp(6), is current_timestamp()",
        "column studio.changed_at: on update was current_timestamp(6), is current_timestamp()",
        "column studio.changed_at: type was datetime(6), is datetime",
    ]


def test_a_new_name_keeps_all_and_is_carried_through(studio: Connection) -> None:
    operations_on(studio).alter_column("studio", "cost", new_column_name="price", existing_type=sa.Integer())
    found = {tuple(key): item.clauses for key, item in inventory(studio).items.items()}
    assert found["column", "studio", "price"] == {
        "position": "6",
        "type": "decimal(10, 2)",
        "nullable": "yes",
        "default": "1 + 1",
        "check": "`price` > 0",
    }
    assert found["column", "studio", "twice"]["generated"] == "`price` * 2"
    assert found["check", "studio", "ck_cost"]["check"] == "`price` < 1000"


def test_in_a_batch_as_well(studio: Connection) -> None:
    before = inventory(studio)
    with operations_on(studio).batch_alter_table("studio") as batch:
        batch.alter_column("title", nullable=True)
        batch.alter_column("hue", new_column_name="colour")
    assert [each for each in changes(before, studio) if "hue" not in each and "colour" not in each] == [
        "column studio.title: nullable was no, is yes"
    ]
    batch_again = operations_on(studio).batch_alter_table("studio", recreate="always")
    with pytest.raises(MigrationError, match='Leave `recreate` at "auto"'), batch_again:
        pass


def test_nulls_stop_a_new_not_null(studio: Connection) -> None:
    studio.exec_driver_sql("SET sql_mode = ''")
    studio.exec_driver_sql("UPDATE studio SET code = NULL WHERE title > 'a'")
    with pytest.raises(UnfitRowsError, match=r"it is NULL in 2 of 3 rows \(id 51, id 52\)") as caught:
        operations_on(studio).alter_column("studio", "code", nullable=False)
    assert (caught.value.count, caught.value.keys) == (2, ("id 51", "id 52"))


@pytest.mark.parametrize(
    ("was", "values", "asked", "lost"),
    [
        ("varchar(20)", "('ab'), ('abcd'), (NULL)", sa.String(3), 1),
        ("varchar(20)", "('12'), ('-3'), ('007'), ('x'), ('')", sa.Integer(), 3),
        ("varchar(20)", "('1.5'), ('1.55'), ('x')", sa.Numeric(5, 1), 2),
        ("varchar(20)", "('2020-01-02'), ('never')", sa.Date(), 1),
        ("varchar(30)", "('2020-01-02 03:04:05'), ('2020-01-02 03:04:05.5')", mysql.DATETIME(fsp=6), 0),
        ("varchar(20)", "('a '), ('b')", sa.CHAR(20), 1),
        ("varchar(20)", "('é'), ('€'), ('✓')", mysql.VARCHAR(20, charset="latin1"), 1),
        ("text", "(REPEAT('x', 255)), (REPEAT('é', 128))", mysql.TINYTEXT(), 1),
        ("int", "(127), (128), (-129)", mysql.TINYINT(), 2),
        ("int", "(0), (-1)", mysql.INTEGER(unsigned=True), 1),
        ("int", "(1), (2)", sa.Boolean(), 0),
        ("int unsigned", "(4294967295), (1)", sa.Integer(), 1),
        ("bigint", "(9007199254740993), (1)", sa.Double(), 1),
        ("decimal(10, 3)", "(1.500), (1.501), (123.000)", sa.Numeric(4, 1), 1),
        ("decimal(10, 3)", "(1.500), (2.000)", sa.Integer(), 1),
        ("double", "(1.5), (0.1)", sa.Integer(), 2),
        ("double", "(1.5), (0.1)", sa.Numeric(5, 1), 0),
        ("datetime(6)", "('2020-01-02 03:04:05.000001'), ('2020-01-02 03:04:05')", sa.DateTime(), 1),
        ("datetime", "('2020-01-02 03:04:05'), ('2020-01-02')", sa.Date(), 1),
        ("datetime", "('1950-01-01'), ('2020-01-01')", sa.TIMESTAMP(), 1),
        ("enum('a', 'b', 'c')", "('a'), ('b'), ('c')", sa.Enum("a", "c", name="e"), 1),
        ("set('a', 'b')", "('a'), ('a,b'), ('')", mysql.SET("a"), 1),
        ("varchar(9)", "('a'), ('A'), ('z')", sa.Enum("a", name="e"), 2),
        ("varbinary(9)", "('ab'), ('abc')", mysql.VARBINARY(2), 1),
        ("int", "(1), (123456)", sa.String(3), 1),
        ("varchar(20)", "('a')", sa.Text(), 0),
    ],
)
def test_values_that_would_change_stop_it_in_every_mode(
    connection: Connection, was: str, values: str, asked: Any, lost: int
) -> None:
    key = "id int NOT NULL AUTO_INCREMENT PRIMARY KEY"
    carry_out(connection, (f"CREATE TABLE t ({key}, a {was})", f"INSERT INTO t (a) VALUES {values}"))
    before = connection.exec_driver_sql("SELECT * FROM t").all()
    for mode in ("STRICT_ALL_TABLES", "") if lost else ():
        connection.exec_driver_sql(f"SET sql_mode = '{mode}'")
        with pytest.raises(LossyChangeError) as caught:
            operations_on(connection).alter_column("t", "a", type_=asked)
        assert caught.value.count == lost
        assert len(caught.value.keys) == lost
        assert connection.exec_driver_sql("SELECT * FROM t").all() == before
    if not lost:
        operations_on(connection).alter_column("t", "a", type_=asked)
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == len(before)


def test_what_a_dropped_or_renamed_column_would_break_stops_it(connection: Connection) -> None:
    carry_out(
        connection,
        (
            "CREATE TABLE t (id int PRIMARY KEY, a int, b int, c int, UNIQUE KEY uq (a, b), KEY ix_c (c))",
            "CREATE TABLE studio (a int, said int)",
            "CREATE TRIGGER tr_own BEFORE UPDATE ON t FOR EACH ROW SET NEW.a = OLD.a + 1",
            "CREATE TRIGGER tr_other AFTER INSERT ON studio FOR EACH ROW UPDATE t SET a = 1",
            "CREATE TRIGGER tr_apart AFTER DELETE ON studio FOR EACH ROW SET @a = OLD.a",
            "CREATE VIEW v_keeping AS SELECT a AS shown FROM t",
        ),
    )
    before = inventory(connection)
    named = ("trigger tr_other on studio", "trigger tr_own on t", "view v_keeping")
    try:
        with pytest.raises(DependentObjectsError) as caught:
            operations_on(connection).drop_column("t", "a")
        assert caught.value.dependents == ("index uq", *named)
        with pytest.raises(DependentObjectsError, match="a of t can't be renamed") as caught:
            operations_on(connection).alter_column("t", "a", new_column_name="z")
        assert caught.value.dependents == named
        assert changes(before, connection) == []
        operations_on(connection).drop_column("t", "c")
        gone = [sentence.partition(":")[0] for sentence in changes(before, connection)]
        assert gone == ["column t.c is gone", "index ix_c on t is gone"]
    finally:
        connection.exec_driver_sql("DROP VIEW v_keeping")
