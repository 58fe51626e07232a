"""Open sessions: who owns one, how they nest, and how each ends. The only place that commits.

A `Frame` is one open session: a transaction, or a savepoint inside another frame of the
same manager. The frames of a thread or task form a chain, whose innermost is found through
a context variable. A context is copied into child tasks and worker threads, so a frame
also knows its owner, and is joined by nobody else.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
from threading import get_ident
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, SessionTransaction

from colonnade.dialects.contract import BeginMode
from colonnade.engine.guard import Guard, poisoned, undone
from colonnade.engine.translate import translated
from colonnade.errors import DatabaseConnectionError, TransactionError

_innermost: ContextVar[Frame | None] = ContextVar("colonnade_session", default=None)

innermost_frame = _innermost.get
"""Gives the innermost frame of this context, of whatever manager, closed or open; None in most places."""

_abandoned: list[Frame] = []
"""Frames inherited through a fork: kept, so that no destructor speaks on the parent's socket."""


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """What a session is asked to be; None and False ask for nothing."""

    mode: BeginMode = "write"
    isolation_level: str | None = None

    def asked(self, read_only: bool, isolation_level: str | None) -> SessionOptions:
        """Give these options with what a caller asks for on top."""
        return replace(
            self,
            mode="read_only" if read_only else self.mode,
            isolation_level=_spelt(isolation_level) or self.isolation_level,
        )

    def clash_with(self, outer: SessionOptions) -> str | None:
        """Name the option that a session inside `outer` can't have, if there is one."""
        if self.mode == "read_only" and outer.mode != "read_only":
            return "read_only=True"
        if self.isolation_level not in (None, outer.isolation_level):
            return f"isolation_level={self.isolation_level!r}"
        return None


def _spelt(isolation_level: str | None) -> str | None:
    """Give the level in the one spelling in which two can be compared."""
    return None if isolation_level is None else isolation_level.replace("_", " ").upper()


Owner = tuple[int, object]
Callback = Callable[[], Any]
Deferred = tuple[Callback, tuple[SessionTransaction, ...]]
"""What waits for the commit, and the transaction and savepoints it was registered in."""


def current_owner() -> Owner:
    """Give the identity of the running thread and task."""
    try:
        return get_ident(), asyncio.current_task()
    except RuntimeError:  # no event loop runs in this thread
        return get_ident(), None


