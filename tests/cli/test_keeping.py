"""`colonnade db rehearse`, and the commands about backups: what they show, where they put things."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Command, at_r1
from tests.migrations.conftest import opened


@pytest.fixture
def books(work: Path, tree: Path) -> tuple[str, str]:
    """A database at the first revision, with a shelf of two books."""
    where = at_r1("sqlite:///library.db", tree)
    with opened("sqlite:///library.db") as connection:
        connection.exec_driver_sql("INSERT INTO shelf (id, name) VALUES (1, 'a')")
        connection.exec_driver_sql("INSERT INTO book (id, shelf_id, title) VALUES (1, 1, 'x'), (2, 1, 'y')")
    return where


def test_steps_are_rehearsed(command: Command, as_json: Command, books: tuple[str, str]) -> None:
    done = as_json("rehearse", *books)
    assert done["ok"] and set(done["seconds"]) == {"r2", "r3"}
    assert done["rows"]["book"] == [2, 2]
    assert "book\t2\t2" in command("rehearse", *books).stdout
    assert command("current", *books).stdout == "r1\n"


def test_a_backup_is_made_and_listed_and_restored(
    command: Command, as_json: Command, books: tuple[str, str], work: Path
) -> None:
    (work / "pyproject.toml").write_text('[tool.colonnade]\nbackup_folder = "kept"\n')
    assert "there are none" in command("backups", *books).stderr
    assert "no backup in" in command("restore", *books, "--yes", code=1).stderr
    made = Path(command("backup", *books).stdout.strip())
    assert made.parent == work / "kept"
    (listed,) = as_json("backups", *books)
    assert listed["path"] == str(made) and listed["verified_at"]
    assert made.name in command("backups", *books).stdout

    assert "--yes" in command("restore", *books, code=2).stderr
    assert "restored: " in command("restore", *books, "--yes").stdout
    with opened("sqlite:///library.db") as connection:
        connection.exec_driver_sql("INSERT INTO shelf (id, name) VALUES (2, 'b')")
    beside = as_json("restore", made.name, *books, "--yes", code=3)
    assert beside["in_place"] is False
    assert "shelf" in command("restore", made, *books, "--yes", code=3).stdout
    assert "gone.db" in command("restore", "gone.db", *books, "--yes", code=1).stderr


def test_a_backup_that_was_changed_is_refused(command: Command, books: tuple[str, str]) -> None:
    made = Path(command("backup", *books).stdout.strip())
    made.write_bytes(made.read_bytes()[:-1] + b"?")
    told = command("restore", *books, "--yes", code=1)
    assert made.name in told.stderr.splitlines()[-1]
