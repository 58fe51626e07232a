"""What upgrades and downgrades have in common: the stages to be left out, and the way without a database."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

import typer

from colonnade.cli.database import Place

if TYPE_CHECKING:
    from colonnade.cli.options import Where
    from colonnade.migrations.tree import Direction

__all__ = ["stages", "write_script"]


def stages(names: Sequence[str] | None) -> frozenset[str]:
    """Give the stages that are to be left out.

    Raises:
        BadParameter: one of them is no stage.
    """
    from colonnade.errors import ConfigurationError
    from colonnade.migrations.options import stages_named

    try:
        return frozenset(stages_named(names or ()))
    except ConfigurationError as error:
        raise typer.BadParameter(str(error), param_hint="--skip") from error


def write_script(where: Where, direction: Direction, revision: str) -> None:
    """Print as a script what the steps send; nothing is connected to."""
    from colonnade.migrations.offline import script

    place = Place.of(where)
    with redirect_stdout(sys.stderr):
        text = script(place.tree, place.settings(), direction, revision)
    sys.stdout.write(text)
