"""Which database and tree a command is for, and what is said of settings that can't be used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import QUICKLY, Command
from tests.migrations.trees import GENERIC, LIBRARY, make_tree


def configured(folder: Path, text: str) -> Path:
    file = folder / "pyproject.toml"
    file.write_text(f"[tool.colonnade]\n{text}\n", encoding="utf-8")
    return file


def databases(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.glob("*.db"))


def test_the_nearest_file_upwards(
    command: Command, tree: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Relative paths start from its folder; a nearer pyproject.toml that doesn't speak of us is passed."""
    configured(work, 'url = "shop.db"')
    below = work / "src" / "shop"
    below.mkdir(parents=True)
    (below / "pyproject.toml").write_text("[tool.other]\n")
    monkeypatch.chdir(below)
    command("upgrade", *QUICKLY)
    assert command("current").stdout == "r3\n"
    assert databases(work) == ["shop.db"]
    assert (work / "shop.db").exists()


def test_the_order(
    command: Command, tree: Path, work: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = command("upgrade", *QUICKLY)
    assert "app.db" in told.stderr.splitlines()[0]
    monkeypatch.setenv("DATABASE_URL", "sqlite:///environment.db")
    assert "no database was named" not in command("upgrade", *QUICKLY).stderr
    configured(work, 'url = "sqlite:///configured.db"')
    command("upgrade", *QUICKLY)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    other = configured(elsewhere, f'url = "other.db"\nscript_location = "{tree}"')
    command("upgrade", *QUICKLY, "--config", other)
    command("upgrade", *QUICKLY, "--url", "given.db")
    assert databases(work) == ["app.db", "configured.db", "environment.db", "given.db"]
    assert databases(elsewhere) == ["other.db"]


def test_a_default_of_ones_own(command: Command, tree: Path, work: Path) -> None:
    configured(work, 'default_url = "shop.db"')
    assert "shop.db" in command("upgrade", *QUICKLY).stderr.splitlines()[0]
    assert databases(work) == ["shop.db"]


def test_an_alembic_ini(command: Command, work: Path) -> None:
    make_tree(work / "m", LIBRARY, env=GENERIC, ini="sqlite:///alembic.db")
    command("upgrade", *QUICKLY, "r2")
    assert command("current", "--config", "alembic.ini").stdout == "r2\n"
    assert databases(work) == ["alembic.db"]


def test_a_pyproject_with_alembics_own_table(command: Command, work: Path) -> None:
    make_tree(work / "m", LIBRARY, env=GENERIC)
    file = configured(work, 'url = "shop.db"')
    file.write_text(file.read_text() + '[tool.alembic]\nscript_location = "m"\n')
    command("upgrade", *QUICKLY)
    assert command("current").stdout == "r3\n"


def test_the_options_of_migrations(command: Command, tree: Path, work: Path) -> None:
    configured(
        work, 'lock_timeout_s = 0.1\nkeep_backups = 3\nbackup_folder = "b"\n[tool.colonnade.audit]\nx = 1'
    )
    command("upgrade", *QUICKLY)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('urk = "x"', "'urk'; the nearest is url"),
        ("url = 3", "tool.colonnade.url is 3; expected a text"),
        ('keep_backups = "many"', "keep_backups is 'many'; expected a number"),
        ("keep_backups = true", "keep_backups is True; expected a number"),
        ("url = ", "isn't TOML"),
        ('url = "nosql://x"', "nosql"),
        ('models = "nowhere:Base"', "'nowhere:Base' can't be imported"),
        ('models = "json:dumps"', "neither a declarative base"),
    ],
)
def test_what_can_not_be_used(command: Command, tree: Path, work: Path, text: str, said: str) -> None:
    command("upgrade", *QUICKLY)
    configured(work, text)
    told = command("check", code=1)
    assert said in told.stderr
    assert told.stderr.splitlines()[-1].startswith("error: ")


def test_a_url_that_can_not_be_read_is_wrong_usage(command: Command, tree: Path) -> None:
    told = command("current", "--url", "mysql://me:secret@@host/x", code=2)
    assert "--url" in told.stderr and "secret" not in told.stderr
    command("current", "--config", "nowhere.toml", code=2)


def test_no_tree(command: Command) -> None:
    assert "colonnade db init" in command("history", code=1).stderr


def test_no_password_in_an_error(command: Command, tree: Path) -> None:
    """Nor in what a program's own code raises, nor where the code is shown; the document has the same."""
    told = command("current", "--url", "postgresql://me:secret@127.0.0.1:1/shop", code=1)
    assert len(told.stderr.splitlines()) == 1 and "secret" not in told.output
    env = tree / "env.py"
    quoted = "postgresql://me:un@secret@127.0.0.1/shop, password=secret"
    env.write_text(f"raise RuntimeError({quoted!r})\n")
    for more in ([], ["--traceback"], ["--json"]):
        told = command("current", "--url", "sqlite://", *more, code=1)
        assert "secret" not in told.output and "RuntimeError" in told.output
    error = json.loads(command("current", "--url", "sqlite://", "--json", code=1).stdout)["error"]
    assert error["code"] == "RuntimeError"
