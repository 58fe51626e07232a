"""`init`: a new migration tree."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from colonnade.cli.output import note, say


def init(
    folder: Annotated[Path, typer.Argument(help="A folder that isn't there, or is empty.")] = Path(
        "migrations"
    ),
    models: Annotated[
        str, typer.Option("--models", help="The models' declarative base, as package.module:Base.")
    ] = "colonnade.models:Base",
    default_url: Annotated[
        str, typer.Option("--default-url", help="The database where nothing else names one.")
    ] = "app.db",
) -> None:
    """Make a migration tree in a new folder."""
    from colonnade.migrations import create_tree

    tree = create_tree(folder, models=models, default_url=default_url)
    say(("made ", "green"), str(tree))
    note("Next: name it in pyproject.toml, and write the first revision with `colonnade db revision`.")
    note(f'\n[tool.colonnade]\nscript_location = "{tree.as_posix()}"\nmodels = "{models}"')
