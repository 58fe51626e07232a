"""What slips away from careless triggers: REPLACE on SQLite, TRUNCATE and partitions on PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from colonnade import AuditRepository, DatabaseManager, audit
from colonnade.errors import DatabaseError
from tests.audit.models import Base


@pytest.fixture
def file(sqlite_url: str) -> Iterator[sqlite3.Connection]:
    """Another program's connection, which knows nothing of Colonnade."""
    with DatabaseManager(sqlite_url, metadata=Base.metadata):
        pass
    with closing(sqlite3.connect(make_url(sqlite_url).database or "", isolation_level=None)) as connection:
        yield connection


def told(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
    query = "SELECT action, entity_type, entity_id FROM audit_log WHERE id > ? ORDER BY id"
    return connection.execute(query, (mark.get(connection, 0),)).fetchall()


mark: dict[sqlite3.Connection, int] = {}


def since(connection: sqlite3.Connection) -> None:
    mark[connection] = connection.execute("SELECT coalesce(max(id), 0) FROM audit_log").fetchone()[0]


@pytest.mark.parametrize("recursive", ["ON", "OFF"])
@pytest.mark.parametrize("trusted", ["ON", "OFF"])
def test_replace_by_another_program(file: sqlite3.Connection, recursive: str, trusted: str) -> None:
    for setting in (f"recursive_triggers={recursive}", f"trusted_schema={trusted}", "foreign_keys=ON"):
        file.execute(f"PRAGMA {setting}")
    file.execute("INSERT INTO projects VALUES (1, 'p', NULL), (2, 'q', NULL)")
    file.execute("INSERT INTO videos VALUES (1, 1, 'a'), (2, 1, 'b'), (3, 1, 'c')")
    since(file)
    file.execute("INSERT OR IGNORE INTO videos VALUES (1, 1, 'z'), (9, 1, 'a')")
    assert told(file) == []
    file.execute("REPLACE INTO videos VALUES (1, 1, 'a2')")
    assert told(file) == [("DELETE", "video", 1), ("CREATE", "video", 1)]
    since(file)
    file.execute("REPLACE INTO videos VALUES (1, 1, 'b')")  # evicts two rows
    assert sorted(told(file)[:2]) == [("DELETE", "video", 1), ("DELETE", "video", 2)]
    assert told(file)[2:] == [("CREATE", "video", 1)]
    since(file)
    file.execute("UPDATE OR REPLACE videos SET path = 'b' WHERE id = 3")
    assert told(file) == [("DELETE", "video", 1), ("UPDATE", "video", 3)]
    since(file)
    file.execute("INSERT INTO videos VALUES (3, 1, 'x') ON CONFLICT (id) DO UPDATE SET path = excluded.path")
    assert told(file) == [("UPDATE", "video", 3)]
    since(file)
    file.execute("INSERT INTO videos (project_id, path) VALUES (1, 'y')")
    assert [entry[0] for entry in told(file)] == ["CREATE"]


def test_truncate(postgresql_url: str) -> None:
    with DatabaseManager(postgresql_url, metadata=Base.metadata) as db:
        with db.session() as session:
            session.execute(text("INSERT INTO projects VALUES (1, 'p', NULL), (2, 'q', NULL)"))
            session.execute(text("INSERT INTO videos VALUES (1, 1, 'a')"))
        with db.session() as session, audit.actor("ana"):
            session.execute(text("TRUNCATE projects CASCADE"))
        entries = AuditRepository(db).find(order_by="-id", limit=3)
        assert sorted((e.action, e.entity_type, e.entity_id, e.user_id) for e in entries) == [
            ("DELETE", "project", 1, "ana"),
            ("DELETE", "project", 2, "ana"),
            ("DELETE", "video", 1, "ana"),
        ]
        with pytest.raises(DatabaseError, match="neither changed nor deleted"), db.session() as session:
            session.execute(text("TRUNCATE audit_log"))


def test_entries_stay(url: str) -> None:
    with DatabaseManager(url, metadata=Base.metadata) as db:
        with db.session() as session:
            session.execute(text("INSERT INTO projects VALUES (1, 'p', NULL)"))
        for statement in ("UPDATE audit_log SET user_id = 'eve'", "DELETE FROM audit_log"):
            with pytest.raises(DatabaseError, match="neither changed nor deleted"), db.session() as session:
                session.execute(text(statement))
        assert [entry.user_id for entry in AuditRepository(db).list()] == [None]


def test_partitions(postgresql_url: str) -> None:
    class Own(DeclarativeBase):
        pass

    class Event(Own):
        __tablename__ = "events"
        __audit__ = audit.Audit()
        __table_args__ = {"postgresql_partition_by": "RANGE (day)"}  # noqa: RUF012

        id: Mapped[int] = mapped_column(primary_key=True)
        day: Mapped[int] = mapped_column(primary_key=True)

    with DatabaseManager(postgresql_url, metadata=Own.metadata) as db:
        log = AuditRepository(db)
        with db.session() as session:
            for at in (0, 1, 2):
                session.execute(
                    text(f"CREATE TABLE e{at} PARTITION OF events FOR VALUES FROM ({at}0) TO ({at + 1}0)")
                )
        audit.install(db)
        with db.session() as session:
            session.execute(text("CREATE TABLE e3 PARTITION OF events FOR VALUES FROM (30) TO (40)"))
            session.execute(text("INSERT INTO events VALUES (1, 1), (2, 11), (3, 21), (4, 31)"))
            session.execute(text("INSERT INTO e1 VALUES (5, 12)"))
            session.execute(text("UPDATE events SET day = 2 WHERE id = 1"))
        assert [(e.action, e.entity_key) for e in log.list()][4:] == [
            ("CREATE", "[5,12]"),
            ("UPDATE", "[1,2]"),
        ]
        count = log.count()
        with db.session() as session:
            session.execute(text("TRUNCATE e1"))
        assert [(e.action, e.entity_key) for e in log.list(skip=count)] == [
            ("DELETE", "[2,11]"),
            ("DELETE", "[5,12]"),
        ]
        with db.session() as session:
            session.execute(text("TRUNCATE events"))
        found = sorted(e.entity_key or "" for e in log.list(skip=count + 2))
        assert found == ["[1,2]", "[3,21]", "[4,31]"]
