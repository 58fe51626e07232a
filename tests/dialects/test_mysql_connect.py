"""Connecting to MySQL and MariaDB: what each connection is told, and TLS alike for both drivers."""

from __future__ import annotations

import ssl
import time
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from colonnade.dialects.mysql import connect
from colonnade.errors import ConfigurationError
from colonnade.settings import DatabaseSettings
from tests.dialects.engines import Base, open_base

Face = Literal["sync", "async"]
faces = pytest.mark.parametrize("face", ["sync", "async"])


def make(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE clip (id INT PRIMARY KEY, plays INT NOT NULL, title VARCHAR(3))"))
    connection.execute(text("INSERT INTO clip VALUES (1, 0, 'fox')"))
    connection.commit()


def variables(connection: Connection, *names: str) -> list[Any]:
    columns = ", ".join(f"@@session.{name}" for name in names)
    return list(connection.execute(text(f"SELECT {columns}")).one())


def connect_args(url: str, face: Face = "sync", **settings: Any) -> dict[str, Any]:
    asked = DatabaseSettings(url, **settings)
    found, arguments = connect.engine_arguments(asked.sqlalchemy_url(), asked, face)
    assert not found.query
    given: dict[str, Any] = arguments["connect_args"]
    return given


@faces
def test_a_connection_is_strict_in_utc_and_patient_for_a_while(mysql_url: str, face: Face) -> None:
    base = open_base(mysql_url, face, lock_timeout_s=1.2, statement_timeout_s=7)
    names = ["time_zone", "innodb_lock_wait_timeout", "lock_wait_timeout", "character_set_connection"]
    assert base.run(lambda c: variables(c, *names)) == ["+00:00", 2, 2, "utf8mb4"]
    assert "STRICT_ALL_TABLES" in base.run(lambda c: variables(c, "sql_mode"))[0]
    assert base.run(_statement_timeout_s) == 7
    base.close()


def _statement_timeout_s(connection: Connection) -> float:
    if connection.dialect.is_mariadb:  # type: ignore[attr-defined]
        return float(variables(connection, "max_statement_time")[0])
    return float(variables(connection, "max_execution_time")[0]) / 1000


@faces
def test_a_value_that_is_too_long_is_refused_and_any_letter_is_kept(mysql_url: str, face: Face) -> None:
    base = open_base(mysql_url, face)
    base.run(make)

    def title(connection: Connection, value: str) -> Any:
        connection.execute(text("UPDATE clip SET title = :title"), {"title": value})
        connection.commit()
        return connection.execute(text("SELECT title FROM clip")).scalar()

    with pytest.raises(DBAPIError, match="too long"):
        base.run(lambda connection: title(connection, "foxes"))
    assert base.run(lambda connection: title(connection, "🦊é")) == "🦊é"
    base.close()


@faces
@pytest.mark.parametrize("password", ["plain", "s€cr&t@:/?%#", "né"])
def test_a_password_may_have_any_letter(mysql_url: str, face: Face, password: str) -> None:
    url = DatabaseSettings(mysql_url).sqlalchemy_url()
    user = f"fox_{uuid4().hex[:8]}"
    admin = open_base(mysql_url, "sync")
    written = f"'{user}'@'%%' IDENTIFIED BY '{password.replace('%', '%%')}'"
    admin.run(lambda connection: connection.exec_driver_sql(f"CREATE USER {written}", ()))
    admin.run(
        lambda connection: connection.exec_driver_sql(f"GRANT ALL ON {url.database}.* TO '{user}'@'%%'", ())
    )
    try:
        base = open_base(str(url.set(username=user)), face, password=password)
        assert base.run(lambda connection: connection.execute(text("SELECT 7")).scalar()) == 7
        base.close()
    finally:
        admin.run(lambda connection: connection.exec_driver_sql(f"DROP USER '{user}'@'%%'", ()))
        admin.close()


def test_a_sql_mode_given_by_hand_is_kept(mysql_url: str) -> None:
    base = open_base(mysql_url, "sync", connect_args={"sql_mode": "ANSI"})
    assert "STRICT" not in base.run(lambda c: variables(c, "sql_mode"))[0]
    base.close()


@faces
def test_the_later_of_two_writers_can_t_undo_the_other(mysql_url: str, face: Face) -> None:
    first, second = open_base(mysql_url, "sync"), open_base(mysql_url, face)
    first.run(make)
    if not first.run(_has_snapshot_isolation):
        pytest.skip("this server has no innodb_snapshot_isolation")
    read, write = text("SELECT plays FROM clip"), text("UPDATE clip SET plays = :plays")

    def late(connection: Connection) -> None:
        plays = connection.execute(read).scalar_one()
        first.run(early)
        connection.execute(write, {"plays": plays + 1})
        connection.commit()

    def early(connection: Connection) -> None:
        connection.execute(write, {"plays": connection.execute(read).scalar_one() + 1})
        connection.commit()

    with pytest.raises(DBAPIError, match="1020"):
        second.run(late)
    assert first.run(lambda connection: connection.execute(read).scalar()) == 1
    first.close()
    second.close()


def _has_snapshot_isolation(connection: Connection) -> bool:
    found = connection.execute(text("SHOW VARIABLES LIKE 'innodb_snapshot_isolation'")).first()
    return found is not None


@pytest.mark.parametrize(
    ("version", "known"),
    [
        ("5.5.5-10.11.19-MariaDB-0+deb12u1", True),
        ("10.11.7-MariaDB", False),
        ("10.6.18-MariaDB", True),
        ("10.5.29-MariaDB", False),
        ("11.0.5-MariaDB", False),
        ("11.3.2-MariaDB", False),
        ("11.4.2-MariaDB-log", True),
        ("11.8.1-MariaDB", True),
        ("12.0.2-MariaDB", True),
        ("8.0.36", False),
        ("8.4.0-log", False),
    ],
)
def test_the_variable_is_set_only_where_the_server_has_it(version: str, known: bool) -> None:
    sent: list[str] = []

    class Recorder:
        def get_server_info(self) -> str:
            return version

        def cursor(self) -> Recorder:
            return self

        def execute(self, statement: str) -> None:
            sent.append(statement)

        def close(self) -> None:
            pass

    settings = DatabaseSettings("mysql://", statement_timeout_s=2)
    connect.set_up(Recorder(), settings)  # type: ignore[arg-type]
    assert len(sent) == 1 and ("innodb_snapshot_isolation=ON" in sent[0]) is known
    assert ("max_statement_time=2.0" in sent[0]) is ("MariaDB" in version)
    assert ("max_execution_time=2000" in sent[0]) is ("MariaDB" not in version)


@faces
def test_a_deadlock_s_loser_has_no_transaction_left(mysql_url: str, face: Face) -> None:
    base, other = open_base(mysql_url, face), open_base(mysql_url, "sync", lock_timeout_s=5)
    other.run(make)
    other.run(_second_row)
    assert base.run(lambda connection: _lose(base, other, connection)) == (True, False)
    base.close()
    other.close()


def _second_row(connection: Connection) -> None:
    connection.execute(text("INSERT INTO clip VALUES (2, 0, 'owl')"))
    connection.commit()


def _lose(base: Base, other: Base, connection: Connection) -> tuple[bool | None, bool | None]:
    """Run into a deadlock with a heavier transaction, which wins it."""
    from threading import Thread

    touch = "UPDATE clip SET plays = plays + 1 WHERE id = {}"
    raw = connection.connection.dbapi_connection
    assert raw is not None
    connection.execute(text(touch.format(1)))
    before = base.connect.in_transaction(raw)
    with other.engine.connect() as winner:
        winner.execute(text("INSERT INTO clip SELECT seq, 0, 'x' FROM (SELECT 3 seq UNION SELECT 4) s"))
        winner.execute(text(touch.format(2)))
        thread = Thread(target=winner.execute, args=(text(touch.format(1)),))
        thread.start()
        time.sleep(0.1)
        with pytest.raises(DBAPIError, match="1213"):
            connection.execute(text(touch.format(2)))
        thread.join()
        winner.rollback()
    return before, base.connect.in_transaction(raw)


@pytest.mark.parametrize("driver", ["pymysql", "asyncmy"])
@pytest.mark.parametrize(
    ("options", "verified", "named"),
    [
        ("ssl_mode=required", ssl.CERT_NONE, False),
        ("ssl-mode=REQUIRED", ssl.CERT_NONE, False),
        ("ssl_verify_cert=true", ssl.CERT_REQUIRED, False),
        ("ssl_verify_identity=true", ssl.CERT_REQUIRED, True),
        ("ssl_capath={folder}", ssl.CERT_REQUIRED, False),
        ("ssl_capath={folder}&ssl_check_hostname=1", ssl.CERT_REQUIRED, True),
        ("ssl_capath={folder}&ssl_verify_cert=false", ssl.CERT_NONE, False),
    ],
)
def test_tls_is_as_strict_as_the_url_says(
    options: str, verified: int, named: bool, driver: str, tmp_path: Path
) -> None:
    face: Face = "sync" if driver == "pymysql" else "async"
    context = connect_args(f"mysql+{driver}://db/x?{options.format(folder=tmp_path)}", face)["ssl"]
    assert (context.verify_mode, context.check_hostname) == (verified, named)


def test_no_tls_means_none() -> None:
    assert connect_args("mysql://db/x?ssl_disabled=true")["ssl_disabled"] is True
    assert "ssl" not in connect_args("mysql://db/x?ssl_mode=disabled", "async")
    assert "ssl" not in connect_args("mysql://db/x")


def test_tls_that_can_t_be_set_up_names_the_file() -> None:
    with pytest.raises(ConfigurationError, match=r"ssl_ca=/nowhere\.pem"):
        connect_args("mysql://db/x?ssl_ca=/nowhere.pem")
    with pytest.raises(ConfigurationError, match="expected one of disabled"):
        connect_args("mysql://db/x?ssl_mode=maybe")
    with pytest.raises(ConfigurationError, match="ssl_verify_cert='x' in the URL: expected true or false"):
        connect_args("mysql://db/x?ssl_verify_cert=x")
