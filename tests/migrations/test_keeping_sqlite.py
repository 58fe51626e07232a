"""Batches on SQLite: what they don't ask for stays, to the clause, and what can't stay stops them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, Connection, Integer, String

from colonnade.errors import DependentObjectsError, LossyChangeError, MigrationError, UnfitRowsError
from tests.migrations.conftest import carry_out
from tests.migrations.keeping import batch_on, changes, inventory, operations_on, upgrading, values

pytestmark = pytest.mark.filterwarnings(
    "ignore:.* specifies columns .* as primary_key=True:sqlalchemy.exc.SAWarning"
)

PARENT = (
    """CREATE TABLE studio (
        id INTEGER PRIMARY KEY AUTOINCREMENT, -- the key
        title TEXT COLLATE NOCASE NOT NULL ON CONFLICT REPLACE DEFAULT 'none' UNIQUE ON CONFLICT IGNORE,
        "the price" unsigned big int DEFAULT -1,
        code ODD_TYPE(3,4) DEFAULT (lower('A') || 'b') CHECK (code <> "x"),
        twice GENERATED ALWAYS AS (id * 2) VIRTUAL, thrice INT AS (id * 3) STORED, note,
        chief_id INTEGER REFERENCES studio ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
        CONSTRAINT ck_price CHECK ("the price" > -2),
        CONSTRAINT uq_code UNIQUE (code, title COLLATE RTRIM))""",
    """CREATE TABLE clip (id INTEGER PRIMARY KEY, title TEXT,
        studio_id INTEGER NOT NULL REFERENCES studio ON DELETE CASCADE,
        other_id INTEGER REFERENCES studio (id) ON DELETE SET NULL)""",
    "CREATE TABLE log (said)",
    "CREATE INDEX ix_down ON studio (note DESC, title COLLATE BINARY)",
    "CREATE INDEX ix_low ON studio (lower(title), code) WHERE note IS NOT NULL",
    "CREATE UNIQUE INDEX ux_part ON studio (note) WHERE note > 'm'",
    """CREATE TRIGGER tr_title AFTER UPDATE OF title ON studio WHEN NEW.title <> OLD.title
        BEGIN INSERT INTO log VALUES ('a;b' || NEW.note); END""",
    """CREATE TRIGGER tr_clip AFTER DELETE ON clip
        BEGIN UPDATE studio SET note = 'fewer' WHERE id = OLD.studio_id; END""",
    "CREATE VIEW shown (id, price) AS SELECT id, [the price] FROM studio WHERE title LIKE 'a%'",
    """CREATE TRIGGER tr_shown INSTEAD OF INSERT ON shown
        BEGIN INSERT INTO studio (title) VALUES (NEW.id); END""",
    """INSERT INTO studio (title, code, note, chief_id)
        VALUES ('a', 1, NULL, 1), ('b', 'two', 3, 1), ('c', 3, 'x', 2)""",
    "INSERT INTO studio (id, title, code) VALUES (900, 'late', 0)",
    "DELETE FROM studio WHERE id = 900",
    """INSERT INTO clip WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
        SELECT i, 'clip ' || i, 1 + i % 3, 1 + i % 2 FROM n""",
)


@pytest.fixture
def empty(fresh: Callable[[str], Connection]) -> Connection:
    """An empty database, with foreign keys on as Colonnade has them."""
    connection = fresh("sqlite")
    connection.exec_driver_sql("PRAGMA foreign_keys = ON")
    return connection


@pytest.fixture
def studio(empty: Connection) -> Connection:
    """A database with a parent table that has everything, and a thousand children of it."""
    carry_out(empty, PARENT)
    return empty


def test_a_parent_made_anew_is_as_before(studio: Connection) -> None:
    before = inventory(studio)
    columns = 'id, title, "the price", code, twice, thrice, note, chief_id'
    rows = values(studio, "studio", columns), values(studio, "clip", "id, title, studio_id, other_id")
    with batch_on(studio, "studio", recreate="always"):
        pass
    assert changes(before, studio) == []
    assert rows == (
        values(studio, "studio", columns),
        values(studio, "clip", "id, title, studio_id, other_id"),
    )


def test_a_batch_changes_what_it_asks_and_nothing_else(studio: Connection) -> None:
    before = inventory(studio)
    with batch_on(studio, "studio", recreate="always") as batch:
        batch.add_column(
            Column("extra", String(20), server_default="x", nullable=False), insert_after="title"
        )
        batch.alter_column("code", nullable=False, server_default=None)
        batch.create_unique_constraint("uq_note", ["note", "code"])
    assert changes(before, studio) == [
        "column studio.code: default was lower('A') || 'b', is (none)",
        "column studio.code: nullable was yes, is no",
        "column studio.extra is new: default 'x'; nullable no; type VARCHAR(20)",
        "unique uq_note on studio is new: columns note, code",
    ]
    order = [row[1] for row in studio.exec_driver_sql("PRAGMA table_info(studio)")]
    assert order[:4] == ["id", "title", "extra", "the price"]


def test_a_new_name_is_carried_through(studio: Connection) -> None:
    with batch_on(studio, "studio") as batch:
        batch.alter_column("title", new_column_name="name", nullable=True)
        batch.alter_column("note", new_column_name="remark")
        batch.alter_column("the price", new_column_name="price")
    found = {tuple(key): item.clauses for key, item in inventory(studio).items.items()}
    assert found["index", "studio", "ix_down"]["columns"] == "remark DESC, name"
    assert found["index", "studio", "ix_low"]["columns"] == "lower(name), code"
    assert found["index", "studio", "ux_part"]["where"] == "remark > 'm'"
    assert found["unique", "studio", "uq_code"]["columns"] == "code, name COLLATE RTRIM"
    assert found["check", "studio", "ck_price"]["check"] == "price > -2"
    assert "SELECT id, price FROM studio WHERE name LIKE" in found["view", "", "shown"]["definition"]
    studio.exec_driver_sql("UPDATE studio SET name = 'z' WHERE id = 3")
    assert studio.exec_driver_sql("SELECT said FROM log").scalar() == "a;bx"
    studio.exec_driver_sql("DELETE FROM clip WHERE id = 1")
    assert studio.exec_driver_sql("SELECT remark FROM studio WHERE id = 2").scalar() == "fewer"


def test_names_may_change_places(empty: Connection) -> None:
    carry_out(empty, ("CREATE TABLE t (a, b CHECK (b <> 0), c)", "INSERT INTO t VALUES (1, 2, 3)"))
    with batch_on(empty, "t") as batch:
        batch.alter_column("a", new_column_name="b")
        batch.alter_column("b", new_column_name="a")
        batch.drop_column("c")
        batch.add_column(Column("c", Integer, server_default="7"))
    assert dict(empty.exec_driver_sql("SELECT * FROM t").mappings().one()) == {"b": 1, "a": 2, "c": 7}
    assert ("check", "t", "(a <> 0)") in {tuple(key) for key in inventory(empty).items}


def test_a_dropped_column_makes_room_for_a_renamed_one(empty: Connection) -> None:
    carry_out(empty, ("CREATE TABLE t (a, b UNIQUE)", "INSERT INTO t VALUES (1, 2)"))
    with batch_on(empty, "t") as batch:
        batch.drop_column("b")
        batch.alter_column("a", new_column_name="b")
    assert empty.exec_driver_sql("SELECT b FROM t").all() == [(1,)]


def test_what_must_go_with_a_dropped_column_goes(empty: Connection) -> None:
    carry_out(
        empty,
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE CHECK (a > 0) REFERENCES t (id), b,"
            " CONSTRAINT ck CHECK (b > 0))",
            "CREATE INDEX ix_a ON t (a) WHERE a > 5",
            "CREATE INDEX ix_b ON t (b DESC)",
        ),
    )
    before = inventory(empty)
    with batch_on(empty, "t") as batch:
        batch.drop_column("a")
    assert {change.partition(":")[0] for change in changes(before, empty)} == {
        "check (a > 0) on t is gone",
        "column t.a is gone",
        "foreign key (a) references t(id) on t is gone",
        "index ix_a on t is gone",
        "unique (a) on t is gone",
    }


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("CREATE INDEX ix ON t (a, b)", "index ix on t"),
        ("CREATE INDEX ix ON t (b) WHERE a > 0", "index ix on t"),
        ("CREATE INDEX ix ON t (lower(a || b))", "index ix on t"),
        ("CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO o VALUES (NEW.a); END", "trigger tr on t"),
        ("CREATE TRIGGER tr AFTER UPDATE OF a ON t BEGIN SELECT 1; END", "trigger tr on t"),
        ("CREATE TRIGGER tr AFTER INSERT ON o BEGIN UPDATE t SET a = 1; END", "trigger tr on o"),
        ("CREATE TRIGGER tr AFTER INSERT ON o BEGIN INSERT INTO t (a) VALUES (1); END", "trigger tr on o"),
        ("CREATE VIEW v AS SELECT a FROM t", "view v"),
        ("CREATE TABLE child (x REFERENCES t (a))", "foreign key of child: REFERENCES t (a)"),
        ("CREATE TABLE t2 (y, x CHECK (x > 0))", ""),
    ],
)
def test_what_names_a_dropped_column_stops_the_batch(empty: Connection, statement: str, named: str) -> None:
    carry_out(
        empty, ("CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE, b)", "CREATE TABLE o (x)", statement)
    )
    before = inventory(empty)
    if not named:
        with batch_on(empty, "t") as batch:
            batch.drop_column("a")
        return
    with pytest.raises(DependentObjectsError) as caught, batch_on(empty, "t") as batch:
        batch.drop_column("a")
    assert named in caught.value.dependents
    assert named in str(caught.value)
    assert changes(before, empty) == []


@pytest.mark.parametrize(
    ("clause", "named"),
    [
        ("UNIQUE (a, b)", "unique UNIQUE (a, b)"),
        ("CONSTRAINT uq UNIQUE (b, a)", "unique uq"),
        ("CHECK (a < b)", "check CHECK (a < b)"),
        ("FOREIGN KEY (a, b) REFERENCES o", "foreign key FOREIGN KEY (a, b) REFERENCES o"),
        ("PRIMARY KEY (a, b)", "primary key PRIMARY KEY (a, b)"),
    ],
)
def test_a_key_of_several_columns_stops_the_batch(empty: Connection, clause: str, named: str) -> None:
    carry_out(empty, ("CREATE TABLE o (x, y, PRIMARY KEY (x, y))", f"CREATE TABLE t (a, b, c, {clause})"))
    with pytest.raises(DependentObjectsError) as caught, batch_on(empty, "t") as batch:
        batch.drop_column("a")
    assert caught.value.dependents == (named,)
    with batch_on(empty, "t") as batch:
        batch.drop_column("a")
        batch.drop_column("b")


def test_a_batch_may_drop_what_stands_in_its_own_way(empty: Connection) -> None:
    carry_out(empty, ("CREATE TABLE t (a, b, CONSTRAINT uq UNIQUE (a, b))", "CREATE INDEX ix ON t (b, a)"))
    with batch_on(empty, "t") as batch:
        batch.drop_index("ix")
        batch.drop_constraint("uq", type_="unique")
        batch.drop_column("a")
    assert {key.kind for key in inventory(empty).items} == {"table", "column"}


def test_rows_without_a_key_keep_their_numbers(empty: Connection) -> None:
    carry_out(empty, ("CREATE TABLE t (a TEXT)", "INSERT INTO t (rowid, a) VALUES (7, 'x'), (3, 'y')"))
    with batch_on(empty, "t") as batch:
        batch.alter_column("a", nullable=False)
    assert empty.exec_driver_sql("SELECT rowid, a FROM t").all() == [(3, "y"), (7, "x")]


def test_values_keep_their_storage_classes(empty: Connection) -> None:
    carry_out(
        empty,
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, r REAL, s TEXT, b)",
            "INSERT INTO t VALUES (1, 'abc', 'x', 5, 1.5), (2, 1.5, 2, x'00ff', NULL)",
            "INSERT INTO t VALUES (3, x'01', 1e300, 'é', '1')",
        ),
    )
    rows = values(empty, "t", "id, n, r, s, b")
    with batch_on(empty, "t", recreate="always") as batch:
        batch.add_column(Column("more", Integer))
    assert values(empty, "t", "id, n, r, s, b") == rows


def test_nulls_stop_a_new_not_null(empty: Connection) -> None:
    carry_out(empty, ("CREATE TABLE t (id INTEGER PRIMARY KEY, a)", "INSERT INTO t VALUES (1, 1), (5, NULL)"))
    with (
        pytest.raises(
            UnfitRowsError, match=r"t\.a can't be made NOT NULL: it is NULL in 1 of 2 rows \(id 5\)"
        ),
        batch_on(empty, "t") as batch,
    ):
        batch.alter_column("a", nullable=False)
    with (
        pytest.raises(UnfitRowsError, match="t has 2 rows, for which the new column b has no value"),
        batch_on(empty, "t") as batch,
    ):
        batch.add_column(Column("b", Integer, nullable=False))
        batch.alter_column("a", new_column_name="c")


@pytest.mark.parametrize("recreate", ["auto", "always"])
def test_a_lossy_type_stops_unless_it_is_meant(empty: Connection, recreate: str) -> None:
    carry_out(
        empty,
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)",
            "INSERT INTO t VALUES (1, '12'), (2, 'abc'), (3, NULL), (4, '007'), (5, '-3')",
        ),
    )
    with pytest.raises(LossyChangeError) as caught, batch_on(empty, "t", recreate=recreate) as batch:
        batch.alter_column("a", type_=Integer())
    assert caught.value.count == 2
    assert caught.value.keys == ("id 2", "id 4")
    assert values(empty, "t", "a") == [
        (None, "null"),
        ("-3", "text"),
        ("007", "text"),
        ("12", "text"),
        ("abc", "text"),
    ]
    info = {"info": {"colonnade_lossy": {"a": "codes are numbers now"}}} if recreate == "always" else {}
    with batch_on(empty, "t", recreate=recreate, table_kwargs=info) as batch:
        batch.alter_column("a", type_=Integer(), colonnade_lossy="codes are numbers now")
    assert empty.exec_driver_sql("SELECT a FROM t ORDER BY id").scalars().all() == [12, 0, None, 7, -3]


def test_instants_survive_a_type_that_sqlite_takes_for_a_number(empty: Connection) -> None:
    carry_out(empty, ("CREATE TABLE t (at TEXT)", "INSERT INTO t VALUES ('2020-01-02 03:04:05')"))
    with batch_on(empty, "t") as batch:
        batch.alter_column("at", type_=sa.DateTime())
    assert values(empty, "t", "at") == [("2020-01-02 03:04:05", "text")]


def test_options_and_checks_stay(empty: Connection) -> None:
    carry_out(
        empty,
        (
            "CREATE TABLE t (a TEXT NOT NULL CHECK (a <> ''), b INT, c ANY, PRIMARY KEY (a, b DESC),"
            " CHECK (b > 0), CONSTRAINT ck CHECK (b < 9 ) ) STRICT, WITHOUT ROWID",
            "INSERT INTO t VALUES ('x', 1, x'01'), ('y', 2, 'text')",
        ),
    )
    before = inventory(empty)
    with (
        upgrading(empty) as op,
        op.batch_alter_table("t", table_args=(sa.CheckConstraint("b > 0"),)) as batch,
    ):
        batch.drop_constraint("ck", type_="check")
    assert changes(before, empty) == ["check ck on t is gone: check b < 9"]


def test_copy_from_says_what_is_there_and_asks_for_nothing(empty: Connection) -> None:
    carry_out(
        empty,
        (
            "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT COLLATE NOCASE, c BLOB DEFAULT x'01' UNIQUE, d)",
            "INSERT INTO t VALUES (1, 'b', x'02', 4)",
        ),
    )
    before = inventory(empty)
    described = sa.Table(
        "t",
        sa.MetaData(),
        Column("a", Integer, primary_key=True),
        Column("b", String(9)),
        Column("d", Integer),
    )
    with batch_on(empty, "t", copy_from=described) as batch:
        batch.alter_column("b", nullable=False)
    assert changes(before, empty) == ["column t.b: nullable was yes, is no"]
    assert empty.exec_driver_sql("SELECT * FROM t").all() == [(1, "b", b"\x02", 4)]


def test_an_unnamed_key_is_dropped_by_a_conventional_name(empty: Connection) -> None:
    carry_out(empty, ("CREATE TABLE t (a INT UNIQUE, b, c REFERENCES t (b), UNIQUE (b))",))
    before = inventory(empty)
    convention = {"uq": "uq_%(table_name)s_%(column_0_name)s", "fk": "fk_%(table_name)s_%(column_0_name)s"}
    with batch_on(empty, "t", naming_convention=convention) as batch:
        batch.drop_constraint("uq_t_a", type_="unique")
        batch.drop_constraint("fk_t_c", type_="foreignkey")
    assert changes(before, empty) == [
        "foreign key (c) references t(b) on t is gone: columns c; references t(b)",
        "unique (a) on t is gone: columns a",
    ]


def test_columns_take_another_order(empty: Connection) -> None:
    carry_out(empty, ("CREATE TABLE t (a COLLATE NOCASE, b, c)", "INSERT INTO t VALUES (1, 2, 3)"))
    before = inventory(empty)
    reordering = [("c", "a")]
    with batch_on(empty, "t", recreate="always", partial_reordering=reordering) as batch:
        batch.add_column(Column("d", Integer), insert_before="a")
    assert changes(before, empty) == [
        "column t.d is new: nullable yes; type INTEGER",
        "table t: column order was a, b, c, is b, c, a",
    ]
    assert empty.exec_driver_sql("SELECT a, b, c, d FROM t").all() == [(1, 2, 3, None)]


def test_a_primary_key_is_changed_when_that_is_asked(empty: Connection) -> None:
    carry_out(empty, ("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)", "INSERT INTO t VALUES (5, 'x')"))
    with batch_on(empty, "t") as batch:
        batch.create_primary_key("pk_t", ["b", "a"])
    assert empty.exec_driver_sql("SELECT name, pk FROM pragma_table_info('t')").all() == [("a", 2), ("b", 1)]
    with batch_on(empty, "t") as batch:
        batch.drop_column("b")
        batch.create_primary_key("pk_t", ["a"])
    assert empty.exec_driver_sql("SELECT rowid, a FROM t").all() == [(5, 5)]


def test_a_leftover_is_named(empty: Connection) -> None:
    carry_out(empty, ("CREATE TABLE t (a)", "CREATE TABLE _alembic_tmp_t (a)"))
    with (
        pytest.raises(MigrationError, match="_alembic_tmp_t is there.*DROP TABLE _alembic_tmp_t"),
        batch_on(empty, "t") as batch,
    ):
        batch.alter_column("a", nullable=False)


def test_it_insists_on_the_way_the_connection_is(empty: Connection) -> None:
    carry_out(empty, ("CREATE TABLE t (a)",))
    batch = operations_on(empty).batch_alter_table("t", recreate="always")
    with pytest.raises(MigrationError, match="while foreign keys are on"), batch:
        pass
    empty.exec_driver_sql("PRAGMA foreign_keys = OFF")
    batch = operations_on(empty).batch_alter_table("t", recreate="always")
    with pytest.raises(MigrationError, match="outside a transaction"), batch:
        pass


def test_a_renamed_table_keeps_what_refers_to_it(empty: Connection) -> None:
    carry_out(
        empty,
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY)",
            "CREATE TABLE c (x REFERENCES t)",
            "CREATE VIEW v AS SELECT id FROM t",
        ),
    )
    empty.exec_driver_sql("PRAGMA legacy_alter_table = ON")
    with upgrading(empty) as op:
        op.rename_table("t", "u")
    assert inventory(empty).items[("foreign key", "c", "(x) references u(id)")]  # type: ignore[index]
    assert empty.exec_driver_sql("SELECT * FROM v").all() == []
    assert empty.exec_driver_sql("PRAGMA legacy_alter_table").scalar() == 1


def test_rows_that_a_new_key_refuses_stop_the_batch(empty: Connection) -> None:
    carry_out(empty, ("CREATE TABLE t (a)", "INSERT INTO t VALUES (1), (1)"))
    with (
        pytest.raises(UnfitRowsError, match=r"UNIQUE constraint failed: t\.a"),
        batch_on(empty, "t") as batch,
    ):
        batch.create_unique_constraint("uq", ["a"])
    assert empty.exec_driver_sql("SELECT count(*) FROM t").scalar() == 2


def test_a_batch_that_fails_leaves_the_transaction_as_it_was(empty: Connection) -> None:
    carry_out(
        empty,
        ("CREATE TABLE t (a, b, c)", "INSERT INTO t VALUES (1, 1, 1), (1, 2, 3)", "CREATE INDEX ix ON t (b)"),
    )
    before = inventory(empty)
    with upgrading(empty) as op:
        op.execute("UPDATE t SET b = 9")
        with pytest.raises(UnfitRowsError), op.batch_alter_table("t") as batch:
            batch.alter_column("b", new_column_name="z")
            batch.create_unique_constraint("uq", ["a"])
    assert changes(before, empty) == []
    assert empty.exec_driver_sql("SELECT * FROM t").all() == [(1, 9, 1), (1, 9, 3)]


def test_a_child_follows_its_parents_column(empty: Connection) -> None:
    carry_out(
        empty,
        (
            "CREATE TABLE t (a TEXT PRIMARY KEY, b)",
            "CREATE TABLE child (x REFERENCES t (a) ON DELETE CASCADE, y, FOREIGN KEY (y) REFERENCES t)",
            "INSERT INTO t VALUES ('k', 1)",
            "INSERT INTO child VALUES ('k', 'k')",
        ),
    )
    with batch_on(empty, "t", recreate="always") as batch:
        batch.alter_column("a", new_column_name="z")
        batch.alter_column("b", server_default="5")
    keys = {key.name for key in inventory(empty).items if key.kind == "foreign key"}
    assert keys == {"(x) references t(z)", "(y) references t(z)"}
    assert empty.exec_driver_sql("SELECT count(*) FROM child").scalar() == 1


def test_no_row_is_left_out_by_a_clause_of_the_table(empty: Connection) -> None:
    carry_out(
        empty,
        ("CREATE TABLE t (a TEXT UNIQUE ON CONFLICT IGNORE)", "INSERT INTO t VALUES ('1'), ('01')"),
    )
    with (
        pytest.raises(UnfitRowsError, match=r"UNIQUE constraint failed: t\.a"),
        batch_on(empty, "t") as batch,
    ):
        batch.alter_column("a", type_=Integer(), colonnade_lossy="codes are numbers")
    assert empty.exec_driver_sql("SELECT a FROM t").scalars().all() == ["1", "01"]
