"""One plain function, two faces: the descriptors behind every operation and stream.

In comes a method written synchronously. Out comes, on a class deriving from `SyncFace`, that
method; on one deriving from `AsyncFace`, an `async def` that runs the same body through
SQLAlchemy's `greenlet_spawn`. Inside a body, calls to other operations are plain on both.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterator, Sequence
from contextlib import closing
from functools import cached_property, update_wrapper
from types import FunctionType, MethodType
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from sqlalchemy.util import greenlet_spawn
from sqlalchemy.util.concurrency import in_greenlet

from colonnade.engine.face import AsyncFace

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)
R = TypeVar("R")
T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")


class _Definition:
    """What operations and streams share: they stand in a class as the function they define."""

    # unittest.mock and inspect look into a class's `__dict__` and ask whether what they find there
    # is a function, to know that `self` comes first.
    __class__ = FunctionType  # type: ignore[assignment]

    def __init__(self, function: Any) -> None:
        self._pose_as(function)
        update_wrapper(self, function)
        self.function = function

    def __set_name__(self, owner: type, name: str) -> None:
        self._pose_as(self.__get__(None, owner))

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        raise NotImplementedError

    def __call__(self, instance: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call as the function in the class: what `callable` and `inspect.signature` ask for."""
        return self.__get__(instance, type(instance))(*args, **kwargs)

    @property
    def __isabstractmethod__(self) -> bool:
        return getattr(self.function, "__isabstractmethod__", False)

    @__isabstractmethod__.setter
    def __isabstractmethod__(self, abstract: bool) -> None:
        self.function.__isabstractmethod__ = abstract

    def _pose_as(self, function: FunctionType) -> None:
        for name in ("__code__", "__globals__", "__defaults__", "__kwdefaults__", "__closure__"):
            self.__dict__[name] = getattr(function, name)


