"""Where a manager's engine lives: made once per process, listened to, and shared by all its views.

In comes a URL, settings or an engine; out come frames (open sessions) on it.
"""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from sqlalchemy import Connection, Engine, MetaData, create_engine, event
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from colonnade.dialects.contract import AUDITED, BEGIN_OPTION, BeginMode, Dialect, Face, dialect_named
from colonnade.engine import acting, guard, listening, translate
from colonnade.engine.connections import listen
from colonnade.engine.observe import WAY_OPTION, Observers, observers_of
from colonnade.engine.pool import AsyncDirectPool, DirectPool
from colonnade.engine.session import Frame, SessionOptions, owned_frame
from colonnade.errors import ConfigurationError, TransactionError
from colonnade.settings import DatabaseSettings

SESSION_ARGUMENTS: dict[str, Any] = {"expire_on_commit": False}
"""What every session of ours is made with: objects stay readable after the commit."""


class Home:
    """One database as one manager and all its views see it.

    `engine` is the synchronous engine; on the asynchronous face, the one inside
    `async_engine`. Thread-safe. A forked child drops the inherited pool without a word
    on its sockets and fills one of its own.
    """

    def __init__(self, source: Any, face: Face, metadata: MetaData | None) -> None:
        self.face: Face = face
        self.metadata = metadata
        self.pinned: Any = None
        """What holds the engine on one connection, in a test that is undone at its end; see `testing`."""
        self.direct = True
        """Whether a call outside a session may go past the Session; what compares the ways says no."""
        self.tables: dict[type, Any] = {}
        """What the direct path keeps for each class, as long as the engine's pool is the same."""
        self._audited = (0, False)
        self._source = source
        self._lock = threading.RLock()
        self._engine: Engine | None = None
        self._async_engine: Any = None
        self._kept_alive: object = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._given = _is_engine(source)
        self.observers = observers_of(getattr(source, "sync_engine", source)) if self._given else Observers()
        """Those who are told of this database's statements."""
        self._settings: DatabaseSettings | None = None
        _homes.add(self)

    def configure(self, source: Any) -> None:
        """Take the settings from here, when none were given at the start.

        Raises:
            ConfigurationError: when the engine has been made already.
        """
        with self._lock:
            if self._engine is not None:
                raise ConfigurationError("the database is already in use: configure it before its first use")
            self._settings = DatabaseSettings.of(source)

    @property
    def settings(self) -> DatabaseSettings:
        """The settings: the given ones, those of a given engine's URL, else the environment's.

        Raises:
            ConfigurationError: for settings that can't be used, or none at all.
        """
        if self._settings is None:
            self._settings = DatabaseSettings.of(self._source.url if self._given else self._source)
        return self._settings

    @property
    def engine(self) -> Engine:
        engine = self._engine  # another thread may close it at any point
        if engine is None:
            with self._lock:
                engine = self._engine
                if engine is None:
                    engine = self._engine = self._make()
        if self.face == "async":
            self._follow_loop(engine)
        return engine

    @property
    def async_engine(self) -> Any:
        """The `AsyncEngine`; only on the asynchronous face."""
        self.engine  # noqa: B018 (made together)
        return self._async_engine

    @property
    def dialect(self) -> Dialect:
        return dialect_named(self.engine.dialect.name)

    def frame(self, options: SessionOptions, *, join: bool = False) -> Frame:
        """Give a new frame: inside this thread's or task's open one, or on its own.

        Raises:
            TransactionError: when it asks for what the open one doesn't have.
        """
        outer = owned_frame(self)
        if outer is not None:
            clash = options.clash_with(outer.options)
            if clash:
                raise TransactionError(
                    f"{clash} was asked for inside a session that was opened without it",
                    remedy="give the option to the outermost session",
                )
            return Frame(
                self,
                outer.session,
                outer.guard,
                outer.options,
                outer=outer,
                join=join,
                async_session=outer.async_session,
            )
        return self._outermost(options)

    def detached_frame(self, options: SessionOptions) -> Frame:
        """Give a frame on a session of its own, whatever is open; it isn't to be attached."""
        return self._outermost(options)

    @contextmanager
    def connection(
        self, mode: BeginMode = "write", isolation_level: str | None = None
    ) -> Iterator[Connection]:
        """Give a connection in a transaction of its own, outside all sessions, with translated errors."""
        options = self.dialect.connect.session_options(mode, isolation_level)
        with translate.translated(None), self.engine.connect() as connection:
            connection.execution_options(**{**options, BEGIN_OPTION: mode, WAY_OPTION: "core"})
            with connection.begin():
                yield connection

    def __reduce__(self) -> NoReturn:
        raise TypeError("a manager can't be pickled: pickle its settings, and make one in each process")

    def __repr__(self) -> str:
        if self._settings is None and self._source is None:
            return "not configured"
        return self.settings.sqlalchemy_url().render_as_string()

    @property
    def readers_block(self) -> bool:
        """Whether a reader keeps writers waiting: a SQLite database in memory has no write-ahead log."""
        return self._kept_alive is not None

    def dispose(self, *, close: bool = True) -> None:
        """Close the pool; on the asynchronous face inside a greenlet. A given engine is left alone."""
        if self.pinned is not None and close:
            return  # what is to be undone must last
        with self._lock:
            if self._engine is not None and (not self._given or not close):
                self._dispose(self._engine, close=close)
            if close:
                kept, self._kept_alive = self._kept_alive, None
                if kept is not None:
                    kept.close()  # type: ignore[attr-defined]
                if not self._given:
                    self._engine = self._async_engine = None
                self.tables = {}

    def release(self) -> None:
        """Close the connections that nobody uses; on the asynchronous face inside a greenlet.

        The engine stays, and a database in memory with it. A given engine is left alone, and one in use.
        """
        with self._lock:
            engine = self._engine
            if engine is not None and not self._given and self.pinned is None and not _in_use(engine):
                engine.dispose()

    def after_fork(self) -> None:
        """Forget the parent's pool, and a lock that a thread of the parent may have held."""
        self._lock = threading.RLock()
        self.dispose(close=False)

    def _dispose(self, engine: Engine, *, close: bool) -> None:
        if close:
            self._follow_loop(engine)
        engine.dispose(close=close)

    def _follow_loop(self, engine: Engine) -> None:
        """Drop the pool of an event loop that has ended: no other can use its connections, or close them."""
        loop = _running_loop()
        if loop is None or loop is self._loop or self.pinned is not None:
            return
        with self._lock:
            if self._loop is not None:
                if not self._loop.is_closed():
                    return  # a loop inside it, in another thread: the pool is the outer one's
                if isinstance(engine.pool, DirectPool):
                    engine.pool.retire()
                engine.dispose(close=False)
            self._loop = loop

    def _outermost(self, options: SessionOptions) -> Frame:
        watch = guard.Guard()
        execution_options = {
            guard.GUARD_OPTION: watch,
            **self.dialect.connect.session_options(options.mode, options.isolation_level),
        }
        session, async_session = self._new_session(execution_options)
        watch.session = session
        return Frame(self, session, watch, options, async_session=async_session)

    def _new_session(self, execution_options: dict[str, Any]) -> tuple[Session, Any]:
        # By default a closed Session begins anew when it's used, and nobody would commit that.
        arguments = {
            **SESSION_ARGUMENTS,
            "execution_options": execution_options,
            "close_resets_only": False,
        }
        if self.face == "sync":
            return Session(self.engine, **arguments), None
        from sqlalchemy.ext.asyncio import AsyncSession

        async_session = AsyncSession(self.async_engine, **arguments)
        return async_session.sync_session, async_session

    def _make(self) -> Engine:
        if self._given:
            engine, self._async_engine = _of_face(self._source, self.face)
        else:
            engine = self._create()
        if engine not in _listened:  # two managers may be given one engine
            targets = [*listening.engine_targets(engine), *listening.hook_targets(engine)]
            before = listening.count_listeners(targets)
            dialect = dialect_named(engine.dialect.name)
            password = None if self._given or self.settings.password is None else self._password
            translate.attach(engine, dialect, lambda: self.metadata, password=password)
            listen(engine, dialect, self.settings, pooled_already=self._given)
            guard.install(engine, dialect)
            acting.attach(engine, dialect, self.is_audited)
            self.observers.attach(engine, self.settings.slow_statement_s)
            _listened[engine] = listening.count_listeners(targets) - before
        _forget_tables_with_pool(engine, self)
        return engine

    def is_audited(self) -> bool:
        """Tell whether any table of the metadata is audited."""
        metadata = self.metadata
        if metadata is None:
            return False
        count = len(metadata.tables)
        if self._audited[0] != count:  # declared with its tables, so it can't have changed without them
            self._audited = (count, any(AUDITED in table.info for table in metadata.tables.values()))
        return self._audited[1]

    def own_listeners(self) -> listening.Expected:
        """Give how many of the engine's listeners are a manager's own."""
        return _listened[self.engine]

    def _password(self) -> str:
        return self.settings.password_text() or ""

    def _create(self) -> Engine:
        url = self.settings.sqlalchemy_url()
        dialect = dialect_named(url.get_backend_name())
        url, arguments = dialect.connect.engine_arguments(url, self.settings, self.face)
        if "pool_size" in arguments:
            arguments.setdefault("poolclass", DirectPool if self.face == "sync" else AsyncDirectPool)
        self._kept_alive = dialect.connect.keep_alive(url)
        if self.face == "sync":
            return create_engine(url, **arguments)
        from sqlalchemy.ext.asyncio import create_async_engine

        self._async_engine = create_async_engine(url, **arguments)
        return self._async_engine.sync_engine  # type: ignore[no-any-return]


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _in_use(engine: Engine) -> bool:
    pool = engine.pool
    return isinstance(pool, QueuePool) and pool.checkedout() > 0


