"""Random programs of writes: the log, replayed forward and taken back, gives the tables exactly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from colonnade import BaseRepository, DatabaseManager, audit
from colonnade.audit.declare import audited_in
from colonnade.audit.log import AuditLog
from colonnade.audit.reconcile import live
from colonnade.audit.replay import replay, take_back
from colonnade.errors import DatabaseError
from tests.audit.models import Base, Clip, Folder, Project, Video, tags

IDS = st.integers(1, 4)
NAMES = st.sampled_from(["a", "A", "a ", "", "é😀", 'q"\\', "x\ny", "null"])
ACTORS = st.sampled_from([None, "ana", "bob"])

STEPS = st.one_of(
    st.tuples(st.just("project"), IDS, NAMES),
    st.tuples(st.just("video"), IDS, IDS, NAMES),
    st.tuples(st.just("clip"), IDS, IDS, st.none() | IDS),
    st.tuples(st.just("folder"), IDS, st.none() | IDS),
    st.tuples(st.just("tag"), IDS, NAMES),
    st.tuples(st.just("rename"), IDS, NAMES),
    st.tuples(st.just("rekey"), IDS, st.integers(1, 6)),
    st.tuples(st.just("note all"), NAMES),
    st.tuples(st.just("move"), IDS, IDS),
    st.tuples(st.just("drop"), st.sampled_from(["projects", "videos", "clips", "folders"]), IDS),
    st.tuples(st.just("upsert"), IDS, NAMES),
    st.tuples(st.just("many"), st.lists(IDS, unique=True), NAMES),
)
BLOCKS = st.tuples(ACTORS, st.booleans(), st.lists(st.tuples(st.booleans(), STEPS), max_size=5))
"""Who acts, whether it's rolled back, and the steps, each perhaps in a savepoint that is rolled back."""


def statement(step: Any) -> Any:
    match step:
        case "project", id, name:
            return insert(Project).values(id=id, name=name)
        case "video", id, project, name:
            return insert(Video).values(id=id, project_id=project, path=name)
        case "clip", id, video, project:
            return insert(Clip).values(id=id, video_id=video, project_id=project)
        case "folder", id, parent:
            return insert(Folder).values(id=id, parent_id=parent)
        case "tag", project, name:
            return insert(tags).values(project_id=project, tag=name)
        case "rename", id, name:
            return update(Project).where(Project.id == id).values(name=name)
        case "rekey", id, new:
            return update(Project).where(Project.id == id).values(id=new)
        case "note all", note:
            return update(Project).values(note=note)
        case "move", video, project:
            return update(Video).where(Video.id == video).values(project_id=project)
        case "drop", table, id:
            return text(f"DELETE FROM {table} WHERE id = {id}")
        case _:
            raise AssertionError(step)


def act(db: DatabaseManager, session: Any, step: Any) -> None:
    match step:
        case "upsert", id, name:
            BaseRepository[Project](db).upsert(Project(id=id, name=name))
        case "many", ids, name:
            BaseRepository[Project](db).update_many([{"id": id, "name": name} for id in ids])
        case _:
            session.execute(statement(step))


def run(db: DatabaseManager, block: Any) -> None:
    """Run one transaction; what the database refuses is undone by its savepoint."""
    who, undone, steps = block
    with audit.actor(who), suppressing(), db.session() as session:
        for in_vain, step in steps:
            with suppressing(), db.session():
                act(db, session, step)
                if in_vain:
                    raise ZeroDivisionError
        if undone:
            raise ZeroDivisionError


class suppressing:
    """Let pass what the database refuses, and what this program itself raises."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, *_: Any) -> bool:
        return kind is not None and issubclass(kind, DatabaseError | DBAPIError | ZeroDivisionError)


@pytest.fixture
def program(kept_audited: Callable[[str], str], database: str) -> Any:
    """A manager of a kept database."""
    with DatabaseManager(kept_audited(database), metadata=Base.metadata) as db:
        yield db


@pytest.mark.parametrize("database", ["sqlite", "postgresql", "mysql"])
def test_replay(program: DatabaseManager) -> None:
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.lists(BLOCKS, max_size=6))
    def check(blocks: list[Any]) -> None:
        with program.engine.begin() as connection:
            for table in reversed(Base.metadata.sorted_tables):
                connection.execute(delete(table))
            start = connection.scalar(select(AuditLog.id).order_by(AuditLog.id.desc()).limit(1)) or 0
        for block in blocks:
            run(program, block)
        with program.engine.connect() as connection:
            for one in audited_in(Base.metadata).values():
                assert_told(connection, one, start)

    check()


def assert_told(connection: Connection, one: Any, start: int) -> None:
    statement = select(AuditLog).where(AuditLog.entity_type == one.entity_type, AuditLog.id > start)
    entries = connection.execute(statement.order_by(AuditLog.id)).all()
    there = dict(live(connection, one))
    assert replay(entries) == there
    for entry in reversed(entries):
        take_back(entry, there)
    assert there == {}
