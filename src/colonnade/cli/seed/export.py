"""`export`: the database's rows as seeds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from colonnade.cli.database import managed
from colonnade.cli.options import AsJson, Where
from colonnade.cli.output import say, show_json

Form = Annotated[Literal["json", "yaml"], typer.Option("--format", help="How the files are written.")]


def export(
    where: Where,
    folder: Annotated[Path, typer.Argument(help="An empty folder, or a new one.")],
    table: Annotated[
        list[str] | None, typer.Option("--table", help="Only this one. May be given again.")
    ] = None,
    form: Form = "json",
    as_json: AsJson = False,
) -> None:
    """Write a file for each table, of which `run` makes the same rows."""
    from colonnade import seeding

    with managed(where, "read") as db:
        counts = seeding.export(db, folder, tables=table, form=form)
    if as_json:
        show_json(counts)
    else:
        for name, count in counts.items():
            say(f"{name}: {count} rows")
