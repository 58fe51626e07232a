"""`plan`: what an upgrade or a downgrade would do."""

from __future__ import annotations

from typing import Annotated

import typer

from colonnade.cli.database import opened
from colonnade.cli.db.results import exit_code_of, show_plan
from colonnade.cli.options import AsJson, Where
from colonnade.cli.output import show_json
from colonnade.cli.reporting import ExitCode


def plan(
    where: Where,
    revision: Annotated[
        str | None,
        typer.Argument(help="Where to: `head` when going up, `-1` when going down.", show_default=False),
    ] = None,
    down: Annotated[bool, typer.Option("--down", help="Plan a downgrade.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what an upgrade would send, and what it would do.

    The database is only read. The exit code is 3 where there is something to do, 4 where the schema isn't
    what its revision makes.
    """
    with opened(where, "read") as manager:
        if down:
            found = manager.plan(revision or "-1", direction="downgrade")
        else:
            found = manager.plan(revision or "head")
    if as_json:
        show_json(found)
    else:
        show_plan(found)
    raise typer.Exit(exit_code_of(found.findings) or (ExitCode.FINDINGS if found else ExitCode.FINE))
