"""Questions, which are asked on a terminal only; elsewhere an option answers them, or the command stops."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import typer

from colonnade.cli.output import note

if TYPE_CHECKING:
    from colonnade.migrations import Plan

__all__ = ["confirm", "confirm_by_name", "losses"]

_REMOVES = re.compile(r"\s*(delete|truncate)\b", re.IGNORECASE)


def confirm(question: str, *, yes: bool) -> None:
    """Go on where the answer is yes.

    Raises:
        BadParameter: nobody can be asked, and `--yes` wasn't given.
        Abort: the answer is no.
    """
    if yes:
        return
    if not _someone_is_there():
        raise typer.BadParameter(f"nobody can be asked here: {question} Give --yes", param_hint="--yes")
    typer.confirm(question, abort=True, err=True)


def confirm_by_name(name: str, given: str | None, losses: Callable[[], Sequence[str]]) -> None:
    """Go on where the name of the database that is to lose data was given, or is typed now.

    `losses` is asked only where no name was given; where it gives none, nothing is asked.

    Raises:
        BadParameter: another name was given or typed, or none and nobody can be asked.
    """
    if given is None:
        lost = losses()
        if not lost:
            return
        for each in lost:
            note((each, "yellow"))
        if not _someone_is_there():
            raise typer.BadParameter(
                f"this drops data of {name}: give its name with --database", param_hint="--database"
            )
        given = typer.prompt("Type the database's name to go on", err=True)
    if given != name:
        raise typer.BadParameter(f"the database is called {name!r}, not {given!r}", param_hint="--database")


def losses(plan: Plan) -> list[str]:
    """Give what of the data would go by this plan, a sentence for each; none where nothing would."""
    found = []
    for step in plan.steps:
        where = step.revision.id
        found += [
            f"{where}: {change.sentence.partition(':')[0]}"
            for change in step.difference.gone
            if change.kind in ("table", "column")
        ]
        found += [f"{where}: {' '.join(text.split())}" for text in step.statements if _REMOVES.match(text)]
    if plan and not plan.known:
        found.append("what the steps do isn't known: no empty database could be had to try them on")
    return found


def _someone_is_there() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()
