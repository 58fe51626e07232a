"""Both faces of a manager and its repositories, called plainly, so that a case is written once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator
from contextlib import AbstractContextManager, aclosing, contextmanager
from inspect import isasyncgen, isawaitable, isgenerator
from typing import Any, cast

Result = asyncio.Future[Any]


class SyncCaller:
    """The synchronous face: everything is as it is."""

    def run(self, value: Any) -> Any:
        """Give the value; an iterator is used up."""
        return list(value) if isgenerator(value) else value

    def entered(self, manager: Any) -> AbstractContextManager[Any]:
        """Enter with `with`."""
        entered: AbstractContextManager[Any] = manager
        return entered

    def started(self, stream: Generator[Any, None, None]) -> Any:
        """Give the first item of a stream, and leave it."""
        first = next(stream)
        stream.close()
        return first

    def close(self) -> None:
        """Nothing is to be closed."""


class AsyncCaller:
    """The asynchronous face: one loop, and one task in it that awaits everything.

    One task, because an open session belongs to the task that opened it.
    """

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._work: asyncio.Queue[tuple[Awaitable[Any], Result]] = asyncio.Queue()
        self._task = self._runner.get_loop().create_task(self._await_one_by_one())

    def run(self, value: Any) -> Any:
        """Give the value, awaited; an iterator is used up."""
        awaitable: Any = _used_up(cast(Any, value)) if isasyncgen(value) else value
        return self._runner.run(self._hand_over(awaitable)) if isawaitable(awaitable) else awaitable

    @contextmanager
    def entered(self, manager: Any) -> Iterator[Any]:
        """Enter with `async with`."""
        value = self.run(manager.__aenter__())
        try:
            yield value
        except BaseException as error:
            if not self.run(manager.__aexit__(type(error), error, error.__traceback__)):
                raise
        else:
            self.run(manager.__aexit__(None, None, None))

    def started(self, stream: AsyncGenerator[Any, None]) -> Any:
        """Give the first item of a stream, and leave it."""
        return self.run(_started(stream))

    def close(self) -> None:
        """End the loop."""
        self._runner.close()

    async def _await_one_by_one(self) -> None:
        while True:
            awaitable, result = await self._work.get()
            try:
                result.set_result(await awaitable)
            except BaseException as error:
                if result.cancelled():
                    raise
                result.set_exception(error)

    async def _hand_over(self, awaitable: Awaitable[Any]) -> Any:
        result = asyncio.get_running_loop().create_future()
        self._work.put_nowait((awaitable, result))
        return await result


Caller = SyncCaller | AsyncCaller


class Plain:
    """A repository of either face, whose operations are called plainly; streams come as lists."""

    def __init__(self, repository: Any, caller: Caller) -> None:
        self._repository = repository
        self._caller = caller

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = getattr(self._repository, name)

        def called(*args: Any, **kwargs: Any) -> Any:
            return self._caller.run(operation(*args, **kwargs))

        return called

    def started_stream(self, *args: Any, **kwargs: Any) -> Any:
        """Give the first item of `stream`, and leave it."""
        return self._caller.started(self._repository.stream(*args, **kwargs))


async def _used_up(stream: AsyncGenerator[Any, None]) -> list[Any]:
    async with aclosing(stream):
        return [item async for item in stream]


async def _started(stream: AsyncGenerator[Any, None]) -> Any:
    async with aclosing(stream):
        return await anext(stream)
