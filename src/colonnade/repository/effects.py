"""Whether an operation's body only reads, told from the names in it.

SQLite has one writer at a time. A finder that a user writes as a plain `@operation` shall
not wait for it, so a body that names nothing that could write begins without the write
lock. A body that is misjudged still works: its first write takes the lock then, and may be
told that another writer was faster.
"""

from __future__ import annotations

from collections.abc import Iterator
from inspect import getattr_static
from types import CodeType
from typing import Any
from weakref import WeakKeyDictionary

from colonnade.repository.operation import Operation

# Through these a body can reach any statement, or another repository.
_ANYTHING = frozenset({"async_session", "db", "db_session", "execute", "insert", "session", "text"})

_known: WeakKeyDictionary[type, dict[str, bool]] = WeakKeyDictionary()


def only_reads(operation: Operation[Any, Any], owner: type) -> bool:
    """Tell whether the operation, on this class, names nothing that could write."""
    if operation.read:
        return True
    known = _known.setdefault(owner, {})
    name = operation.function.__qualname__
    if name not in known:
        known[name] = True  # for a body that calls itself
        known[name] = all(_is_harmless(used, owner) for used in _names(operation.function.__code__))
    return known[name]


def _is_harmless(name: str, owner: type) -> bool:
    if name in _ANYTHING:
        return False
    found = getattr_static(owner, name, None)
    return type(found) is not Operation or only_reads(found, owner)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
