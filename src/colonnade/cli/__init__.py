"""The command line: `colonnade`, and `python -m colonnade`.

`main` starts it. A group of commands is a module or package in this folder, with one line in `program.py`; a
command is a file of its group. What a command needs of the database loads when it runs.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from colonnade.cli.program import app

__all__ = ["app", "main", "version"]


def main() -> None:
    """Run the command that the process was given, and end the process with its exit code."""
    if sys.argv[1:] == ["--version"]:  # without typer it takes half the time
        print(version())
        return
    from colonnade.cli.program import app

    app(prog_name="colonnade")


def version() -> str:
    """Give the program's name and the version that is installed."""
    from importlib.metadata import version

    return f"colonnade {version('colonnade')}"


def __getattr__(name: str) -> Any:
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from colonnade.cli.program import app

    return app
