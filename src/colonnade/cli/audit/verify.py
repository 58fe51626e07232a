"""`verify`: whether the log stands up to its seals."""

from __future__ import annotations

import typer

from colonnade.cli.database import managed
from colonnade.cli.options import AsJson, Where
from colonnade.cli.output import say, show_json
from colonnade.cli.reporting import ExitCode


def verify(where: Where, as_json: AsJson = False) -> None:
    """Name each sealed entry that was altered, removed or put in; ends with 3 where there are any.

    The key is in COLONNADE_AUDIT_KEY.
    """
    from dataclasses import asdict

    from colonnade import audit

    with managed(where, "read") as db:
        found = audit.verify(db)
    if as_json:
        show_json([asdict(one) for one in found])
    for one in () if as_json else found:
        say((one.sentence, "red"))
    if found:
        raise typer.Exit(ExitCode.FINDINGS)
    if not as_json:
        say(("the log stands up to its seals", "green"))
