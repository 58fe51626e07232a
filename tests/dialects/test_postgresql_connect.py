"""Connecting to PostgreSQL: what the start-up message says, and what each driver makes of a URL."""

from __future__ import annotations

import time
from typing import Any, Literal

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from colonnade.dialects.postgresql import connect
from colonnade.errors import ConfigurationError
from colonnade.settings import DatabaseSettings
from tests.dialects.engines import open_base

Face = Literal["sync", "async"]
drivers = pytest.mark.parametrize(
    ("driver", "face"), [("psycopg", "sync"), ("psycopg", "async"), ("asyncpg", "async")]
)


def url_of(url: str, driver: str, options: str = "") -> str:
    return url.replace("postgresql://", f"postgresql+{driver}://") + options


def shown(connection: Connection, *names: str) -> list[Any]:
    return [connection.execute(text(f"SHOW {name}")).scalar() for name in names]


def translated(url: str, face: Face, **settings: Any) -> tuple[Any, dict[str, Any]]:
    asked = DatabaseSettings(url, **settings)
    found, arguments = connect.engine_arguments(asked.sqlalchemy_url(), asked, face)
    return found, arguments["connect_args"]


@drivers
def test_time_outs_and_name_go_with_the_start_up(postgresql_url: str, driver: str, face: Face) -> None:
    base = open_base(url_of(postgresql_url, driver), face, lock_timeout_s=1.5, statement_timeout_s=7)
    names = ["application_name", "lock_timeout", "statement_timeout"]
    assert base.run(lambda connection: shown(connection, *names)) == ["colonnade", "1500ms", "7s"]
    base.close()


@drivers
def test_the_url_s_own_options_win(postgresql_url: str, driver: str, face: Face) -> None:
    options = "?application_name=films&options=-c%20lock_timeout%3D9s%20-c%20work_mem%3D5MB&keepalives=1"
    base = open_base(url_of(postgresql_url, driver, options), face)
    names = ["application_name", "lock_timeout", "work_mem"]
    assert base.run(lambda connection: shown(connection, *names)) == ["films", "9s", "5MB"]
    base.close()


@drivers
def test_behind_a_pooler_nothing_is_prepared_or_set(postgresql_url: str, driver: str, face: Face) -> None:
    base = open_base(url_of(postgresql_url, driver), face, prepared_statements=False)

    def used(connection: Connection) -> tuple[Any, Any]:
        for _ in range(12):  # psycopg prepares what it meets for the sixth time
            connection.execute(text("SELECT 1 + :n"), {"n": 1})
        named = connection.execute(text("SELECT count(*) FROM pg_prepared_statements")).scalar()
        return named, shown(connection, "lock_timeout")[0]

    named, lock_timeout = base.run(used)
    # SQLAlchemy prepares each statement for asyncpg, under a name of its own; this one is still open.
    assert named <= (1 if driver == "asyncpg" else 0)
    assert lock_timeout == "0"
    base.close()


@drivers
def test_the_second_of_several_hosts_is_found(postgresql_url: str, driver: str, face: Face) -> None:
    host = DatabaseSettings(postgresql_url).sqlalchemy_url()
    hosts = f"127.0.0.1:1,{host.host}:{host.port or 5432}"
    url = f"postgresql+{driver}://{host.username}@{hosts}/{host.database}?target_session_attrs=read-write"
    base = open_base(url, face)
    assert base.run(lambda connection: connection.execute(text("SELECT 7")).scalar()) == 7
    base.close()


@drivers
def test_a_lock_is_waited_for_no_longer_than_the_time_out(
    postgresql_url: str, driver: str, face: Face
) -> None:
    url = url_of(postgresql_url, driver)
    holder, waiter = open_base(postgresql_url, "sync"), open_base(url, face, lock_timeout_s=0.2)
    with holder.engine.begin() as held:
        held.execute(text("CREATE TABLE clip (id int)"))
    with holder.engine.begin() as held:
        held.execute(text("LOCK TABLE clip"))
        start = time.monotonic()
        with pytest.raises(DBAPIError, match="lock timeout"):
            waiter.run(lambda connection: connection.execute(text("SELECT * FROM clip")))
        assert 0.2 <= time.monotonic() - start < 2
    holder.close()
    waiter.close()


def test_one_url_s_tls_is_said_to_each_driver_in_its_way() -> None:
    url = "postgres://fox:pw@db/films?sslmode=verify-full&sslrootcert=/etc/ca.pem&connect_timeout=3&keepalives=1"
    found, arguments = translated(url, "sync")
    assert found.query["sslmode"] == "verify-full" and found.query["sslrootcert"] == "/etc/ca.pem"
    assert arguments["connect_timeout"] == 3 and "connect_timeout" not in found.query
    found, arguments = translated(url, "async")
    assert arguments["dsn"] == "postgresql://?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem"
    assert arguments["timeout"] == 3 and not found.query
    assert found.password == "pw" and "pw" not in str(arguments)


@drivers
def test_a_server_without_tls_is_refused_when_tls_is_required(
    postgresql_url: str, driver: str, face: Face
) -> None:
    base = open_base(url_of(postgresql_url, driver, "?sslmode=verify-full&sslrootcert=/nowhere.pem"), face)
    with pytest.raises((DBAPIError, OSError), match=r"(?i)ssl|certificate|nowhere|No such file"):
        base.run(lambda connection: connection.execute(text("SELECT 1")))
    base.close()


def test_what_asyncpg_can_t_keep_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="can't bind the channel"):
        translated("postgresql+asyncpg://db/x?channel_binding=require", "async")
    with pytest.raises(ConfigurationError, match="asyncpg takes no option requirepeer"):
        translated("postgresql+asyncpg://db/x?requirepeer=postgres", "async")
    with pytest.raises(ConfigurationError, match="connect_timeout='soon' in the URL: expected seconds"):
        translated("postgresql://db/x?connect_timeout=soon", "sync")
