"""What can be seen of an object, a result or an error, as flat plain data: a path to a text.

Two ways that nobody can tell apart give the same paths and the same texts. Instants that the clock or
the server decided are shown without their value.
"""

from __future__ import annotations

import copy
import math
import pickle
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from enum import Enum
from typing import Any

from sqlalchemy import inspect as state_of
from sqlalchemy.ext.mutable import Mutable, MutableBase
from sqlalchemy.orm import InstanceState

from colonnade import Page
from colonnade.errors import DatabaseError

Snapshot = dict[str, str]

VARYING = ("created_at", "updated_at", "deleted_at", "now_")
"""How the names begin of columns that hold another value on each run."""

_INTERNAL = ("_sa_instance_state", "_AssociationProxy_")
_PLAIN_REPR: Any = object.__repr__
_SIMPLE = frozenset({str, int, bool, bytes})
_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")
_FLAGS = (
    "transient pending persistent deleted detached has_identity was_deleted "
    "modified expired identity key identity_token expired_attributes unmodified unloaded callables"
).split()


def of_result(result: Any) -> Snapshot:
    """What can be seen of what a call gave back."""
    if isinstance(result, Page):
        return {
            **under("items", of_result(list(result.items))),
            "next_cursor": shown(result.next_cursor),
            "previous_cursor": shown(result.previous_cursor),
        }
    if is_entity(result):
        return of_entity(result)
    if isinstance(result, list | tuple) and any(is_entity(one) or isinstance(one, list) for one in result):
        seen = {"": f"{kind(result)} of {len(result)}"}
        for number, one in enumerate(result):
            shallow = number and is_entity(one)
            seen |= under(f"[{number}]", of_entity(one, deep=False) if shallow else of_result(one))
        return seen
    return {"": shown(result)}


def of_entity(entity: Any, *, deep: bool = True) -> Snapshot:
    """What can be seen of an object: class, values, state, history; and, when deep, what it can do."""
    state: InstanceState[Any] = state_of(entity)
    seen = {"class": kind(entity)}
    values = entity.__dict__
    for name in sorted(values):
        if not name.startswith(_INTERNAL):
            seen[f"{name}: value"] = shown_under(name, values[name])
    for flag in _FLAGS:
        seen[f"state.{flag}"] = shown_state(getattr(state, flag))
    seen["state.session"] = "none" if state.session is None else "one"
    seen["state.load_options"] = shown([kind(option) for option in state.load_options])
    seen["state.committed"] = shown_state(set(state.committed_state))
    for name in state.mapper.attrs.keys():  # noqa: SIM118 (a read-only collection, not a dict)
        attribute = state.attrs[name]
        history = tuple(attribute.history)
        if name not in values or history[0] or history[2]:
            seen[f"{name}: history"] = shown_under(name, history)
        if name not in values or attribute.loaded_value is not values[name]:
            seen[f"{name}: loaded_value"] = shown_under(name, attribute.loaded_value)
    if deep:
        seen |= under("pickled", _changed(seen, _pickled(entity)))
        seen |= under("copied", {"names": shown(sorted(copy.copy(entity).__dict__))})
        before = dict(seen)
        seen |= _accessed(entity, state)
        seen |= under("accessed", _changed(before, of_entity(entity, deep=False)))
    return seen


def _pickled(entity: Any) -> Snapshot:
    try:
        pickled = pickle.dumps(entity)
    except Exception as error:  # noqa: BLE001 (a class, an option or a value that can't be, on both ways)
        return of_error(error)
    return of_entity(pickle.loads(pickled), deep=False)


def _changed(before: Snapshot, after: Snapshot) -> Snapshot:
    return {path: text for path, text in after.items() if before.get(path) != text}


def _accessed(entity: Any, state: InstanceState[Any]) -> Snapshot:
    """What reading each attribute gives, those that aren't loaded too; and how the object is written."""
    seen = {"repr": _ADDRESS.sub("0x", repr(entity))}
    for name in sorted(state.mapper.all_orm_descriptors.keys()):
        try:
            seen[f"{name}: read"] = shown_under(name, getattr(entity, name))
        except Exception as error:  # noqa: BLE001 (whatever it is, it's compared)
            seen |= under(f"{name}: read", of_error(error))
    return seen


