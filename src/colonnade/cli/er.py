"""`er`: the tables and their references, as Mermaid or as a picture."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from colonnade.cli.options import Where
from colonnade.cli.output import note


def er(
    where: Where,
    svg: Annotated[
        Path | None,
        typer.Option("--svg", help="Write a picture to this file; else Mermaid is printed."),
    ] = None,
) -> None:
    """Show the entity diagram of the models."""
    from colonnade import describe
    from colonnade.cli.database import models_of
    from colonnade.errors import ConfigurationError

    metadata = models_of(where)
    if metadata is None:
        raise ConfigurationError(
            "no models are known", remedy='models = "package.module:Base" under [tool.colonnade]'
        )
    if svg is None:
        sys.stdout.write(describe.diagram(metadata))
    else:
        svg.write_text(describe.drawing(metadata), encoding="utf-8")
        note(f"wrote {svg}")
