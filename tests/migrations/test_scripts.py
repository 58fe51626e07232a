"""What `--sql` writes is run by each database's own client, and makes the schema that an upgrade makes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from dbp.database import SCRIPTS as DBP
from sqlalchemy import MetaData, make_url
from stoat_ferret.db.schema import SCRIPTS as STOAT_FERRET
from typer.testing import CliRunner

from colonnade import AlembicManager, DatabaseManager
from colonnade.cli import app
from tests.databases import FreshUrl
from tests.inventories import schemas_differ
from tests.migrations.trees import LIBRARY, make_tree

QUICKLY = ("plan", "backup", "rehearse")


@pytest.mark.parametrize("tree", ["library", "stoat_ferret", "dbp"])
@pytest.mark.parametrize("database", ["sqlite", "postgresql", "mysql"])
def test_a_script_makes_the_same_schema(
    database: str, tree: str, fresh_url: FreshUrl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = {"stoat_ferret": STOAT_FERRET, "dbp": DBP}.get(tree) or make_tree(tmp_path / "tree", LIBRARY)
    scripted, upgraded = fresh_url(database), fresh_url(database)

    def script(*words: str) -> str:
        given = ["db", *words, "--sql", "--url", scripted, "--script-location", str(folder)]
        told = CliRunner().invoke(app, given)
        assert told.exit_code == 0, told.output
        return told.stdout

    run_client(scripted, script("upgrade"))
    with (
        DatabaseManager(scripted, metadata=MetaData()) as one,
        DatabaseManager(upgraded, metadata=MetaData()) as other,
    ):
        AlembicManager(other, script_location=folder).upgrade(skip=QUICKLY)
        assert not schemas_differ(other, one).changes
        manager = AlembicManager(one, script_location=folder)
        assert manager.current() == manager.heads()
        assert not manager.upgrade(skip=QUICKLY)
        (head,), (*_, first) = manager.heads(), manager.history()
        run_client(scripted, script("downgrade", f"{head}:{first.id}"))
        AlembicManager(other, script_location=folder).downgrade(first.id, skip=QUICKLY)
        assert not schemas_differ(other, one).changes
        assert manager.current() == (first.id,)
        run_client(scripted, script("upgrade", f"{first.id}:{head}"))
        assert manager.current() == (head,)


def test_a_server_that_does_not_answer_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_tree(tmp_path / "migrations", LIBRARY)
    before = sorted(tmp_path.rglob("*"))
    url = "postgresql://someone:secret@127.0.0.1:1/library"
    told = CliRunner().invoke(app, ["db", "upgrade", "--url", url])
    assert told.exit_code == 1
    assert "127.0.0.1" in told.output and "secret" not in told.output
    assert sorted(tmp_path.rglob("*")) == before


def run_client(url: str, script: str) -> None:
    """Run a script by `sqlite3`, `psql` or `mariadb`; it ends at the first statement that fails."""
    parts = make_url(url)
    name = parts.database or ""
    words = {
        "sqlite": ["sqlite3", "-bail", name],
        "postgresql": ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", parts.host or "", "-d", name],
        "mysql": ["mariadb", "--no-defaults", "-h", parts.host or "", name],
    }[parts.get_backend_name()]
    if parts.get_backend_name() != "sqlite":
        words += ["-U" if words[0] == "psql" else "-u", parts.username or ""]
        words += ["-p" if words[0] == "psql" else "-P", str(parts.port)] if parts.port else []
    if shutil.which(words[0]) is None and not os.environ.get("CI"):
        pytest.skip(f"{words[0]} is not installed")
    done = subprocess.run(words, input=script, text=True, capture_output=True)
    assert (done.returncode, done.stderr) == (0, "")
