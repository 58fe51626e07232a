"""A repository's first call in a process: its errors name class and attribute, wherever the call is made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Column, ForeignKey, Integer, String, Table, inspect
from sqlalchemy.orm import Session, registry, relationship

from colonnade import BaseRepository, DatabaseManager
from colonnade.errors import NotNullViolationError, RelationshipNotLoadedError, StaleEntityError


@pytest.fixture
def shelf() -> type[Any]:
    """A class that no repository has met before."""
    mapped = registry()
    table = Table(
        "oak_shelf",
        mapped.metadata,
        Column("id", Integer, primary_key=True),
        Column("name", String, nullable=False),
        Column("above_id", ForeignKey("oak_shelf.id")),
    )

    class Shelf:
        def __init__(self, **values: Any) -> None:
            for name, value in values.items():
                setattr(self, name, value)

    mapped.map_imperatively(Shelf, table, properties={"above": relationship(Shelf, remote_side=table.c.id)})
    return Shelf


@pytest.fixture
def db(shelf: Any) -> Iterator[DatabaseManager]:
    """A database in memory with two shelves, put there past any repository."""
    with DatabaseManager("sqlite://", metadata=inspect(shelf).local_table.metadata) as manager:
        with manager.engine.begin() as connection:
            connection.execute(
                inspect(shelf).local_table.insert(), [{"name": "low"}, {"name": "high", "above_id": 1}]
            )
        yield manager


def first_call(shelf: Any, source: DatabaseManager | Session) -> Any:
    """Give the shelf read by the first call of a repository on a manager or a session."""
    return BaseRepository[shelf](source).get(2)


def test_in_an_open_session_what_is_not_loaded_says_so(shelf: Any, db: DatabaseManager) -> None:
    with db.session():
        found = first_call(shelf, db)
    with pytest.raises(RelationshipNotLoadedError, match='load="above"'):
        _ = found.above


def test_on_a_plain_session_what_is_not_loaded_says_so(shelf: Any, db: DatabaseManager) -> None:
    with db.session_factory() as session:
        found = first_call(shelf, session)
    with pytest.raises(RelationshipNotLoadedError, match='load="above"'):
        _ = found.above


def test_in_an_open_session_a_streamed_one_says_so(shelf: Any, db: DatabaseManager) -> None:
    with db.session():
        found = list(BaseRepository[shelf](db).stream())
    with pytest.raises(RelationshipNotLoadedError, match='load="above"'):
        _ = found[1].above


def test_in_an_open_session_an_error_names_the_class(shelf: Any, db: DatabaseManager) -> None:
    with pytest.raises(NotNullViolationError) as raised, db.session():
        BaseRepository[shelf](db).create(shelf())
    assert raised.value.entity == "Shelf"


def test_a_row_that_went_meanwhile_is_told_by_its_class(shelf: Any, db: DatabaseManager) -> None:
    shelves = BaseRepository[shelf](db)
    read = shelves.get(2)
    shelves.delete(2)
    read.name = "higher"
    with pytest.raises(StaleEntityError) as raised:
        shelves.save(read)
    assert raised.value.entity == "Shelf"
