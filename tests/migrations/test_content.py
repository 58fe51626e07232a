"""Counts and digests of rows: the same for the same rows, another for anything else, whatever the session."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from typing import ClassVar

import pytest
from sqlalchemy import Connection

from colonnade.errors import MigrationError
from colonnade.migrations.content import Content, compare_content, sample_changes, take_content
from colonnade.migrations.scratch import connected
from colonnade.settings import DatabaseSettings
from tests.databases import FreshUrl
from tests.migrations.conftest import carry_out, opened

Connect = Callable[[str], Connection]
each_database = pytest.mark.parametrize("database", ("sqlite", "postgresql", "mysql"))

# A column's type, and values that must all be told from each other, and from NULL.
VALUES: dict[str, Sequence[tuple[str, Sequence[str]]]] = {
    "sqlite": (
        (
            "",
            ("''", "'NULL'", "1", "1.0", "'1'", "x'31'", "'a'", "'A'", "'a '", "char(97,0,98)", "char(97,0)"),
        ),
        ("REAL", ("0.1", "0.1 + 0.2", "0.3", "9e999", "-9e999", "1e308", "5e-324", "4.9e-323")),
        ("TEXT", ("'{\"a\": 1}'", "'{\"a\":1}'", "'é'", "'e' || char(769)", "x'ff'", "x''")),
        ("INTEGER", ("0", "-1", "9223372036854775807", "-9223372036854775808", "'x'")),
        ("NUMERIC", ("1.10", "'1.1x'", "1", "'2020-01-01'", "12345678901234567")),
    ),
    "postgresql": (
        ("text", ("''", "'NULL'", "'a'", "'A'", "'a '", "','", "'(,)'", "'\"'", "E'\\\\'")),
        (
            "float8",
            ("0.1", "0.1::float8 + 0.2", "0.3", "'Infinity'", "'-Infinity'", "'NaN'", "-0.0::float8", "0"),
        ),
        ("float4", ("0.1", "0.10000001", "1e30", "0.12345678")),
        ("numeric", ("1.0", "1.00", "1", "'NaN'", "1e100", "1.0000000000000000000000000001")),
        ("bytea", ("''", "'\\x00'", "'\\x0000'", "'a'")),
        ("timestamptz", ("'2020-01-01 00:00+00'", "'2020-01-01 00:00:00.000001+00'", "'infinity'")),
        ("date", ("'2020-01-02'", "'2020-02-01'", "'infinity'", "'0044-03-15 BC'")),
        ("time", ("'00:00'", "'24:00'", "'00:00:00.000001'")),
        ("interval", ("'1 mon'", "'30 days'", "'720 hours'", "'-1 day'")),
        ("json", ("'{\"a\": 1}'", "'{\"a\":1}'", "'null'")),
        ("jsonb", ("'{\"a\": 1}'", "'{\"a\": 1.0}'", "'null'")),
        ("int[]", ("'{}'", "'{1,2}'", "'{{1,2}}'", "'{1,NULL}'", "'[0:1]={1,2}'")),
        ("text[]", ("'{}'", "'{NULL}'", "'{\"NULL\"}'", "'{\"\"}'", "'{\"a,b\"}'", "'{a,b}'")),
        ("uuid", ("'00000000-0000-0000-0000-000000000001'", "'00000000-0000-0000-0000-000000000002'")),
        ("bit varying", ("''", "B'1'", "B'01'")),
        ("int4range", ("'empty'", "'[1,2)'", "'[1,)'")),
        ("inet", ("'10.0.0.1'", "'10.0.0.1/24'")),
        ("money", ("1.5", "1.51")),
        ("bool", ("true", "false")),
        ("point", ("'(0.1,1)'", "'(0.3,1)'", "'(0.30000000000000004,1)'")),
    ),
    "mysql": (
        (
            "varchar(30) CHARACTER SET utf8mb4",
            ("''", "'NULL'", "'~'", "'a'", "'A'", "'a '", "','", "'1:a,~'"),
        ),
        ("double", ("0.1e0", "0.1e0 + 0.2e0", "0.3e0", "1e308", "5e-324", "0e0")),
        ("float", ("0.1", "0.10000001", "0.12345678", "0.12345679", "16777216")),
        ("float(9,2)", ("0.1", "1234567.25", "1234567.50")),
        ("decimal(40,20)", ("1", "1.00000000000000000001", "-1")),
        ("varbinary(9)", ("''", "x'00'", "x'0000'", "'a'", "'a '")),
        ("datetime(6)", ("'2020-01-01'", "'2020-01-01 00:00:00.000001'", "'0000-00-00'")),
        ("timestamp(6) NULL", ("'2020-03-29 00:30:00'", "'2020-10-25 01:30:00'", "'2020-10-25 00:30:00'")),
        ("time(6)", ("'00:00:00'", "'-00:00:01'", "'838:59:59'", "'00:00:00.000001'")),
        ("year", ("2020", "0")),
        ("json", ("'{\"a\": 1}'", "'{\"a\":1}'", "'null'")),
        ("enum('', 'a', 'A,b')", ("''", "'a'", "'A,b'")),
        ("set('a', 'b')", ("''", "'a'", "'a,b'")),
        ("bit(64)", ("b'0'", "b'1'", "x'ffffffffffffffff'")),
        ("bigint unsigned", ("0", "18446744073709551615", "18446744073709551614")),
        ("longtext", ("''", "'a'", "'é'", "REPEAT('x', 100000)", "REPEAT('x', 100001)")),
        ("longblob", ("''", "x'00'", "REPEAT('x', 100000)")),
        ("char(5)", ("''", "'a'", "' a'")),
        ("point", ("ST_GeomFromText('POINT(0.1 1)')", "ST_GeomFromText('POINT(0.3 1)')")),
    ),
}


def _digest(connection: Connection, table: str = "t") -> str:
    return take_content(connection, [table]).tables[table].digest


class TestValues:
    """Anything that can be told apart is."""

    @each_database
    def test_each_value_has_a_digest_of_its_own(self, fresh: Connect, database: str) -> None:
        connection = fresh(database)
        if database == "mysql":
            carry_out(connection, ("SET sql_mode = ''",))
        for type_, values in VALUES[database]:
            digests = {}
            for value in ("NULL", *values):
                carry_out(connection, (f"CREATE TABLE t (a {type_})", f"INSERT INTO t VALUES ({value})"))
                digests[_digest(connection)] = value
                carry_out(connection, ("DROP TABLE t",))
            assert len(digests) == len(values) + 1, (type_, digests)

    @each_database
    def test_values_keep_to_their_columns(self, fresh: Connect, database: str) -> None:
        connection = fresh(database)
        digests = set()
        rows = (
            "('a', NULL)",
            "(NULL, 'a')",
            "('a', '')",
            "('', 'a')",
            "('a,', '')",
            "('', '')",
            "(NULL, NULL)",
        )
        for row in rows:
            carry_out(
                connection, ("CREATE TABLE t (a VARCHAR(9), b VARCHAR(9))", f"INSERT INTO t VALUES {row}")
            )
            digests.add(_digest(connection))
            carry_out(connection, ("DROP TABLE t",))
        assert len(digests) == len(rows)

    @each_database
    def test_a_whole_schema_can_be_read(self, whole: Connect, database: str) -> None:
        content = take_content(whole(database))
        assert {"studio", "clip"} <= set(content.tables)
        assert Content.from_json(json.loads(json.dumps(content.to_json()))) == content


class TestSettings:
    """No setting of the session, and no transaction's, changes a digest, or is changed."""

    STATEMENTS: ClassVar[dict[str, tuple[str, ...]]] = {
        "postgresql": (
            "SET DateStyle = 'German'",
            "SET TimeZone = 'Asia/Tokyo'",
            "SET IntervalStyle = 'iso_8601'",
            "SET extra_float_digits = -5",
            "SET bytea_output = 'escape'",
            "SET search_path = public, pg_catalog",
        ),
        "mysql": (
            "SET time_zone = '+09:00'",
            "SET sql_mode = 'PAD_CHAR_TO_FULL_LENGTH,ANSI_QUOTES'",
            "SET NAMES latin1",
        ),
        "sqlite": ("PRAGMA case_sensitive_like = 1", "PRAGMA reverse_unordered_selects = 1"),
    }

    @each_database
    def test_they_make_no_difference(self, fresh: Connect, database: str) -> None:
        connection = fresh(database)
        columns = {
            "postgresql": "a timestamptz DEFAULT '2020-01-01 UTC', b interval DEFAULT '1 day',"
            " c float8 DEFAULT 0.1, d bytea DEFAULT 'x', e regclass DEFAULT 'pg_class',"
            " f char(9) DEFAULT 'é'",
            "mysql": "a timestamp DEFAULT '2020-01-01 00:00:00', b char(9) DEFAULT 'é', c double DEFAULT 0.1",
            "sqlite": "a TEXT DEFAULT 'é', b REAL DEFAULT 0.1",
        }[database]
        carry_out(connection, (f"CREATE TABLE t ({columns}, n INT)", "INSERT INTO t (n) VALUES (1), (2)"))
        before = _digest(connection)
        carry_out(connection, self.STATEMENTS[database])
        asked = {
            "postgresql": "SELECT concat(current_setting('DateStyle'), current_setting('search_path'))",
            "mysql": "SELECT CONCAT(@@time_zone, @@sql_mode)",
            "sqlite": "PRAGMA reverse_unordered_selects",
        }[database]
        told = connection.exec_driver_sql(asked).scalar()
        assert _digest(connection) == before
        assert connection.exec_driver_sql(asked).scalar() == told

    @each_database
    def test_a_failure_puts_them_back(self, fresh: Connect, database: str) -> None:
        connection = fresh(database)
        with pytest.raises(MigrationError, match="no table 'absent'"):
            take_content(connection, ["absent"])
        carry_out(connection, ("CREATE TABLE t (a INT)",))
        with pytest.raises(MigrationError, match="no column 'absent'; it has a"):
            take_content(connection, ["t"], columns={"t": ["absent"]})


