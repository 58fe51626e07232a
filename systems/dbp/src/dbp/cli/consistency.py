"""`inconsistencies`, `recommend`, `decide`: where documents and code disagree, and what is done about it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from dbp.cli.app import AsJson, Url, app, opened, project_at
from dbp.cli.output import as_json, error, fail, say, show
from dbp.consistency import Applied, Consistency, Finding, apply, findings_in
from dbp.database import DatabaseManager, Decision, Inconsistency, InconsistencyStatus, Recommendation
from dbp.database.repositories import (
    InconsistencyRepository,
    ProjectRepository,
    RecommendationRepository,
)
from dbp.indexing import Index, index, survey
from dbp.indexing.place import belongs_to

__all__ = ["detect"]

Root = Annotated[
    Path | None,
    typer.Argument(metavar="[PATH]", help="One indexed tree; without it all.", show_default=False),
]
Choice = Annotated[Literal["accept", "reject", "amend"], typer.Argument(help="The decision.")]


@app.command()
def inconsistencies(path: Root = None, url: Url = None, json: AsJson = False) -> None:
    """Compare documents and code, and list what disagrees, the worst first."""
    with opened(url, reads=True) as db:
        for project_id in _projects(db, path):
            detect(db, project_id)
        pending = InconsistencyRepository(db).get_pending()
        inside = InconsistencyRepository(db).find(
            Inconsistency.status == InconsistencyStatus.IN_RECOMMENDATION,
            order_by="id",
            load=Inconsistency.affected_documents,
        )
    rows = [_row(each) for each in [*pending, *inside]]
    show(rows, ("id", "severity", "type", "status", "description", "suggested_resolution"), json=json)


@app.command()
def recommend(path: Root = None, url: Url = None, json: AsJson = False) -> None:
    """Group the pending inconsistencies of a tree into the one active recommendation, and show it."""
    with opened(url, reads=True) as db:
        made = None
        for project_id in _projects(db, path):
            found = detect(db, project_id)
            made = made or Consistency(db).recommend(project_id, found)
        if made is None:
            as_json(None) if json else say("nothing to recommend: documents and code agree")
            return
        told = _told(db, made)
    if json:
        as_json(told)
    else:
        _say_recommendation(told)


@app.command()
def decide(
    choice: Choice,
    recommendation: Annotated[
        int | None,
        typer.Option("--id", help="The recommendation; without it the active one.", show_default=False),
    ] = None,
    comments: Annotated[str | None, typer.Option(help="Why; an amendment must say it.")] = None,
    apply_changes: Annotated[
        bool, typer.Option("--apply", help="Make the accepted changes in the files, which are kept aside.")
    ] = False,
    url: Url = None,
    json: AsJson = False,
) -> None:
    """Decide about the active recommendation; files are changed with --apply only."""
    decision = Decision(choice.capitalize())
    if apply_changes and decision is not Decision.ACCEPT:
        raise typer.BadParameter("only what is accepted is applied", param_hint="--apply")
    if decision is Decision.AMEND and not (comments or "").strip():
        raise typer.BadParameter("an amendment says what is to be different", param_hint="--comments")
    with opened(url, reads=True) as db:
        id = recommendation if recommendation is not None else _active_id(db)
        RecommendationRepository(db).get_one(id)
        now = datetime.now(UTC)
        applied = _applied(db, id, now) if apply_changes else []
        decided = Consistency(db).decide(id, decision, comments, now if apply_changes else None)
        if apply_changes:
            _index_again(db, applied)
        told: dict[str, Any] = {
            "id": decided.id,
            "status": decided.status,
            "applied": [path for each in applied for path in each.paths],
            "backups": [str(each.backup) for each in applied if each.backup],
        }
    if json:
        as_json(told)
    else:
        say(f"recommendation {told['id']}: {told['status']}")
        for name in told["applied"]:
            say(f"changed {name}")
        for backup in told["backups"]:
            say(f"what was replaced is in {backup}")


def detect(db: DatabaseManager, project_id: int) -> list[Finding]:
    """Bring a project's inconsistencies up to date, and give what was found."""
    work = Consistency(db)
    found = findings_in(work.snapshot(project_id))
    work.record(project_id, found)
    return found


def _projects(db: DatabaseManager, path: Path | None) -> list[int]:
    if path is not None:
        return [project_at(db, path).id]
    found = [project.id for project in ProjectRepository(db).list_all()]
    if not found:
        fail("nothing is indexed. Run `index PATH` first")
    return found


def _active_id(db: DatabaseManager) -> int:
    active = RecommendationRepository(db).get_active()
    if active is None:
        fail("no recommendation is active. Run `recommend` first")
    return active.id


def _applied(db: DatabaseManager, recommendation_id: int, now: datetime) -> list[Applied]:
    try:
        by_root = Consistency(db).edits(recommendation_id)
        return [apply(Path(root), edits, now) for root, edits in by_root.items()]
    except (OSError, UnicodeDecodeError) as problem:
        fail(f"the changes can't be applied: {problem}")


def _index_again(db: DatabaseManager, applied: list[Applied]) -> None:
    """Index the trees that were changed, and look at what is left to settle there."""
    if not any(each.paths for each in applied):
        return
    store, unless = Index(db), belongs_to(str(db.settings.url))
    for project in ProjectRepository(db).list_all():
        root = Path(project.root_path)
        if any(each.backup and each.backup.is_relative_to(root) for each in applied):
            for event in index(store, survey(store, root, unless=unless)):
                if event.outcome == "skipped":
                    error(f"{event.path}: {event.problem}")
            detect(db, project.id)


def _row(each: Inconsistency) -> dict[str, Any]:
    names = ("id", "severity", "type", "status", "description", "suggested_resolution", "timestamp")
    return {
        **{name: getattr(each, name) for name in names},
        "documents": [document.path for document in each.affected_documents],
    }


def _told(db: DatabaseManager, made: Recommendation) -> dict[str, Any]:
    changes = Consistency(db).edits(made.id)
    return {
        "id": made.id,
        "title": made.title,
        "status": made.status,
        "inconsistencies": [
            {"id": each.id, "severity": each.severity, "description": each.description}
            for each in made.inconsistencies
        ],
        "changes": [
            {
                "path": edit.path,
                "location": edit.location,
                "type": edit.change_type,
                "before": edit.before,
                "after": edit.after,
            }
            for edits in changes.values()
            for edit in edits
        ],
    }


def _say_recommendation(told: dict[str, Any]) -> None:
    say(f"recommendation {told['id']}: {told['title']}")
    for each in told["inconsistencies"]:
        say(f"  {each['severity']}: {each['description']}")
    for each in told["changes"]:
        say(f"{each['path']}, {each['location']}: {each['type']}")
        for mark, text in (("-", each["before"]), ("+", each["after"])):
            for line in text.split("\n") if text else ():
                say(f"  {mark} {line}")
    say("`decide accept --apply` carries it out")
