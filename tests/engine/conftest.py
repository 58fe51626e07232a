"""A manager with the shelves' tables, and its repository, for each of the seven drivers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from colonnade import AsyncDatabaseManager, DatabaseManager
from tests.engine.models import AsyncShelfRepository, Base, ShelfRepository
from tests.faces import Face


@pytest.fixture
def db(faced: Face, face_url: str) -> Iterator[Any]:
    """A manager of the test's face."""
    kind = faced.pick(DatabaseManager, AsyncDatabaseManager)
    with faced.entered(kind(face_url, metadata=Base.metadata)) as manager:
        yield manager


@pytest.fixture
def shelves(faced: Face, db: Any) -> Any:
    """The shelves' repository of the test's face."""
    return faced.pick(ShelfRepository, AsyncShelfRepository)(db)
