"""The command line: what all commands share."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from colonnade import DatabaseManager
from colonnade.errors import ConfigurationError, DatabaseError
from stoat_ferret.cli.output import fail
from stoat_ferret.db import Base, create_tables, settings_for
from stoat_ferret.folder import sqlite_file

__all__ = ["AsJson", "Url", "app", "clips_app", "opened"]

# What is logged is told as an error too; without a handler Python would print it beside that.
logging.getLogger("colonnade").addHandler(logging.NullHandler())

app = typer.Typer(
    name="stoat_ferret",
    help="A video editor's catalogue: projects, videos and clips in a database.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
clips_app = typer.Typer(help="The clips cut from videos.", no_args_is_help=True)
app.add_typer(clips_app, name="clips")

Url = Annotated[
    str | None,
    typer.Option(
        "--url", help="The database; without it DATABASE_URL, else ./stoat_ferret.db.", show_default=False
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON list.")]


@contextmanager
def opened(url: str | None, *, reads: bool = False) -> Iterator[DatabaseManager]:
    """Open the catalogue, its tables made where they're missing; an error of the database ends the program.

    One that only `reads` makes no SQLite file.
    """
    try:
        settings = settings_for(url)
        if reads:
            _refuse_missing(str(settings.url))
        with DatabaseManager(settings, metadata=Base.metadata) as db:
            create_tables(db)
            yield db
    except DatabaseError as problem:
        fail(str(problem))


def _refuse_missing(url: str) -> None:
    file = sqlite_file(url)
    if file is not None and not file.exists():
        raise ConfigurationError(
            f"there is no catalogue at {file}", remedy="Scan a folder into it, or name another one with --url"
        )
