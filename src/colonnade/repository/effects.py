"""What an operation's body does, told from its code: whether it only reads, whether it only hands over.

SQLite has one writer at a time. A finder that a user writes as a plain `@operation` shall
not wait for it, so a body that names nothing that could write begins without the write
lock. A body that is misjudged still works: its first write takes the lock then, and may be
told that another writer was faster.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from dis import Instruction, get_instructions
from enum import Enum
from functools import cached_property
from itertools import pairwise
from types import CodeType, FunctionType, ModuleType
from typing import Any, cast
from weakref import WeakKeyDictionary

from sqlalchemy import inspect as state_of

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


def hands_over(operation: Operation[Any, Any], owner: type) -> bool:
    """Tell whether the body is one call of another operation, and nothing beside it: `return self.find(…)`.

    Such a body needs no session of its own, since what it calls has one, or needs none.
    """
    known = _handing.setdefault(owner, {})
    name = operation.function.__qualname__
    if name not in known:
        known[name] = _is_one_call(cast(FunctionType, operation.function), owner)
    return known[name]


_handing: WeakKeyDictionary[type, dict[str, bool]] = WeakKeyDictionary()

_STORES = (
    "STORE_",
    "DELETE_",
    "JUMP",
    "POP_JUMP",
    "FOR_ITER",
    "IMPORT_",
    "MAKE_FUNCTION",
    "SETUP_",
)
_SILENT = ("RESUME", "CACHE", "PRECALL", "PUSH_NULL", "NOP")
_ATTRIBUTES = ("LOAD_METHOD", "LOAD_ATTR")
_GIVING = ("CALL", "BINARY_")
_HARMLESS = ("builtins", "datetime", "decimal", "enum", "uuid", "sqlalchemy")


def _is_one_call(function: FunctionType, owner: type) -> bool:
    code = function.__code__
    if code.co_freevars or code.co_cellvars:
        return False
    steps = [step for step in get_instructions(code) if step.opname not in _SILENT]
    if len(steps) < 4 or steps[-1].opname != "RETURN_VALUE" or not steps[-2].opname.startswith("CALL"):
        return False
    own_name, first = code.co_varnames[0], _loaded(steps[0])
    if first[-1:] != (own_name,) or steps[1].opname not in _ATTRIBUTES:
        return False
    for before, step in pairwise(steps[1:]):
        loaded = _loaded(step)
        if own_name in loaded or step.opname.startswith(_STORES):
            return False
        if step.opname == "LOAD_GLOBAL" and not _is_harmless(function, step.argval):
            return False
        # An argument's own method might do anything, and so might what a call has given.
        if step.opname in _ATTRIBUTES and (_loaded(before) or before.opname.startswith(_GIVING)):
            return False
    return _is_operation(steps[1].argval, owner)


def _loaded(instruction: Instruction) -> tuple[str, ...]:
    """Give the names of the arguments that an instruction loads; since Python 3.13 it may be two."""
    if not instruction.opname.startswith("LOAD_FAST"):
        return ()
    return instruction.argval if isinstance(instruction.argval, tuple) else (instruction.argval,)


def _is_harmless(function: FunctionType, name: str) -> bool:
    """Tell whether calling what the name stands for can reach no database: a model, SQL, a plain type."""
    found = function.__globals__.get(name, getattr(builtins, name, None))
    if isinstance(found, ModuleType):
        return found.__name__.partition(".")[0] in _HARMLESS
    if isinstance(found, type) and (state_of(found, raiseerr=False) is not None or issubclass(found, Enum)):
        return True
    origin = getattr(found, "__module__", None) if callable(found) else type(found).__module__
    return str(origin).partition(".")[0] in _HARMLESS


def _is_operation(name: str, owner: type) -> bool:
    found = next((base.__dict__[name] for base in owner.__mro__ if name in base.__dict__), None)
    return type(found) is Operation
