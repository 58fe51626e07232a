"""Whether anybody listens: asked at each call that may go past SQLAlchemy, whose events would fire otherwise.

Like `internals` it stands on parts of SQLAlchemy that are public by custom alone, held by the same contract
tests: the collections of an object's event listeners (`dispatch`), and the registry of all listeners.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from typing import Any, Final, Self, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.event import registry
from sqlalchemy.orm import Session

CURSOR_EVENTS = ("before_execute", "after_execute", "before_cursor_execute", "after_cursor_execute")
"""What a call through Core fires, too."""

STATEMENT_EVENTS = ("before_execute", "after_execute")
"""What isn't fired by a statement that is sent as text."""

TRANSACTION_EVENTS = (
    "engine_connect",
    "set_connection_execution_options",
    "begin",
    "commit",
    "rollback",
)
EXECUTION_EVENTS = ("do_execute", "do_execute_no_params", "do_executemany", "do_setinputsizes")
POOL_EVENTS = ("checkout", "checkin", "reset")
SESSION_EVENTS = (
    "do_orm_execute",
    "after_transaction_create",
    "after_transaction_end",
    "before_commit",
    "after_commit",
    "before_flush",
    "after_flush",
    "after_flush_postexec",
    "after_begin",
    "before_attach",
    "after_attach",
    "transient_to_pending",
    "pending_to_persistent",
    "detached_to_persistent",
    "loaded_as_persistent",
    "persistent_to_deleted",
    "deleted_to_detached",
    "persistent_to_detached",
    "after_bulk_update",
    "after_bulk_delete",
)
LOAD_EVENTS = ("load", "refresh")
FLUSH_EVENTS = ("refresh_flush", "expire")
WRITE_EVENTS = (
    "before_insert",
    "after_insert",
    "before_update",
    "after_update",
    "before_delete",
    "after_delete",
)
SET_EVENTS = ("set", "modified")

DOUBTS: Final = 1000
"""For so many calls after a change it's looked closely: SQLAlchemy knows of a listener before it's there."""

_REGISTERED: Final[Mapping[Any, Any]] = registry._key_to_collection
_ANY_SESSION = Session()


class _EveryConnection:
    """Shows the listeners of the class Connection, none of which is at hand."""

    dispatch: Any = cast(Any, Connection.dispatch)._for_class(Connection)


Target = tuple[str, Any, Iterable[str]]
"""A kind of object, one with events, and the names of those that matter."""

Expected = Mapping[tuple[str, str], int]
"""How many listeners are ours, by the kind of object and the event's name."""


class Listeners:
    """The listeners of several objects: those that must be heard, and those that a Core call serves.

    It's asked at each call, so it looks at no event by name: it looks whether anything at all was listened to
    since, then whether the collections in which listeners are kept have grown or shrunk, and closer when they
    have.
    """

    __slots__ = (
        "_count",
        "_doubts",
        "_empty",
        "_expected",
        "_filled",
        "_heard",
        "_hooks",
        "_newest",
        "_total",
        "hooked",
        "silent",
    )

    def __init__(
        self, heard: Iterable[Target], hooks: Iterable[Target] = (), expected: Callable[[], Expected] = dict
    ) -> None:
        self._heard = tuple(heard)
        self._hooks = tuple(hooks)
        self._expected = expected
        self._doubts, self._count, self._newest = DOUBTS, *registered()
        self.silent = False
        """Whether there is none that must be heard."""
        self.hooked = False
        """Whether there is a hook."""
        self._look()

    def refreshed(self) -> Self:
        """Look again, where anything was listened to since."""
        try:  # as `registered` does, which would take twice as long
            unchanged = len(_REGISTERED) == self._count and next(reversed(_REGISTERED)) is self._newest
        except (RuntimeError, StopIteration):
            unchanged = False
        if unchanged and self._doubts <= 0:
            return self
        if not unchanged:
            self._doubts, self._count, self._newest = DOUBTS, *registered()
        self._doubts -= 1
        if any(self._empty) or sum(map(len, self._filled)) != self._total:
            self._look()
        return self

    def _look(self) -> None:
        found = [one for target in (*self._heard, *self._hooks) for one in _sizes(target)]
        collections = {id(one): one for one in found}.values()
        self._empty: tuple[Sized, ...] = tuple(one for one in collections if not one)
        self._filled: tuple[Sized, ...] = tuple(one for one in collections if one)
        self._total = sum(map(len, self._filled))
        expected = self._expected()
        self.silent = not any(_surplus(target, expected) for target in self._heard)
        self.hooked = any(_surplus(target, expected) for target in self._hooks)


def registered() -> tuple[int, object]:
    """Give how many listeners SQLAlchemy knows of, and the newest: together they change with each change.

    The newest is there as long as none is added, and with one that goes they are fewer.
    """
    try:
        return len(_REGISTERED), next(reversed(_REGISTERED), None)
    except RuntimeError:  # another thread adds one just now
        return -1, None


def _sizes(target: Target) -> Iterator[Sized]:
    """Give the collections that a listener of these names comes into: its class's, and the object's own."""
    _, listened, names = target
    yield listened.dispatch.__dict__  # where one appears with the first listener of its name
    for name in names:
        # A name without listeners has a placeholder, in whose stead the first one would put another.
        listeners = getattr(listened.dispatch, name).for_modify(listened.dispatch)
        yield listeners.parent_listeners
        if not isinstance(listeners.listeners, tuple):
            yield listeners.listeners


def _surplus(target: Target, expected: Expected) -> bool:
    kind, listened, names = target
    return any(len(getattr(listened.dispatch, name)) > expected.get((kind, name), 0) for name in names)


def count_listeners(targets: Iterable[Target]) -> Counter[tuple[str, str]]:
    """Give how many listeners there are now, by the kind of object and the event's name."""
    return Counter(
        {
            (kind, name): len(getattr(listened.dispatch, name))
            for kind, listened, names in targets
            for name in names
        }
    )


def engine_targets(engine: Engine) -> list[Target]:
    """Give what must be heard of an engine: its transactions, its statements' execution, its pool."""
    return [
        ("engine", engine, TRANSACTION_EVENTS),
        ("dialect", engine.dialect, EXECUTION_EVENTS),
        ("pool", engine.pool, POOL_EVENTS),
        ("connection", _EveryConnection, TRANSACTION_EVENTS),
    ]


def hook_targets(engine: Engine) -> list[Target]:
    """Give where tracing listens: a call through Core serves it."""
    return [
        ("engine", engine, CURSOR_EVENTS),
        ("connection", _EveryConnection, CURSOR_EVENTS),
        ("dialect", engine.dialect, ("handle_error",)),
    ]


def session_target() -> Target:
    """Give what shows the listeners of every Session."""
    return "session", _ANY_SESSION, SESSION_EVENTS


def echoes(engine: Engine) -> Callable[[], bool]:
    """Give what tells whether the engine logs its statements."""
    return engine._should_log_info


def heard(session: Session, connection: Connection) -> bool:
    """Tell whether somebody listens to this session itself, or to its connection's statements."""
    own = any(getattr(session.dispatch, name) for name in SESSION_EVENTS)
    return own or any(getattr(connection.dispatch, name) for name in STATEMENT_EVENTS)
