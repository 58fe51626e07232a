"""`index`: a source tree into the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from dbp.cli.app import AsJson, Url, app, opened
from dbp.cli.output import as_json, error, fail, say, tracked
from dbp.indexing import Event, Index, index, survey
from dbp.indexing.place import belongs_to
from dbp.indexing.run import BATCH

__all__ = ["index_tree", "summary"]

OUTCOMES = ("added", "changed", "moved", "removed", "unchanged", "skipped")


@app.command("index")
def index_tree(
    path: Annotated[Path, typer.Argument(help="The tree's root.")],
    url: Url = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help="A further pattern to leave out, in .gitignore's form.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Read every file, whatever its time says.")] = False,
    batch: Annotated[int, typer.Option(min=1, help="Files in one transaction.")] = BATCH,
    json: AsJson = False,
) -> None:
    """Bring a tree's files into the database; only what has changed is read.

    A file that couldn't be read as what it is is named, and the exit code is 1.
    """
    with opened(url) as db:
        store, unless = Index(db), belongs_to(str(db.settings.url))
        try:
            found = survey(store, path, exclude=exclude or (), unless=unless, full=full)
        except OSError as problem:
            fail(f"{path} can't be indexed: {problem.strerror}. Name a folder that can be read")
        events = list(tracked(index(store, found, batch=batch), found.total, "indexing"))
    problems = [event for event in events if event.problem]
    if json:
        as_json({"root": str(found.root), **_counted(events), "problems": [_told(each) for each in problems]})
    else:
        for event in problems:
            error(f"{event.path}: {event.problem}")
        for event in events:
            if event.outcome == "moved":
                say(f"moved {event.moved_from} to {event.path}")
        say(summary(events))
    if problems:
        raise typer.Exit(1)


def summary(events: Iterable[Event]) -> str:
    """Count what became of the files, in one line."""
    events = list(events)
    counted = _counted(events)
    faulty = sum(1 for event in events if event.problem)
    told = ", ".join(f"{counted[outcome]} {outcome}" for outcome in OUTCOMES)
    return f"{len(events) - counted['removed']} files: {told}; {faulty} with problems"


def _counted(events: Iterable[Event]) -> dict[str, int]:
    counted: Counter[str] = Counter(event.outcome for event in events)
    return {outcome: counted[outcome] for outcome in OUTCOMES}


def _told(event: Event) -> dict[str, str]:
    return {"path": event.path, "outcome": event.outcome, "problem": event.problem}
