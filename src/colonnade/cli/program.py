"""The program itself: its groups, and the options that stand before them."""

from __future__ import annotations

import logging
from typing import Annotated

import typer

from colonnade.cli import version
from colonnade.cli.groups import group

__all__ = ["app"]

# What is logged as an error is told as one too; without a handler Python would print it beside that.
logging.getLogger("colonnade").addHandler(logging.NullHandler())

app = group(
    "colonnade.cli",
    "One database layer for SQLAlchemy: migrations that lose nothing, and what goes with them.",
    # A new one is its module's name here.
    {"Commands": ("init", "er"), "Groups": ("db", "audit", "seed", "docs")},
    add_completion=True,
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        print(version())
        raise typer.Exit


@app.callback()
def colonnade(
    version: Annotated[
        bool,
        typer.Option("--version", help="Tell the version, and end.", callback=_tell_version, is_eager=True),
    ] = False,
) -> None:
    """One database layer for SQLAlchemy: migrations that lose nothing, and what goes with them."""
