"""The context managers that `session()` gives, one per face, around the same frame."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from inspect import isawaitable
from types import TracebackType
from typing import Any, TypeVar

from sqlalchemy.orm import Session
from sqlalchemy.util.concurrency import in_greenlet

from colonnade.engine.session import Frame
from colonnade.errors import DatabaseError, TransactionError

T = TypeVar("T")


class SessionBlock:
    """`with db.session() as session:` one transaction, or a savepoint inside an open one.

    Commits at the end, rolls back on any exception, closes always. May be entered once.

    Raises:
        TransactionError: when it's entered a second time.
    """

    def __init__(self, make: Callable[[], Frame]) -> None:
        self._make = make
        self._frame: Frame | None = None

    def __enter__(self) -> Session:
        frame = self._attached()
        try:
            frame.enter()
        except BaseException:
            frame.leave()
            raise
        return frame.session

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        frame = self._entered()
        try:
            self._finish(frame, error)
        except BaseException as failure:
            error = failure
            raise
        finally:
            frame.leave()
            callbacks = frame.due(error)
        call_each(callbacks, self._settle)

    def _attached(self) -> Frame:
        if self._frame is not None:
            raise TransactionError(
                "this session block was entered before, and each is entered once",
                remedy="call `session()` for each block",
            )
        frame = self._frame = self._make()
        frame.attach()
        return frame

    def _entered(self) -> Frame:
        assert self._frame is not None, "a session is entered before it is left"
        return self._frame

    def _finish(self, frame: Frame, error: BaseException | None) -> None:
        frame.finish(error)

    def _settle(self, result: Any) -> None:
        """Take a callback's result; here there's nothing to wait for."""


class AsyncSessionBlock(SessionBlock):
    """`async with adb.session() as session:`, giving an `AsyncSession`.

    Its end is shielded: a task that is cancelled while it commits is told so when the
    commit is over. In the body of an operation a plain `with` works as on the other face.
    """

    def __enter__(self) -> Session:
        if not in_greenlet():
            raise TransactionError(
                "a session of an AsyncDatabaseManager was opened with a plain `with`",
                remedy="write `async with`; a plain one is for the bodies of operations",
            )
        return super().__enter__()

    def _finish(self, frame: Frame, error: BaseException | None) -> None:
        from sqlalchemy.util import await_only, greenlet_spawn

        await_only(shielded(greenlet_spawn(frame.finish, error)))

    def _settle(self, result: Any) -> None:
        from sqlalchemy.util import await_only

        if isawaitable(result):
            await_only(_awaited(result))

    async def __aenter__(self) -> Any:
        from sqlalchemy.util import greenlet_spawn

        frame = self._attached()
        try:
            await greenlet_spawn(frame.enter)
        except BaseException:
            frame.leave()
            raise
        return frame.async_session

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from sqlalchemy.util import greenlet_spawn

        frame = self._entered()
        try:
            await shielded(greenlet_spawn(frame.finish, error))
        except BaseException as failure:
            error = failure
            raise
        finally:
            frame.leave()
            callbacks = frame.due(error)
        if callbacks:
            await greenlet_spawn(call_each, callbacks, self._settle)


def call_each(callbacks: list[Callable[[], Any]], settle: Callable[[Any], None]) -> None:
    """Call what waited for the commit, each of them even when one before it failed.

    Raises:
        Exception: what the only failing one raised; an ExceptionGroup for several.
    """
    failures: list[Exception] = []
    for callback in callbacks:
        try:
            settle(callback())
        except Exception as failure:  # noqa: BLE001 (the user's own code; raised below)
            if isinstance(failure, DatabaseError):
                failure.retryable = False  # the unit of work that it leaves is committed
            failures.append(failure)
    if len(failures) == 1:
        raise failures[0]
    if failures:
        raise ExceptionGroup("several callbacks failed after the commit", failures)


async def shielded(work: Coroutine[Any, Any, T]) -> T:
    """Await the work to its end, even when this task is cancelled meanwhile; the cancellation comes after.

    Raises:
        asyncio.CancelledError: then, with the work's own error as its cause where it failed.
    """
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled from (None if task.cancelled() else task.exception())
    return task.result()


async def _awaited(result: Awaitable[Any]) -> Any:
    return await result
