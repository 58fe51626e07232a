"""`status`: where the database stands in its tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from colonnade.cli.database import opened, url_of
from colonnade.cli.options import AsJson, Where
from colonnade.cli.output import say, show_json
from colonnade.cli.reporting import ExitCode

if TYPE_CHECKING:
    from colonnade.migrations import Status
    from colonnade.migrations.runs import HalfMigrated


def status(where: Where, as_json: AsJson = False) -> None:
    """Tell where the database stands, and what is pending.

    The exit code is 3 where something is, and 4 where a migration was interrupted in the middle of a
    revision.
    """
    with opened(where, "read") as manager:
        found, half = manager.status(), manager.half_migrated()
        url = url_of(manager.db.home.settings)
    if as_json:
        show_json({**found.to_json(), "database": url, "half_migrated": half})
    else:
        _show(found, half, url)
    raise typer.Exit(_code(found, half))


def _code(found: Status, half: HalfMigrated | None) -> ExitCode:
    if half is not None:
        return ExitCode.DRIFT
    return ExitCode.FINE if found.up_to_date else ExitCode.FINDINGS


def _show(found: Status, half: HalfMigrated | None, url: str) -> None:
    heads = ", ".join(found.heads) or "base"
    _line("database", url)
    _line("current", ", ".join(found.current) or "base")
    if half is not None:
        _line("halfway", str(half), "bold red")
    if found.unknown:
        _line("unknown", f"{', '.join(found.unknown)}: the tree has no such revision", "bold red")
    elif not found.pending:
        _line("pending", "nothing", "green")
    else:
        _line("pending", f"{len(found.pending)} up to {heads}", "yellow")
    for revision in found.pending:
        say("  ", (revision.id, "cyan"), f"  {revision.message}")


def _line(name: str, value: str, style: str = "") -> None:
    say((f"{name:<9}", "bold"), (value, style))
