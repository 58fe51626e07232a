"""Classes shaped like the repositories, for the cases beside this file."""

import builtins
from collections.abc import Generator, Sequence
from typing import Generic, TypeVar

from colonnade.engine.face import AsyncFace, SyncFace
from colonnade.repository.operation import operation, streaming

T = TypeVar("T")
U = TypeVar("U")


class Clip:
    """An entity."""

    title: str = ""


class RepositoryOperations(Generic[T]):
    """The operations, written once."""

    @operation(read=True)
    def get(self, id: object, *, for_update: bool = False) -> T | None:
        return None

    @operation
    def list(self, skip: int = 0, limit: int = 100) -> list[T]:
        return []

    @operation
    def find(self, *criteria: object, limit: int | None = None) -> builtins.list[T]:
        return []

    @operation
    def create(self, entity: T) -> T:
        return entity

    @operation(read=True)
    def same(self, value: U) -> U:
        return value

    @streaming
    def stream(self, *criteria: object, batch: int = 1000) -> Generator[Sequence[T], None, None]:
        yield self.find(*criteria, limit=batch)


class BaseRepository(RepositoryOperations[T], SyncFace):
    """One face."""


class AsyncBaseRepository(RepositoryOperations[T], AsyncFace):
    """The other."""


class ClipOperations(RepositoryOperations[Clip]):
    """A user's operations."""

    @operation
    def titled(self, title: str) -> Clip | None:
        return next((clip for clip in self.find(limit=1) if clip.title == title), None)


class ClipRepository(ClipOperations, BaseRepository[Clip]):
    """A user's repository."""


class AsyncClipRepository(ClipOperations, AsyncBaseRepository[Clip]):
    """The same, awaited."""
