"""`init`: a new project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from colonnade.cli.output import note, say

__all__ = ["init"]


def init(
    folder: Annotated[
        Path, typer.Argument(help="A folder that isn't there, or is empty; the package is called so.")
    ],
    database: Annotated[
        str | None, typer.Option("--database", help="The kind of database; an embedded file by default.")
    ] = None,
    asynchronous: Annotated[bool, typer.Option("--async", help="Await what is asked of it.")] = False,
    source: Annotated[
        str | None,
        typer.Option(
            "--from", help="Models and a first revision of the database at this URL; it's only read."
        ),
    ] = None,
) -> None:
    """Make a project: models, repositories, migrations, seeds, settings and tests that pass at once."""
    from colonnade.starting import create_project

    project = create_project(folder, database=database, asynchronous=asynchronous, source=source)
    say(("made ", "green"), str(project))
    note(f"Next: cd {project} && make test")
    if source is not None:
        note("`colonnade db stamp head` there takes the database for one at the first revision.")
