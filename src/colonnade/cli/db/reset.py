"""`reset`: the database emptied, and its schema made anew."""

from __future__ import annotations

from colonnade.cli.asking import confirm_by_name
from colonnade.cli.database import database_name, opened
from colonnade.cli.db.moves import stages
from colonnade.cli.db.results import show_migration
from colonnade.cli.options import AsJson, Confirmed, LockTimeout, Skip, Where
from colonnade.cli.output import show_json
from colonnade.cli.progress import shown_progress


def reset(
    where: Where,
    confirmed: Confirmed,
    skip: Skip = None,
    lock_timeout: LockTimeout = None,
    as_json: AsJson = False,
) -> None:
    """Drop every table of the tree, and make it anew.

    The database's name has to be typed, or given with --database. It's backed up first, as for every
    downgrade.
    """
    left_out = stages(skip)
    with opened(where, "write", lock_timeout=lock_timeout) as manager:
        name = database_name(manager.db.home.settings)
        lost = f"every table of {name} is dropped, and made anew"
        confirm_by_name(name, confirmed.database, lambda: [lost])
        with shown_progress() as progress:
            down = manager.downgrade("base", skip=left_out, progress=progress)
            up = manager.upgrade("heads", skip=left_out, progress=progress)
    if as_json:
        show_json([down, up])
    else:
        show_migration(up)
