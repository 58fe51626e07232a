"""`reconcile`: whether the tables are as the log tells."""

from __future__ import annotations

import typer

from colonnade.cli.database import managed
from colonnade.cli.options import AsJson, Where
from colonnade.cli.output import say, show_json
from colonnade.cli.reporting import ExitCode


def reconcile(where: Where, as_json: AsJson = False) -> None:
    """Name each row that isn't as the log tells; ends with 3 where there are any."""
    from dataclasses import asdict

    from colonnade import audit

    with managed(where, "read") as db:
        found = audit.reconcile(db)
    if as_json:
        show_json([asdict(one) for one in found])
    for one in () if as_json else found:
        say((one.sentence, "red"))
    if found:
        raise typer.Exit(ExitCode.FINDINGS)
    if not as_json:
        say(("the tables are as the log tells", "green"))
