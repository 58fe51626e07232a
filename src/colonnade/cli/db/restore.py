"""`restore`: a backup put in the database's place."""

from __future__ import annotations

from typing import Annotated

import typer

from colonnade.cli.asking import confirm
from colonnade.cli.database import database_name, opened
from colonnade.cli.db.keeping import backup_called
from colonnade.cli.options import AsJson, Where, Yes
from colonnade.cli.output import say, show_json
from colonnade.cli.reporting import ExitCode


def restore(
    where: Where,
    backup: Annotated[
        str | None,
        typer.Argument(
            help="A backup's name, as `backups` lists it, or its path; else the newest.", show_default=False
        ),
    ] = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Put a backup in the database's place, or beside it where rows would be lost.

    Rows that were written since the backup stay: it's restored beside then, the difference is shown, and the
    exit code is 3.
    """
    with opened(where, "write") as manager:
        chosen = None if backup is None else backup_called(backup, manager.backups())
        name = database_name(manager.db.home.settings)
        confirm(f"Restore {chosen.file.name if chosen else 'the newest backup'} over {name}?", yes=yes)
        done = manager.restore(chosen)
    if as_json:
        show_json(done)
    elif done.in_place:
        say(("restored: ", "green"), done.backup.file.name)
    else:
        say(("restored beside, as ", "yellow"), (done.database, "bold"), ": the database has changed since")
        for table in done.difference.tables:
            say(f"  {table.sentence}")
    raise typer.Exit(ExitCode.FINE if done.in_place else ExitCode.FINDINGS)
