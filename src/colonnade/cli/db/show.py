"""`show`: one revision."""

from __future__ import annotations

from typing import Annotated

import typer

from colonnade.cli.database import opened
from colonnade.cli.options import AsJson, Where
from colonnade.cli.output import say, show_json


def show(
    where: Where,
    revision: Annotated[
        str, typer.Argument(help="An id, the start of one, a branch label, or `head`.")
    ] = "head",
    as_json: AsJson = False,
) -> None:
    """Show one revision: what it follows, and its file."""
    with opened(where) as manager:
        found = manager.show(revision)
    if as_json:
        show_json(found)
        return
    rows = {
        "revision": found.id + (" (head)" if found.is_head else ""),
        "follows": ", ".join(found.down) or "base",
        "depends on": ", ".join(found.depends_on),
        "labels": ", ".join(found.branch_labels),
        "message": found.message,
        "file": str(found.file),
    }
    for name, value in rows.items():
        if value:
            say((f"{name:<11}", "bold"), value)
