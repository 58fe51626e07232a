"""`check`: whether the pages are true."""

from __future__ import annotations

from pathlib import Path

import typer

from colonnade.cli.database import models_of
from colonnade.cli.docs.build import Folder
from colonnade.cli.options import AsJson, Where
from colonnade.cli.output import say, show_json
from colonnade.cli.reporting import ExitCode


def check(where: Where, folder: Folder = Path("docs/reference"), as_json: AsJson = False) -> None:
    """Name the pages that are missing or stale; ends with 3 where there are any."""
    from colonnade import describe

    found = [str(file) for file in describe.stale(folder, models_of(where))]
    if as_json:
        show_json(found)
    else:
        for file in found:
            say((file, "yellow"), " isn't what `colonnade docs build` would write")
        if not found:
            say(("all pages are as they should be", "green"))
    raise typer.Exit(ExitCode.FINDINGS if found else ExitCode.FINE)
