"""The command line, run in an empty folder."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from colonnade import AlembicManager, DatabaseManager
from colonnade.cli import app
from tests.migrations.trees import LIBRARY, make_tree

Command = Callable[..., Any]
Where = tuple[str, str]


QUICKLY = ("--skip", "plan", "--skip", "backup", "--skip", "rehearse")
"""What leaves the long stages out, where a test isn't about them."""


def at_r1(url: str, tree: Path) -> Where:
    """Bring a database to the first revision, and give the option that names it."""
    with DatabaseManager(url) as db:
        AlembicManager(db, script_location=tree).upgrade("r1", skip=["plan", "backup", "rehearse"])
    return ("--url", url)


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, without a database in the environment."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(sys, "path", [*sys.path])
    return folder


@pytest.fixture
def command(work: Path) -> Command:
    """A function that runs `colonnade db` with these words, and expects this exit code; None for any."""

    def run(*words: object, code: int | None = 0) -> Any:
        result = CliRunner().invoke(app, ["db", *map(str, words)], catch_exceptions=False)
        assert code is None or result.exit_code == code, result.output
        return result

    return run


@pytest.fixture
def as_json(command: Command) -> Command:
    """The same with `--json`; it gives the document."""
    return lambda *words, code=0: json.loads(command(*words, "--json", code=code).stdout)


@pytest.fixture
def tree(work: Path) -> Path:
    """The tree of shelves and books, where the commands look for one."""
    return make_tree(work / "migrations", LIBRARY)
