"""What a repository stands on: a manager, whose open session it joins, or a session it was given."""

from __future__ import annotations

import sys
from typing import Any, Generic, get_args, get_origin

from sqlalchemy.orm import Session, scoped_session

from colonnade.engine.face import AsyncFace
from colonnade.engine.home import Home
from colonnade.engine.manager import AsyncDatabaseManager, DatabaseManager
from colonnade.engine.session import Frame, joined_frame
from colonnade.errors import ConfigurationError, TransactionError

Manager = DatabaseManager | AsyncDatabaseManager


class Binding:
    """Finds the session of a call: the given one, else the open one of the manager."""

    __slots__ = ("_given", "direct_home", "manager")

    def __init__(self, source: Any, *, is_async: bool) -> None:
        self.manager: Manager | None = None
        self._given: Any = None
        source = source.get_manager() if hasattr(source, "get_manager") else source
        if isinstance(source, DatabaseManager | AsyncDatabaseManager):
            self.manager = source
        elif isinstance(source, Session | scoped_session) or _is_async_session(source):
            self._given = source
        else:
            raise ConfigurationError(
                f"a repository needs a database manager or a session, not {type(source).__name__}"
            )
        given_async = isinstance(source, AsyncFace) or _is_async_session(source)
        if given_async != is_async:
            wanted = "an asynchronous" if is_async else "a synchronous"
            raise ConfigurationError(
                f"this repository needs {wanted} manager or session, not {type(source).__name__}"
            )
        unrestricted = self.manager is not None and self.manager.unrestricted
        self.direct_home: Home | None = self.manager.home if self.manager and unrestricted else None
        """The manager's home, where a call alone may go past the Session."""

    @property
    def home(self) -> Home | None:
        """The manager's engine and state; None for a given session."""
        return None if self.manager is None else self.manager.home

    def frame(self) -> Frame | None:
        """Give the manager's open frame, if this call may join it.

        Raises:
            TransactionError: when the frame belongs to another thread or task.
        """
        return None if self.manager is None else joined_frame(self.manager.home)

    def session(self) -> Session:
        """Give the synchronous session of the running call.

        Raises:
            TransactionError: outside any call, when no session is open.
        """
        if self._given is not None:
            return _sync_session(self._given)
        frame = self.frame()
        if frame is None:
            raise _no_session()
        return frame.session

    def present(self) -> Session | None:
        """Give the synchronous session of the running call, if it has one."""
        if self._given is None and self.frame() is None:
            return None
        return self.session()

    def async_session(self) -> Any:
        """Give the `AsyncSession` of the running call, as `session` does."""
        if self._given is not None:
            return self._given() if _is_async_scoped(self._given) else self._given
        frame = self.frame()
        if frame is None:
            raise _no_session()
        return frame.async_session


def _no_session() -> TransactionError:
    return TransactionError(
        "there is no open session here",
        remedy="use it in the body of an operation, or inside `with db.session():`",
    )


def _is_async_session(source: Any) -> bool:
    return hasattr(source, "sync_session") or _is_async_scoped(source)


def _is_async_scoped(source: Any) -> bool:
    # Whoever has one has imported its class.
    asyncio = sys.modules.get("sqlalchemy.ext.asyncio")
    return asyncio is not None and isinstance(source, asyncio.async_scoped_session)


def _sync_session(given: Any) -> Session:
    if isinstance(given, scoped_session) or _is_async_scoped(given):
        given = given()
    session: Session = getattr(given, "sync_session", given)
    return session


def model_argument(generic: Any, root: type) -> Any:
    """Give what stands for `root`'s type variable in a class or alias, through all levels of deriving."""
    origin = get_origin(generic) or generic
    if origin is root:
        arguments = get_args(generic)
        return arguments[0] if arguments else None
    given = dict(zip(getattr(origin, "__parameters__", ()), get_args(generic), strict=False))
    for base in getattr(origin, "__orig_bases__", ()):
        if get_origin(base) not in (None, Generic):
            found = model_argument(base, root)
            found = given.get(found, found)
            if found is not None:
                return found
    return None


def is_model(argument: Any) -> bool:
    """Tell a class from a type variable left open, a name in quotes, and `Any`."""
    return isinstance(argument, type) and argument is not Any
