"""The ten lines that a user types: declare, install, act, look at the history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, insert, text, update

from colonnade import audit
from tests.audit.models import Clip, Plain, Project, Video, tags
from tests.faces import Face


def test_a_history(faced: Face, db: Any, acting: Any, log: Any, repository: Callable[[type], Any]) -> None:
    projects = repository(Project)
    with acting("ana", request_id="r-1"):
        project = faced.run(projects.create(Project(id=uuid4().int % 10**9, name="Harbour", note=None)))
    faced.run(projects.update(project.id, {"name": "harbour"}))
    faced.run(projects.update(project.id, {"name": "harbour"}))
    with acting("bob"):
        faced.run(projects.delete(project.id))
    entries = faced.run(log.get_history("project", project.id))
    assert [(e.action, e.user_id, e.context) for e in entries] == [
        ("CREATE", "ana", {"request_id": "r-1"}),
        ("UPDATE", None, None),
        ("DELETE", "bob", None),
    ]
    assert entries[0].changes == {"id": project.id, "name": "Harbour", "note": None}
    assert entries[1].changes == {"name": {"old": "Harbour", "new": "harbour"}}
    assert entries[2].changes == {"id": project.id, "name": "harbour", "note": None}
    assert len({e.transaction_id for e in entries}) == 3
    assert entries[0].timestamp <= entries[1].timestamp <= entries[2].timestamp
    assert faced.run(audit.check(db)) == []


def test_whoever_writes(
    faced: Face, db: Any, acting: Any, recorded: Any, repository: Callable[[type], Any]
) -> None:
    projects = repository(Project)
    faced.run(projects.create_many([Project(id=at, name=f"p{at}", note="x") for at in (1, 2, 3)]))
    assert [entry[0] for entry in recorded()] == ["CREATE"] * 3
    faced.run(projects.update_many([{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]))
    assert sorted(entry[3]["name"]["new"] for entry in recorded()) == ["a", "b"]
    with faced.entered(db.engine.begin()) as connection, acting("core"):
        faced.run(connection.execute(update(Project).where(Project.id == 3).values(note=Project.name)))
        faced.run(connection.execute(text("UPDATE projects SET name = 'raw' WHERE id = 3")))
    assert recorded() == [
        ("UPDATE", "project", "[3]", {"note": {"old": "x", "new": "p3"}}, "core"),
        ("UPDATE", "project", "[3]", {"name": {"old": "p3", "new": "raw"}}, "core"),
    ]
    with faced.entered(db.session()) as session:
        faced.run(session.execute(insert(Plain).values(id=1, name="plain")))
        faced.run(session.execute(insert(tags).values(project_id=1, tag="new")))
        faced.run(session.execute(delete(Project).where(Project.id == 2)))
    assert recorded() == [
        ("CREATE", "project_tags", '[1,"new"]', {"project_id": 1, "tag": "new"}, None),
        ("DELETE", "project", "[2]", {"id": 2, "name": "b", "note": "x"}, None),
    ]


def test_cascades(faced: Face, db: Any, acting: Any, recorded: Any, entries: Any) -> None:
    with faced.entered(db.session()) as session:
        project = Project(id=1, name="p", note=None, videos=[Video(id=1, path="a"), Video(id=2, path="b")])
        session.add_all([project, Project(id=2, name="q", note=None)])
        session.add(Project(id=3, name="r", note=None, videos=[Video(id=3, path="c")]))
        faced.run(session.flush())
        session.add_all([Clip(id=1, video_id=1, project_id=1), Clip(id=2, video_id=3, project_id=2)])
        faced.run(session.flush())
        faced.run(session.execute(insert(tags).values(project_id=1, tag="t")))
    recorded()
    with faced.entered(db.session()) as session, acting("ana"):
        faced.run(session.execute(text("DELETE FROM projects WHERE id = 2")))
    assert by_name(recorded()) == [
        ("DELETE", "project", "[2]", {"id": 2, "name": "q", "note": None}, "ana"),
        ("UPDATE", "clip", "[2]", {"project_id": {"old": 2, "new": None}}, "ana"),
    ]
    with faced.entered(db.session()) as session:
        faced.run(session.execute(text("UPDATE projects SET id = 7 WHERE id = 1")))
    moved = {"project_id": {"old": 1, "new": 7}}
    assert by_name(recorded()) == [
        ("UPDATE", "clip", "[1]", moved, None),
        ("UPDATE", "project", "[7]", {"id": {"old": 1, "new": 7}}, None),
        ("UPDATE", "project_tags", '[7,"t"]', moved, None),
        ("UPDATE", "video", "[1]", moved, None),
        ("UPDATE", "video", "[2]", moved, None),
    ]
    with faced.entered(db.session()) as session:
        faced.run(session.execute(text("DELETE FROM projects WHERE id = 7")))
    # PostgreSQL and SQLite take the project from the clip first, and then the clip, by way of its video.
    gone = [entry for entry in entries() if entry.action == "DELETE"]
    assert sorted((e.action, e.entity_type, e.entity_key) for e in gone) == [
        ("DELETE", "clip", "[1]"),
        ("DELETE", "project", "[7]"),
        ("DELETE", "project_tags", '[7,"t"]'),
        ("DELETE", "video", "[1]"),
        ("DELETE", "video", "[2]"),
    ]
    assert len({e.transaction_id for e in gone}) == 1


def by_name(found: list[Any]) -> list[Any]:
    return sorted(found, key=lambda entry: entry[:3])
