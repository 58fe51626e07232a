"""`verify`: whether all is as it should be."""

from __future__ import annotations

import typer

from colonnade.cli.database import opened
from colonnade.cli.db.results import exit_code_of, show_findings
from colonnade.cli.options import AsJson, Where
from colonnade.cli.output import say, show_json


def verify(where: Where, as_json: AsJson = False) -> None:
    """Compare the schema with its revisions and the models, and look at all foreign keys.

    The exit code is 3 where there is a finding, 4 where the schema was changed by hand.
    """
    with opened(where, "read", models=True) as manager:
        findings = manager.verify()
    if as_json:
        show_json(findings)
    elif findings:
        show_findings(findings)
    else:
        say(("all is as it should be", "green"))
    raise typer.Exit(exit_code_of(findings))
