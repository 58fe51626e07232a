"""Whether an operation's body only reads, told from the names in it.

SQLite has one writer at a time. A finder that a user writes as a plain `@operation` shall
not wait for it, so a body that names nothing that could write begins without the write
lock. A body that is misjudged still works: its first write takes the lock then, and may be
told that another writer was faster.
"""

from __future__ import annotations

from collections.abc import Iterator
from dis import get_instructions
from functools import cached_property
from types import CodeType, FunctionType
from typing import Any
from weakref import WeakKeyDictionary

from colonnade.repository.operation import Operation

# Through these a body can reach any statement, or another repository; or it changes an entity, or means to.
_ANYTHING = frozenset(
    {"async_session", "db", "db_session", "execute", "for_update", "insert", "session", "setattr", "text"}
)
_READS = frozenset({"scalars"})

_known: WeakKeyDictionary[type, dict[str, bool]] = WeakKeyDictionary()


def only_reads(operation: Operation[Any, Any], owner: type) -> bool:
    """Tell whether the operation, on this class, names nothing that could write."""
    if operation.read:
        return True
    known = _known.setdefault(owner, {})
    name = operation.function.__qualname__
    if name not in known:
        known[name] = _ANYTHING.isdisjoint(_reached(operation.function, owner))
    return known[name]


def _reached(function: Any, owner: type) -> set[str]:
    """Give the names in the body, and in those of the class's own functions that it reaches by them."""
    reached: set[str] = set()
    waiting = [function]
    while waiting:
        for name in _names(waiting.pop().__code__):
            if name not in reached:
                reached.add(name)
                waiting.extend(() if name in _READS else _bodies(name, owner))
    return reached


def _bodies(name: str, owner: type) -> Iterator[FunctionType]:
    """Give what the name stands for in the class and in its bases, which `super()` reaches."""
    for base in owner.__mro__:
        found = _body(base.__dict__.get(name))
        if type(found) is FunctionType:
            yield found


def _body(found: Any) -> Any:
    if type(found) is Operation:
        return None if found.read else found.function
    if isinstance(found, property):
        return found.fget
    if isinstance(found, cached_property):
        return found.func
    return found.__func__ if isinstance(found, classmethod | staticmethod) else found


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    if any(instruction.opname in ("STORE_ATTR", "DELETE_ATTR") for instruction in get_instructions(code)):
        yield "setattr"
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
        elif isinstance(constant, tuple):  # the names of a call's keywords
            yield from (name for name in constant if isinstance(name, str))
