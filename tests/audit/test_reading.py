"""What the log is asked: histories, how it was, who did what, and taking it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert, text

from colonnade.errors import EntityValidationError, StaleEntityError, TransactionError
from tests.audit.models import Account, Project, Video, tags
from tests.faces import Face


@pytest.fixture
def clock(faced: Face, db: Any) -> Callable[[], datetime]:
    """A function that gives a time between what was done and what will be, by the database's clock."""

    def now() -> datetime:
        import time

        time.sleep(0.005)  # SQLite's clock has milliseconds
        found = datetime.now(UTC)
        time.sleep(0.005)
        return found

    return now


def test_how_it_was(faced: Face, db: Any, log: Any, repository: Any, clock: Any, entries: Any) -> None:
    projects = repository(Project)
    before = clock()
    faced.run(projects.create(Project(id=71, name="a", note="x")))
    created = clock()
    faced.run(projects.update(71, {"name": "b"}))
    faced.run(projects.create(Project(id=72, name="second", note=None)))
    updated = clock()
    with faced.entered(db.session()) as session:
        faced.run(session.execute(text("UPDATE projects SET id = 73, name = 'c' WHERE id = 71")))
    moved = clock()
    faced.run(projects.delete(73))
    gone = clock()

    def was(time: datetime, id: int) -> Any:
        found = faced.run(log.as_of(Project, time, id))
        return found and (found.id, found.name, found.note)

    assert [was(time, 71) for time in (before, created, updated, moved, gone)] == [
        None,
        (71, "a", "x"),
        (71, "b", "x"),
        None,
        None,
    ]
    assert [was(time, 73) for time in (updated, moved, gone)] == [None, (73, "c", "x"), None]
    all_of = [(one.id, one.name) for one in faced.run(log.as_of(Project, updated)) if one.id in (71, 72, 73)]
    assert all_of == [(71, "b"), (72, "second")]
    assert {one.id for one in faced.run(log.as_of(Project, moved))} >= {72, 73}
    history = faced.run(log.history(Project, 73))
    assert [e.action for e in history][-2:] == ["UPDATE", "DELETE"]
    ids = {e.id for e in entries()}
    mine = [e.action for e in faced.run(log.history(Project, 71)) if e.id in ids]
    assert mine == ["CREATE", "UPDATE", "UPDATE"]
    page = faced.run(log.changed_between(created, updated, Project))
    assert [e.action for e in page] == ["UPDATE", "CREATE"]
    first = faced.run(log.changed_between(created, updated, limit=1))
    rest = faced.run(log.changed_between(created, updated, limit=1, cursor=first.next_cursor))
    assert [e.entity_id for e in (*first, *rest)] == [71, 72]
    with pytest.raises(EntityValidationError, match="no zone"):
        faced.run(log.as_of(Project, datetime(2026, 1, 1)))


def test_who(faced: Face, db: Any, log: Any, repository: Any, acting: Any, entries: Any) -> None:
    with acting("ana"), faced.entered(db.session()) as session:
        faced.run(session.execute(insert(Project).values(id=81, name="p")))
        faced.run(session.execute(insert(tags).values(project_id=81, tag="t")))
    mine = entries()
    found = faced.run(log.transaction(mine[0].transaction_id))
    assert [e.id for e in found] == [e.id for e in mine]
    assert {e.id for e in mine} <= {e.id for e in faced.run(log.by_actor("ana", limit=1000))}


def test_taking_back(faced: Face, db: Any, log: Any, repository: Any, acting: Any, entries: Any) -> None:
    projects, videos = repository(Project), repository(Video)
    faced.run(projects.create(Project(id=91, name="a", note="x")))
    faced.run(videos.create(Video(id=91, project_id=91, path="p91")))
    faced.run(projects.update(91, {"name": "b", "note": None}))
    *_, update = entries()
    with acting("ana"):
        (back,) = faced.run(log.revert(update))
    assert (back.action, back.user_id) == ("UPDATE", "ana")
    assert back.changes == {"name": ["b", "a"], "note": [None, "x"]}
    with pytest.raises(StaleEntityError, match="change since"):
        faced.run(log.revert(update.id))
    entries()
    with faced.entered(db.session()) as session:
        faced.run(session.execute(text("DELETE FROM projects WHERE id = 91")))
    gone = entries()
    faced.run(log.revert(gone[0].transaction_id))
    assert faced.run(projects.get(91)).name == "a"
    assert faced.run(videos.get(91)).path == "p91"
    assert [(e.action, e.entity_type) for e in entries()] == [("CREATE", "project"), ("CREATE", "video")]
    with pytest.raises(EntityValidationError, match="no entry"):
        faced.run(log.revert("no such transaction"))
    with pytest.raises(StaleEntityError):
        faced.run(log.revert([entry.id for entry in gone]))


def test_what_was_not_kept(faced: Face, log: Any, repository: Any, entries: Any) -> None:
    accounts = repository(Account)
    faced.run(accounts.create(Account(id=11, name="n", secret="s")))
    faced.run(accounts.update(11, {"secret": "t"}))
    *_, update = entries()
    with pytest.raises(EntityValidationError, match="secret was redacted"):
        faced.run(log.revert(update))
    entry = faced.run(log.log_update("user", 11, {"name": ["a", "b"]}, "eve"))
    with pytest.raises(EntityValidationError, match="manual"):
        faced.run(log.revert(entry))
    assert faced.run(log.as_of(Account, datetime.now(UTC), 11)).name == "n"
    with pytest.raises(TransactionError):
        faced.run(log.delete(entry.id))
