"""What is so on a terminal alone: colours, rows that move, and questions; each in a process of its own."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import QUICKLY
from tests.migrations.trees import LIBRARY, make_tree

if sys.platform == "win32":
    pytest.skip("there's no pseudo-terminal", allow_module_level=True)


def on_a_terminal(folder: Path, *words: str, typed: str = "", **environment: str) -> tuple[str, int]:
    """Run `colonnade db` on a terminal of its own; give all that it shows, and its exit code."""
    ours, theirs = pty.openpty()
    program = subprocess.Popen(
        [sys.executable, "-m", "colonnade", "db", *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "TERM": "xterm-256color", "DATABASE_URL": "app.db", **environment},
    )
    os.close(theirs)
    shown = b""
    with os.fdopen(ours, "r+b", buffering=0) as terminal:
        while (chunk := _read(terminal.fileno())) is not None:
            shown += chunk
            if typed and b"to go on" in shown:
                terminal.write(f"{typed}\n".encode())
                typed = ""
    return shown.decode(), program.wait(60)


def _read(descriptor: int) -> bytes | None:
    """Give what was written; None where the program has ended."""
    try:
        select.select([descriptor], [], [], 60)
        return os.read(descriptor, 65536) or None
    except OSError:
        return None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_tree(tmp_path / "migrations", LIBRARY)
    return tmp_path


def test_colours_unless_they_are_not_wanted(folder: Path) -> None:
    shown, code = on_a_terminal(folder, "upgrade", *QUICKLY)
    assert code == 0
    assert "\x1b[32m" in shown and "✓" in shown
    plain, _ = on_a_terminal(folder, "history", NO_COLOR="1")
    assert "\x1b[" not in plain
    assert "revision  follows  message" in plain


def test_the_name_is_typed(folder: Path) -> None:
    shown, code = on_a_terminal(folder, "reset", typed="another.db")
    assert code == 2 and "is called 'app.db'" in shown
    shown, code = on_a_terminal(folder, "reset", *QUICKLY, typed="app.db")
    assert code == 0 and "every table of app.db" in shown
