"""One test body for both faces.

    def test_a_clip_is_found_again(faced, face_url):
        with faced.entered(faced.pick(DatabaseManager, AsyncDatabaseManager)(face_url)) as db:
            clips = faced.pick(ClipRepository, AsyncClipRepository)(db)
            clip = faced.run(clips.create(Clip(title="fox")))
            with faced.entered(db.session()):
                assert faced.run(clips.get(clip.id)).title == "fox"
            assert faced.collected(clips.stream()) == [clip]

It runs seven times, once for each driver. On the synchronous face `run` gives back what it is
given and `entered` is a plain `with`. On the asynchronous face everything is awaited in one task
of one event loop, kept from the test's first line to its last: an open session belongs to the
task that opened it, and context variables carry over from one call to the next, as they do
in a user's coroutine.

`faced.run` of a call that raises raises; with `pytest.raises` it's
`with pytest.raises(EntityNotFoundError): faced.run(clips.get_one(9))`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, closing, contextmanager
from typing import Any, Protocol, TypeVar

import pytest

from tests.databases import Driver

S = TypeVar("S")
A = TypeVar("A")


class Face(Protocol):
    """What a test says to the face it runs on."""

    is_async: bool

    def pick(self, sync: S, async_: A) -> S | A:
        """Give the one of the two that belongs to this face."""
        ...

    def run(self, value: Any) -> Any:
        """Give the value, awaited on the asynchronous face."""
        ...

    def entered(self, manager: Any) -> AbstractContextManager[Any]:
        """Enter with `with`, or with `async with` on the asynchronous face."""
        ...

    def collected(self, items: Any) -> list[Any]:
        """Give all that an iterator, or an asynchronous one, yields."""
        ...

    def close(self) -> None:
        """End the loop, if there is one."""
        ...


class Sync:
    """The synchronous face: everything is as it is."""

    is_async = False

    def pick(self, sync: S, async_: A) -> S | A:
        return sync

    def run(self, value: Any) -> Any:
        return value

    def entered(self, manager: AbstractContextManager[Any]) -> AbstractContextManager[Any]:
        return manager

    def collected(self, items: Iterable[Any]) -> list[Any]:
        return list(items)

    def close(self) -> None:
        pass


class Async:
    """The asynchronous face: one loop, and one task in it that awaits all that it's handed."""

    is_async = True

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._work: asyncio.Queue[tuple[Awaitable[Any], asyncio.Future[Any]]] = asyncio.Queue()
        self._task = self._runner.get_loop().create_task(self._await_one_by_one(), name="test")

    async def _await_one_by_one(self) -> None:
        while True:
            awaitable, answer = await self._work.get()
            try:
                answer.set_result(await awaitable)
            except BaseException as error:  # whatever it is, it's the test's
                if answer.cancelled():
                    raise
                answer.set_exception(error)

    async def _hand_over(self, awaitable: Awaitable[Any]) -> Any:
        answer = asyncio.get_running_loop().create_future()
        self._work.put_nowait((awaitable, answer))
        return await answer

    def pick(self, sync: S, async_: A) -> S | A:
        return async_

    def run(self, value: Awaitable[Any]) -> Any:
        return self._runner.run(self._hand_over(value))

    @contextmanager
    def entered(self, manager: AbstractAsyncContextManager[Any]) -> Iterator[Any]:
        value = self.run(manager.__aenter__())
        try:
            yield value
        except BaseException as error:
            if not self.run(manager.__aexit__(type(error), error, error.__traceback__)):
                raise
        else:
            self.run(manager.__aexit__(None, None, None))

    def collected(self, items: AsyncIterable[Any]) -> list[Any]:
        async def collect() -> list[Any]:
            return [item async for item in items]

        return list(self.run(collect()))

    def close(self) -> None:
        self._runner.close()


@pytest.fixture
def faced(driver: Driver) -> Iterator[Face]:
    """The face of this test's driver; see the module's docstring."""
    faces: dict[str, Callable[[], Face]] = {"sync": Sync, "async": Async}
    with closing(faces[driver.face]()) as face:
        yield face
