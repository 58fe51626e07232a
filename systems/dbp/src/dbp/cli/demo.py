"""`demo`: a package indexed, its most connected documents, an inconsistency, a recommendation accepted."""

from __future__ import annotations

import importlib.util
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import func, or_, select

from colonnade.errors import DatabaseError
from dbp.cli.app import app
from dbp.cli.consistency import detect
from dbp.cli.index import summary
from dbp.cli.output import fail, heading, say, show, tracked
from dbp.consistency import Consistency, apply
from dbp.database import DatabaseManager, Decision, Document, DocumentRelationship
from dbp.hstc import check, write
from dbp.indexing import Index, index, survey

__all__ = ["demo"]

HEADER = """\
####
# [Source file intent]
# What the demonstration adds to the package: a header that lists a dependency too many.
####
# [Dependencies]
# system:- requests
# codebase:- {package}/__init__.py
####
import {package}
"""


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="Where the copy and the database are made anew.")] = Path(
        "demo/dbp"
    ),
    package: Annotated[str, typer.Option(help="The installed package that is copied and indexed.")] = "rich",
) -> None:
    """Index a copy of an installed package, and show what dbp finds in it."""
    folder = folder.resolve()
    tree, database = folder / "tree", folder / "dbp.db"
    try:
        _make_tree(folder, tree, package)
        with DatabaseManager(database) as db:
            _show_index(db, tree)
            _show_pages(tree)
            _show_loop(db, tree)
    except (DatabaseError, OSError) as problem:
        fail(str(problem))
    heading("Look further")
    say(f"The tree is {tree}, the database is {database}")
    say(f"python -m dbp inconsistencies --url {database}")


def _make_tree(folder: Path, tree: Path, package: str) -> None:
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        fail(f"there is no package {package!r} in this environment")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(
        found.submodule_search_locations[0], tree / package, ignore=shutil.ignore_patterns("__pycache__")
    )
    (tree / "start.py").write_text(HEADER.format(package=package), encoding="utf-8")


def _show_index(db: DatabaseManager, tree: Path) -> None:
    heading("A package indexed")
    for _ in range(2):
        store = Index(db)
        found = survey(store, tree)
        say(summary(tracked(index(store, found), found.total, "indexing")))
    heading("The ten most connected documents")
    show(_most_connected(db), ("path", "links"))


def _most_connected(db: DatabaseManager) -> list[dict[str, object]]:
    link = DocumentRelationship
    links = func.count(link.id).label("links")
    statement = (
        select(Document.path, links)
        .join(link, or_(link.source_id == Document.id, link.target_id == Document.id))
        .group_by(Document.path)
        .order_by(links.desc(), Document.path)
        .limit(10)
    )
    with db.session(read_only=True) as session:
        return [dict(row) for row in session.execute(statement).mappings()]


def _show_pages(tree: Path) -> None:
    heading("Its HSTC pages")
    pages = list(write(tree))
    say(f"{len(pages)} pages written; stale after that: {len(check(tree))}")


def _show_loop(db: DatabaseManager, tree: Path) -> None:
    heading("An inconsistency, and a recommendation accepted")
    work, store = Consistency(db), Index(db)
    project = store.open_project(str(tree), tree.name).id
    found = detect(db, project)
    made = work.recommend(project, [each for each in found if each.edit])
    if made is None:
        fail("nothing was found: please report this")
    for each in found[:5]:
        say(f"{each.severity}: {each.description}")
    now = datetime.now(UTC)
    applied = [apply(Path(root), edits, now) for root, edits in work.edits(made.id).items()]
    for done in applied:
        say(f"changed {', '.join(done.paths)}; what was replaced is in {done.backup}")
    say(f"recommendation {made.id}: {work.decide(made.id, Decision.ACCEPT, implemented=now).status}")
    changed = survey(store, tree)
    list(index(store, changed))
    say(f"disagreements left: {len(detect(db, project))}")