class Operation(_Definition, Generic[P, R_co]):
    """A method with two faces. Made by `operation`.

    A class that has a method `_operate(self, operation, args, kwargs)` is asked to run each call:
    it gives back `operation.function(self, *args, **kwargs)`, with whatever it needs around it.
    """

    function: Callable[Concatenate[Any, P], R_co]

    def __init__(self, function: Callable[Concatenate[Any, P], R_co], /, *, read: bool = False) -> None:
        _refuse_other_than_plain(function)
        super().__init__(function)
        self.read = read

    @overload
    def __get__(
        self, instance: None, owner: type[AsyncFace]
    ) -> Callable[Concatenate[Any, P], Coroutine[Any, Any, R_co]]: ...
    @overload
    def __get__(self, instance: None, owner: type) -> Callable[Concatenate[Any, P], R_co]: ...
    @overload
    def __get__(
        self, instance: AsyncFace, owner: type | None = None
    ) -> Callable[P, Coroutine[Any, Any, R_co]]: ...
    @overload
    def __get__(self, instance: object, owner: type | None = None) -> Callable[P, R_co]: ...
    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self._awaited if issubclass(owner or object, AsyncFace) else self._plain(owner)
        if isinstance(instance, AsyncFace) and not in_greenlet():
            return MethodType(self._awaited, instance)
        return MethodType(self._plain(owner or type(instance)), instance)

    def _plain(self, owner: type | None) -> Any:
        return self._operated if hasattr(owner, "_operate") else self.function

    @cached_property
    def _operated(self) -> Any:
        operation = self

        def operated(self: Any, /, *args: Any, **kwargs: Any) -> Any:
            return self._operate(operation, args, kwargs)

        return update_wrapper(operated, self.function)

    @cached_property
    def _awaited(self) -> Any:
        operation = self

        async def awaited(self: Any, /, *args: Any, **kwargs: Any) -> Any:
            return await greenlet_spawn(operation._run, self, args, kwargs)

        return update_wrapper(awaited, self.function)

    def _run(self, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return self._plain(type(instance))(instance, *args, **kwargs)


@overload
def operation(function: Callable[Concatenate[Any, P], R], /) -> Operation[P, R]: ...
@overload
def operation(*, read: bool = False) -> Callable[[Callable[Concatenate[Any, P], R]], Operation[P, R]]: ...
def operation(function: Any = None, /, *, read: bool = False) -> Any:
    """Make a method an operation: called on one face, awaited on the other.

    `read=True` tells that it only reads: then it may be tried again, and runs without a
    transaction where it can.

    Raises:
        TypeError: when the class is made, for anything other than a plain function.
    """
    if function is None:
        return lambda function: Operation(function, read=read)
    return Operation(function, read=read)


class Streaming(_Definition, Generic[P, T_co]):
    """A stream with two faces. Made by `streaming`."""

    function: Callable[Concatenate[Any, P], Generator[Sequence[T_co], None, None]]

    def __init__(self, function: Callable[Concatenate[Any, P], Iterator[Sequence[T_co]]], /) -> None:
        _refuse_other_than_generator(function)
        super().__init__(function)

    @overload
    def __get__(
        self, instance: None, owner: type[AsyncFace]
    ) -> Callable[Concatenate[Any, P], AsyncGenerator[T_co, None]]: ...
    @overload
    def __get__(
        self, instance: None, owner: type
    ) -> Callable[Concatenate[Any, P], Generator[T_co, None, None]]: ...
    @overload
    def __get__(
        self, instance: AsyncFace, owner: type | None = None
    ) -> Callable[P, AsyncGenerator[T_co, None]]: ...
    @overload
    def __get__(
        self, instance: object, owner: type | None = None
    ) -> Callable[P, Generator[T_co, None, None]]: ...
    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self._awaited if issubclass(owner or object, AsyncFace) else self._plain
        if isinstance(instance, AsyncFace) and not in_greenlet():
            return MethodType(self._awaited, instance)
        return MethodType(self._plain, instance)

    @cached_property
    def _plain(self) -> Any:
        batches = self.function

        def plain(self: Any, /, *args: Any, **kwargs: Any) -> Any:
            return _items(batches(self, *args, **kwargs))

        return update_wrapper(plain, self.function)

    @cached_property
    def _awaited(self) -> Any:
        batches = self.function

        def awaited(self: Any, /, *args: Any, **kwargs: Any) -> Any:
            return _awaited_items(batches(self, *args, **kwargs))

        return update_wrapper(awaited, self.function)


def streaming(function: Callable[Concatenate[Any, P], Iterator[Sequence[T]]], /) -> Streaming[P, T]:
    """Make a generator of batches a stream of items: an iterator on one face, asynchronous on the other.

    Left early, a stream closes the generator: at once on the synchronous face; on the other when
    its `aclose` is awaited (`contextlib.aclosing`), else soon after, by the event loop.

    Raises:
        TypeError: when the class is made, for anything other than a plain generator function.
    """
    return Streaming(function)


def _items(batches: Generator[Sequence[T], None, None]) -> Generator[T, None, None]:
    with closing(batches):
        for batch in batches:
            yield from batch


async def _awaited_items(batches: Generator[Sequence[T], None, None]) -> AsyncGenerator[T, None]:
    def following() -> Sequence[T] | None:
        return next(batches, None)

    try:
        while (batch := await greenlet_spawn(following)) is not None:
            for item in batch:
                yield item
    finally:
        if inspect.getgeneratorstate(batches) != inspect.GEN_CLOSED:
            await _finish(greenlet_spawn(batches.close))


async def _finish(work: Coroutine[Any, Any, None]) -> None:
    """Wait until the work is done, even when cancelled meanwhile; the cancellation comes after."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            await asyncio.wait([task])
        raise


def _refuse_other_than_plain(function: Any) -> None:
    if inspect.isgeneratorfunction(function):
        raise TypeError(f"{_name(function)} is a generator: use @streaming, or give back a list")
    _refuse_other_than_function(function)


def _refuse_other_than_generator(function: Any) -> None:
    _refuse_other_than_function(function)
    if not inspect.isgeneratorfunction(function):
        raise TypeError(f"{_name(function)} doesn't yield batches: use @operation")


def _refuse_other_than_function(function: Any) -> None:
    if inspect.isasyncgenfunction(function) or inspect.iscoroutinefunction(function):
        raise TypeError(f"{_name(function)} is asynchronous: write it as a plain def, it serves both faces")
    if not inspect.isfunction(function):
        raise TypeError(f"{_name(function)} is no function: put the decorator on a plain def with self")


def _name(function: Any) -> str:
    return getattr(function, "__qualname__", None) or repr(function)
