"""`drift`: what was changed in the schema by other ways than its revisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from colonnade.cli.database import opened
from colonnade.cli.options import AsJson, Where
from colonnade.cli.output import note, say, show_json
from colonnade.cli.reporting import ExitCode

if TYPE_CHECKING:
    from colonnade.migrations import Drift


def drift(where: Where, as_json: AsJson = False) -> None:
    """Tell what was changed in the schema by hand, or by another program.

    The exit code is 4 where something was, and 3 where that can't be told.
    """
    with opened(where, "read") as manager:
        found = manager.drift()
    if as_json:
        show_json(found)
    else:
        _show(found)
    raise typer.Exit(_code(found))


def _code(found: Drift) -> ExitCode:
    if found:
        return ExitCode.DRIFT
    return ExitCode.FINE if found.known else ExitCode.FINDINGS


def _show(found: Drift) -> None:
    if not found.known:
        say(("unknown", "yellow"), f": {found.reason}")
    elif not found:
        say(("the schema is as its revisions make it", "green"))
    for change in found.changes:
        say((change.sentence, "yellow"))
    if found:
        note("Undo each, or let it stay: `colonnade db upgrade --accept NAME`, by these names:")
    for name in found.names:
        note(f"  {name!r}")
