"""Each test gets an empty database, and what a test leaves behind is gone."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.pool import NullPool

from colonnade.errors import ConfigurationError
from colonnade.testing.databases import Databases
from colonnade.testing.servers import VARIABLES, Server, find_server
from tests.databases import SYNC

DRIVER_OF = {driver.database: driver.name for driver in SYNC}


def engine_for(url):
    kind = url.partition(":")[0]
    return create_engine(url.replace(kind, DRIVER_OF[kind], 1), poolclass=NullPool)


def test_a_database_is_empty_and_takes_tables(url):
    engine = engine_for(url)
    with engine.begin() as connection:
        assert inspect(connection).get_table_names() == []
        connection.execute(text("CREATE TABLE fox (id INTEGER)"))


@pytest.mark.parametrize("database", ["sqlite", "postgresql", "mysql"])
def test_a_database_given_back_with_an_open_transaction_is_swept(databases, fresh_url, database):
    fresh_url(database)  # skips where the database is left out
    with databases.fresh(database) as first:
        left_open = engine_for(first).connect()
        left_open.execute(text("CREATE TABLE fox (id INTEGER)"))
        left_open.execute(text("INSERT INTO fox VALUES (1)"))
    with databases.fresh(database) as second, engine_for(second).connect() as connection:
        assert inspect(connection).get_table_names() == []
    left_open.invalidate()
    left_open.close()


def test_two_databases_lent_at_once_are_two(fresh_url, url):
    other = fresh_url(url.partition(":")[0])
    assert other != url
    with engine_for(url).begin() as connection:
        connection.execute(text("CREATE TABLE fox (id INTEGER)"))
    with engine_for(other).connect() as connection:
        assert inspect(connection).get_table_names() == []


def test_postgresql_with_settings_of_its_own_is_not_lent_again(databases, postgresql_url):
    with databases.fresh("postgresql") as first:
        name = first.rpartition("/")[2].partition("?")[0]
        with engine_for(first).begin() as connection:
            connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
    with databases.fresh("postgresql") as second:
        assert second != first


@pytest.mark.parametrize("database", ["postgresql", "mysql"])
def test_a_server_switched_off_is_left_out_by_name(monkeypatch, tmp_path: Path, database):
    monkeypatch.setenv(VARIABLES[database], "off")
    server = find_server(database)
    assert server.reason == f"{VARIABLES[database]}=off"
    lender = Databases(tmp_path, {database: server})
    with pytest.raises(ConfigurationError, match="=off"), lender.fresh(database):
        pass


@pytest.mark.parametrize("database", ["postgresql", "mysql"])
def test_a_server_asked_for_that_does_not_answer_is_an_error(monkeypatch, database):
    monkeypatch.setenv(VARIABLES[database], f"{database}://nobody@127.0.0.1:1/none")
    with pytest.raises(ConfigurationError, match=VARIABLES[database]):
        find_server(database)


@pytest.mark.long
def test_a_postgresql_started_for_the_run_serves_and_stops(tmp_path: Path):
    server = Server("postgresql")
    lender = Databases(tmp_path, {"postgresql": server})
    with lender.fresh("postgresql") as url, engine_for(url).connect() as connection:
        folder = Path(connection.execute(text("SHOW data_directory")).scalar_one())
        assert folder.is_dir()
    lender.close()
    assert not folder.exists()
