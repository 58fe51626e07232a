"""A manager on a database with the tables of `models.py` and a few rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import make_url

from colonnade import AsyncDatabaseManager, DatabaseManager
from tests.errors.models import Base, Clip, Ghost, Mark, Video
from tests.faces import Face

TABLES = [table for table in Base.metadata.sorted_tables if table is not Ghost.__table__]


@pytest.fixture
def made_url(face_url: str) -> str:
    """The database's URL, once its tables and rows are there."""
    with DatabaseManager(make_url(face_url).set(drivername=make_url(face_url).get_backend_name())) as db:
        with db.engine.begin() as connection:
            Base.metadata.create_all(connection, tables=TABLES)
        with db.session() as session:
            session.add(
                Video(id=1, title="fox", size=1, path="p", code="c", reel=1, part=1, password_hash="h4")
            )
            session.add(Video(id=2, title="owl", size=1, path="q", code="d", reel=1, part=2))
            session.add(Video(id=3, title="cat", size=1, path="r"))
            session.flush()
            session.add(Clip(id=1, film_id=1))
            session.flush()
            session.add(Mark(scene_id=1, label="in", reel=1, part=2))
            session.add(Clip(id=2, film_id=3, previous_id=1))
    return face_url


@pytest.fixture
def db(faced: Face, made_url: str) -> Iterator[Any]:
    """A manager of the test's face that waits for nothing long."""
    settings = {"url": made_url, "lock_timeout_s": 0.3, "statement_timeout_s": 1.5}
    manager = faced.pick(DatabaseManager, AsyncDatabaseManager)(settings)
    yield manager
    faced.run(manager.close())
