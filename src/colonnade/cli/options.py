"""The options that commands share, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

__all__ = ["AsJson", "Confirmed", "LockTimeout", "Moving", "Route", "Skip", "Where", "Yes"]

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Answer every question with yes.")]

_URL = "The database; without it the one of the configuration, else DATABASE_URL, else a file in this folder."
_CONFIG = "A pyproject.toml with [tool.colonnade], or an alembic.ini; without it the nearest pyproject.toml."
_STAGES = "Leave out a stage: checksums, drift, plan, lint, backup, rehearse, verify. May be given again."
_ACCEPT = "Let what was changed by hand stay, by the name that `drift` gives it. May be given again."


Skip = Annotated[list[str] | None, typer.Option("--skip", help=_STAGES, show_default=False)]
LockTimeout = Annotated[
    float | None,
    typer.Option("--lock-timeout", help="Seconds to wait for another process that migrates.", min=0),
]


@dataclass(frozen=True)
class Where:
    """Which database, and which migration tree."""

    url: Annotated[str | None, typer.Option("--url", help=_URL, show_default=False)] = None
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help=_CONFIG, exists=True, dir_okay=False)
    ] = None
    script_location: Annotated[
        str | None, typer.Option("--script-location", help="The migration tree's folder.", show_default=False)
    ] = None


@dataclass(frozen=True)
class Moving:
    """How an upgrade or a downgrade is to be made."""

    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Try it on a copy only; nothing is written to the database.")
    ] = False
    sql: Annotated[
        bool, typer.Option("--sql", help="Print the statements as a script, and connect to nothing.")
    ] = False
    skip: Skip = None
    accept: Annotated[list[str] | None, typer.Option("--accept", help=_ACCEPT, show_default=False)] = None
    lock_timeout: LockTimeout = None


@dataclass(frozen=True)
class Route:
    """Which way, and where to, of what is only looked at."""

    revision: Annotated[
        str | None,
        typer.Argument(help="Where to: `head` when going up, `-1` when going down.", show_default=False),
    ] = None
    down: Annotated[bool, typer.Option("--down", help="Go down, not up.")] = False

    @property
    def direction(self) -> Literal["upgrade", "downgrade"]:
        """Up or down."""
        return "downgrade" if self.down else "upgrade"

    @property
    def target(self) -> str:
        """The revision that was named, else the usual one of its direction."""
        return self.revision or ("-1" if self.down else "head")


@dataclass(frozen=True)
class Confirmed:
    """What says that data may go."""

    database: Annotated[
        str | None,
        typer.Option("--database", help="The database's name, in place of typing it.", show_default=False),
    ] = None
