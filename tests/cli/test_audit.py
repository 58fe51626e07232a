"""`colonnade audit`: each command, on an audited model in the working directory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from colonnade.cli import app

Command = Callable[..., Any]

MODELS = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from colonnade.audit import Audit
from colonnade.models import Conventions

class Base(Conventions, DeclarativeBase):
    pass

class Film(Base):
    __tablename__ = "films"
    __audit__ = Audit()
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
"""


@pytest.fixture
def audit(work: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """A function that runs `colonnade audit` beside a database with a film that was changed."""
    (work / "audited_films.py").write_text(MODELS)
    (work / "pyproject.toml").write_text(
        '[tool.colonnade]\nurl = "films.db"\nmodels = "audited_films:Base"\n'
    )
    monkeypatch.setenv("COLONNADE_AUDIT_KEY", "sixteen bytes, at least")
    monkeypatch.syspath_prepend(str(work))
    import importlib
    import sys

    sys.modules.pop("audited_films", None)
    films = importlib.import_module("audited_films")
    from colonnade import BaseRepository, DatabaseManager
    from colonnade.audit import actor

    with DatabaseManager("films.db", metadata=films.Base.metadata) as db, actor("ana"):
        repository = BaseRepository[films.Film](db)
        repository.create(films.Film(id=1, title="Fox"))
        repository.update(1, {"title": "Vixen"})

    def run(*words: object, code: int = 0) -> Any:
        result = CliRunner().invoke(app, ["audit", *map(str, words)], catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    return run


def test_the_commands(audit: Command, work: Path) -> None:
    import json

    assert "all triggers are there" in audit("check").stdout
    assert "the triggers are there" in audit("install").stdout
    entries = json.loads(audit("log", "--json").stdout)
    assert [(e["action"], e["user_id"]) for e in entries] == [("CREATE", "ana"), ("UPDATE", "ana")]
    assert "film [1]" in audit("log", "film", 1, "--actor", "ana").stdout
    shown = audit("show", 2).stdout
    assert '- title: "Fox"' in shown
    assert '+ title: "Vixen"' in shown
    then = entries[0]["timestamp"]
    assert json.loads(audit("as-of", "film", then, 1, "--json").stdout) == [{"id": 1, "title": "Fox"}]
    assert audit("as-of", "film", "2020-01-01").stdout == ""
    assert "2 entries were sealed" in audit("seal").stdout
    assert "stands up" in audit("verify").stdout
    reverted = json.loads(audit("revert", 2, "--actor", "bob", "--json").stdout)
    assert [(e["changes"], e["user_id"]) for e in reverted] == [({"title": ["Vixen", "Fox"]}, "bob")]
    assert "as the log tells" in audit("reconcile").stdout
    assert json.loads(audit("reconcile", "--json").stdout) == []
    assert "0 entries were deleted" in audit("prune", "2020-01-01", "--yes").stdout
    assert "change since" in audit("revert", 1, code=1).stderr


def test_what_was_tampered_with(audit: Command, work: Path) -> None:
    import sqlite3
    from contextlib import closing

    audit("seal")
    with closing(sqlite3.connect(work / "films.db", isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER audit_log_keep_update")
        connection.execute("DROP TRIGGER audit_update_films")
        connection.execute("UPDATE audit_log SET user_id = 'eve' WHERE id = 1")
        connection.execute("UPDATE films SET title = 'Hound'")
    assert "the entry 1 was altered" in audit("verify", code=3).stdout
    assert "film [1] isn't as the log tells: title" in audit("reconcile", code=3).stdout
    assert "audit_update_films" in audit("check", code=3).stdout
