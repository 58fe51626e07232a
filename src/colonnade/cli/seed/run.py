"""`run`: seeds put into the database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from colonnade.cli.database import managed
from colonnade.cli.options import AsJson, Where
from colonnade.cli.output import say, show_json

Sources = Annotated[list[Path] | None, typer.Argument(help="Files or folders; `seeds` where none is named.")]
Environment = Annotated[
    str | None,
    typer.Option("--environment", "-e", help="Read the folder of this name in each folder, too."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Count what would be done, and undo it.")]


def run(
    where: Where,
    sources: Sources = None,
    environment: Environment = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Add the rows that aren't there, and change those that differ; a second run does nothing."""
    from colonnade.seeding import seed

    with managed(where, "write") as db:
        seeded = seed(db, *(sources or [Path("seeds")]), environment=environment, dry_run=dry_run)
    if as_json:
        show_json(seeded)
    else:
        say(str(seeded) or "there are no seeds")
