"""`upgrade`: the database brought up."""

from __future__ import annotations

from typing import Annotated

import typer

from colonnade.cli.database import opened
from colonnade.cli.db.moves import stages, write_script
from colonnade.cli.db.results import show_migration
from colonnade.cli.options import AsJson, Moving, Where
from colonnade.cli.output import show_json
from colonnade.cli.progress import shown_progress


def upgrade(
    where: Where,
    moving: Moving,
    revision: Annotated[str, typer.Argument(help="Where to: `head`, `heads`, an id, or `+1`.")] = "head",
    as_json: AsJson = False,
) -> None:
    """Bring the database up, or leave it as it was.

    It's backed up, the steps are tried on a copy, applied, and verified; each stage is told on standard
    error.
    """
    if moving.sql:
        write_script(where, "upgrade", revision)
        return
    with opened(where, "write", lock_timeout=moving.lock_timeout) as manager, shown_progress() as progress:
        migration = manager.upgrade(
            revision,
            dry_run=moving.dry_run,
            skip=stages(moving.skip),
            accept=moving.accept or (),
            progress=progress,
        )
    if as_json:
        show_json(migration)
    else:
        show_migration(migration)
