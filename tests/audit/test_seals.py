"""Seals show what was tampered with, reconciling what no trigger has seen; pruning keeps what is needed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from colonnade import AsyncDatabaseManager, AuditRepository, BaseRepository, DatabaseManager, audit
from colonnade.errors import ConfigurationError, DamagedDatabaseError, EntityValidationError
from tests.audit.models import Base, Project
from tests.databases import Driver
from tests.faces import Face

KEY = "a key of sixteen bytes"


@pytest.fixture
def sealed(url: str) -> Iterator[DatabaseManager]:
    with DatabaseManager(url, metadata=Base.metadata) as db:
        BaseRepository[Project](db).create_many([Project(id=at, name=f"p{at}") for at in range(1, 21)])
        assert audit.seal(db, key=KEY) == 20
        yield db


def tamper(db: DatabaseManager, *statements: str) -> None:
    """Do what an administrator may do: take the triggers away, and then anything."""
    kind = db.engine.dialect.name
    with db.session() as session:
        if kind == "postgresql":
            session.execute(text("ALTER TABLE audit_log DISABLE TRIGGER USER"))
            session.execute(text("ALTER TABLE projects DISABLE TRIGGER USER"))
        else:
            tables = (
                "audit_log_keep_update",
                "audit_log_keep_delete",
                "audit_update_projects",
                "audit_delete_projects",
            )
            for name in tables:
                session.execute(text(f"DROP TRIGGER {name}"))
        for statement in statements:
            session.execute(text(statement))


def test_what_was_tampered_with(sealed: DatabaseManager) -> None:
    assert audit.verify(sealed, key=KEY) == []
    log = AuditRepository(sealed)
    first = log.list()[0].id
    tamper(
        sealed,
        f"UPDATE audit_log SET user_id = 'eve' WHERE id = {first + 2}",
        f"DELETE FROM audit_log WHERE id = {first + 4}",
        f"UPDATE audit_log SET id = {first + 4000} WHERE id = {first + 6}",
    )
    assert [(fault.kind, fault.entry_id) for fault in audit.verify(sealed, key=KEY)] == [
        ("altered", first + 2),
        ("removed", first + 4),
        ("removed", first + 6),
    ]
    with pytest.raises(DamagedDatabaseError, match="doesn't stand up"):
        audit.prune(sealed, datetime.now(UTC), key=KEY)


def test_an_entry_put_in(sealed: DatabaseManager) -> None:
    log = AuditRepository(sealed)
    first = log.list()[0].id
    tamper(sealed, f"DELETE FROM audit_log WHERE id = {first + 1}")
    columns = "entity_type, entity_id, action, changes, source, timestamp"
    with sealed.session() as session:
        session.execute(
            text(
                f"INSERT INTO audit_log (id, {columns}) SELECT {first - 5}, {columns} FROM audit_log"
                f" WHERE id = {first}"
            )
        )
    kinds = [(fault.kind, fault.entry_id) for fault in audit.verify(sealed, key=KEY)]
    assert kinds == [("inserted", first - 5), ("removed", first + 1)]


def test_a_seal_that_is_not_right(sealed: DatabaseManager) -> None:
    BaseRepository[Project](sealed).update(1, {"name": "later"})
    audit.seal(sealed, key=KEY)
    assert [fault.kind for fault in audit.verify(sealed, key="another key of bytes")] == ["seal", "seal"]
    with sealed.session() as session:
        session.execute(
            text("DELETE FROM audit_seal WHERE id = (SELECT * FROM (SELECT min(id) FROM audit_seal) x)")
        )
    faults = audit.verify(sealed, key=KEY)
    assert faults[0].kind == "seal"
    assert "doesn't follow" in str(faults[0])
    with pytest.raises(ConfigurationError, match="COLONNADE_AUDIT_KEY"):
        audit.verify(sealed)
    with pytest.raises(ConfigurationError, match="5 bytes"):
        audit.seal(sealed, key="short")


def test_a_proof(sealed: DatabaseManager) -> None:
    entry = AuditRepository(sealed).list()[7]
    proof = audit.prove(sealed, entry.id, key=KEY)
    (root,) = audit.export(sealed)
    assert proof.count == 20
    assert proof.holds(root["root"])
    tamper(sealed, f"UPDATE audit_log SET user_id = 'eve' WHERE id = {entry.id}")
    assert not audit.prove(sealed, entry.id, key=KEY).holds(root["root"])
    unsealed = AuditRepository(sealed).log_create("project", 99)
    with pytest.raises(EntityValidationError, match="isn't sealed"):
        audit.prove(sealed, unsealed.id, key=KEY)


@pytest.mark.parametrize("ends", ["commit", "rollback"])
def test_an_entry_still_being_written_is_not_passed_over(url: str, ends: str) -> None:
    with DatabaseManager(url, metadata=Base.metadata) as db:
        if db.engine.dialect.name == "sqlite":
            pytest.skip("SQLite has one writer at a time")
        writing = db.engine.connect()
        writing.execute(text("INSERT INTO projects (id, name) VALUES (1, 'slow')"))
        BaseRepository[Project](db).create(Project(id=2, name="fast"))
        assert audit.seal(db, key=KEY, patience_s=0.2) == 0
        getattr(writing, ends)()
        writing.close()
        assert audit.seal(db, key=KEY) == (2 if ends == "commit" else 1)
        assert audit.verify(db, key=KEY) == []


def test_reconciling(sealed: DatabaseManager) -> None:
    assert audit.reconcile(sealed) == []
    tamper(sealed, "UPDATE projects SET name = 'x' WHERE id = 3", "DELETE FROM projects WHERE id = 4")
    found = audit.reconcile(sealed, Project)
    assert [(one.entity_key, one.kind, one.columns) for one in found] == [
        ("[3]", "differs", ("name",)),
        ("[4]", "missing", ()),
    ]
    assert {one.name for one in audit.check(sealed)} >= {"audit_update_projects"}
    audit.install(sealed)
    assert audit.check(sealed) == []


def test_pruning(sealed: DatabaseManager) -> None:
    projects, log = BaseRepository[Project](sealed), AuditRepository(sealed)
    projects.update(1, {"name": "b"})
    projects.delete(2)
    with sealed.session() as session:
        session.execute(text("UPDATE projects SET id = 50 WHERE id = 3"))
    time.sleep(0.01)
    cut = datetime.now(UTC)
    time.sleep(0.01)
    projects.update(1, {"name": "c"})
    projects.delete(5)
    later = datetime.now(UTC)
    before = {at: told(log, at) for at in (cut, later)}
    count = log.count()
    gone = audit.prune(sealed, cut, key=KEY)
    assert gone == 4
    assert log.count() == count - gone
    assert {at: told(log, at) for at in (cut, later)} == before
    assert audit.verify(sealed, key=KEY) == []
    assert audit.reconcile(sealed) == []
    assert audit.seal(sealed, key=KEY) == 0
    assert log.as_of(Project, cut, 50).name == "p3"


def told(log: Any, at: datetime) -> list[tuple[int, str]]:
    return [(one.id, one.name) for one in log.as_of(Project, at)]


def test_rows_that_were_there_before(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with DatabaseManager(url) as db:
        with db.engine.begin() as connection:
            connection.execute(
                text("CREATE TABLE projects (id INTEGER PRIMARY KEY, name VARCHAR(255), note VARCHAR(255))")
            )
            connection.execute(text("INSERT INTO projects (id, name) VALUES (1, 'old')"))
        Base.metadata.create_all(db.engine)
        with caplog.at_level("WARNING", "colonnade.audit"):
            DatabaseManager(db.engine, metadata=Base.metadata).initialize()
        assert "changes aren't recorded: the trigger audit_" in caplog.text
        audit.install(db, Base.metadata)
        audit.install(db, Base.metadata)
        log = AuditRepository(db)
        assert [(e.source, e.action, e.entity_id, e.changes["name"]) for e in log.list()] == [
            ("baseline", "CREATE", 1, "old")
        ]
        BaseRepository[Project](db).update(1, {"name": "new"})
        assert log.as_of(Project, datetime.now(UTC), 1).name == "new"


def test_on_either_face(faced: Face, driver: Driver, face_url: str) -> None:
    kind = faced.pick(DatabaseManager, AsyncDatabaseManager)
    with faced.entered(kind(face_url, metadata=Base.metadata)) as db:
        faced.run(audit.install(db))
        assert faced.run(audit.check(db)) == []
        assert faced.run(audit.seal(db, key=KEY)) == 0
        assert faced.run(audit.verify(db, key=KEY)) == []
        assert faced.run(audit.reconcile(db)) == []
        assert faced.run(audit.export(db)) == []
        assert faced.run(audit.prune(db, datetime.now(UTC), key=KEY)) == 0
