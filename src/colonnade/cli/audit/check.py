"""`check`: whether the triggers are there."""

from __future__ import annotations

import typer

from colonnade.cli.database import managed
from colonnade.cli.options import AsJson, Where
from colonnade.cli.output import say, show_json
from colonnade.cli.reporting import ExitCode


def check(where: Where, as_json: AsJson = False) -> None:
    """Tell which triggers the models need and the database lacks; ends with 3 where there are any."""
    from dataclasses import asdict

    from colonnade import audit

    with managed(where, "read") as db:
        found = audit.check(db)
    if as_json:
        show_json([asdict(one) for one in found])
    for one in () if as_json else found:
        say(one.sentence)
    if found:
        raise typer.Exit(ExitCode.FINDINGS)
    if not as_json:
        say(("all triggers are there", "green"))
