"""The ten lines that a user types: declare, install, act, look at the history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, insert, text, update

from colonnade import audit
from tests.audit.models import Account, Clip, Folder, Plain, Project, Video, tags
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
    assert entries[1].changes == {"name": ["Harbour", "harbour"]}
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
    assert sorted(entry[3]["name"][1] for entry in recorded()) == ["a", "b"]
    with faced.entered(db.engine.begin()) as connection, acting("core"):
        faced.run(connection.execute(update(Project).where(Project.id == 3).values(note=Project.name)))
        faced.run(connection.execute(text("UPDATE projects SET name = 'raw' WHERE id = 3")))
    assert recorded() == [
        ("UPDATE", "project", "[3]", {"note": ["x", "p3"]}, "core"),
        ("UPDATE", "project", "[3]", {"name": ["p3", "raw"]}, "core"),
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
        ("UPDATE", "clip", "[2]", {"project_id": [2, None]}, "ana"),
    ]
    with faced.entered(db.session()) as session:
        faced.run(session.execute(text("UPDATE projects SET id = 7 WHERE id = 1")))
    moved = {"project_id": [1, 7]}
    assert by_name(recorded()) == [
        ("UPDATE", "clip", "[1]", moved, None),
        ("UPDATE", "project", "[7]", {"id": [1, 7]}, None),
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


def test_soft_deletion_secrets_and_stamps(faced: Face, db: Any, entries: Any) -> None:
    with faced.entered(db.session()) as session:
        faced.run(session.execute(insert(Account).values(id=1, name="n", secret="s", seen=0)))
    (made,) = entries()
    assert (made.entity_type, made.changes["secret"]) == ("user", {"$redacted": True})
    assert "seen" not in made.changes
    with faced.entered(db.session()) as session:
        for setting in ("seen = 1, updated_at = updated_at", "name = 'm'", "secret = 't'"):
            faced.run(session.execute(text(f"UPDATE accounts SET {setting} WHERE id = 1")))
    # Each raw UPDATE moves the stamp by a trigger, and is one entry all the same.
    stamped, named, hidden = entries()
    assert set(stamped.changes) == {"updated_at"}
    assert set(named.changes) == {"name", "updated_at"}
    assert hidden.changes["secret"] == [{"$redacted": True}, {"$redacted": True}]
    assert hidden.changes["updated_at"][0] == named.changes["updated_at"][1]
    for setting in ("'2026-01-01 00:00:00.000000'", "NULL"):
        with faced.entered(db.session()) as session:
            faced.run(session.execute(text(f"UPDATE accounts SET deleted_at = {setting}")))
    assert [(e.action, e.operation) for e in entries()] == [("DELETE", "UPDATE"), ("CREATE", "UPDATE")]


def test_a_table_that_refers_to_itself(faced: Face, db: Any, entries: Any) -> None:
    with faced.entered(db.session()) as session:
        for id, parent in ((1, None), (2, 1), (3, 2), (4, 1), (5, None)):
            faced.run(session.execute(insert(Folder).values(id=id, parent_id=parent)))
    entries()
    with faced.entered(db.session()) as session:
        faced.run(session.execute(text("DELETE FROM folders WHERE id IN (1, 3)")))
    assert sorted((e.action, e.entity_id) for e in entries()) == [("DELETE", id) for id in (1, 2, 3, 4)]
