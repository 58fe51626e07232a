"""`show`: all of one entry."""

from __future__ import annotations

from typing import Annotated

import typer

from colonnade.cli.audit.entries import as_document, show_entry
from colonnade.cli.database import managed
from colonnade.cli.options import AsJson, Where
from colonnade.cli.output import show_json


def show(
    where: Where, entry_id: Annotated[int, typer.Argument(help="The entry's id.")], as_json: AsJson = False
) -> None:
    """Show an entry with what was there before and after."""
    from colonnade.audit import AuditRepository

    with managed(where, "read") as db:
        entry = AuditRepository(db).get_one(entry_id)
    if as_json:
        show_json(as_document(entry))
    else:
        show_entry(entry)
