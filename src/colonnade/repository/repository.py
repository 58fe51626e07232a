"""The two faces of a repository: the same operations, called or awaited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.orm import Session

from colonnade.engine.face import AsyncFace, SyncFace
from colonnade.engine.manager import AsyncDatabaseManager, DatabaseManager
from colonnade.repository.binding import Binding
from colonnade.repository.bridge import bridge_overrides
from colonnade.repository.operations import RepositoryOperations

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

T = TypeVar("T")


class BaseRepository(RepositoryOperations[T], SyncFace):
    """The operations on one mapped class, called directly.

    `ClipRepository(db)` joins the session that is open on the manager in this thread or
    task, and otherwise makes each call its own transaction. `ClipRepository(session)` uses
    that session and never commits it. `BaseRepository[Clip](db)` works without a subclass.

    >>> from colonnade import BaseRepository, DatabaseManager
    >>> from colonnade.models import Base
    >>> from sqlalchemy.orm import Mapped, mapped_column
    >>> class Fruit(Base):
    ...     __tablename__ = "fruit"
    ...     id: Mapped[int] = mapped_column(primary_key=True)
    ...     name: Mapped[str]
    >>> db = DatabaseManager("sqlite://", metadata=Base.metadata)
    >>> db.initialize()
    >>> fruits = BaseRepository[Fruit](db)
    >>> fruits.create(Fruit(name="quince")).id
    1
    >>> fruits.find(Fruit.name.like("q%"))[0].name
    'quince'
    """

    def __init__(self, database: DatabaseManager | Session | Any) -> None:
        self._binding = Binding(database, is_async=False)


class AsyncBaseRepository(RepositoryOperations[T], AsyncFace):
    """The operations on one mapped class, awaited; takes an `AsyncDatabaseManager` or an `AsyncSession`."""

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        bridge_overrides(cls)

    def __init__(self, database: AsyncDatabaseManager | AsyncSession | Any) -> None:
        self._binding = Binding(database, is_async=True)

    @property
    def async_session(self) -> AsyncSession:
        """The `AsyncSession` of this call, or of the open session around it.

        Raises:
            TransactionError: outside a call, when no session is open.
        """
        session: AsyncSession = self._binding.async_session()
        return session
