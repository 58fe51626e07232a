"""How entries are shown, shared by the commands that show some."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from colonnade.cli.output import say, show_json, show_table

if TYPE_CHECKING:
    from colonnade.audit import AuditLog

__all__ = ["as_document", "instant", "show_entries", "show_entry"]

_COLUMNS = ("id", "timestamp", "action", "entity", "user", "changes")
_STYLES = {"CREATE": "green", "UPDATE": "yellow", "DELETE": "red"}


def as_document(entry: AuditLog) -> dict[str, Any]:
    """Give an entry's fields as JSON takes them."""
    found = {column.key: getattr(entry, column.key) for column in type(entry).__table__.columns}
    return {**found, "timestamp": entry.timestamp.isoformat()}


def show_entries(entries: Iterable[AuditLog], *, as_json: bool) -> None:
    """Print a line for each."""
    if as_json:
        show_json([as_document(entry) for entry in entries])
        return
    rows = [
        (
            str(entry.id),
            entry.timestamp.isoformat(sep=" ", timespec="seconds"),
            entry.action,
            _entity(entry),
            entry.user_id or "",
            ", ".join(entry.changes) if entry.operation == "UPDATE" else "",
        )
        for entry in entries
    ]
    show_table(_COLUMNS, rows)


def show_entry(entry: AuditLog) -> None:
    """Print all of an entry, the old values in red and the new ones in green."""
    by = f" by {entry.user_id}" if entry.user_id else ""
    say((entry.action, _STYLES[entry.action]), f" {_entity(entry)}{by}, {entry.timestamp.isoformat(sep=' ')}")
    for name, value in (entry.context or {}).items():
        say((f"  {name}: {value}", "dim"))
    for name, value in entry.changes.items():
        old, new = value if entry.operation == "UPDATE" else (value, value)
        if entry.operation != "INSERT":
            say((f"- {name}: {_said(old)}", "red"))
        if entry.operation != "DELETE":
            say((f"+ {name}: {_said(new)}", "green"))


def _entity(entry: AuditLog) -> str:
    return f"{entry.entity_type} {entry.entity_key or entry.entity_id}"


def _said(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def instant(text: str) -> Any:
    """Give a time that was written in ISO's form; without a zone it's UTC."""
    from datetime import UTC, datetime

    import typer

    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no time: write 2026-01-31T12:00:00Z") from error
    return found.replace(tzinfo=found.tzinfo or UTC)