def _forget_tables_with_pool(engine: Engine, home: Home) -> None:
    known = weakref.ref(home)  # a given engine may live longer than its managers

    def forget(_: Engine) -> None:
        if (home := known()) is not None:
            home.tables = {}

    event.listen(engine, "engine_disposed", forget)


def _is_engine(source: Any) -> bool:
    return isinstance(source, Engine) or hasattr(source, "sync_engine")


def _of_face(engine: Any, face: Face) -> tuple[Engine, Any]:
    is_async = not isinstance(engine, Engine)
    if is_async != (face == "async"):
        wanted = "AsyncDatabaseManager" if is_async else "DatabaseManager"
        raise ConfigurationError(f"this engine is for the other face: give it to {wanted}")
    return (engine.sync_engine, engine) if is_async else (engine, None)


_homes: weakref.WeakSet[Home] = weakref.WeakSet()
_listened: weakref.WeakKeyDictionary[Engine, Counter[tuple[str, str]]] = weakref.WeakKeyDictionary()
"""The engines that are listened to, and by how many listeners of ours."""


def _drop_inherited_pools() -> None:
    for home in list(_homes):
        home.after_fork()


_after_fork: Callable[..., None] | None = getattr(os, "register_at_fork", None)
if _after_fork is not None:
    _after_fork(after_in_child=_drop_inherited_pools)
