"""`squash`: revisions replaced by one."""

from __future__ import annotations

from typing import Annotated

import typer

from colonnade.cli.database import opened
from colonnade.cli.options import AsJson, Where
from colonnade.cli.output import note, say, show_json


def squash(
    where: Where,
    revision: Annotated[
        str | None, typer.Argument(help="The last one to be replaced; all of them by default.")
    ] = None,
    *,
    message: Annotated[str, typer.Option("--message", "-m", help="What it's called.")] = "squashed",
    delete: Annotated[bool, typer.Option("--delete", help="Delete the old files, not move them.")] = False,
    as_json: AsJson = False,
) -> None:
    """Replace revisions by one that makes the same, which is proved on empty databases first."""
    with opened(where, "read", models=True) as manager:
        done = manager.squash(message, revision=revision, keep=not delete)
    if as_json:
        show_json(done)
        return
    say(str(done.revision.file))
    note(f"it stands for {', '.join(done.replaced)}; a database between them is refused from now on")
