"""`plan`: what an upgrade or a downgrade would do."""

from __future__ import annotations

import typer

from colonnade.cli.database import opened
from colonnade.cli.db.results import exit_code_of, show_plan
from colonnade.cli.options import AsJson, Route, Where
from colonnade.cli.output import show_json
from colonnade.cli.reporting import ExitCode


def plan(where: Where, route: Route, as_json: AsJson = False) -> None:
    """Show what an upgrade would send, and what it would do.

    The database is only read. The exit code is 3 where there is something to do, 4 where the schema isn't
    what its revision makes.
    """
    with opened(where, "read") as manager:
        found = manager.plan(route.target, direction=route.direction)
    if as_json:
        show_json(found)
    else:
        show_plan(found)
    raise typer.Exit(exit_code_of(found.findings) or (ExitCode.FINDINGS if found else ExitCode.FINE))
