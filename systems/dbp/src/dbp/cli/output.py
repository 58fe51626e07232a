"""What the commands print: tables for people, plain lines and JSON for programs, errors as one line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

__all__ = ["as_json", "error", "fail", "heading", "plain", "say", "show", "tracked"]

Row = Mapping[str, Any]
T = TypeVar("T")


def show(rows: Iterable[Row], columns: Sequence[str], *, json: bool = False) -> None:
    """Print rows: a table on a terminal, else a line each with tabs between, or one JSON list."""
    rows = list(rows)
    if json:
        as_json([dict(row) for row in rows])
    elif sys.stdout.isatty():
        table = Table()
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*(Text(plain(row[column])) for column in columns))
        Console().print(table)
    else:
        print("\t".join(columns))
        for row in rows:
            print("\t".join(plain(row[column]) for column in columns))


def as_json(value: Any) -> None:
    """Print a value as JSON."""
    print(json.dumps(value, default=_as_json, ensure_ascii=False, indent=2))


def say(text: str) -> None:
    """Print a line on standard output."""
    print(plain(text))


def heading(text: str) -> None:
    """Print a line that opens a part, with an empty one before it."""
    print(f"\n== {plain(text)} ==")


def error(text: str) -> None:
    """Print a line on standard error."""
    print(plain(text), file=sys.stderr)


def fail(text: str) -> NoReturn:
    """Print what went wrong as one line, and end with exit code 1."""
    error(f"dbp: {' '.join(text.split())}")
    raise typer.Exit(1)


def tracked(items: Iterable[T], total: int, what: str) -> Iterator[T]:
    """Give the items on, with a progress bar on standard error where that is a terminal."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    # Standard output is left alone: it may be piped elsewhere while the bar moves.
    with Progress(*columns, console=console, disable=not console.is_terminal, redirect_stdout=False) as bar:
        task = bar.add_task("", total=total)
        for item in items:
            bar.advance(task)
            yield item


def plain(value: Any) -> str:
    """Give a value's text without what would move a terminal's cursor or break a line."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _as_json(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
