"""`build`: the pages written."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from colonnade.cli.database import models_of
from colonnade.cli.options import AsJson, Where
from colonnade.cli.output import say, show_json

Folder = Annotated[Path, typer.Argument(help="Where the pages are.")]


def build(where: Where, folder: Folder = Path("docs/reference"), as_json: AsJson = False) -> None:
    """Write the pages; what people wrote between `own` markers stays."""
    from colonnade import describe

    changed = [str(file) for file in describe.build(folder, models_of(where))]
    if as_json:
        show_json(changed)
    else:
        for file in changed:
            say(f"wrote {file}")
        if not changed:
            say(("all pages are as they should be", "green"))
