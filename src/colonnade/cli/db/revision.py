"""`revision`: a new revision's file."""

from __future__ import annotations

from typing import Annotated

import typer

from colonnade.cli.database import opened
from colonnade.cli.options import AsJson, Where
from colonnade.cli.output import note, say, show_json


def revision(
    where: Where,
    message: Annotated[
        str, typer.Option("--message", "-m", help="What it does; its file is named after it.")
    ],
    autogenerate: Annotated[
        bool, typer.Option("--autogenerate", help="Fill it with how the models differ from the database.")
    ] = False,
    head: Annotated[str, typer.Option("--head", help="The revision that it follows.")] = "head",
    splice: Annotated[bool, typer.Option("--splice", help="Let it follow one that isn't a head.")] = False,
    branch_label: Annotated[
        str | None, typer.Option("--branch-label", help="A name for the branch that begins here.")
    ] = None,
    depends_on: Annotated[
        str | None, typer.Option("--depends-on", help="A revision that must be applied besides.")
    ] = None,
    rev_id: Annotated[str | None, typer.Option("--rev-id", help="Its id; without it one is made up.")] = None,
    rename: Annotated[
        list[str] | None,
        typer.Option("--rename", help="What is renamed: `table.old:new`, or a table `old:new`."),
    ] = None,
    no_renames: Annotated[
        bool, typer.Option("--no-renames", help="What goes and what comes are different things.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write a new revision's file."""
    with opened(where, "read" if autogenerate else "tree", models=autogenerate) as manager:
        written = manager.revision(
            message,
            autogenerate=autogenerate,
            head=head,
            splice=splice,
            branch_label=branch_label,
            depends_on=depends_on,
            rev_id=rev_id,
            renames=rename or (),
            no_renames=no_renames,
        )
    if as_json:
        show_json(written)
        return
    say(str(written.file))
    if autogenerate:
        note("Read it before you use it.")
