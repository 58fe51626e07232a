"""`repair`: a revision that a migration has left half-way, finished, undone or forgotten."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from colonnade.cli.asking import confirm
from colonnade.cli.database import opened
from colonnade.cli.options import AsJson, LockTimeout, Where, Yes
from colonnade.cli.output import say, show_json

_ACTION = "`resume` finishes it, `undo` takes it back where that's exact, `forget` takes the schema as it is."


def repair(
    where: Where,
    action: Annotated[Literal["resume", "undo", "forget"], typer.Argument(help=_ACTION)] = "resume",
    lock_timeout: LockTimeout = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Bring a database that was left in the middle of a revision to one."""
    if action == "forget":
        confirm("Take the schema to be whole as it is now?", yes=yes)
    with opened(where, "write", lock_timeout=lock_timeout) as manager:
        repaired = manager.repair(action)
    if as_json:
        show_json(repaired)
    else:
        say(str(repaired))
