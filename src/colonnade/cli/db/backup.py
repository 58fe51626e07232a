"""`backup`: the database backed up, and the backup tried out."""

from __future__ import annotations

from colonnade.cli.database import opened
from colonnade.cli.db.keeping import as_document
from colonnade.cli.options import AsJson, Where
from colonnade.cli.output import note, say, show_json


def backup(where: Where, as_json: AsJson = False) -> None:
    """Back the database up, and try the backup out by restoring it.

    Older ones go, by the configuration's `keep_backups`.
    """
    with opened(where, "read") as manager:
        made = manager.backup()
    if as_json:
        show_json(as_document(made))
        return
    say(str(made.file))
    tables = len(made.content.tables)
    note(("verified: ", "green"), f"{made.content.rows:,} rows in {tables} tables, {made.bytes:,} bytes")