class TestRows:
    """Order and place make no difference, duplicates do."""

    @each_database
    def test_order_makes_none(self, fresh: Connect, database: str) -> None:
        connection = fresh(database)
        for table, rows in (("t", "(1), (2), (3)"), ("u", "(3), (1), (2)"), ("v", "(3), (1), (2), (1)")):
            carry_out(connection, (f"CREATE TABLE {table} (a INT)", f"INSERT INTO {table} VALUES {rows}"))
        content = take_content(connection)
        assert content.tables["t"].digest == content.tables["u"].digest != content.tables["v"].digest
        carry_out(connection, ("INSERT INTO v VALUES (1)",))
        again = take_content(connection)
        assert again.tables["v"].digest != content.tables["v"].digest
        assert again.tables["v"].rows == 5

    @each_database
    def test_some_columns_by_other_names(self, fresh: Connect, database: str) -> None:
        connection = fresh(database)
        carry_out(
            connection,
            (
                "CREATE TABLE t (a INT, b INT)",
                "CREATE TABLE u (c INT, d INT, a INT)",
                "INSERT INTO t VALUES (1, 2)",
                "INSERT INTO u VALUES (1, 3, 2)",
            ),
        )
        columns = {"t": ["a", "b"], "u": ["c", "a"]}
        content = take_content(connection, ["t", "u"], columns=columns)
        assert content.tables["t"].digest == content.tables["u"].digest
        assert content.tables["u"].columns == ("c", "a")

    def test_heirs_and_parts(self, fresh: Connect) -> None:
        connection = fresh("postgresql")
        carry_out(
            connection,
            (
                "CREATE TABLE t (a int)",
                "CREATE TABLE heir () INHERITS (t)",
                "INSERT INTO heir VALUES (1)",
                "CREATE TABLE p (a int) PARTITION BY LIST (a)",
                "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)",
                "INSERT INTO p VALUES (1)",
            ),
        )
        tables = take_content(connection).tables
        assert {name: table.rows for name, table in tables.items()} == {"t": 0, "heir": 1, "p": 1}

    def test_rows_that_a_policy_hides_are_an_error(self, fresh_url: FreshUrl) -> None:
        url = fresh_url("postgresql")
        with opened(url) as connection:
            carry_out(
                connection,
                (
                    "CREATE TABLE t (a int)",
                    "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
                    "GRANT SELECT ON t TO PUBLIC",
                    "GRANT USAGE ON SCHEMA public TO PUBLIC",
                    "SET ROLE pg_monitor",
                ),
            )
            with pytest.raises(Exception, match="row-level security"):
                take_content(connection)

    @each_database
    def test_odd_names_and_several_schemas(self, fresh: Connect, database: str) -> None:
        connection = fresh(database)
        q = "`" if database == "mysql" else '"'
        names = ('a "b"', "x:y %s", "t")
        for name in names:
            quoted = q + name.replace(q, q + q) + q
            carry_out(connection, (f"CREATE TABLE {quoted} ({quoted} INTEGER PRIMARY KEY)",))
            carry_out(connection, (f"INSERT INTO {quoted} VALUES (1)",))
        assert {name: table.rows for name, table in take_content(connection).tables.items()} == dict.fromkeys(
            names, 1
        )
        if database == "postgresql":
            carry_out(connection, ("CREATE SCHEMA other", "CREATE TABLE other.t (a int)"))
            assert "other.t" in take_content(connection, schemas=("public", "other")).tables