def of_error(error: BaseException) -> Snapshot:
    """What can be seen of an error, but for its statement's text and its traceback."""
    seen = {"error": kind(error), "text": _ADDRESS.sub("0x", str(error)), "cause": kind(error.__cause__)}
    if isinstance(error, DatabaseError):
        for name in "code entity columns constraint message remedy retryable attempts detail params".split():
            seen[name] = shown(getattr(error, name))
        seen["connection_invalidated"] = shown(error.connection_invalidated)
        seen["orig"] = kind(error.orig)
        seen["has statement"] = shown(error.statement is not None)
        seen["pickled"] = str(pickle.loads(pickle.dumps(error)))
    return seen


def is_entity(value: Any) -> bool:
    """Whether it is an object of a mapped class."""
    return isinstance(getattr(value, "_sa_instance_state", None), InstanceState)


def under(prefix: str, seen: Mapping[str, str]) -> Snapshot:
    """The same, with the prefix before each path."""
    return {f"{prefix}.{path}" if path else prefix: text for path, text in seen.items()}


def kind(value: Any) -> str:
    """The full name of a value's class."""
    cls = type(value)
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"


def varies(name: str) -> bool:
    """Whether the column of this name holds another value on each run."""
    return name.startswith(VARYING)


def shown_under(name: str, value: Any) -> str:
    """The value, without what varies when its name says that it does."""
    return _without_instant(value) if varies(name) else shown(value)


def _without_instant(value: Any) -> str:
    if isinstance(value, datetime | time):
        return f"{kind(value)} with {value.tzinfo!r}"
    if isinstance(value, list | tuple):
        return f"{kind(value)} of {', '.join(_without_instant(one) for one in value)}"
    return kind(value)


def shown_state(value: Any) -> str:
    """A part of an object's state: sets sorted, and no address of anything."""
    if not value:
        return f"empty {type(value).__name__}" if value is not None else "None"
    if isinstance(value, set | frozenset):
        return f"{{{', '.join(sorted(shown(one) for one in value))}}}"
    if isinstance(value, dict):
        return shown(sorted(value))
    return shown(value)


def shown(value: Any) -> str:
    """A value with its exact type: `1` and `True`, `1.0` and `Decimal('1.0')` are told apart."""
    if value is None or isinstance(value, type):
        return repr(value)
    if type(value) in _SIMPLE:
        return f"{type(value).__name__}({value!r})"
    if is_entity(value):
        return f"<{kind(value)} {state_of(value).identity}>"
    text = ", ".join(_parts(value)) if _has_parts(value) else _plain(value)
    return f"{kind(value)}({_ADDRESS.sub('0x', text)})"


def _has_parts(value: Any) -> bool:
    return isinstance(value, list | tuple | set | frozenset | dict)


def _parts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (f"{shown(key)}: {shown(one)}" for key, one in value.items())
    elif isinstance(value, set | frozenset):
        yield from sorted(shown(one) for one in value)
    else:
        yield from (shown(one) for one in value)
    if isinstance(value, MutableBase):
        yield f"watched by {sorted(_watchers(value))}"


def _watchers(value: Any) -> list[str]:
    return [f"{parent.class_.__name__}.{name}" for parent, name in getattr(value, "_parents", {}).items()]


def _plain(value: Any) -> str:
    if isinstance(value, float) and math.isnan(value):
        return f"nan, sign {math.copysign(1, value)}"
    if isinstance(value, datetime | time):
        return f"{value!r}, fold {value.fold}"
    if isinstance(value, memoryview):
        return repr(bytes(value))
    if isinstance(value, str | int | date | Enum):
        return repr(value)
    if getattr(type(value), "__repr__", None) is _PLAIN_REPR:
        return shown(vars(value)) if type(value).__module__.startswith("tests.") else ""
    if isinstance(value, Mutable):
        return f"{value!r} watched by {sorted(_watchers(value))}"
    return repr(value)
