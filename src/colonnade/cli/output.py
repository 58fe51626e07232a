"""What the commands print: the result on standard output, all else on standard error.

On a terminal there are colours (unless NO_COLOR is set) and aligned tables; into a pipe goes plain text, with
tabs between the columns of a table.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

__all__ = ["console", "error_line", "note", "say", "show_json", "show_table", "styled"]


def console(*, stderr: bool = False) -> Console:
    """Give the terminal, or what stands in its place, on standard output or standard error."""
    from rich.console import Console

    found = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if found.no_color:  # rich has read NO_COLOR, and would go on writing bold and dim
        return Console(stderr=stderr, highlight=False, markup=False, emoji=False, color_system=None)
    return found


def styled(*parts: str | tuple[str, str]) -> Text:
    """Give one text of parts, each plain or with its style."""
    from rich.text import Text

    return Text.assemble(
        *((clean(each), "") if isinstance(each, str) else (clean(each[0]), each[1]) for each in parts)
    )


def say(*parts: str | tuple[str, str]) -> None:
    """Print a line on standard output."""
    console().print(styled(*parts), soft_wrap=True)


def note(*parts: str | tuple[str, str]) -> None:
    """Print a line on standard error, for people: between words it's broken where a terminal ends."""
    console(stderr=True).print(styled(*parts), soft_wrap=not sys.stderr.isatty())


def error_line(text: str) -> None:
    """Print an error on standard error: one line, or one for each finding."""
    for line in text.splitlines():
        said = " ".join(line.split())
        label, bracket, rest = said.partition("]")
        if bracket and label.startswith(("error[", "warning[", "info[")):
            note((f"{label}]", "bold red" if label.startswith("error") else "yellow"), rest)
        elif said:
            note(("error: ", "bold red"), said)


def show_json(value: Any) -> None:
    """Print one JSON document; a value of ours is as its `to_json` says."""
    print(json.dumps(value, default=_as_json, ensure_ascii=False, indent=2))


def show_table(columns: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> None:
    """Print rows: aligned on a terminal, else a line each with tabs between; nothing where there are none."""
    rows = list(rows)
    if not rows:
        return
    if not sys.stdout.isatty():
        for row in (columns, *rows):
            print("\t".join(clean(str(cell)) for cell in row))
        return
    from rich.table import Table

    table = Table(*columns, box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for row in rows:
        table.add_row(*(styled(cell) if isinstance(cell, str) else cell for cell in row))
    console().print(table)


def clean(text: str) -> str:
    """Give a text without what would move a terminal's cursor; lines stay apart."""
    return "".join(char if char.isprintable() or char == "\n" else ascii(char)[1:-1] for char in text)


def _as_json(value: Any) -> Any:
    if hasattr(value, "to_json"):
        return value.to_json()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)
