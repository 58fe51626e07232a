"""`install`: the log and the triggers."""

from __future__ import annotations

from colonnade.cli.database import managed
from colonnade.cli.options import Where
from colonnade.cli.output import say


def install(where: Where) -> None:
    """Put the log and the triggers of all audited models into the database."""
    from colonnade import audit

    with managed(where, "write") as db:
        audit.install(db)
    say(("the triggers are there", "green"))
