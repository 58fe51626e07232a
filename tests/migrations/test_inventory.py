"""Everything that a schema has is found, and what differs between two is told by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from secrets import token_hex

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, make_url, text
from sqlalchemy.exc import DBAPIError

from colonnade import AsyncDatabaseManager, DatabaseManager
from colonnade.errors import MigrationError
from colonnade.migrations.catalogue import take_inventory
from colonnade.migrations.inventory import Change, Inventory, Item, Key, compare
from colonnade.models.base import InternalBase
from colonnade.testing.databases import DATABASES
from tests.databases import Driver, FreshUrl
from tests.faces import Face
from tests.migrations.conftest import carry_out, opened
from tests.migrations.schemas import (
    FOUND,
    MYSQL_ALTERATIONS,
    POSTGRESQL_ALTERATIONS,
    SQLITE,
    SQLITE_ALTERATIONS,
    WHOLE,
    Alteration,
)

Connect = Callable[[str], Connection]
each_database = pytest.mark.parametrize("database", DATABASES)


def _altering(alterations: tuple[Alteration, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "alteration", alterations, ids=lambda each: f"{each.subject} {each.clause}"
    )


def _whole(connection: Connection) -> Inventory:
    carry_out(connection, WHOLE[connection.dialect.name])
    return take_inventory(connection)


def _assert_told(alteration: Alteration, before: Inventory, after: Inventory) -> None:
    difference = compare(before, after)
    assert len(difference.changes) == 1, str(difference)
    (change,) = difference.changes
    assert change.sentence.startswith(alteration.subject)
    assert change.clause == alteration.clause
    if alteration.texts:
        assert (change.before, change.after) == alteration.texts


class TestFinding:
    """Each clause of the whole schema."""

    @each_database
    def test_every_clause_is_found(self, fresh: Connect, database: str) -> None:
        inventory = _whole(fresh(database))
        everything = {**inventory.items, **inventory.counters, **inventory.environment}
        found = {
            (*key, clause, text) for key, item in everything.items() for clause, text in item.clauses.items()
        }
        missing = [each for each in FOUND[database] if each not in found]
        assert missing == [], {each[:3]: everything.get(Key(*each[:3])) for each in missing}

    @each_database
    def test_no_clause_is_left_unread(self, fresh: Connect, database: str) -> None:
        items = _whole(fresh(database)).items.values()
        assert [item for item in items if "other" in item.clauses or item.kind in ("clause", "type")] == []

    @each_database
    def test_names_that_the_database_invents_are_not_in_it(self, fresh: Connect, database: str) -> None:
        found = json.dumps(_whole(fresh(database)).to_json()["items"])
        invented = ("sqlite_", "_ibfk_", "CONSTRAINT_1", "pg_toast", "pg_attver")
        assert [name for name in invented if name in found] == []


class TestAltering:
    """One thing altered is one change, and it is named."""

    @_altering(SQLITE_ALTERATIONS)
    def test_sqlite(self, fresh: Connect, alteration: Alteration) -> None:
        before, after = fresh("sqlite"), fresh("sqlite")
        assert isinstance(alteration.change, tuple)
        old, new = alteration.change
        assert sum(statement.count(old) for statement in SQLITE) == 1
        carry_out(before, SQLITE)
        carry_out(after, tuple(statement.replace(old, new) for statement in SQLITE))
        _assert_told(alteration, take_inventory(before), take_inventory(after))

    @_altering(POSTGRESQL_ALTERATIONS)
    def test_postgresql(self, whole: Connect, alteration: Alteration) -> None:
        self._alter(whole("postgresql"), alteration)

    @_altering(MYSQL_ALTERATIONS)
    def test_mysql(self, whole: Connect, alteration: Alteration) -> None:
        self._alter(whole("mysql"), alteration)

    def _alter(self, connection: Connection, alteration: Alteration) -> None:
        before = take_inventory(connection)
        assert isinstance(alteration.change, str)
        carry_out(connection, (alteration.change,))
        _assert_told(alteration, before, take_inventory(connection))


class TestSameSchema:
    """What means the same is the same, however it was written."""

    SPELLINGS = (
        (
            "create table t (id integer primary key, a text not null, check(a<>'x'), unique (a))",
            'CREATE TABLE "_alembic_tmp_t" ("id" INTEGER NOT NULL,'
            " [a] TEXT UNIQUE NOT NULL CHECK ((\"a\" <> 'x')),"
            " -- a comment\n PRIMARY KEY (id ASC))",
        ),
        (
            "CREATE TABLE t (a TEXT COLLATE binary DEFAULT (NULL), b DEFAULT ( 1 ) REFERENCES u)",
            "CREATE TABLE t (a text, b default 1, FOREIGN KEY (b) REFERENCES U (ID) ON DELETE NO ACTION)",
        ),
        (
            "CREATE TABLE t (a, b); create index i on t (a COLLATE binary, b desc)"
            " where b is not null and LOWER(a)>''",
            'CREATE TABLE t (a, b); CREATE INDEX i ON "t" (`a` ASC, B DESC)'
            " WHERE (\"b\" IS NOT NULL AND lower(a) > '')",
        ),
    )

    @pytest.mark.parametrize(("one", "other"), SPELLINGS)
    def test_spellings_of_a_table(self, fresh: Connect, one: str, other: str) -> None:
        before, after = fresh("sqlite"), fresh("sqlite")
        for connection, statements in ((before, one), (after, other)):
            carry_out(connection, ("CREATE TABLE u (id INTEGER PRIMARY KEY)", *statements.split("; ")))
        if "_alembic_tmp_" in other:
            carry_out(after, ("ALTER TABLE _alembic_tmp_t RENAME TO t",))
        difference = compare(take_inventory(before), take_inventory(after))
        assert not difference, str(difference)

    def test_case_in_texts_and_in_names_that_are_texts_counts(self, fresh: Connect) -> None:
        before, after = fresh("sqlite"), fresh("sqlite")
        carry_out(before, ("CREATE TABLE t (a DEFAULT 'x', b DEFAULT big, CHECK (a <> 'Q'))",))
        carry_out(after, ("CREATE TABLE t (a DEFAULT 'X', b DEFAULT BIG, CHECK (a <> 'q'))",))
        changes = compare(take_inventory(before), take_inventory(after)).changes
        assert {(change.what, change.name) for change in changes} == {
            ("changed", "a"),
            ("changed", "b"),
            ("gone", "(a <> 'Q')"),
            ("new", "(a <> 'q')"),
        }

    @each_database
    def test_a_schema_made_twice(self, fresh: Connect, database: str) -> None:
        difference = compare(_whole(fresh(database)), _whole(fresh(database)))
        assert not difference, str(difference)

    def test_a_batch_that_changes_nothing_is_seen_for_what_it_drops(self, fresh: Connect) -> None:
        connection = fresh("sqlite")
        carry_out(
            connection,
            (
                "CREATE TABLE p (id INTEGER PRIMARY KEY AUTOINCREMENT, t TEXT COLLATE NOCASE,"
                " n VARCHAR(3) NOT NULL, up INTEGER REFERENCES p (id) ON DELETE CASCADE, CHECK (n <> ''))",
                "CREATE INDEX ix ON p (n DESC)",
                "CREATE TRIGGER tr AFTER INSERT ON p BEGIN SELECT 1; END",
            ),
        )
        before = take_inventory(connection)
        operations = Operations(MigrationContext.configure(connection))
        with pytest.warns(UserWarning), operations.batch_alter_table("p", recreate="always") as batch:
            batch.alter_column("n", existing_type=String(3), existing_nullable=False)
        told = [change.sentence for change in compare(before, take_inventory(connection)).changes]
        assert any("trigger tr on p is gone" in sentence for sentence in told)
        assert any("collation was NOCASE, is (none)" in sentence for sentence in told)
        assert any("autoincrement was yes, is (none)" in sentence for sentence in told)
        assert any("check (n <> '') on p is gone" in sentence for sentence in told)
        assert not any("column p.n" in sentence for sentence in told)


class TestReading:
    """What reading asks of the connection, and leaves on it."""

    @each_database
    def test_it_reads_in_a_transaction_that_may_not_write(self, fresh_url: FreshUrl, database: str) -> None:
        url = fresh_url(database)
        with opened(url) as connection:
            carry_out(connection, WHOLE[database])
            expected = take_inventory(connection)
        with DatabaseManager(url, on_start="ignore") as db, db.session(read_only=True) as session:
            assert take_inventory(session.connection()).items == expected.items

    def test_it_reads_on_postgresql_as_a_role_with_no_rights(self, fresh: Connect) -> None:
        connection = fresh("postgresql")
        expected = _whole(connection)
        role = f"reader_{connection.scalar(text('SELECT current_database()'))}"
        carry_out(
            connection, (f"CREATE ROLE {role}", "REVOKE ALL ON SCHEMA public FROM PUBLIC", f"SET ROLE {role}")
        )
        try:
            with pytest.raises(MigrationError, match=r"may not use the schema 'public'.*GRANT USAGE"):
                take_inventory(connection, ["public"])
            carry_out(
                connection, ("RESET ROLE", "GRANT USAGE ON SCHEMA public TO PUBLIC", f"SET ROLE {role}")
            )
            found = take_inventory(connection)
        finally:
            carry_out(connection, ("RESET ROLE", f"DROP ROLE {role}"))
        assert found.items == expected.items
        assert {item.clauses["last"] for item in found.counters.values()} == {"not allowed to see"}

    def test_what_may_not_be_seen_on_mysql_is_named(self, fresh_url: FreshUrl) -> None:
        url = fresh_url("mysql")
        with opened(url) as connection, _account(connection) as account:
            expected = _whole(connection)
            own = make_url(url).set(username=account, password="none").render_as_string(hide_password=False)
            schema = connection.scalar(text("SELECT DATABASE()"))
            for grant, what in (
                (f"SELECT ON {schema}.*", "triggers"),
                (f"TRIGGER ON {schema}.*", "events"),
                (f"EVENT ON {schema}.*", "procedures and functions"),
                (f"EXECUTE ON {schema}.*", "the text of the view shown"),
                (f"SHOW VIEW ON {schema}.*", "the text of the"),
            ):
                carry_out(connection, (f"GRANT {grant} TO {account}",))
                with opened(own) as reader, pytest.raises(MigrationError, match=what) as caught:
                    take_inventory(reader)
                assert "GRANT " in str(caught.value)
            carry_out(connection, (f"GRANT SELECT ON mysql.proc TO {account}",))
            with opened(own) as reader:
                assert take_inventory(reader).items == expected.items

    def test_the_search_path_says_nothing_and_is_put_back(self, fresh: Connect) -> None:
        connection = fresh("postgresql")
        expected = _whole(connection)
        carry_out(connection, ("CREATE SCHEMA other", "SET search_path = other, public"))
        assert take_inventory(connection, ["public"]).items == expected.items
        assert connection.scalar(text("SHOW search_path")) == "other, public"
        assert take_inventory(connection).tables() == []

    @pytest.mark.parametrize("in_transaction", [False, True])
    def test_the_search_path_is_put_back_after_an_error(
        self, postgresql_url: str, monkeypatch: pytest.MonkeyPatch, in_transaction: bool
    ) -> None:
        monkeypatch.setattr("colonnade.dialects.postgresql.catalogue.EXTENSIONS", "SELECT 1 / 0")
        with opened(postgresql_url) as connection:
            carry_out(connection, ("CREATE SCHEMA other", "SET search_path = other, public"))
            if in_transaction:
                connection.exec_driver_sql("BEGIN")
            with pytest.raises(DBAPIError, match="division"):
                take_inventory(connection, ["public"])
            if in_transaction:
                connection.exec_driver_sql("ROLLBACK")
            assert connection.scalar(text("SHOW search_path")) == "other, public"

    def test_a_catalogue_that_may_not_be_read_on_postgresql_is_named(self, fresh: Connect) -> None:
        connection = fresh("postgresql")
        role = f"reader_{connection.scalar(text('SELECT current_database()'))}"
        carry_out(
            connection,
            (
                f"CREATE ROLE {role}",
                "GRANT USAGE ON SCHEMA public TO PUBLIC",
                "REVOKE SELECT ON pg_policy FROM PUBLIC",
                f"SET ROLE {role}",
            ),
        )
        try:
            with pytest.raises(MigrationError, match=r"permission denied .* pg_policy"):
                take_inventory(connection)
        finally:
            carry_out(connection, ("RESET ROLE", "GRANT SELECT ON pg_policy TO PUBLIC", f"DROP ROLE {role}"))

    def test_names_of_a_second_schema_carry_it(self, fresh: Connect) -> None:
        connection = fresh("postgresql")
        carry_out(
            connection,
            ("CREATE TABLE t (id int)", "CREATE SCHEMA other", "CREATE TABLE other.t (id int UNIQUE)"),
        )
        inventory = take_inventory(connection, ["public", "other"], with_rows=True)
        assert inventory.tables() == ["other.t", "t"]
        assert Key("unique", "other.t", "t_id_key") in inventory.items
        assert inventory.rows == {"other.t": 0, "t": 0}

    def test_an_attached_database(self, fresh: Connect) -> None:
        connection = fresh("sqlite")
        carry_out(
            connection, ("ATTACH ':memory:' AS side", "CREATE TABLE t (id)", "CREATE TABLE side.t (a, b)")
        )
        inventory = take_inventory(connection, ["main", "side"])
        assert inventory.tables() == ["side.t", "t"]
        assert Key("column", "side.t", "b") in inventory.items

    @each_database
    def test_a_schema_that_is_not_there(self, fresh: Connect, database: str) -> None:
        with pytest.raises(MigrationError, match="missing_one"):
            take_inventory(fresh(database), ["missing_one"])

    @each_database
    def test_odd_names(self, fresh: Connect, database: str) -> None:
        connection = fresh(database)
        name = "a%s :b' x"
        quote = connection.dialect.identifier_preparer.quote_identifier(name).replace("%%", "%")
        carry_out(connection, (f"CREATE TABLE {quote} ({quote} INTEGER NOT NULL PRIMARY KEY)",))
        inventory = take_inventory(connection, with_rows=True)
        assert Key("column", name, name) in inventory.items
        assert inventory.rows == {name: 0}

    @each_database
    def test_version_tables_are_left_out(self, fresh: Connect, database: str) -> None:
        connection = fresh(database)
        InternalBase.metadata.create_all(connection)
        carry_out(connection, ("CREATE TABLE alembic_version (v INT)", "CREATE TABLE own (id INT)"))
        assert take_inventory(connection).tables() == ["own"]
        assert {key.table for key in take_inventory(connection).items} <= {"", "own"}
        assert "alembic_version" in take_inventory(connection, without=["own"]).tables()


class TestAgainstPragmas:
    """What SQLite itself says of a table agrees with what is read from its text."""

    def test_columns_keys_and_indexes(self, fresh: Connect) -> None:
        connection = fresh("sqlite")
        items = _whole(connection).items
        for table in ("studio", "clip", "tight"):
            rows = connection.exec_driver_sql(f"PRAGMA table_xinfo({table})").mappings().all()
            for row in rows:
                clauses = items[Key("column", table, row["name"])].clauses
                assert clauses["position"] == str(row["cid"] + 1)
                # It gives what stands before AS for a type, GENERATED ALWAYS too.
                assert clauses["type"].replace(" ", "").lower() in row["type"].replace(" ", "").lower()
                assert row["notnull"] == 0 or clauses["nullable"] == "no"
                assert ("generated" in clauses) == (row["hidden"] in (2, 3))
            keys = connection.exec_driver_sql(f"PRAGMA foreign_key_list({table})").mappings().all()
            found = [item for key, item in items.items() if key.kind == "foreign key" and key.table == table]
            assert sorted((row["from"], row["on_delete"], row["on_update"]) for row in keys) == sorted(
                (
                    item.clauses["columns"],
                    item.clauses.get("on delete", "NO ACTION"),
                    item.clauses.get("on update", "NO ACTION"),
                )
                for item in found
            )


class TestComparing:
    """Differences as values."""

    def test_sentences(self) -> None:
        before = Inventory.of(
            [
                Item("table", "", "clip", {}),
                Item("column", "clip", "id", {"position": "1", "type": "INT"}),
                Item("index", "clip", "ix", {"columns": "id DESC"}),
                Item("primary key", "clip", "", {"columns": "id"}),
            ]
        )
        after = Inventory.of(
            [
                Item("table", "", "clip", {"comment": "new"}),
                Item("column", "clip", "id", {"position": "1", "type": "TEXT"}),
                Item("view", "", "v", {"definition": "SELECT 1"}),
                Item("primary key", "clip", "", {"columns": "id"}),
            ]
        )
        difference = compare(before, after)
        assert [change.sentence for change in difference.changes] == [
            "column clip.id: type was INT, is TEXT",
            "index ix on clip is gone: columns id DESC",
            "table clip: comment was (none), is new",
            "view v is new: definition SELECT 1",
        ]
        assert [change.what for change in difference.changes] == ["changed", "gone", "changed", "new"]
        assert json.loads(json.dumps(difference.to_json()))["changes"][0]["before"] == "INT"
        assert (len(difference.gone), len(difference.new), len(difference.changed)) == (1, 1, 2)
        assert not compare(before, before)
        assert str(compare(before, before)) == "no difference"

    def test_what_belongs_to_a_table_goes_with_it(self) -> None:
        items = [Item("table", "", "t", {}), Item("column", "t", "id", {"position": "1"})]
        left = [Item("index", "u", "ix", {})]
        changes = compare(Inventory.of(items + left), Inventory.of([])).changes
        assert [change.sentence for change in changes] == ["index ix on u is gone", "table t is gone"]

    def test_a_column_that_moved_is_told_once(self) -> None:
        before, after = self._columns("a b c d"), self._columns("a c b d")
        assert [change.sentence for change in compare(before, after).changes] == [
            "table t: column order was a, b, c, d, is a, c, b, d"
        ]

    def test_a_column_that_is_gone_moves_no_other(self) -> None:
        changes = compare(self._columns("a b c"), self._columns("b new c")).changes
        assert [(change.what, change.name) for change in changes] == [("gone", "a"), ("new", "new")]

    def _columns(self, names: str) -> Inventory:
        columns = [
            Item("column", "t", name, {"position": str(place)}) for place, name in enumerate(names.split(), 1)
        ]
        return Inventory.of([Item("table", "", "t", {}), *columns])

    @each_database
    def test_counters_and_rows_are_told_apart(self, fresh: Connect, database: str) -> None:
        connection = fresh(database)
        metadata = MetaData()
        table = Table("t", metadata, Column("id", Integer, primary_key=True), sqlite_autoincrement=True)
        metadata.create_all(connection)
        before = take_inventory(connection, with_rows=True)
        connection.execute(table.insert())
        connection.execute(table.insert())
        difference = compare(before, take_inventory(connection, with_rows=True))
        assert not difference
        assert len(difference.counters) == 1
        assert difference.rows == (Change("changed", "table", "", "t", "rows", "0", "2"),)

    def test_owners_and_grants_are_told_apart(self, fresh: Connect) -> None:
        connection = fresh("postgresql")
        carry_out(connection, ("CREATE TABLE t (id int)",))
        before = take_inventory(connection)
        carry_out(connection, ("GRANT SELECT ON t TO PUBLIC",))
        difference = compare(before, take_inventory(connection))
        assert not difference
        assert [change.clause for change in difference.environment] == ["grants"]


@contextmanager
def _account(connection: Connection) -> Iterator[str]:
    """Give an account without rights while the block lasts."""
    account = f"reader_{token_hex(4)}"
    carry_out(connection, (f"CREATE USER {account} IDENTIFIED BY 'none'",))
    try:
        yield account
    finally:
        carry_out(connection, (f"DROP USER {account}",))


class TestDrivers:
    """All drivers read the same."""

    def test_each_driver(self, faced: Face, face_url: str, driver: Driver) -> None:
        with opened(face_url) as connection:
            expected = _whole(connection)
        manager = faced.pick(DatabaseManager, AsyncDatabaseManager)(face_url, on_start="ignore")
        with faced.entered(manager) as db, faced.entered(db.session(read_only=True)) as session:
            connection = faced.run(session.connection())
            if faced.is_async:
                found = faced.run(connection.run_sync(take_inventory))
            else:
                found = take_inventory(connection)
        assert found.items == expected.items
        assert found.counters == expected.counters
