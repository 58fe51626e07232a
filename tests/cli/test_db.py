"""`colonnade db` on every database: a tree's way up and down, and what each command says, with its code."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import make_url

from colonnade import DatabaseManager
from colonnade.migrations.options import STAGES
from tests.cli.conftest import QUICKLY, Command, Where, at_r1
from tests.databases import FreshUrl
from tests.migrations.conftest import opened
from tests.migrations.trees import GENERIC, LIBRARY, Rev, make_tree, write_revision

MODELS = """\
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase): ...

class Shelf(Base):
    __tablename__ = "shelf"
    id: Mapped[int] = mapped_column(primary_key=True)
"""


def name_of(url: str) -> str:
    """Give what a person calls the database."""
    return Path(make_url(url).database or "").name


@pytest.fixture
def library(sqlite_url: str, tree: Path) -> Where:
    """A database at the first revision of its tree."""
    return at_r1(sqlite_url, tree)


def test_up_and_down(command: Command, as_json: Command, url: str, tree: Path) -> None:
    where = at_r1(url, tree)
    plan = as_json("plan", *where, code=3)
    assert [step["revision"]["id"] for step in plan["steps"]] == ["r2", "r3"]
    up = command("upgrade", "r2", *where, *QUICKLY)
    assert up.stdout.startswith("done: ")
    assert "apply: " in up.stderr
    assert command("current", *where).stdout == "r2\n"
    assert "another" in command("downgrade", "-1", *where, "--database", "another", code=2).stderr
    assert as_json("downgrade", "-1", *where, *QUICKLY, "--database", name_of(url))["applied"] is True
    assert as_json("current", *where) == ["r1"]


def test_the_other_ways_to_move(command: Command, as_json: Command, library: Where) -> None:
    assert "nothing was changed" in command("upgrade", *library, "--dry-run").stdout
    assert as_json("current", *library) == ["r1"]
    command("reset", *library, *QUICKLY, "--database", "test.db")
    assert as_json("current", *library) == ["r3"]
    assert "nothing to do" in command("upgrade", *library, *QUICKLY).stdout
    assert as_json("plan", *library)["steps"] == []
    assert "it was r3" in command("stamp", "r2", *library, "--yes").stdout


def test_a_downgrade_that_loses_nothing_asks_nothing(command: Command, library: Where, tree: Path) -> None:
    write_revision(
        tree, Rev("x1", 'op.create_index("x", "book", ["title"])', 'op.drop_index("x", "book")'), "r1"
    )
    command("upgrade", "x1", *library, *QUICKLY)
    command("downgrade", "r1", *library, *QUICKLY)


def test_without_a_terminal_nothing_is_asked(command: Command, library: Where) -> None:
    assert "give its name with --database" in command("downgrade", "base", *library, code=2).stderr
    assert "give its name with --database" in command("reset", *library, code=2).stderr
    assert "--yes" in command("stamp", "r2", *library, code=2).stderr
    assert command("current", *library).stdout == "r1\n"


def test_a_locked_database(command: Command, url: str, tree: Path) -> None:
    with (
        DatabaseManager(url) as db,
        db.home.connection("autocommit") as connection,
        db.home.dialect.locks.migrating(connection, 1.0),
    ):
        told = command("upgrade", "--url", url, "--lock-timeout", "0.1", code=5)
    assert told.stderr.splitlines()[-1].startswith("error: another ")


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_schema_changed_by_hand(
    command: Command, as_json: Command, fresh_url: FreshUrl, database: str, tree: Path
) -> None:
    """Told in full beside a replay, and as a fingerprint where an empty database would cost a right."""
    where = at_r1(url := fresh_url(database), tree)
    assert as_json("drift", *where)["changes"] == []
    with opened(url) as connection:
        connection.exec_driver_sql("CREATE INDEX by_hand ON shelf (name)")
    assert as_json("drift", *where, code=4)["changes"]
    assert as_json("verify", *where, code=4)[0]["rule"] == "drift"
    refused = command("upgrade", *where, code=4).stderr.splitlines()[-1]
    assert refused.startswith("error[drift] index by_hand on shelf is new")
    command(
        "upgrade",
        "r2",
        *where,
        "--skip",
        "backup",
        "--skip",
        "rehearse",
        "--accept",
        "index by_hand on shelf",
    )


def test_where_it_stands(command: Command, as_json: Command, library: Where) -> None:
    status = as_json("status", *library, code=3)
    assert [each["id"] for each in status["pending"]] == ["r2", "r3"]
    assert "2 up to r3" in command("status", *library, code=3).stdout
    command("upgrade", *library, *QUICKLY)
    assert "nothing" in command("status", *library).stdout
    assert as_json("status", *library)["database"].endswith(".db")


def test_half_a_revision(command: Command, as_json: Command, mysql_url: str, tree: Path) -> None:
    where = ("--url", mysql_url)
    command("upgrade", "r1", *where, *QUICKLY)
    up = """\
        op.execute("INSERT INTO shelf (id, name) VALUES (1, 'a')")
        op.execute("ALTER TABLE shelf MODIFY name TEXT")
        op.execute("INSERT INTO nowhere VALUES (1)")
    """
    write_revision(tree, Rev("half", up), "r1")
    told = command("upgrade", "half", *where, *QUICKLY, code=4)
    assert "half" in told.stderr.splitlines()[-1]
    assert as_json("status", *where, code=4)["half_migrated"]["revision"] == "half"
    assert "halfway" in command("status", *where, code=4).stdout
    assert "--yes" in command("repair", "forget", *where, code=2).stderr
    assert as_json("repair", "forget", *where, "--yes")["heads"] == ["r1"]
    command("repair", "mend", *where, code=2)
    assert "nothing to repair" in command("repair", *where).stdout


def test_a_failing_step_is_one_line(command: Command, library: Where, tree: Path) -> None:
    write_revision(tree, Rev("r9", 'raise ValueError("two\\nlines")'), "r3")
    told = command("upgrade", *library, *QUICKLY, code=1)
    assert "r9" in told.stderr and "two" in told.stderr
    assert "Traceback" not in told.stderr
    assert "Traceback" in command("upgrade", *library, *QUICKLY, "--traceback", code=1).stderr


def test_the_tree_is_told_of(command: Command, as_json: Command, tree: Path) -> None:
    write_revision(tree, Rev("b1", "pass"), "r2")
    assert {each["id"] for each in as_json("heads")} == {"r3", "b1"}
    assert [each["id"] for each in as_json("history")][:2] == ["r1", "r2"]
    assert [each["id"] for each in as_json("branches")] == ["r2"]
    assert as_json("show", "r3")["down"] == ["r2"]
    assert command("history").stdout.splitlines()[0].split("\t")[:3] == ["revision", "follows", "message"]
    merged = as_json("merge", "-m", "join")
    assert set(merged["down"]) == {"r3", "b1"}
    assert "nothing to merge" in command("merge", code=1).stderr
    assert "nowhere" in command("show", "nowhere", code=1).stderr


def test_a_tree_from_nothing(command: Command, as_json: Command, work: Path) -> None:
    command("init", "trees/shop", "--models", "shop:Base")
    (work / "shop.py").write_text(MODELS)
    (work / "pyproject.toml").write_text(
        '[tool.colonnade]\nscript_location = "trees/shop"\nurl = "shop.db"\n'
    )
    assert "there is no database at" in command("check", code=1).stderr
    command("upgrade", *QUICKLY)
    (missing,) = as_json("check", code=3)
    assert (missing["operation"], missing["table"]) == ("create_table", "shelf")
    written = as_json("revision", "-m", "make shelves", "--autogenerate")
    assert "create_table" in Path(written["file"]).read_text()
    command("upgrade", *QUICKLY)
    assert as_json("check") == []
    assert "has something in it" in command("init", "trees/shop", code=1).stderr


@pytest.mark.parametrize("database", ["postgresql", "mysql"])
def test_a_script_connects_to_nothing(command: Command, database: str, tree: Path) -> None:
    nowhere = f"{database}://someone:secret@nowhere.invalid/library"
    told = command("upgrade", "--sql", "--url", nowhere)
    assert "CREATE TABLE shelf" in told.stdout
    assert "Running upgrade" in told.stdout
    assert "secret" not in told.output
    assert "DROP TABLE book" in command("downgrade", "r1:base", "--sql", "--url", nowhere).stdout


def test_a_foreign_trees_script(command: Command, work: Path) -> None:
    make_tree(work / "m", LIBRARY, env=GENERIC, ini="postgresql://someone@nowhere.invalid/library")
    offline = "from alembic import context\n\nif context.is_offline_mode():\n"
    offline += (
        "    context.configure(url=context.config.get_main_option('sqlalchemy.url'), literal_binds=True)\n"
    )
    offline += "    with context.begin_transaction():\n        context.run_migrations()\n"
    (work / "m" / "env.py").write_text(offline)
    assert "CREATE TABLE shelf" in command("upgrade", "--sql").stdout


def test_a_word_that_is_no_stage(command: Command, tree: Path) -> None:
    told = command("upgrade", "--skip", "bakup", "--url", "app.db", code=2)
    assert "backup" in told.stderr
    assert not Path("app.db").exists()
    help_text = " ".join(command("upgrade", "--help").stdout.split())
    assert ", ".join(STAGES) in help_text


def test_what_reads_leaves_a_file_as_it_was(command: Command, tree: Path, work: Path) -> None:
    """Neither of SQLite's journals: a file that isn't in WAL mode isn't put into it."""
    command("upgrade", "r2", "--url", "wal.db", *QUICKLY)
    with opened("sqlite:///plain.db") as connection:
        connection.exec_driver_sql("CREATE TABLE shelf (id)")
    Path("wal.db.migration-lock").unlink()
    for file in (Path("wal.db"), Path("plain.db")):
        before = file.read_bytes(), file.stat().st_mtime_ns, sorted(work.iterdir())
        for word in ("current", "status", "plan", "drift", "verify", "rehearse"):
            command(word, "--url", file, code=None)
        assert (file.read_bytes(), file.stat().st_mtime_ns, sorted(work.iterdir())) == before
    assert "there is no database at gone.db" in command("current", "--url", "gone.db", code=1).stderr
    assert not Path("gone.db").exists()


def test_what_a_tree_prints_does_not_stand_in_the_document(
    command: Command, as_json: Command, tree: Path
) -> None:
    env = tree / "env.py"
    env.write_text("print('hello')\n" + env.read_text())
    command("upgrade", "--url", "app.db", *QUICKLY)
    assert as_json("current", "--url", "app.db") == ["r3"]
    assert "hello" in command("current", "--url", "app.db").stderr
