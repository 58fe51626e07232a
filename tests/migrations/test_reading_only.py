"""An account that may only read runs every command that reads, and the server is sent no write."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool
from typer.testing import CliRunner

from colonnade.cli import app
from tests.migrations.trees import LIBRARY, make_tree
from tests.private import private_server

READING = (
    *("current", "heads", "history", "branches", "show r2", "status", "plan", "drift", "verify"),
    "backups",
)
WRITES = re.compile(
    r"\b(INSERT|UPDATE|DELETE|REPLACE|MERGE|TRUNCATE|CREATE|ALTER|DROP|GRANT|LOCK|COPY|RENAME|COMMENT ON|"
    r"GET_LOCK|nextval|setval|pg_advisory\w*lock)\b",
    re.IGNORECASE,
)
MODELS = """
from sqlalchemy import Column, Integer, Table
metadata = MetaData()
Table("shelf", metadata, Column("id", Integer, primary_key=True))
"""
ACCOUNT = {
    "postgresql": (
        "CREATE ROLE reader LOGIN",
        "GRANT pg_read_all_data TO reader",
        "ALTER ROLE reader SET default_transaction_read_only = on",
    ),
    "mysql": (
        "CREATE USER reader@'%' IDENTIFIED BY 'x'",
        "GRANT SELECT, SHOW VIEW ON library.* TO reader@'%'",
    ),
}

UNSEEN = {
    "postgresql": "the schema is as its revisions make it",
    "mysql": "unknown: the account reader@% may not see the triggers of library",
}


@pytest.mark.parametrize("database", ["postgresql", "mysql"])
def test_a_reading_account_is_enough_and_nothing_is_written(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tree = make_tree(tmp_path / "migrations", LIBRARY)
    env = (tree / "env.py").read_text()
    (tree / "env.py").write_text(env.replace("=MetaData()", "=metadata").replace("\nrun_", MODELS + "run_"))
    with private_server(database) as server:
        admin = make_url(server.url)
        execute(admin.render_as_string(), "CREATE DATABASE library")
        url = admin.set(database="library")
        run("upgrade r2 --skip plan --skip backup --skip rehearse --url", url.render_as_string(), {0})
        execute(url.render_as_string(), *ACCOUNT[database])
        reader = url.set(username="reader", password="x").render_as_string(hide_password=False)
        before = len(server.statements())
        told = {words: run(f"{words} --url", reader, {0, 3}) for words in READING}
        assert "r2" in told["current"] and "r3" in told["plan"]
        assert UNSEEN[database] in told["drift"]
        sent = server.statements()[before:]
        run("upgrade --skip plan --skip backup --skip rehearse --url", url.render_as_string(), {0})
        before = len(server.statements())
        assert "book" in run("check --url", reader, {3})
        sent += server.statements()[before:]
        assert "schema_version" in sent
        assert [line for line in sent.splitlines() if WRITES.search(without_catalogues(line))] == []


def without_catalogues(line: str) -> str:
    """Leave out text in quotes and names: a catalogue is asked for words that are those of writes."""
    return re.sub(r"'[^']*'|\b\w*(_catalog|update_rule|delete_rule)\b|SHOW CREATE", "", line)


def run(words: str, url: str, codes: set[int]) -> str:
    result = CliRunner().invoke(app, ["db", *words.split(), url], catch_exceptions=False)
    assert result.exit_code in codes, (words, result.output)
    return result.output


def execute(url: str, *statements: str) -> None:
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
