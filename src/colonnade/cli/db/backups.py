"""`backups`: the backups of the database."""

from __future__ import annotations

from colonnade.cli.database import opened
from colonnade.cli.db.keeping import as_document, show_backups
from colonnade.cli.options import AsJson, Where
from colonnade.cli.output import note, show_json


def backups(where: Where, as_json: AsJson = False) -> None:
    """List the backups of the database, the newest first."""
    with opened(where) as manager:
        found = manager.backups()
    if as_json:
        show_json([as_document(each) for each in found])
        return
    if not found:
        note("there are none")
    show_backups(found)