class TestProgress:
    """What's told in between, in a transaction of one moment."""

    @each_database
    def test_pieces_are_all_of_it(self, fresh_url: FreshUrl, database: str) -> None:
        url = fresh_url(database)
        with opened(url) as connection:
            series = {
                "sqlite": "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 120000)"
                " SELECT i, 'title of ' || i FROM s",
                "postgresql": "SELECT i, repeat('title of ', 12) || i FROM generate_series(1, 120000) i",
                "mysql": "SELECT seq, CONCAT('title of ', seq) FROM seq_1_to_120000",
            }[database]
            carry_out(
                connection,
                ("CREATE TABLE t (id INT PRIMARY KEY, title VARCHAR(200))", f"INSERT INTO t {series}"),
            )
            whole = take_content(connection)
        told: list[tuple[str, int, int]] = []
        with connected(DatabaseSettings(url), "read_only", "REPEATABLE READ") as connection:
            content = take_content(connection, progress=lambda *each: told.append(each))
        assert content == whole
        assert len(told) > 2
        assert told == sorted(told)
        assert told[-1] == ("t", 120000, 120000)
        assert {total for _, _, total in told} == {120000}


class TestComparing:
    """What differs, in sentences and by key."""

    @each_database
    def test_sentences(self, fresh: Connect, database: str) -> None:
        before, after = fresh(database), fresh(database)
        for connection in (before, after):
            carry_out(
                connection,
                (
                    "CREATE TABLE a (id INT)",
                    "CREATE TABLE b (id INT)",
                    "CREATE TABLE c (id INT)",
                    "INSERT INTO a VALUES (1)",
                    "INSERT INTO b VALUES (1)",
                ),
            )
        assert not compare_content(take_content(before), take_content(after))
        carry_out(after, ("UPDATE a SET id = 2", "DELETE FROM b", "DROP TABLE c", "CREATE TABLE d (id INT)"))
        difference = compare_content(take_content(before), take_content(after))
        assert str(difference).splitlines() == [
            "table a has other values in its 1 rows",
            "table b had 1 rows, has 0",
            "table c is gone: 0 rows",
            "table d is new: 0 rows",
        ]
        assert json.loads(json.dumps(difference.to_json()))[1]["after"]["rows"] == 0

    @each_database
    def test_keys_of_rows(self, fresh: Connect, database: str) -> None:
        before, after = fresh(database), fresh(database)
        rows = ", ".join(f"({n}, '{n % 3}', {n})" for n in range(500))
        for connection in (before, after):
            carry_out(
                connection,
                (
                    "CREATE TABLE t (id INT, part VARCHAR(9), n INT, PRIMARY KEY (id, part))",
                    f"INSERT INTO t VALUES {rows}",
                ),
            )
        assert not sample_changes(before, after, "t")
        carry_out(
            after,
            (
                "DELETE FROM t WHERE id = 3",
                "UPDATE t SET n = -1 WHERE id = 4",
                "INSERT INTO t VALUES (900, 'x', NULL)",
            ),
        )
        found = sample_changes(before, after, "t")
        keys = [[tuple(map(str, key)) for key in keys] for keys in (found.gone, found.new, found.changed)]
        assert keys == [[("3", "0")], [("900", "x")], [("4", "1")]]
        assert str(found) == "t: gone: (3, 0); new: (900, x); changed: (4, 1)"
        assert not sample_changes(before, after, "t", columns=["id"]).changed
        carry_out(after, ("UPDATE t SET n = n + 1",))
        assert len(sample_changes(before, after, "t").changed) == 10

    @each_database
    def test_rows_without_a_key(self, fresh: Connect, database: str) -> None:
        before, after = fresh(database), fresh(database)
        for connection, rows in ((before, "(1), (1), (2)"), (after, "(1), (2), (3)")):
            carry_out(connection, ("CREATE TABLE t (a INT)", f"INSERT INTO t VALUES {rows}"))
        found = sample_changes(before, after, "t")
        assert (len(found.gone), len(found.new), found.changed) == (1, 1, ())

    def test_floats_are_compared_bit_by_bit(self, fresh: Connect) -> None:
        connection = fresh("sqlite")
        carry_out(connection, ("CREATE TABLE t (a REAL)", "CREATE TABLE u (a REAL)"))
        connection.exec_driver_sql("INSERT INTO t VALUES (?)", (0.1 + 0.2,))
        connection.exec_driver_sql("INSERT INTO u VALUES (?)", (math.nextafter(0.1 + 0.2, 1),))
        assert _digest(connection, "t") != _digest(connection, "u")
