"""One body, two faces: calls, awaits, overrides, signatures, mocks, streams."""

from __future__ import annotations

import asyncio
import inspect
import pickle
import pydoc
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import aclosing, closing, suppress
from types import MethodType
from typing import Any, Generic, TypeVar
from unittest.mock import AsyncMock, create_autospec, patch

import pytest
from sqlalchemy.util import await_

from colonnade.engine.face import AsyncFace, SyncFace
from colonnade.repository.operation import Operation, operation, streaming

T = TypeVar("T")


class RepositoryOperations(Generic[T]):
    def __init__(self) -> None:
        self.log: list[str] = []

    def _operate(self, operation: Operation[Any, Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self.log.append(f"{operation.function.__name__} read={operation.read}")
        return operation.function(self, *args, **kwargs)

    @operation(read=True)
    def get(self, id: int, *, deep: bool = False) -> str | None:
        """Give one, or None."""
        self.pause()
        return f"#{id}"

    @operation
    def get_both(self, first: int, second: int) -> list[str | None]:
        return [self.get(first), self.get(second)]

    @operation
    def fail(self) -> None:
        self.pause()
        raise LookupError("nothing there")

    @operation
    def keywords(self, fn: str, **others: str) -> dict[str, str]:
        return {"fn": fn, **others}

    @operation
    def sum_of_stream(self, batches: int) -> int:
        return sum(self.stream(batches))

    @streaming
    def stream(self, batches: int) -> Generator[Sequence[int], None, None]:
        try:
            for number in range(batches):
                self.pause()
                yield [number, number]
                yield []
        finally:
            self.pause()
            self.log.append("closed")

    def pause(self) -> None:
        if isinstance(self, AsyncFace):
            await_(asyncio.sleep(0))


class BaseRepository(RepositoryOperations[T], SyncFace): ...


class AsyncBaseRepository(RepositoryOperations[T], AsyncFace): ...


class ClipOperations(RepositoryOperations[str]):
    @operation
    def get(self, id: int, *, deep: bool = False) -> str | None:
        return f"clip {super().get(id, deep=deep)}"


class ClipRepository(ClipOperations, BaseRepository[str]):
    @operation
    def find_overlapping(self, video_id: int) -> list[str]:
        """Find them."""
        return [f"{super().get(video_id)}"]


class AsyncClipRepository(ClipOperations, AsyncBaseRepository[str]):
    @operation
    def find_overlapping(self, video_id: int) -> list[str]:
        """Find them."""
        return [f"{super().get(video_id)}"]


FACES = [ClipRepository, AsyncClipRepository]
both = pytest.mark.parametrize("face", FACES)


def run(value: Any) -> Any:
    async def waiting() -> Any:
        return await value

    return asyncio.run(waiting()) if inspect.isawaitable(value) else value


@both
def test_a_body_calls_operations_plainly_and_super_works(face: Any) -> None:
    clips = face()
    assert run(clips.get_both(1, second=2)) == ["clip #1", "clip #2"]
    assert run(clips.find_overlapping(7)) == ["clip #7"]


@both
def test_an_error_passes(face: Any) -> None:
    with pytest.raises(LookupError, match="nothing there"):
        run(face().fail())


@both
def test_any_keyword_passes(face: Any) -> None:
    given = {"fn": "a", "instance": "b", "args": "c", "operation": "d", "_require_await": "e"}
    assert run(face().keywords(**given)) == given


@both
def test_each_call_goes_through_the_hook(face: Any) -> None:
    clips = face()
    run(clips.get(3))
    assert clips.log == ["get read=False", "get read=True"]


@pytest.mark.parametrize("face", [SyncFace, AsyncFace])
def test_a_class_without_the_hook_runs_the_body(face: Any) -> None:
    class Manager(face):  # type: ignore[misc]
        @operation
        def check(self, value: int) -> int:
            return value

    assert run(Manager().check(3)) == 3


def test_the_attribute_is_a_bound_method_of_its_kind() -> None:
    clips, aclips = ClipRepository(), AsyncClipRepository()
    assert type(clips.get) is MethodType and not inspect.iscoroutinefunction(clips.get)
    assert type(aclips.get) is MethodType and inspect.iscoroutinefunction(aclips.get)
    assert inspect.iscoroutinefunction(AsyncClipRepository.get)
    assert not inspect.iscoroutinefunction(ClipRepository.get)
    assert aclips.get.__self__ is aclips and clips.get == clips.get


@both
def test_name_signature_and_help_stay(face: Any) -> None:
    method, function = face().find_overlapping, face.find_overlapping
    for one in (method, function):
        assert (one.__name__, one.__module__, one.__doc__) == ("find_overlapping", __name__, "Find them.")
        assert one.__qualname__ == f"{face.__name__}.find_overlapping"
        assert one.__annotations__["video_id"] == "int"
    assert list(inspect.signature(method).parameters) == ["video_id"]
    assert list(inspect.signature(function).parameters) == ["self", "video_id"]
    assert "find_overlapping(self, video_id: 'int')" in pydoc.plain(pydoc.render_doc(face))
    assert "deep: 'bool' = False" in pydoc.plain(pydoc.render_doc(face().get))


@both
def test_bound_methods_and_classes_pickle(face: Any) -> None:
    assert pickle.loads(pickle.dumps(face)) is face
    assert run(pickle.loads(pickle.dumps(face().get))(1)) == "clip #1"


@pytest.mark.parametrize("face", [SyncFace, AsyncFace])
def test_an_abstract_operation_must_be_overridden(face: Any) -> None:
    class Abstract(ABC):
        @operation
        @abstractmethod
        def inner(self) -> int: ...

        @abstractmethod
        @operation
        def outer(self) -> int: ...

    class Half(Abstract, face):  # type: ignore[misc]
        @operation
        def inner(self) -> int:
            return 1

    class Whole(Half):
        @operation
        def outer(self) -> int:
            return 2

    assert Half.__abstractmethods__ == {"outer"}
    with pytest.raises(TypeError, match="abstract"):
        Half()
    assert run(Whole().outer()) == 2


def test_one_face_may_override_in_its_own_way() -> None:
    class Plain(ClipRepository):
        def get(self, id: int, *, deep: bool = False) -> str | None:  # pyright: ignore
            return f"plain {super().get(id)}"

    class Awaiting(AsyncClipRepository):
        async def get(self, id: int, *, deep: bool = False) -> str | None:  # pyright: ignore
            return f"awaiting {await super().get(id)}"

    assert Plain().get_both(1, 2) == ["plain clip #1", "plain clip #2"]
    assert run(Awaiting().get(1)) == "awaiting clip #1"


@both
def test_autospec_knows_the_parameters(face: Any) -> None:
    for mock in (create_autospec(face)(), create_autospec(face, instance=True), create_autospec(face())):
        mock.find_overlapping.return_value = ["fox"]
        assert isinstance(mock.find_overlapping, AsyncMock) == (face is AsyncClipRepository)
        assert run(mock.find_overlapping(7)) == ["fox"]
        mock.find_overlapping.assert_called_once_with(video_id=7)
        for wrong in ((), (7, 8)):
            with pytest.raises(TypeError):
                mock.find_overlapping(*wrong)
            with pytest.raises(TypeError):
                mock.get(*wrong)


@both
@pytest.mark.parametrize("name", ["find_overlapping", "get"])
def test_patching_with_autospec(face: Any, name: str) -> None:
    clips = face()
    with patch.object(clips, name, autospec=True, return_value="of the object") as mock:
        assert run(getattr(clips, name)(7)) == "of the object"
        mock.assert_called_once_with(7)
    with patch.object(face, name, autospec=True, return_value="of the class") as mock:
        given = getattr(clips, name)(7)
        assert inspect.isawaitable(given) == (face is AsyncClipRepository)
        assert run(given) == "of the class"
        mock.assert_called_once_with(clips, 7)
        with pytest.raises(TypeError):
            getattr(clips, name)(7, 8)
    assert run(clips.find_overlapping(7)) == ["clip #7"]


def _generator(self: Any) -> Generator[int, None, None]:
    yield 1


async def _coroutine(self: Any) -> None: ...


async def _async_generator(self: Any) -> AsyncGenerator[int, None]:
    yield 1


@pytest.mark.parametrize(
    ("wrong", "cure"),
    [
        (_generator, "use @streaming"),
        (_coroutine, "plain def"),
        (_async_generator, "plain def"),
        (classmethod(_coroutine), "plain def"),
        (staticmethod(run), "plain def"),
        (property(run), "plain def"),
        (5, "plain def"),
        (RepositoryOperations, "plain def"),
    ],
)
def test_an_operation_is_a_plain_function(wrong: Any, cure: str) -> None:
    with pytest.raises(TypeError, match=cure):
        operation(wrong)
    with pytest.raises(TypeError, match=cure):
        operation(read=True)(wrong)


def test_a_stream_is_a_generator_function() -> None:
    with pytest.raises(TypeError, match="run yields no batches: use @operation"):
        streaming(run)
    with pytest.raises(TypeError, match="plain def"):
        streaming(_async_generator)  # type: ignore[arg-type]


def test_a_stream_gives_items_and_closes_at_once_when_left() -> None:
    clips = ClipRepository()
    assert list(clips.stream(2)) == [0, 0, 1, 1]
    assert clips.log == ["closed"]
    for _ in clips.stream(2):
        break
    assert clips.log == ["closed"] * 2
    with closing(clips.stream(2)) as items:
        next(items)
    assert clips.log == ["closed"] * 3
    items = clips.stream(2)
    next(items)
    with pytest.raises(LookupError) as kept:  # its traceback keeps the frames alive
        items.throw(LookupError("nothing there"))
    assert clips.log == ["closed"] * 4, kept


def test_an_asynchronous_stream_gives_items_and_closes_when_left() -> None:
    clips = AsyncClipRepository()

    async def streams() -> None:
        assert [item async for item in clips.stream(2)] == [0, 0, 1, 1]
        assert clips.log == ["closed"]
        async with aclosing(clips.stream(2)) as items:
            await anext(items)
        assert clips.log == ["closed"] * 2
        async for _ in clips.stream(2):
            break
        for _ in range(5):
            await asyncio.sleep(0)
        assert clips.log == ["closed"] * 3

    run(streams())


@both
def test_a_body_iterates_a_stream_plainly(face: Any) -> None:
    assert run(face().sum_of_stream(3)) == 6


@both
def test_wrong_arguments_of_a_stream_are_refused_at_once(face: Any) -> None:
    with pytest.raises(TypeError, match="batches"):
        face().stream()


class Slow(AsyncFace):
    def __init__(self) -> None:
        self.log: list[str] = []

    @streaming
    def stream(self) -> Generator[Sequence[int], None, None]:
        try:
            while True:
                yield [1]
                await_(asyncio.sleep(0.01))
        finally:
            self.log.append("closing")
            await_(asyncio.sleep(0.05))
            self.log.append("closed")


@pytest.mark.parametrize("cancelled_after_s", [0, 0.005, 0.02])
def test_a_cancelled_stream_still_closes(cancelled_after_s: float) -> None:
    slow = Slow()

    async def consume() -> None:
        async with aclosing(slow.stream()) as items:
            async for _ in items:
                await asyncio.sleep(0.01)

    async def cancelling() -> None:
        task = asyncio.create_task(consume())
        await asyncio.sleep(cancelled_after_s)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        assert task.cancelled()

    run(cancelling())
    assert slow.log in (["closing", "closed"], [])


def test_closing_goes_on_through_a_second_cancellation() -> None:
    slow = Slow()

    async def leave() -> None:
        async with aclosing(slow.stream()) as items:
            await anext(items)

    async def cancelling() -> None:
        task = asyncio.create_task(leave())
        while slow.log != ["closing"]:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(cancelling())
    assert slow.log == ["closing", "closed"]


def test_the_synchronous_face_needs_no_greenlet() -> None:
    program = """
import sys
sys.modules["greenlet"] = None
from colonnade.engine.face import AsyncFace, SyncFace
from colonnade.repository.operation import operation, streaming
class Both:
    @operation
    def get(self): return 5
    @streaming
    def stream(self): yield [5]
class Sync(Both, SyncFace): ...
class Async(Both, AsyncFace): ...
assert Sync().get() == 5 and list(Sync().stream()) == [5]
try: Async().get
except ImportError as error: assert "greenlet" in str(error)
else: raise SystemExit("no error")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
