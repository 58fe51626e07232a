"""`rehearse`: the steps tried on a copy with the real rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from colonnade.cli.database import opened
from colonnade.cli.db.results import exit_code_of, show_findings
from colonnade.cli.options import AsJson, Route, Where
from colonnade.cli.output import say, show_json, show_table, styled

if TYPE_CHECKING:
    from colonnade.migrations import Rehearsal


def rehearse(where: Where, route: Route, as_json: AsJson = False) -> None:
    """Carry the steps out on a copy with the real rows.

    The exit code is 3 where rows are lost or changed, or the schema comes out otherwise than planned.
    """
    with opened(where, "read") as manager:
        found = manager.rehearse(route.target, direction=route.direction)
    if as_json:
        show_json(found)
    else:
        _show(found)
    raise typer.Exit(exit_code_of(found.findings))


def _show(found: Rehearsal) -> None:
    if not found.seconds:
        say("nothing to rehearse")
        return
    show_table(
        ("revision", "took"),
        ((styled((name, "cyan")), f"{seconds:.3f} s") for name, seconds in found.seconds.items()),
    )
    show_table(
        ("table", "rows before", "rows after"),
        ((table, f"{was:,}", f"{is_:,}") for table, (was, is_) in found.rows.items()),
    )
    show_findings(found.findings)
    if found.ok:
        say(("it went well", "green"), f", in {found.total_s:.1f} s")
