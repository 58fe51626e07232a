"""A project that was just made passes its own tests, and its commands do what they say, on each database."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from colonnade.cli import app
from colonnade.errors import ConfigurationError
from colonnade.starting import create_project
from tests.migrations.test_manager import asked

FORMS = [(database, face) for database in ("sqlite", "postgresql", "mysql") for face in (False, True)]


def run(project: Path, *command: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=project,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(("database", "asynchronous"), FORMS)
def test_it_passes_its_own_tests(database: str, asynchronous: bool, tmp_path: Path) -> None:
    project = create_project(tmp_path / "Shelf-life", database=database, asynchronous=asynchronous)  # type: ignore[arg-type]
    assert (project / "src" / "shelf_life" / "models.py").is_file()
    told = run(project, "pytest", "-q", "-W", "error", "-p", "no:cacheprovider")
    assert " passed" in told
    assert "skipped" not in told


def test_its_commands_bring_a_database_up_to_date_and_sow_the_seeds(url: str, tmp_path: Path) -> None:
    project = create_project(tmp_path / "library")
    for command in (["db", "upgrade"], ["db", "check"], ["seed", "run"], ["seed", "status"]):
        run(project, "colonnade", *command, DATABASE_URL=url)
    assert asked(url, "SELECT title FROM book ORDER BY title") == [("Comet in Moominland",), ("Momo",)]
    assert "error" not in run(project, "colonnade", "db", "lint", "all", DATABASE_URL=url)


def test_the_command_says_what_comes_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["init", "library", "--database", "postgresql", "--async"])
    assert done.exit_code == 0
    assert "cd library && make test" in done.output
    assert "postgresql://localhost/library" in (tmp_path / "library" / "pyproject.toml").read_text()
    again = CliRunner().invoke(app, ["init", "library"])
    assert again.exit_code == 1
    assert "has something in it already" in again.output


def test_a_name_that_no_package_can_have(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="makes no name for a package"):
        create_project(tmp_path / "7up")
    assert not (tmp_path / "7up").exists()
