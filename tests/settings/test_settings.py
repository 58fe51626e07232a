"""Settings: one value from keywords, a mapping, an object, the environment; checked, and discreet."""

from __future__ import annotations

import copy
import dataclasses
import json
import logging
import pickle
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import URL, make_url

from colonnade.errors import ConfigurationError
from colonnade.settings import DatabaseSettings

names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)
options = names.filter(lambda name: "passw" not in name)
seconds = st.floats(0.001, 1e6)
urls = st.one_of(
    st.builds(lambda name: URL.create("sqlite", database=f"/tmp/{name}"), names),
    st.builds(
        lambda user, password, port, database: URL.create(
            "postgresql", user, password, "db.example", port, database, {"sslmode": "require"}
        ),
        names,
        st.none() | names,
        st.none() | st.integers(1, 65535),
        names,
    ),
)
fields = st.fixed_dictionaries(
    {"url": urls},
    optional={
        "pool_size": st.integers(1, 100),
        "max_overflow": st.integers(-1, 100),
        "pool_timeout_s": st.floats(0, 1e6),
        "pool_recycle_s": st.none() | seconds,
        "lock_timeout_s": seconds,
        "statement_timeout_s": st.none() | seconds,
        "retry_deadline_s": st.floats(0, 1e6),
        "retry_attempts": st.integers(1, 100),
        "echo": st.booleans(),
        "slow_statement_s": st.none() | st.floats(0, 1e6),
        "prepared_statements": st.booleans(),
        "password": names,
        "connect_args": st.dictionaries(options, st.integers()),
        "engine_options": st.dictionaries(options, st.booleans()),
    },
)


@given(fields)
def test_a_mapping_gives_the_settings_back(values: dict[str, Any]) -> None:
    settings = DatabaseSettings(**values)
    assert DatabaseSettings.from_mapping(settings.to_mapping()) == settings
    assert pickle.loads(pickle.dumps(settings)) == settings
    assert copy.deepcopy(settings) == settings
    assert dataclasses.replace(settings, pool_size=7).password == settings.password
    assert hash(settings) == hash(DatabaseSettings(**values))


@given(fields)
def test_the_environment_gives_the_settings_back(values: dict[str, Any]) -> None:
    def written(value: Any) -> str:
        if isinstance(value, URL):
            return value.render_as_string(hide_password=False)
        return json.dumps(value) if isinstance(value, dict) else str(value)

    environ = {f"DATABASE_{name.upper()}": written(value) for name, value in values.items()}
    assert DatabaseSettings.from_environment(environ) == DatabaseSettings(**values)


@given(st.text(st.characters(codec="utf-8"), min_size=6), st.sampled_from(["url", "keyword", "query"]))
def test_a_password_is_shown_nowhere(noise: str, way: str) -> None:
    password = f"{noise}s3cr3t%40"
    written = quote(password, safe="")
    if way == "url":
        settings = DatabaseSettings(f"postgresql://fox:{written}@db.example/films")
    elif way == "query":
        settings = DatabaseSettings(f"postgresql://fox@db.example/films?password={written}")
    else:
        settings = DatabaseSettings("postgresql://fox@db.example/films", password=password)
    shown = [repr(settings), str(settings), f"{settings!r:>5}", str(settings.to_mapping())]
    shown += [str(dataclasses.asdict(settings)), str(vars(settings)), repr(settings.sqlalchemy_url())]
    assert all("s3cr3t" not in text for text in shown)
    assert settings.password_text() == password
    revived: DatabaseSettings = pickle.loads(pickle.dumps(settings))
    assert revived.password_text() == password


def test_a_log_line_holds_no_password(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("colonnade").warning("%s", DatabaseSettings("mysql://fox:s3cr3t@db/films"))
    assert "mysql://fox@db/films" in caplog.text and "s3cr3t" not in caplog.text


def test_the_driver_s_own_arguments_are_shown_by_name_alone() -> None:
    settings = DatabaseSettings("postgresql:///films", connect_args={"sslpassword": "s3cr3t"})
    assert "sslpassword" in repr(settings) and "s3cr3t" not in repr(settings)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://fox:s3cr3t@db:port/films",
        "postgresql://fox:s3cr3t",
        "postgresql://fox:s3c@r3t@db/films",
        "postgresql:fox:s3cr3t@db/films",
        "no scheme://fox:s3cr3t@db",
        "postgresql://db/films?sslpassword=s3cr3t",
        "",
    ],
)
def test_a_bad_url_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        DatabaseSettings(url)
    assert "s3c" not in str(refused.value) and "r3t@" not in str(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("postgres://fox@db/films", "postgresql://fox@db/films"),
        ("postgresql+asyncpg://db/films", "postgresql+asyncpg://db/films"),
        ("mariadb://db/films", "mariadb://db/films"),
        ("sqlite://", "sqlite://"),
        ("sqlite:///:memory:", "sqlite://"),
        (":memory:", "sqlite://"),
        ("studio.db", "sqlite:///studio.db"),
        ("./x/y.db", "sqlite:///./x/y.db"),
        ("/abs/studio.db", "sqlite:////abs/studio.db"),
        (Path("/abs/100%?.db"), "sqlite:////abs/100%25%3F.db"),
        (make_url("mysql://db/films"), "mysql://db/films"),
        (
            "postgres://fox:pw@one:5432,two:5433/films?sslmode=require",
            "postgresql://fox@/films?host=one%3A5432&host=two%3A5433&sslmode=require",
        ),
    ],
)
def test_every_way_to_write_a_url_is_understood(given: Any, url: str) -> None:
    settings = DatabaseSettings.of(given)
    assert settings.url == url
    assert settings.sqlalchemy_url() == make_url(url)


