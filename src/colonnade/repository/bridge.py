"""An operation that is overridden with `async def`, called from the plain body of another one."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from functools import update_wrapper
from types import MethodType
from typing import Any

from sqlalchemy.util import await_only
from sqlalchemy.util.concurrency import in_greenlet

from colonnade.repository.operation import Definition


def bridge_overrides(cls: type) -> None:
    """Let the class's own `async def`s that stand for operations be called without `await` in bodies."""
    for name, found in list(cls.__dict__.items()):
        asynchronous = inspect.iscoroutinefunction(found) or inspect.isasyncgenfunction(found)
        if asynchronous and any(isinstance(base.__dict__.get(name), _KINDS) for base in cls.__mro__[1:]):
            setattr(cls, name, Bridge(found))


class Bridge:
    """A method that is `async def` outside; in a body it is called plainly, and waited for."""

    def __init__(self, function: Callable[..., Any]) -> None:
        update_wrapper(self, function)  # type: ignore[arg-type]
        self.function = function

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self.function
        bound = MethodType(self.function, instance)
        return self._plain(bound) if in_greenlet() else bound

    def _plain(self, bound: Callable[..., Any]) -> Callable[..., Any]:
        generates = inspect.isasyncgenfunction(self.function)

        def plain(*args: Any, **kwargs: Any) -> Any:
            result = bound(*args, **kwargs)
            return _items(result) if generates else await_only(result)

        return update_wrapper(plain, self.function)


def _items(stream: AsyncGenerator[Any, None]) -> Generator[Any, None, None]:
    nothing = object()
    try:
        while (item := await_only(anext(stream, nothing))) is not nothing:
            yield item
    finally:
        if in_greenlet():  # a generator that is left lying about is closed anywhere
            await_only(stream.aclose())


_KINDS = (Definition, Bridge)
