"""`hstc write|check`: the pages of a tree."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from colonnade.errors import DatabaseError
from dbp.cli.app import AsJson, hstc_app
from dbp.cli.output import as_json, error, fail, say, show, tracked
from dbp.hstc import check, write
from dbp.hstc.directories import directories_in

__all__: list[str] = []

Root = Annotated[Path, typer.Argument(metavar="PATH", help="The tree's root.")]
Exclude = Annotated[
    list[str] | None, typer.Option(help="A further pattern to leave out, in .gitignore's form.")
]


@hstc_app.command("write")
def write_pages(path: Root, exclude: Exclude = None, json: AsJson = False) -> None:
    """Make the page of every directory, children first; what a person wrote stays."""
    try:
        total = len(directories_in(path.resolve(), exclude or ()))
        results = list(tracked(write(path, exclude=exclude or ()), total, "writing"))
    except (OSError, DatabaseError) as problem:
        fail(f"the pages of {path} can't be written: {problem}")
    refused = [each for each in results if each.problem]
    if json:
        as_json([asdict(each) for each in results])
    else:
        for each in refused:
            error(f"{each.page}: {each.problem}")
        counted = Counter(each.outcome for each in results)
        told = ", ".join(
            f"{counted[outcome]} {outcome}" for outcome in ("made", "changed", "unchanged", "refused")
        )
        say(f"{len(results)} pages: {told}")
    if refused:
        raise typer.Exit(1)


@hstc_app.command("check")
def check_pages(path: Root, exclude: Exclude = None, json: AsJson = False) -> None:
    """List what is stale, by page; exit code 1 when something is."""
    try:
        found = check(path, exclude=exclude or ())
    except (OSError, DatabaseError) as problem:
        fail(f"the pages of {path} can't be checked: {problem}")
    if json or found:
        show((asdict(each) for each in found), ("page", "path", "reason"), json=json)
    else:
        say("every page is fresh")
    if found:
        raise typer.Exit(1)
