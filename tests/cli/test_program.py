"""The program: how it starts, what loads for it; and that each command has help and stands in the docs."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from colonnade.cli import app

PAGE = Path(__file__).resolve().parents[2] / "docs" / "cli.md"
SCRIPT = Path(sys.executable).with_name("colonnade")


def commands(group: Any, *above: str) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *above, name)
        else:
            yield (*above, name)


ALL = list(commands(get_command(app)))


@pytest.mark.parametrize("start", [[SCRIPT], [sys.executable, "-m", "colonnade"]], ids=["script", "module"])
def test_the_version(start: list[str]) -> None:
    told = subprocess.run([*start, "--version"], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"colonnade \d+\.\d+\.\d+\n", told.stdout)
    assert CliRunner().invoke(app, ["--version"]).stdout == told.stdout


@pytest.mark.parametrize(
    ("words", "without"),
    [
        (["--version"], ("typer", "rich", "sqlalchemy", "alembic")),
        (["--help"], ("rich", "sqlalchemy", "alembic", "colonnade.cli.db.upgrade")),
        (["db", "--help"], ("rich", "sqlalchemy", "alembic")),
        (["db", "upgrade", "--help"], ("rich", "sqlalchemy", "alembic", "colonnade.cli.db.plan")),
    ],
    ids=" ".join,
)
def test_nothing_loads_that_is_not_used(words: list[str], without: tuple[str, ...]) -> None:
    program = (
        "import sys, atexit\n"
        f"atexit.register(lambda: print([name for name in {without!r} if name in sys.modules]))\n"
        f"sys.argv = ['colonnade', *{words!r}]\n"
        "from colonnade.cli import main\nmain()"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_each_command_has_help_and_stands_on_the_page(words: tuple[str, ...]) -> None:
    told = CliRunner().invoke(app, [*words, "--help"])
    assert told.exit_code == 0
    assert len(told.stdout.partition("Options:")[0].splitlines()) >= 3
    assert "--traceback" in told.stdout
    assert re.search(rf"^\| `colonnade {' '.join(words)}\b", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


def test_every_option_has_help() -> None:
    without = [
        (words, parameter.name)
        for words in ALL
        for parameter in _command(words).params
        if not getattr(parameter, "help", "")
    ]
    assert without == []


def _command(words: tuple[str, ...]) -> Any:
    command: Any = get_command(app)
    for word in words:
        command = command.commands[word]
    return command


def test_a_word_that_is_no_command() -> None:
    told = CliRunner().invoke(app, ["db", "upgarde"])
    assert told.exit_code == 2
    assert "'upgrade'" in told.stderr


def test_completion_knows_the_commands() -> None:
    environment = {"_COLONNADE_COMPLETE": "complete_bash", "COMP_WORDS": "colonnade db up", "COMP_CWORD": "2"}
    told = subprocess.run([SCRIPT], env=environment, capture_output=True, text=True, check=False)
    assert told.stdout.split() == ["upgrade"]