class Frame:
    """One open session. `home` is the state of the manager that it belongs to.

    Made by a manager; `enter`, then `finish` with the block's exception or None, then
    `leave`. On the asynchronous face `enter` and `finish` run inside a greenlet.
    """

    __slots__ = (
        "around",
        "async_session",
        "closed",
        "deferred",
        "guard",
        "home",
        "inner",
        "join",
        "nested",
        "options",
        "outer",
        "owner",
        "process",
        "session",
        "surrounding",
    )

    def __init__(
        self,
        home: object,
        session: Session,
        guard: Guard,
        options: SessionOptions,
        *,
        outer: Frame | None = None,
        join: bool = False,
        async_session: Any = None,
    ) -> None:
        self.home = home
        self.session = session
        self.async_session = async_session
        self.guard = guard
        self.options = options
        self.outer = outer
        self.join = join
        self.inner: Frame | None = None
        self.nested: SessionTransaction | None = None
        self.around: SessionTransaction | None = None
        self.deferred: list[Deferred] | None = None
        self.closed = False
        self.owner = current_owner()
        self.process = os.getpid()
        self.surrounding: Frame | None = None

    def attach(self) -> None:
        """Become the innermost frame of this context."""
        self.surrounding = _open_from(_innermost.get())
        _innermost.set(self)
        if self.outer is not None:
            self.outer.inner = self

    def enter(self) -> None:
        """Begin the savepoint of an inner frame; the outer's unsaved changes are flushed first."""
        if self.outer is not None and not self.join:
            with translated(self.session):
                self.nested = self.session.begin_nested()
            self.around = self.session.get_transaction()

    def defer(self, callback: Callback) -> None:
        """Call it after the outermost commit, unless it's undone what is done here now."""
        frame = self
        while frame.outer is not None:
            frame = frame.outer
        if frame.deferred is None:
            frame.deferred = []
            event.listen(frame.session, "after_soft_rollback", frame._forget)
        if not frame.session.in_transaction():
            frame.session.begin()  # sends nothing; without it a rollback would pass unseen
        if frame.session.is_active:  # else a failed flush has rolled back already
            frame.deferred.append((callback, _transactions(frame.session)))

    def check(self) -> None:
        """Refuse a call in what a failed flush has rolled back: its objects would be written later.

        Raises:
            TransactionError: with the cure.
        """
        if not self.session.is_active:
            raise undone(self.guard.undone_by)

    def finish(self, error: BaseException | None) -> None:
        """End the transaction or savepoint: commit it, or roll it back after an exception.

        Raises:
            TransactionError: when a failed statement was swallowed, when an inner session
                is still open, or when the transaction was ended by other means; all is
                rolled back.
        """
        if self.process != os.getpid():
            _abandoned.append(self)
            raise TransactionError(
                "this session was opened by the process that forked this one",
                remedy="open a session of its own in each process",
            )
        if self.closed:
            self._finish_late(error)
            return
        self._close_inner()
        if self.join:
            self._finish_joined(error)
        elif self.outer is None:
            self._finish_transaction(error)
        else:
            self._finish_savepoint(error)

    def leave(self) -> None:
        """Stop being an open frame; the surrounding one is innermost again in its own context."""
        self.closed = True
        if self.outer is not None and self.outer.inner is self:
            self.outer.inner = None
        if _innermost.get() is self:
            _innermost.set(_open_from(self.surrounding))

    def due(self, error: BaseException | None) -> list[Callback]:
        """Give the callbacks to call now: all of a committed transaction, none of a savepoint."""
        if error is not None or self.deferred is None:
            return []
        return [callback for callback, _ in self.deferred]

    def _forget(self, session: Session, ended: SessionTransaction) -> None:
        """Drop the callbacks that belong to a transaction or savepoint that was rolled back."""
        while ended.parent is not None and not ended.nested:  # a flush failed in there
            ended = ended.parent
        self.deferred = [one for one in self.deferred or () if ended not in one[1]]

    def _finish_late(self, error: BaseException | None) -> None:
        if error is None:
            raise TransactionError("the session around this one was closed first; both were rolled back")

    def _finish_joined(self, error: BaseException | None) -> None:
        if self.inner is not None:
            self._undo_inner()
            self._spoil(error or _left_early())
            if error is None:
                raise _left_early()
        elif error is not None:
            self._spoil(error)

    def _undo_inner(self) -> None:
        """Roll back the outermost savepoint of the sessions inside, and so all of them."""
        frame = self.inner
        while frame is not None and frame.nested is None:
            frame = frame.inner
        if frame is not None:
            frame._roll_back_savepoint()

    def _spoil(self, error: BaseException) -> None:
        """Let nothing more be done in the innermost savepoint or transaction."""
        if not self.session.is_active:
            return  # a failed flush has rolled it back, and SQLAlchemy takes no more until it's left
        # A transaction begins with its first statement, and until then there is nothing to spoil.
        with suppress(SQLAlchemyError):
            self.session.connection()
        self.guard.fail(error, ended=False, aborts=False)

    def _finish_transaction(self, error: BaseException | None) -> None:
        session = self.session
        try:
            if error is None:
                self._commit()
            else:
                with _unless_lost():
                    session.rollback()
        finally:
            session.close()
            self.guard.clear()  # an error holds its traceback, and that the session

    def _commit(self) -> None:
        try:
            self._refuse_broken(self.session.get_transaction())
            with translated(self.session):
                self.session.commit()
        except BaseException:
            self.session.rollback()  # puts new objects back to where they were
            raise

    def _finish_savepoint(self, error: BaseException | None) -> None:
        nested = self.nested
        assert nested is not None
        try:
            if error is None:
                self._refuse_broken(nested)
                with translated(self.session):
                    nested.commit()
            else:
                with _unless_lost():
                    self._roll_back_savepoint()
        except BaseException:
            self._roll_back_savepoint()
            raise
        finally:
            if self.session.get_transaction() is not self.around:
                self._spoil(error or _ended_elsewhere())

    def _roll_back_savepoint(self) -> None:
        nested = self.nested
        if nested is not None and (nested.is_active or self.session.get_nested_transaction() is nested):
            nested.rollback()

    def _refuse_broken(self, transaction: SessionTransaction | None) -> None:
        """Raise unless the transaction may be committed."""
        if self.inner is not None:
            raise _left_early()
        if self.guard.failure is not None and self.guard.failed_level >= self._level():
            raise poisoned(self.guard.failure)
        if not self.session.is_active:
            raise undone(self.guard.undone_by)
        if self.outer is not None and (transaction is None or not transaction.is_active):
            raise _ended_elsewhere()

    def _level(self) -> int:
        """Count the savepoints around this frame."""
        level, frame = 0, self.outer
        while frame is not None:
            level += not frame.join
            frame = frame.outer
        return level

    def _close_inner(self) -> None:
        """Close the frames left open inside, whose work goes with this one."""
        frame = self.inner
        while frame is not None:
            frame.closed = True
            frame = frame.inner


def _transactions(session: Session) -> tuple[SessionTransaction, ...]:
    found = []
    transaction = session.get_nested_transaction() or session.get_transaction()
    while transaction is not None:
        found.append(transaction)
        transaction = transaction.parent
    return tuple(found)


def _unless_lost() -> AbstractContextManager[None]:
    """Let a lost connection pass while rolling back: the server does it, and the block's own error stays."""
    return suppress(DatabaseConnectionError)


def _left_early() -> TransactionError:
    return TransactionError(
        "a session was closed before the one opened inside it; both are rolled back",
        remedy="close sessions in the reverse order of opening: use `with` blocks",
    )


def _ended_elsewhere() -> TransactionError:
    return TransactionError(
        "the session's transaction was ended (rolled back, or committed) before the block's end",
        remedy="let the error leave the block, or handle it around a `with db.session():` of its own",
    )


def _open_from(frame: Frame | None) -> Frame | None:
    while frame is not None and frame.closed:
        frame = frame.surrounding
    return frame


def open_frame(home: object) -> Frame | None:
    """Give the innermost open frame of this manager in this context, whoever owns it."""
    frame = _innermost.get()
    while frame is not None and (frame.closed or frame.home is not home or frame.process != os.getpid()):
        frame = frame.surrounding
    return frame


def owned_frame(home: object) -> Frame | None:
    """Give the innermost open frame of this manager that the running thread and task own."""
    frame = open_frame(home)
    return frame if frame is not None and frame.owner == current_owner() else None


def joined_frame(home: object) -> Frame | None:
    """Give the frame that a call made here belongs to; None where it's on its own.

    Raises:
        TransactionError: for a frame inherited from another thread or task. Going on
            alone would commit apart from the transaction that the caller believes to be in.
    """
    frame = open_frame(home)
    if frame is None or frame.owner == current_owner():
        return frame
    raise TransactionError(
        "a session is open around this call, but in another thread or task",
        remedy="pass its session to the repository, or open one here with `db.session()`; "
        "asyncio.wait_for on Python 3.11 runs a task of its own: use asyncio.timeout",
    )
