"""What goes wrong before there is a connection: each reason gives one error, and no password is shown."""

from __future__ import annotations

import socket
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, text

from colonnade import AsyncDatabaseManager, DatabaseManager
from colonnade.errors import (
    AuthenticationError,
    ConfigurationError,
    DamagedDatabaseError,
    DatabaseConnectionError,
    DatabaseError,
    PoolTimeoutError,
)
from tests.databases import Driver
from tests.errors.refusing import hanging_up, mysql_saying, postgresql_saying, refusing
from tests.errors.test_conditions import on
from tests.faces import Face

PASSWORD = "s3cr:t@/%"
Answer = Callable[[socket.socket], None]

# fault: what the servers say, the class, retryable.
REFUSALS: dict[str, tuple[Answer, Answer, type[DatabaseError], bool]] = {
    "password": (
        postgresql_saying("28P01", 'password authentication failed for user "ann"'),
        mysql_saying(1045, "28000", "Access denied for user 'ann'@'localhost' (using password: YES)"),
        AuthenticationError,
        False,
    ),
    "host not admitted": (
        postgresql_saying("28000", 'no pg_hba.conf entry for host "127.0.0.1", user "ann"'),
        mysql_saying(1130, "HY000", "Host '127.0.0.1' is not allowed to connect to this MySQL server"),
        AuthenticationError,
        False,
    ),
    "no such database": (
        postgresql_saying("3D000", 'database "studio" does not exist'),
        mysql_saying(1049, "42000", "Unknown database 'studio'"),
        DatabaseConnectionError,
        False,
    ),
    "too many connections": (
        postgresql_saying("53300", "sorry, too many clients already"),
        mysql_saying(1040, "08004", "Too many connections"),
        DatabaseConnectionError,
        True,
    ),
    "not ready": (
        postgresql_saying("57P03", "the database system is starting up"),
        mysql_saying(1053, "08S01", "Server shutdown in progress"),
        DatabaseConnectionError,
        True,
    ),
    "silence": (hanging_up, hanging_up, DatabaseConnectionError, True),
}


@on("postgresql", "mysql")
@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refusal(refusal: str, faced: Face, driver: Driver) -> None:
    postgresql, mysql, expected, retryable = REFUSALS[refusal]
    with refusing(postgresql if driver.database == "postgresql" else mysql) as port:
        error = _refused(faced, driver, port)
    assert (type(error), error.retryable) == (expected, retryable)
    assert f"127.0.0.1:{port}/studio" in str(error)
    assert error.entity is None
    assert "ann" not in str(error)


@on("postgresql", "mysql")
def test_a_port_where_nobody_listens(faced: Face, driver: Driver) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    error = _refused(faced, driver, port)
    assert (type(error), error.retryable) == (DatabaseConnectionError, True)


@on("postgresql", "mysql")
def test_a_database_that_is_not_there(faced: Face, driver: Driver, face_url: str) -> None:
    url = make_url(face_url).set(database="colonnade_never_made")
    error = _error_of(faced, url)
    assert (type(error), error.retryable) == (DatabaseConnectionError, False)
    assert "colonnade_never_made" in str(error)


@on("sqlite")
def test_a_file_that_can_not_be_used(faced: Face, driver: Driver, tmp_path: Path) -> None:
    (tmp_path / "folder.db").mkdir()
    (tmp_path / "letter.db").write_bytes(b"Dear Sir, this is no database at all. " * 100)
    error = _error_of(faced, make_url(f"{driver.name}:///{tmp_path / 'folder.db'}"))
    assert (type(error), error.retryable) == (DatabaseConnectionError, False)
    error = _error_of(faced, make_url(f"{driver.name}:///{tmp_path / 'letter.db'}"))
    assert type(error) is DamagedDatabaseError


def test_a_pool_without_a_free_connection(faced: Face, face_url: str) -> None:
    settings = {"url": face_url, "pool_size": 1, "max_overflow": 0, "pool_timeout_s": 0.05}
    db = faced.pick(DatabaseManager, AsyncDatabaseManager)(settings)
    faced.run(db.engine.dispose())  # which gives the engine a new pool
    with (
        faced.entered(db.engine.connect()),
        pytest.raises(PoolTimeoutError) as raised,
        faced.entered(db.session()) as session,
    ):
        faced.run(session.execute(text("SELECT 1")))
    faced.run(db.close())
    assert raised.value.retryable
    assert "size 1" in str(raised.value)


@on("postgresql", "mysql")
def test_a_password_is_asked_for_at_each_connection(faced: Face, driver: Driver, face_url: str) -> None:
    asked: list[int] = []

    def password() -> str:
        asked.append(1)
        return ""

    db = faced.pick(DatabaseManager, AsyncDatabaseManager)({"url": face_url, "password": password})
    with faced.entered(db.engine.connect()), faced.entered(db.engine.connect()):
        assert len(asked) == 2
    faced.run(db.close())


def _refused(faced: Face, driver: Driver, port: int) -> DatabaseError:
    url = make_url(f"{driver.name}://127.0.0.1/studio").set(username="ann", password=PASSWORD, port=port)
    error = _error_of(faced, url)
    assert PASSWORD not in "".join(traceback.format_exception(error))
    return error


def _error_of(faced: Face, url: Any) -> DatabaseError:
    db = faced.pick(DatabaseManager, AsyncDatabaseManager)({"url": url})
    with pytest.raises(DatabaseError) as raised, faced.entered(db.engine.connect()):
        pass
    faced.run(db.close())
    assert raised.value.__cause__ is not None
    return raised.value


@on("postgresql")
def test_an_encrypted_connection_that_the_server_has_not(faced: Face, driver: Driver) -> None:
    with refusing(postgresql_saying("XX000", "not reached")) as port:
        kind = faced.pick(DatabaseManager, AsyncDatabaseManager)
        db = kind(f"{driver.name}://ann@127.0.0.1:{port}/studio?sslmode=require")
        with pytest.raises(DatabaseConnectionError) as raised:
            faced.run(db.initialize())
    assert not raised.value.retryable


@on("postgresql", "mysql")
def test_an_option_with_a_value_that_is_none(faced: Face, driver: Driver) -> None:
    option = {"postgresql": "sslmode", "mysql": "charset"}[driver.database]
    db = faced.pick(DatabaseManager, AsyncDatabaseManager)(f"{driver.name}://ann@127.0.0.1:9/x?{option}=nope")
    with pytest.raises(ConfigurationError):
        faced.run(db.initialize())
