"""Empty databases for trials: like the original, never it, and gone afterwards, whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from secrets import token_hex

import pytest
from sqlalchemy import make_url, text

from colonnade.errors import DatabaseConnectionError, MigrationError, ScratchDatabaseError
from colonnade.migrations import scratch
from colonnade.migrations.catalogue import take_inventory
from colonnade.migrations.scratch import connected, drop_abandoned, scratch_database
from colonnade.settings import DatabaseSettings
from tests.databases import FreshUrl
from tests.migrations.conftest import carry_out, engine_on, opened
from tests.migrations.schemas import WHOLE


def _reachable(settings: DatabaseSettings) -> bool:
    path = settings.sqlalchemy_url().database or ""
    if settings.sqlalchemy_url().get_backend_name() == "sqlite":
        return os.path.exists(path)
    try:
        with connected(settings):
            return True
    except DatabaseConnectionError as error:
        assert path in str(error)
        return False


class TestMade:
    """One that is made beside the original."""

    def test_it_is_empty_and_gone_at_the_end(self, url: str) -> None:
        settings = DatabaseSettings(url)
        with opened(url) as original:
            carry_out(original, ("CREATE TABLE own (id INT)",))
        with scratch_database(settings) as made:
            assert "colonnade_scratch_" in str(made.url)
            with opened(_with_password(made)) as inside:
                assert not take_inventory(inside).items
                carry_out(inside, ("CREATE TABLE other (id INT)",))
        assert not _reachable(made)
        with opened(url) as original:
            assert take_inventory(original).tables() == ["own"]

    def test_it_is_gone_after_an_error_with_a_transaction_left_open(self, url: str) -> None:
        with pytest.raises(ZeroDivisionError), scratch_database(DatabaseSettings(url)) as made:
            engine = engine_on(_with_password(made))
            connection = engine.connect()
            carry_out(connection, ("CREATE TABLE other (id INT)", "BEGIN", "INSERT INTO other VALUES (1)"))
            raise ZeroDivisionError
        assert not _reachable(made)
        connection.invalidate()
        connection.close()
        engine.dispose()

    def test_it_is_like_the_original(self, url: str) -> None:
        asked = {
            "sqlite": "PRAGMA encoding",
            "postgresql": "SELECT concat_ws(' ', encoding, datcollate, datctype,"
            " current_setting('search_path')) FROM pg_database WHERE datname = current_database()",
            "mysql": "SELECT CONCAT(@@character_set_database, @@collation_database)",
        }
        name = make_url(url).database
        change = {
            "sqlite": ("PRAGMA encoding = 'UTF-16le'", "CREATE TABLE t (id INT)"),
            "postgresql": (f'ALTER DATABASE {name} SET search_path = "a b", public',),
            "mysql": (f"ALTER DATABASE {name} CHARACTER SET latin1 COLLATE latin1_bin",),
        }[make_url(url).get_backend_name()]
        statement = asked[make_url(url).get_backend_name()]
        with opened(url) as original:
            carry_out(original, change)
        with (
            scratch_database(DatabaseSettings(url)) as made,
            opened(url) as original,
            opened(_with_password(made)) as inside,
        ):
            told = original.exec_driver_sql(statement).scalar()
            assert inside.exec_driver_sql(statement).scalar() == told
            assert told != "UTF-8"

    def test_schemas_are_made(self, postgresql_url: str) -> None:
        settings = DatabaseSettings(postgresql_url)
        with scratch_database(settings, schemas=("public", "app")) as made, connected(made) as inside:
            assert inside.scalar(text("SELECT to_regnamespace('app')::text")) == "app"

    def test_several_schemas_are_refused_where_each_is_a_database(self, mysql_url: str) -> None:
        with (
            pytest.raises(ScratchDatabaseError, match="databases of their own"),
            scratch_database(DatabaseSettings(mysql_url), schemas=("one", "two")),
        ):
            pass


class TestLeft:
    """What a killed process leaves."""

    def test_the_next_one_drops_it(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(scratch, "_YOUNG_S", -1)
        holder = _holder(url)
        name = holder.stdout.readline().strip() if holder.stdout else ""
        assert name
        settings = DatabaseSettings(url)
        assert name not in drop_abandoned(settings)
        holder.send_signal(signal.SIGKILL)
        holder.communicate()
        assert _dropped_in_time(settings, name)

    def test_a_young_one_is_left_alone(self, url: str) -> None:
        holder = _holder(url)
        name = holder.stdout.readline().strip() if holder.stdout else ""
        holder.kill()
        holder.communicate()
        assert name not in drop_abandoned(DatabaseSettings(url))
        room = scratch._dialect_of(DatabaseSettings(url)).scratch
        room.drop(DatabaseSettings(url), name, connected)


class TestGiven:
    """One that its owner prepared."""

    @pytest.fixture(params=("sqlite", "postgresql", "mysql"))
    def urls(self, request: pytest.FixtureRequest, fresh_url: FreshUrl) -> tuple[str, str]:
        return fresh_url(request.param), fresh_url(request.param)

    def test_it_is_emptied(self, urls: tuple[str, str]) -> None:
        original, given = urls
        settings = DatabaseSettings(original)
        with scratch_database(settings, given) as made, opened(_with_password(made)) as inside:
            assert inside.engine.url.database == make_url(given).database
            carry_out(
                inside,
                (
                    "CREATE TABLE a (id INTEGER PRIMARY KEY)",
                    "CREATE TABLE b (id INTEGER PRIMARY KEY, a_id INTEGER REFERENCES a (id))",
                    "CREATE VIEW v AS SELECT * FROM b",
                ),
            )
        with opened(given) as inside:
            assert not take_inventory(inside).items

    def test_all_kinds_of_things_are_dropped(self, fresh_url: FreshUrl) -> None:
        for database in ("sqlite", "postgresql", "mysql"):
            given = fresh_url(database)
            settings = DatabaseSettings(fresh_url(database))
            with scratch_database(settings, given) as made, opened(_with_password(made)) as inside:
                carry_out(inside, WHOLE[database])
            with opened(given) as inside:
                inventory = take_inventory(inside)
                assert not inventory.items, database

    def test_one_that_is_not_empty_is_refused_and_left(self, urls: tuple[str, str]) -> None:
        original, given = urls
        with opened(given) as inside:
            carry_out(inside, ("CREATE TABLE precious (id INT)",))
        with (
            pytest.raises(ScratchDatabaseError, match="isn't empty: it has table .*precious"),
            scratch_database(DatabaseSettings(original), given),
        ):
            pass
        with opened(given) as inside:
            assert take_inventory(inside).tables() == ["precious"]

    def test_the_original_is_refused(self, url: str) -> None:
        with (
            pytest.raises(ScratchDatabaseError, match="is the original itself"),
            scratch_database(DatabaseSettings(url), url),
        ):
            pass

    def test_another_kind_is_refused(self, sqlite_url: str, postgresql_url: str) -> None:
        with (
            pytest.raises(ScratchDatabaseError, match="of another kind"),
            scratch_database(DatabaseSettings(postgresql_url), sqlite_url),
        ):
            pass


class TestRights:
    """An account that may make no database."""

    def test_postgresql(self, fresh_url: FreshUrl) -> None:
        url, given = fresh_url("postgresql"), fresh_url("postgresql")
        role = f"colonnade_poor_{token_hex(4)}"
        database = make_url(given).database
        with opened(url) as connection:
            carry_out(connection, (f"CREATE ROLE {role} LOGIN",))
            carry_out(connection, (f"ALTER DATABASE {database} OWNER TO {role}",))
        try:
            poor = make_url(url).set(username=role).render_as_string(False)
            with (
                pytest.raises(ScratchDatabaseError, match=f"ALTER ROLE {role} CREATEDB") as caught,
                scratch_database(DatabaseSettings(poor)),
            ):
                pass
            assert "scratch_url" in str(caught.value)
            assert isinstance(caught.value, MigrationError)
            of_its_own = make_url(given).set(username=role).render_as_string(False)
            with scratch_database(DatabaseSettings(poor), of_its_own) as made, connected(made) as inside:
                carry_out(inside, ("CREATE SCHEMA app", "CREATE TABLE app.t (id int)"))
        finally:
            with opened(given) as connection:
                carry_out(connection, (f"REASSIGN OWNED BY {role} TO CURRENT_USER", f"DROP OWNED BY {role}"))
                carry_out(connection, (f"DROP ROLE {role}",))

    def test_mysql(self, mysql_url: str) -> None:
        account = f"poor_{token_hex(4)}"
        database = make_url(mysql_url).database
        with opened(mysql_url) as connection:
            carry_out(connection, (f"CREATE USER {account} IDENTIFIED BY 'none'",))
            carry_out(connection, (f"GRANT ALL ON {database}.* TO {account}",))
        try:
            poor = make_url(mysql_url).set(username=account, password="none").render_as_string(False)
            with (
                pytest.raises(ScratchDatabaseError, match="GRANT ALL PRIVILEGES ON .* scratch_url"),
                scratch_database(DatabaseSettings(poor)),
            ):
                pass
        finally:
            with opened(mysql_url) as connection:
                carry_out(connection, (f"DROP USER {account}",))


def _with_password(settings: DatabaseSettings) -> str:
    url = settings.sqlalchemy_url().set(password=settings.password_text())
    return url.render_as_string(hide_password=False)


def _holder(url: str) -> subprocess.Popen[str]:
    """Give a process that has a scratch database, tells its name and stays."""
    program = (
        "import sys, time\n"
        "from colonnade.migrations.scratch import scratch_database\n"
        "from colonnade.settings import DatabaseSettings\n"
        "with scratch_database(DatabaseSettings(sys.argv[1])) as made:\n"
        "    import re\n"
        "    print(re.search('colonnade_scratch_[0-9a-f]+', str(made.url))[0], flush=True)\n"
        "    time.sleep(60)\n"
    )
    return subprocess.Popen([sys.executable, "-c", program, url], stdout=subprocess.PIPE, text=True)


def _dropped_in_time(settings: DatabaseSettings, name: str) -> bool:
    """The server ends the killed process's connection a moment later."""
    for _ in range(100):
        if name in drop_abandoned(settings):
            return True
        time.sleep(0.05)
    return False
