"""One plain function, two faces: the descriptors behind every operation and stream.

In comes a method written synchronously. Out comes, on a class deriving from `SyncFace`, that
method; on one deriving from `AsyncFace`, an `async def` that runs the same body through
SQLAlchemy's `greenlet_spawn`. Inside a body, calls to other operations are plain on both.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterator, Sequence
from contextlib import closing
from functools import cached_property, partial, update_wrapper
from types import FunctionType, MethodType
from typing import Any, Concatenate, Final, Generic, ParamSpec, TypeVar, overload

from sqlalchemy.util import greenlet_spawn
from sqlalchemy.util.concurrency import in_greenlet

from colonnade.engine.block import shielded
from colonnade.engine.direct import Request
from colonnade.engine.face import AsyncFace
from colonnade.errors import DatabaseError

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
Called = TypeVar("Called", bound=Callable[..., Any], covariant=True)
Awaited = TypeVar("Awaited", bound=Callable[..., Any], covariant=True)


class NotDirect:
    """The answer of a way past the Session that leaves the call to it."""


NOT_DIRECT: Final = NotDirect()


class Definition(Generic[Called, Awaited]):
    """A method with two faces: `Called` is its type on one, `Awaited` on the other.

    Type variables for whole callables, because both type checkers then compare an override
    as they compare methods, and keep the type variables of generic methods.
    """

    # unittest.mock looks into a class's `__dict__` and asks whether what it finds there is a
    # function, to know that `self` comes first.
    __class__ = FunctionType  # type: ignore[assignment]

    def __init__(self, function: Callable[..., Any]) -> None:
        update_wrapper(self, function)
        for name in ("__code__", "__globals__", "__defaults__", "__kwdefaults__", "__closure__"):
            self.__dict__[name] = getattr(function, name)
        self.function = function

    def __set_name__(self, owner: type, name: str) -> None:
        if issubclass(owner, AsyncFace):  # so that `patch.object` on this class gives an AsyncMock
            self.__dict__["__code__"] = self._awaited.__code__

    @overload
    def __get__(
        self: Definition[Any, Callable[P, R]], instance: None, owner: type[AsyncFace]
    ) -> Callable[Concatenate[Any, P], R]: ...
    @overload
    def __get__(
        self: Definition[Callable[P, R], Any], instance: None, owner: type
    ) -> Callable[Concatenate[Any, P], R]: ...
    @overload
    def __get__(self, instance: AsyncFace, owner: type | None = None) -> Awaited: ...
    @overload
    def __get__(self, instance: object, owner: type | None = None) -> Called: ...
    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self._awaited if issubclass(owner or object, AsyncFace) else self._called
        if isinstance(instance, AsyncFace) and not in_greenlet():
            return MethodType(self._awaited, instance)
        return MethodType(self._called, instance)

    def __call__(self, instance: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call as the function in the class: without it `inspect.signature` refuses the definition."""
        return self.__get__(instance)(*args, **kwargs)

    @property
    def __isabstractmethod__(self) -> bool:
        return getattr(self.function, "__isabstractmethod__", False)

    @__isabstractmethod__.setter
    def __isabstractmethod__(self, abstract: bool) -> None:
        self.function.__isabstractmethod__ = abstract  # type: ignore[attr-defined]

    @cached_property
    def _called(self) -> FunctionType:
        raise NotImplementedError

    @cached_property
    def _awaited(self) -> FunctionType:
        raise NotImplementedError


