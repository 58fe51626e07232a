"""`stamp`: where the database is, noted without carrying anything out."""

from __future__ import annotations

from typing import Annotated

import typer

from colonnade.cli.asking import confirm
from colonnade.cli.database import opened
from colonnade.cli.options import Where, Yes
from colonnade.cli.output import say


def stamp(
    where: Where,
    revision: Annotated[str, typer.Argument(help="The revision that the schema is at.")],
    yes: Yes = False,
) -> None:
    """Note where the database is, and carry nothing out.

    For a schema that came in another way than by this tree.
    """
    confirm(f"Note that the database is at {revision}, whatever its schema is?", yes=yes)
    with opened(where, "write") as manager:
        before = manager.stamp(revision)
        after = manager.current()
    say(f"noted: {', '.join(after) or 'base'}; it was {', '.join(before) or 'base'}")
