"""A project that was just made passes its own tests, and its commands do what they say, on each database."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from app.database.models import Base as StorybookBase
from dbp.database import Base as DbpBase
from sqlalchemy.schema import CreateView
from typer.testing import CliRunner

from colonnade import DatabaseManager
from colonnade.cli import app
from colonnade.errors import ConfigurationError
from colonnade.starting import create_project
from tests.inventories import inventory_of
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


SCHEMAS = {
    "storybook": StorybookBase.metadata,
    "dbp": DbpBase.metadata,
    "odd": sa.MetaData(),
}
sa.Table(
    "order",
    SCHEMAS["odd"],
    sa.Column("select", sa.Integer, primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("from", sa.Integer),
    sa.Column("price", sa.Numeric(12, 4), nullable=False, server_default="0"),
    sa.Column("raw", sa.LargeBinary),
    sa.Column("said", sa.JSON),
    sa.Column("day", sa.Date),
    sa.Column("kind", sa.Enum("a", "b", name="kind", native_enum=True)),
    sa.Column("twice", sa.Integer, sa.Computed("number * 2", persisted=True)),
    sa.ForeignKeyConstraint(["from", "number"], ["order.select", "order.number"], name="fk_self"),
    sa.CheckConstraint("price >= 0", name="price_not_negative"),
    sa.UniqueConstraint("price", "day", name="uq_price_day"),
)
sa.Table("log", SCHEMAS["odd"], sa.Column("line", sa.String(80)))  # no key
CreateView(sa.select(SCHEMAS["odd"].tables["order"].c.number), "number", metadata=SCHEMAS["odd"])


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_project_for_a_database_that_is_there(schema: str, url: str, tmp_path: Path) -> None:
    with DatabaseManager(url, metadata=SCHEMAS[schema]) as db:
        db.create_tables()
        before = inventory_of(db)
    project = create_project(tmp_path / "existing_one", source=url)
    assert "doesn't make" not in (project / "README.md").read_text(), (project / "README.md").read_text()
    with DatabaseManager(url) as db:
        assert inventory_of(db).items == before.items  # it was only read
    run(project, "pytest", "-q", "-W", "error", "-p", "no:cacheprovider")
    run(project, "colonnade", "db", "stamp", "head", "--yes", DATABASE_URL=url)
    run(project, "colonnade", "db", "check", DATABASE_URL=url)
    assert "error" not in run(project, "colonnade", "db", "status", DATABASE_URL=url)


def test_a_database_without_tables_makes_no_project(sqlite_url: str, tmp_path: Path) -> None:
    with DatabaseManager(sqlite_url) as db, db.session() as session:
        session.execute(sa.text("SELECT 1"))
    with pytest.raises(ConfigurationError, match="has no tables"):
        create_project(tmp_path / "nothing", source=sqlite_url)
    assert not (tmp_path / "nothing").exists()
