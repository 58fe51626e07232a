"""A catalogue on each driver, and real videos made once."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from stoat_ferret.db import (
    AsyncAuditRepository,
    AsyncClipRepository,
    AsyncDatabaseSchema,
    AsyncProjectRepository,
    AsyncVideoRepository,
    AuditRepository,
    Base,
    ClipRepository,
    DatabaseSchema,
    Project,
    ProjectRepository,
    Video,
    VideoRepository,
    create_tables,
)
from stoat_ferret.footage import Footage

from colonnade import AsyncDatabaseManager, DatabaseManager

FACTS = {"duration": 2.002, "framerate_num": 24000, "framerate_den": 1001, "width": 64, "height": 48}
"""What a video needs beside its names: 48 frames."""


def a_video(path="/films/a.mp4", **given):
    return Video(**{**FACTS, "path": path, "filename": path.rpartition("/")[2], **given})


def a_project(name="Film", workspace="/films", **given):
    return Project(name=name, workspace_path=workspace, **given)


@dataclass
class Stoat:
    """The catalogue's repositories on one driver; `run` awaits where the face asks for it."""

    faced: Any
    db: Any
    schema: Any
    projects: Any
    videos: Any
    clips: Any
    audit: Any

    def run(self, value):
        return self.faced.run(value)

    def session(self):
        return self.faced.entered(self.db.session())


SYNC = SimpleNamespace(
    manager=DatabaseManager,
    all=(DatabaseSchema, ProjectRepository, VideoRepository, ClipRepository, AuditRepository),
)
ASYNC = SimpleNamespace(
    manager=AsyncDatabaseManager,
    all=(
        AsyncDatabaseSchema,
        AsyncProjectRepository,
        AsyncVideoRepository,
        AsyncClipRepository,
        AsyncAuditRepository,
    ),
)


@pytest.fixture
def stoat(faced, face_url):
    """An empty catalogue, once for each of the seven drivers."""
    face = faced.pick(SYNC, ASYNC)
    with faced.entered(face.manager(face_url, metadata=Base.metadata)) as db:
        faced.run(create_tables(db))
        yield Stoat(faced, db, *(kind(db) for kind in face.all))


@pytest.fixture
def db(url):
    """An empty catalogue on each of the three databases, synchronous."""
    with DatabaseManager(url, metadata=Base.metadata) as db:
        create_tables(db)
        yield db


@pytest.fixture(scope="session")
def footage(tmp_path_factory):
    """Makes a video once in a run and gives its path."""
    folder = tmp_path_factory.mktemp("footage")
    made = {}

    def make(name, *given, **named):
        wanted = Footage(name, *given, **named)
        if wanted not in made:
            place = folder / str(len(made))
            place.mkdir()
            made[wanted] = wanted.make(place)
        return made[wanted]

    return make
