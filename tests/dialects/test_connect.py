"""Connecting, alike on all drivers: options, modes, levels, what is left behind, what has died."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from colonnade.dialects.contract import FOLDERS, dialect_named
from colonnade.errors import ConfigurationError
from colonnade.settings import DatabaseSettings
from tests.databases import DRIVERS, Driver
from tests.dialects.engines import Base, open_base

Opener = Callable[..., Base]


@pytest.fixture
def opened(face_url: str, driver: Driver) -> Iterator[Opener]:
    bases: list[Base] = []

    def open_one(**settings: Any) -> Base:
        bases.append(open_base(face_url, driver.face, **settings))
        return bases[-1]

    yield open_one
    for base in bases:
        base.close()


def make(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE clip (id INTEGER PRIMARY KEY, plays INTEGER NOT NULL)"))
    connection.execute(text("INSERT INTO clip VALUES (1, 0)"))
    connection.commit()


def raw(connection: Connection) -> Any:
    return connection.connection.dbapi_connection


def test_what_is_committed_is_there_on_the_next_connection(opened: Opener) -> None:
    base = opened()
    base.run(make)
    assert base.run(lambda connection: connection.execute(text("SELECT plays FROM clip")).scalar()) == 0


def test_a_read_only_transaction_refuses_writes_and_the_next_one_takes_them(opened: Opener) -> None:
    base = opened(pool_size=1, max_overflow=0)
    base.run(make)

    def write(connection: Connection) -> None:
        connection.execute(text("UPDATE clip SET plays = plays + 1"))
        connection.commit()

    def read_then_write(connection: Connection) -> None:
        assert connection.execute(text("SELECT count(*) FROM clip")).scalar() == 1
        write(connection)

    with pytest.raises(DBAPIError, match=r"(?i)read.?only"):
        base.run(read_then_write, mode="read_only")
    base.run(write)
    assert base.run(lambda connection: connection.execute(text("SELECT plays FROM clip")).scalar()) == 1


@pytest.mark.parametrize("level", ["READ_UNCOMMITTED", "read committed", "REPEATABLE READ", "SERIALIZABLE"])
def test_every_level_is_taken_and_leaves_the_pool_as_it_was(opened: Opener, level: str) -> None:
    base = opened(pool_size=1, max_overflow=0)
    base.run(make)
    query = text("SELECT plays FROM clip")
    assert base.run(lambda connection: connection.execute(query).scalar(), level=level) == 0

    def rolled_back(connection: Connection) -> None:
        connection.execute(text("UPDATE clip SET plays = 9"))
        connection.rollback()

    base.run(rolled_back)
    assert base.run(lambda connection: connection.execute(query).scalar()) == 0


@pytest.mark.parametrize("name", sorted(set(FOLDERS.values())))
def test_an_unknown_level_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(ConfigurationError, match="REPEATABLE READ"):
        dialect_named(name).connect.session_options("write", "CHAOS")


def test_a_transaction_is_seen_from_its_first_statement_to_its_end(opened: Opener) -> None:
    base = opened()
    base.run(make)

    def watch(connection: Connection) -> list[bool | None]:
        seen = [base.connect.in_transaction(raw(connection))]
        connection.execute(text("SELECT plays FROM clip"))
        seen.append(base.connect.in_transaction(raw(connection)))
        connection.rollback()
        return [*seen, base.connect.in_transaction(raw(connection))]

    assert base.run(watch) == [False, True, False]


def test_a_living_connection_isn_t_stale(opened: Opener) -> None:
    base = opened()
    base.run(make)

    def used(connection: Connection) -> bool:
        connection.execute(text("SELECT plays FROM clip")).all()
        connection.rollback()
        return base.connect.is_stale(raw(connection))

    assert base.run(used) is False


on_servers = pytest.mark.parametrize(
    "driver", [driver for driver in DRIVERS if driver.database != "sqlite"], ids=lambda driver: driver.id
)


@on_servers
def test_a_connection_that_the_server_has_closed_is_stale(opened: Opener, driver: Driver) -> None:
    base, other = opened(), opened()
    mine, kill = {
        "postgresql": ("SELECT pg_backend_pid()", "SELECT pg_terminate_backend({})"),
        "mysql": ("SELECT connection_id()", "KILL {}"),
    }[driver.database]

    def killed(connection: Connection) -> bool:
        number = connection.execute(text(mine)).scalar()
        connection.rollback()
        if driver.face == "sync":
            other.run(lambda killer: killer.execute(text(kill.format(number))))
        else:
            # The event loop stands still meanwhile, so that it can't have read the good-bye.
            _kill_from_a_thread(other, kill.format(number))
        return _becomes_stale(base, connection)

    assert base.run(killed) is True


def _kill_from_a_thread(other: Base, statement: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        pool.submit(other.run, lambda killer: killer.execute(text(statement))).result()


def _becomes_stale(base: Base, connection: Connection) -> bool:
    deadline = time.monotonic() + 5
    while not base.connect.is_stale(raw(connection)) and time.monotonic() < deadline:
        time.sleep(0.005)
    stale = base.connect.is_stale(raw(connection))
    connection.invalidate()
    return stale


def test_the_driver_of_the_other_face_means_this_one_s(driver: Driver) -> None:
    connect = dialect_named(driver.database).connect
    for face, names in connect.DRIVERS.items():
        settings = DatabaseSettings(f"{driver.name}:///films" if driver.database != "sqlite" else "sqlite://")
        url, _ = connect.engine_arguments(settings.sqlalchemy_url(), settings, face)
        kept = driver.name.partition("+")[2]
        assert url.get_driver_name() == (kept if kept in names else names[0])


@pytest.mark.parametrize("name", sorted(set(FOLDERS.values())))
def test_a_driver_that_isn_t_installed_is_named_with_its_extra(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("colonnade.dialects.connecting.find_spec", lambda module: None)
    settings = DatabaseSettings(f"{name}://")
    with pytest.raises(ConfigurationError, match=r"pip install 'colonnade\[\w+\]'"):
        dialect_named(name).connect.engine_arguments(settings.sqlalchemy_url(), settings, "async")


@pytest.mark.parametrize(
    "url", ["postgresql+pg8000://db/x", "mysql+mysqldb://db/x", "sqlite+pysqlcipher:///x"]
)
def test_a_driver_of_neither_face_is_refused(url: str) -> None:
    settings = DatabaseSettings(url)
    with pytest.raises(ConfigurationError, match="no support for the driver"):
        dialect_named(url.partition("+")[0]).connect.engine_arguments(
            settings.sqlalchemy_url(), settings, "sync"
        )


@pytest.mark.parametrize(
    "url", ["postgresql://db/x?sslmod=require", "mysql://db/x?charsett=utf8", "sqlite:///x?mod=ro"]
)
def test_an_unknown_option_is_refused_with_the_nearest_one(url: str) -> None:
    settings = DatabaseSettings(url)
    with pytest.raises(
        ConfigurationError, match=r"takes no option \w+ from a URL; perhaps (sslmode|charset|mode)"
    ):
        dialect_named(url.partition(":")[0]).connect.engine_arguments(
            settings.sqlalchemy_url(), settings, "sync"
        )


def test_what_is_given_by_hand_comes_last(driver: Driver) -> None:
    from sqlalchemy import NullPool

    settings = DatabaseSettings(
        f"{driver.name}://",
        connect_args={"charset": "latin1"},
        engine_options={"poolclass": NullPool, "hide_parameters": False, "connect_args": {"x": 1}},
    )
    connect = dialect_named(driver.database).connect
    _, arguments = connect.engine_arguments(settings.sqlalchemy_url(), settings, driver.face)
    assert arguments["connect_args"]["charset"] == "latin1" and arguments["connect_args"]["x"] == 1
    assert arguments["hide_parameters"] is False and "pool_size" not in arguments


@on_servers
def test_a_password_is_in_no_rendering_of_the_engine(driver: Driver) -> None:
    base = open_base(f"{driver.name}://fox:s3cr3t%40@127.0.0.1:1/films", driver.face)
    assert "s3cr3t" not in repr(base.engine) + str(base.engine.url)
    assert base.engine.url.password == "s3cr3t@"
