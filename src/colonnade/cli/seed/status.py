"""`status`: what seeding would do."""

from __future__ import annotations

from pathlib import Path

import typer

from colonnade.cli.database import managed
from colonnade.cli.options import AsJson, Where
from colonnade.cli.output import say, show_json
from colonnade.cli.reporting import ExitCode
from colonnade.cli.seed.run import Environment, Sources


def status(
    where: Where, sources: Sources = None, environment: Environment = None, as_json: AsJson = False
) -> None:
    """Tell what `run` would do; nothing is stored. Ends with 3 where there is something."""
    from colonnade import seeding

    with managed(where, "write") as db:
        found = seeding.status(db, *(sources or [Path("seeds")]), environment=environment)
    if as_json:
        show_json(found)
    else:
        say(str(found) or "there are no seeds")
    raise typer.Exit(ExitCode.FINDINGS if found else ExitCode.FINE)