def test_a_windows_path_is_a_path() -> None:
    assert DatabaseSettings("C:\\films\\x.db").sqlalchemy_url().database == "C:\\films\\x.db"


def test_a_password_given_by_itself_wins_over_the_url_s() -> None:
    assert DatabaseSettings("mysql://fox:old@db", password="new").password_text() == "new"


def test_a_function_is_asked_for_the_password_each_time() -> None:
    tokens = iter(["first", "second"])
    settings = DatabaseSettings("mysql://fox@db", password=lambda: next(tokens))
    assert [settings.password_text(), settings.password_text()] == ["first", "second"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"pool_size": 0}, "pool_size=0: expected a whole number, 1 or more"),
        ({"pool_size": True}, "pool_size=True: expected a whole number"),
        ({"pool_size": "many"}, "pool_size='many'"),
        ({"pool_size": 2.5}, "pool_size=2.5"),
        ({"lock_timeout_s": 0}, "lock_timeout_s=0: expected seconds, more than 0"),
        ({"lock_timeout_s": None}, "lock_timeout_s=None"),
        ({"pool_recycle_s": "nan"}, "pool_recycle_s='nan': expected seconds, more than 0, or none"),
        ({"retry_deadline_s": -1}, "retry_deadline_s=-1"),
        ({"echo": "maybe"}, "echo='maybe': expected true or false"),
        ({"password": 7}, "password is a int"),
        ({"connect_args": ["x"]}, "connect_args is a list"),
        ({"connect_args": {"password": "s3cr3t"}}, "give it as password"),
        ({"pool_sise": 3}, "no setting is called 'pool_sise'; the nearest is pool_size"),
        ({"colour": "red"}, "no setting is called 'colour'"),
    ],
)
def test_a_value_out_of_its_range_is_named(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=r"expected|no setting|give it") as refused:
        DatabaseSettings.from_mapping({"url": "sqlite://", **values})
    assert message in str(refused.value) and "s3cr3t" not in str(refused.value)


def test_the_environment_s_errors_name_the_variable() -> None:
    def refusal(**environ: str) -> str:
        with pytest.raises(ConfigurationError) as refused:
            DatabaseSettings.from_environment(environ)
        return str(refused.value)

    assert "DATABASE_URL isn't set" in refusal()
    assert "DATABASE_POOL_SIZE='x': expected a whole number" in refusal(
        DATABASE_URL="a.db", DATABASE_POOL_SIZE="x"
    )
    assert "DATABASE_CONNECT_ARGS isn't JSON" in refusal(
        DATABASE_URL="a.db", DATABASE_CONNECT_ARGS='{"sslpassword": s3cr3t}'
    )
    assert "DATABASE_POOLSIZE is no setting; the nearest is DATABASE_POOL_SIZE" in refusal(
        DATABASE_URL="a.db", DATABASE_POOLSIZE="3"
    )


def test_the_environment_s_other_variables_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "films.db")
    for other in ("HOST", "USER", "NAME", "PASSWORD_FILE", "URL_TEST"):
        monkeypatch.setenv(f"DATABASE_{other}", "another program's")
    monkeypatch.setenv("DATABASE_POOL_SIZE", "")
    monkeypatch.setenv("DATABASE_ECHO", "On")
    settings = DatabaseSettings.of()
    assert settings == DatabaseSettings("films.db", echo=True)
    assert DatabaseSettings.from_environment({"FILMS_URL": "films.db"}, prefix="FILMS_").pool_size == 5


def test_an_object_s_attributes_are_read_by_any_of_three_names() -> None:
    class Discreet:  # as pydantic's SecretStr
        def get_secret_value(self) -> str:
            return "s3cr3t"

    source = SimpleNamespace(
        database_url="mysql://db", DATABASE_POOL_SIZE="3", echo=True, password=Discreet(), debug=1
    )
    settings = DatabaseSettings.of(source)
    assert settings == DatabaseSettings("mysql://db", pool_size=3, echo=True, password="s3cr3t")
    with pytest.raises(ConfigurationError, match="a int can't be read as settings"):
        DatabaseSettings.of(7)


def test_settings_can_t_be_changed_through_what_they_were_made_from() -> None:
    options = {"keepalives": 1}
    settings = DatabaseSettings("postgresql:///films", connect_args=options)
    options["keepalives"] = 0
    assert settings.connect_args == {"keepalives": 1}
    assert DatabaseSettings.of(settings) is settings
