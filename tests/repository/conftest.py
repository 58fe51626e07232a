"""A manager with the tables of `models`, and repositories of the test's face."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from colonnade import AsyncBaseRepository, AsyncDatabaseManager, BaseRepository, DatabaseManager
from tests.faces import Face
from tests.repository.models import Base


@pytest.fixture
def db(faced: Face, face_url: str) -> Iterator[Any]:
    """A manager of the test's face."""
    kind = faced.pick(DatabaseManager, AsyncDatabaseManager)
    with faced.entered(kind(face_url, metadata=Base.metadata)) as manager:
        yield manager


@pytest.fixture
def repository(faced: Face, db: Any) -> Callable[[type], Any]:
    """A function from a class to its repository; the second argument is a session in place of the manager."""

    def make(model: Any, source: Any = None) -> Any:
        face: Any = faced.pick(BaseRepository, AsyncBaseRepository)
        return face[model](db if source is None else source)

    return make