class Operation(Definition[Called, Awaited]):
    """What `operation` makes of a method.

    A class that has `_operate(self, operation, args, kwargs)` is asked to run each call: it
    gives back `operation.function(self, *args, **kwargs)`, with what it needs around it. Where the
    operation has a direct way, the class's `_direct_table()` is asked first for what that goes by.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        read: bool = False,
        session: bool = True,
        direct: Callable[..., Any] | None = None,
    ) -> None:
        _refuse_other_than_plain(function)
        super().__init__(function)
        self.read = read
        self.session = session
        self.direct = direct
        if direct is not None:  # so that Python's own error about a wrong call names the method
            direct.__qualname__ = function.__qualname__

    @cached_property
    def _called(self) -> Any:
        operation, function, direct = self, self.function, self.direct

        def called(self: Any, /, *args: Any, **kwargs: Any) -> Any:
            operate = getattr(self, "_operate", None)
            return operate(operation, args, kwargs) if operate else function(self, *args, **kwargs)

        def called_directly(self: Any, /, *args: Any, **kwargs: Any) -> Any:
            table = self._direct_table()
            if table is not None:
                try:
                    answer = direct(self, table, *args, **kwargs)  # type: ignore[misc]
                    if type(answer) is Request:
                        answer = table.driver.run(answer)
                except DatabaseError as error:
                    if not operation.read:
                        raise
                    answer = self._directly_again(operation, table, args, kwargs, error)
                if answer is not NOT_DIRECT:
                    return answer
            return self._operate(operation, args, kwargs)

        return update_wrapper(called_directly if direct else called, function)

    @cached_property
    def _awaited(self) -> Any:
        called, operation, direct = self._called, self, self.direct

        async def awaited(self: Any, /, *args: Any, **kwargs: Any) -> Any:
            return await greenlet_spawn(partial(called, self, *args, **kwargs))

        async def awaited_directly(self: Any, /, *args: Any, **kwargs: Any) -> Any:
            # Without a greenlet, which takes as long as a quarter of a point read on a server.
            table = self._direct_table()
            answer = NOT_DIRECT if table is None else direct(self, table, *args, **kwargs)  # type: ignore[misc]
            if answer is NOT_DIRECT:
                return await greenlet_spawn(partial(called, self, *args, **kwargs))
            try:
                answer = await table.driver.run_async(answer)  # pyright: ignore[reportOptionalMemberAccess]
            except DatabaseError as error:
                if not operation.read:
                    raise
                again = partial(self._directly_again, operation, table, args, kwargs, error)
            else:
                if answer is not NOT_DIRECT:
                    return answer
                again = partial(self._operate, operation, args, kwargs)
            return await greenlet_spawn(again)

        return update_wrapper(awaited_directly if direct else awaited, self.function)


@overload
def operation(
    function: Callable[Concatenate[Any, P], R], /
) -> Operation[Callable[P, R], Callable[P, Coroutine[Any, Any, R]]]: ...
@overload
def operation(
    *, read: bool = False, session: bool = True, direct: Callable[..., Any] | None = None
) -> Callable[
    [Callable[Concatenate[Any, P], R]], Operation[Callable[P, R], Callable[P, Coroutine[Any, Any, R]]]
]: ...
def operation(
    function: Any = None,
    /,
    *,
    read: bool = False,
    session: bool = True,
    direct: Callable[..., Any] | None = None,
) -> Any:
    """Make a method an operation: called on one face, awaited on the other.

    `read=True` tells that it does nothing but read; `session=False`, for the package's own, that it
    needs no session around it, since what it calls brings its own. `direct` is tried first, outside a
    session: a function with the same arguments that gives `NOT_DIRECT` to leave the call to the body.

    Raises:
        TypeError: when the class is made, for anything other than a plain function.
    """
    if function is None:
        return lambda function: Operation(function, read=read, session=session, direct=direct)
    return Operation(function, read=read, session=session, direct=direct)


class Streaming(Definition[Called, Awaited]):
    """What `streaming` makes of a generator of batches."""

    def __init__(self, function: Callable[..., Any]) -> None:
        _refuse_other_than_generator(function)
        super().__init__(function)

    @cached_property
    def _called(self) -> Any:
        batches = self.function

        def called(self: Any, /, *args: Any, **kwargs: Any) -> Any:
            return _items(batches(self, *args, **kwargs))

        return update_wrapper(called, self.function)

    @cached_property
    def _awaited(self) -> Any:
        batches = self.function

        def awaited(self: Any, /, *args: Any, **kwargs: Any) -> Any:
            return _awaited_items(batches(self, *args, **kwargs))

        return update_wrapper(awaited, self.function)


def streaming(
    function: Callable[Concatenate[Any, P], Iterator[Sequence[T]]], /
) -> Streaming[Callable[P, Generator[T, None, None]], Callable[P, AsyncGenerator[T, None]]]:
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
            await shielded(greenlet_spawn(batches.close))


def _refuse_other_than_plain(function: Any) -> None:
    _refuse_other_than_function(function)
    if inspect.isgeneratorfunction(function):
        raise TypeError(f"{function.__qualname__} is a generator: use @streaming, or give back a list")


def _refuse_other_than_generator(function: Any) -> None:
    _refuse_other_than_function(function)
    if not inspect.isgeneratorfunction(function):
        raise TypeError(f"{function.__qualname__} yields no batches: use @operation")


def _refuse_other_than_function(function: Any) -> None:
    name = getattr(function, "__qualname__", None) or repr(function)
    if inspect.isasyncgenfunction(function) or inspect.iscoroutinefunction(function):
        raise TypeError(f"{name} is asynchronous: write it as a plain def, which serves both faces")
    if not inspect.isfunction(function):
        raise TypeError(f"{name} is not a function: put the decorator right on a plain def with self")
