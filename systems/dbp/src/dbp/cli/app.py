"""The command line: what all commands share."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from colonnade.errors import ConfigurationError, DatabaseError
from dbp.cli.output import fail
from dbp.database import DatabaseManager, Project, settings_for
from dbp.database.repositories import ProjectRepository
from dbp.indexing import place

__all__ = ["AsJson", "Url", "app", "hstc_app", "opened", "project_at"]

# What is logged is told as an error too; without a handler Python would print it beside that.
logging.getLogger("colonnade").addHandler(logging.NullHandler())

app = typer.Typer(
    name="dbp",
    help="A source tree in a database, its HSTC pages, and where documents and code disagree.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
hstc_app = typer.Typer(help="The HSTC.md pages of a tree.", no_args_is_help=True)
app.add_typer(hstc_app, name="hstc")

Url = Annotated[
    str | None,
    typer.Option("--url", help="The database; without it DATABASE_URL, else ./dbp.db.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@contextmanager
def opened(url: str | None, *, reads: bool = False) -> Iterator[DatabaseManager]:
    """Open the database, its schema brought up; an error of the database ends the program.

    One that only `reads` makes no SQLite file.
    """
    try:
        settings = settings_for(url)
        file = place.sqlite_file(str(settings.url))
        if reads and file is not None and not file.exists():
            raise ConfigurationError(
                f"there is no index at {file}", remedy="Index a folder into it, or name another with --url"
            )
        with DatabaseManager(settings) as db:
            yield db
    except DatabaseError as problem:
        fail(str(problem))


def project_at(db: DatabaseManager, folder: Path) -> Project:
    """Give the project whose root the folder is; a folder that isn't indexed ends the program."""
    project = ProjectRepository(db).get_by_root_path(str(folder.resolve()))
    if project is None:
        fail(f"{folder} isn't indexed. Run `index {folder}` first")
    return project
