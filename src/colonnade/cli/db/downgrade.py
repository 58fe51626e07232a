"""`downgrade`: the database brought down."""

from __future__ import annotations

from typing import Annotated

import typer

from colonnade.cli.asking import confirm_by_name, losses
from colonnade.cli.database import database_name, opened
from colonnade.cli.db.moves import stages, write_script
from colonnade.cli.db.results import show_migration
from colonnade.cli.options import AsJson, Confirmed, Moving, Where
from colonnade.cli.output import show_json
from colonnade.cli.progress import shown_progress


def downgrade(
    where: Where,
    moving: Moving,
    confirmed: Confirmed,
    revision: Annotated[str, typer.Argument(help="Where to: an id, `-1`, or `base`.")],
    as_json: AsJson = False,
) -> None:
    """Bring the database down, or leave it as it was.

    Where tables, columns or rows would go, the database's name has to be typed, or given with --database.
    """
    if moving.sql:
        write_script(where, "downgrade", revision)
        return
    skip = stages(moving.skip)
    with opened(where, "write", lock_timeout=moving.lock_timeout) as manager:
        if not moving.dry_run:
            confirm_by_name(
                database_name(manager.db.home.settings),
                confirmed.database,
                lambda: losses(manager.plan(revision, direction="downgrade")),
            )
        with shown_progress() as progress:
            migration = manager.downgrade(
                revision,
                dry_run=moving.dry_run,
                skip=skip,
                accept=moving.accept or (),
                progress=progress,
            )
    if as_json:
        show_json(migration)
    else:
        show_migration(migration)
