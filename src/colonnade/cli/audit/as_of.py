"""`as-of`: rows as they were at a time."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from colonnade.cli.audit.entries import instant
from colonnade.cli.database import managed
from colonnade.cli.options import AsJson, Where
from colonnade.cli.output import show_json, show_table


def as_of(
    where: Where,
    entity_type: Annotated[str, typer.Argument(help="What entries call it: project, video, …")],
    time: Annotated[str, typer.Argument(help="2026-01-31T12:00:00Z; without a zone it's UTC.")],
    entity_id: Annotated[str | None, typer.Argument(help="Only the one with this id.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show rows as they were at a time, as the log has them."""
    from colonnade.audit.history import images_as_of

    with managed(where, "read") as db, db.session(read_only=True) as session:
        found = images_as_of(session, entity_type, instant(time), [db.metadata] if db.metadata else [])
    if entity_id is not None:
        wanted = (f"[{entity_id}]", json.dumps([entity_id], ensure_ascii=False))
        found = {key: row for key, row in found.items() if key in wanted}
    if as_json:
        show_json(list(found.values()))
        return
    columns = list(dict.fromkeys(name for row in found.values() for name in row))
    rows = [[_said(row.get(name)) for name in columns] for row in found.values()]
    show_table(columns, rows)


def _said(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
