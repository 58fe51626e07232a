"""`merge`: several heads joined."""

from __future__ import annotations

from typing import Annotated

import typer

from colonnade.cli.database import opened
from colonnade.cli.options import AsJson, Where
from colonnade.cli.output import say, show_json


def merge(
    where: Where,
    revisions: Annotated[
        list[str] | None,
        typer.Argument(help="The heads to be joined; without any, all of them.", show_default=False),
    ] = None,
    message: Annotated[str, typer.Option("--message", "-m", help="What it's called.")] = "merge heads",
    as_json: AsJson = False,
) -> None:
    """Write a revision that joins heads, and does nothing else."""
    with opened(where) as manager:
        written = manager.merge(message, revisions=tuple(revisions or ("heads",)))
    if as_json:
        show_json(written)
    else:
        say(str(written.file))
