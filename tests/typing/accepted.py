"""What users write, and the types that both checkers infer for it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Generator, Iterator
from contextlib import aclosing, closing
from typing import Any, TypeVar, assert_type

from colonnade.repository.operation import operation
from tests.typing.shapes import (
    AsyncBaseRepository,
    AsyncClipRepository,
    BaseRepository,
    Clip,
    ClipOperations,
    ClipRepository,
)

T = TypeVar("T")


def called(clips: ClipRepository) -> None:
    assert_type(clips.get(1), Clip | None)
    assert_type(clips.get(1, for_update=True), Clip | None)
    assert_type(clips.list(limit=5), list[Clip])
    assert_type(clips.find(True, False, limit=5), list[Clip])
    assert_type(clips.create(entity=Clip()), Clip)
    assert_type(clips.titled(title="fox"), Clip | None)
    assert_type(BaseRepository[Clip]().get(1), Clip | None)


async def awaited(clips: AsyncClipRepository) -> None:
    assert_type(await clips.get(1), Clip | None)
    assert_type(await clips.get(1, for_update=True), Clip | None)
    assert_type(await clips.list(limit=5), list[Clip])
    assert_type(await clips.find(True, False, limit=5), list[Clip])
    assert_type(await clips.create(entity=Clip()), Clip)
    assert_type(await clips.titled(title="fox"), Clip | None)
    assert_type(await AsyncBaseRepository[Clip]().get(1), Clip | None)
    coroutine = assert_type(clips.get(1), Coroutine[Any, Any, Clip | None])
    await coroutine


async def streams(clips: ClipRepository, aclips: AsyncClipRepository) -> None:
    assert_type(clips.stream(), Generator[Clip, None, None])
    assert_type(aclips.stream(batch=5), AsyncGenerator[Clip, None])
    iterator: Iterator[Clip] = clips.stream()
    aiterator: AsyncIterator[Clip] = aclips.stream()
    with closing(clips.stream()) as items:
        assert_type(next(items), Clip)
    async with aclosing(aclips.stream()) as aitems:
        assert_type([clip async for clip in aitems], list[Clip])
    print(iterator, aiterator)


async def callables(clips: ClipRepository, aclips: AsyncClipRepository) -> None:
    get: Callable[[object], Clip | None] = clips.get
    aget: Callable[[object], Coroutine[Any, Any, Clip | None]] = aclips.get
    of_class: Callable[[ClipRepository, str], Clip | None] = ClipRepository.titled
    aof_class: Callable[[Any, str], Coroutine[Any, Any, Clip | None]] = AsyncClipRepository.titled
    print(get, aget, of_class, aof_class)


async def generic(some: BaseRepository[T], asome: AsyncBaseRepository[T]) -> list[T]:
    assert_type(some.get(1), T | None)
    assert_type(await asome.get(1), T | None)
    assert_type(some.same(5), int)
    assert_type(await asome.same(5), int)
    return await asome.list()


class Kept(ClipOperations):
    """Overrides in a mixin: with one parameter more, and a narrower result."""

    @operation(read=True)
    def get(self, id: object, *, for_update: bool = False, titled: str = "") -> Clip:
        found = super().get(id, for_update=for_update)
        assert_type(found, Clip | None)
        assert_type(self.titled("fox"), Clip | None)
        for clip in self.stream():
            assert_type(clip, Clip)
        return found or Clip()


class KeptRepository(Kept, BaseRepository[Clip]):
    """An override on a face class."""

    @operation
    def titled(self, title: str) -> Clip:
        return super().titled(title) or Clip()

    def count_twice(self) -> int:
        return 2 * len(self.list())


class AsyncKeptRepository(Kept, AsyncBaseRepository[Clip]):
    """A method of this face alone."""

    async def count_twice(self) -> int:
        return 2 * len(await self.list())


async def overridden(clips: KeptRepository, aclips: AsyncKeptRepository) -> None:
    assert_type(clips.get(1, titled="fox"), Clip)
    assert_type(await aclips.get(1, titled="fox"), Clip)
    assert_type(clips.titled("fox"), Clip)
    assert_type(await aclips.titled("fox"), Clip | None)
