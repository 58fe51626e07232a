"""What the commands print: tables for people, plain lines and JSON for programs, errors as one line."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stoat_ferret.db import AuditLog, Clip, Video

__all__ = ["clip_row", "entry_row", "error", "fail", "heading", "say", "show", "user", "video_row"]

Row = Mapping[str, Any]


def show(rows: Iterable[Row], columns: Sequence[str], *, as_json: bool = False) -> None:
    """Print rows: a table on a terminal, else a line each with tabs between, or one JSON list."""
    rows = list(rows)
    if as_json:
        print(json.dumps([dict(row) for row in rows], default=_as_json, ensure_ascii=False, indent=2))
    elif sys.stdout.isatty():
        Console().print(_table(rows, columns))
    else:
        print("\t".join(columns))
        for row in rows:
            print("\t".join(_plain(row[column]) for column in columns))


def say(text: str) -> None:
    """Print a line on standard output."""
    print(_plain(text))


def heading(text: str) -> None:
    """Print a line that opens a part, with an empty one before it."""
    print(f"\n== {_plain(text)} ==")


def error(text: str) -> None:
    """Print a line on standard error."""
    print(_plain(text), file=sys.stderr)


def fail(text: str) -> NoReturn:
    """Print what went wrong as one line, and end with exit code 1."""
    error(f"stoat_ferret: {' '.join(text.split())}")
    raise typer.Exit(1)


def user() -> str | None:
    """Give the name that the audit log notes, where the system knows one."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no variable names the user, and no entry of the system does
        return None


def video_row(video: Video) -> dict[str, Any]:
    """Give a video's fields as they are shown."""
    return {
        "id": video.id,
        "project_id": video.project_id,
        "filename": video.filename,
        "duration": video.duration,
        "framerate": f"{video.framerate_num}/{video.framerate_den}",
        "frames": video.frames,
        "size": f"{video.width}x{video.height}",
        "path": video.path,
        "created_at": video.created_at,
    }


def clip_row(clip: Clip) -> dict[str, Any]:
    """Give a clip's fields as they are shown."""
    names = ("id", "project_id", "video_id", "in_point", "out_point", "created_at")
    return {name: getattr(clip, name) for name in names}


def entry_row(entry: AuditLog) -> dict[str, Any]:
    """Give an audit entry's fields as they are shown."""
    names = ("id", "timestamp", "action", "entity_type", "entity_id", "changes", "user_id")
    return {name: getattr(entry, name) for name in names}


def _table(rows: Iterable[Row], columns: Sequence[str]) -> Table:
    table = Table()
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(_plain(row[column])) for column in columns))
    return table


def _plain(value: Any) -> str:
    """Give a value's text without what would move a terminal's cursor or break a line."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _as_json(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
