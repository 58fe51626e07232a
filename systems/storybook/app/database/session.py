"""Sessions, and the repositories that work in them: written once, for both faces."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, sessionmaker

from app.database.models import Story, User
from colonnade import (
    AsyncBaseRepository,
    AsyncDatabaseManager,
    BaseRepository,
    DatabaseManager,
    RepositoryOperations,
    operation,
)

__all__ = [
    "AsyncStories",
    "AsyncUsers",
    "Stories",
    "Users",
    "async_session_scope",
    "get_async_session",
    "get_session",
    "session_factory",
    "session_scope",
]


def session_factory(db: DatabaseManager) -> sessionmaker[Session]:
    """Give SQLAlchemy's own factory for this database, for code that wants to commit by itself."""
    return db.session_factory


def session_scope(db: DatabaseManager) -> AbstractContextManager[Session]:
    """Open a session that commits at its end, or rolls back on any exception, which is raised again."""
    return db.session()


def async_session_scope(db: AsyncDatabaseManager) -> AbstractAsyncContextManager[AsyncSession]:
    """Open the same in asynchronous code."""
    return db.session()


class get_session:
    """A session for each request, as a web framework's dependency: `Depends(get_session(db))`."""

    def __init__(self, db: DatabaseManager) -> None:
        self._db = db

    def __call__(self) -> Iterator[Session]:
        """Yield a session that is committed after the request, or rolled back when it failed."""
        with self._db.session() as session:
            yield session


class get_async_session:
    """The same for asynchronous code."""

    def __init__(self, db: AsyncDatabaseManager) -> None:
        self._db = db

    async def __call__(self) -> AsyncIterator[AsyncSession]:
        """Yield a session that is committed after the request, or rolled back when it failed."""
        async with self._db.session() as session:
            yield session


class UserOperations(RepositoryOperations[User]):
    """What is asked of users beyond the usual."""

    @operation
    def get_by_email(self, email: str) -> User | None:
        """Give the user with this address, whatever its case."""
        return self.first(User.email == email)

    @operation
    def get_by_username(self, username: str) -> User | None:
        """Give the user with this name."""
        return self.first(User.username == username)


class StoryOperations(RepositoryOperations[Story]):
    """What is asked of stories beyond the usual."""

    @operation
    def list_by_user(self, user_id: int, status: str | None = None) -> list[Story]:
        """Give a user's stories, newest first; of one status where it's named."""
        chosen = {} if status is None else {"status": status}
        return self.find(filters={"user_id": user_id, **chosen}, order_by="-created_at,-id")

    @operation
    def costs(self) -> list[dict[str, Any]]:
        """Give each status with its `stories` and what they have `cost`."""
        figures = self.aggregate({"stories": "count", "cost": "generation_cost__sum"}, group_by="status")
        return [{**row, "cost": row["cost"] or Decimal(0)} for row in figures]


class Users(UserOperations, BaseRepository[User]):
    """The users of a database."""


class AsyncUsers(UserOperations, AsyncBaseRepository[User]):
    """The users of a database, asynchronously."""


class Stories(StoryOperations, BaseRepository[Story]):
    """The stories of a database."""


class AsyncStories(StoryOperations, AsyncBaseRepository[Story]):
    """The stories of a database, asynchronously."""
