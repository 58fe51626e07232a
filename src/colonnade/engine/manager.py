"""The database managers: one database, its sessions and its units of work, on either face."""

from __future__ import annotations

import copy
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import replace
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, Self, TypeVar, cast, overload

from sqlalchemy import Engine, MetaData
from sqlalchemy.orm import Session, sessionmaker

from colonnade.dialects.contract import Face
from colonnade.engine import startup
from colonnade.engine.block import AsyncSessionBlock, SessionBlock
from colonnade.engine.face import AsyncFace, SyncFace
from colonnade.engine.health import Health, examine
from colonnade.engine.home import SESSION_ARGUMENTS, Home
from colonnade.engine.observe import WAY_OPTION, StatementEvent
from colonnade.engine.retry import RetryPolicy, is_retryable, retrying, retrying_async
from colonnade.engine.session import Frame, SessionOptions, joined_frame, owned_frame
from colonnade.engine.startup import OnStart
from colonnade.errors import ConfigurationError, DatabaseError, TransactionError
from colonnade.settings import DatabaseSettings

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider
    from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

_UNRESTRICTED = SessionOptions()

SESSION_OPTIONS = {WAY_OPTION: "session"}
"""What observers see of the sessions of a factory."""

P = ParamSpec("P")
R = TypeVar("R")


class _Manager(ABC):
    """What both managers are: a home, and the options that its sessions start from."""

    _face: Face

    def __init__(
        self,
        database: Any = None,
        *,
        metadata: MetaData | None = None,
        script_location: str | None = None,
        on_start: OnStart | None = None,
    ) -> None:
        self.home = Home(database, self._face, metadata)
        """The engine's place, for the package's own rooms."""
        self._script_location = script_location
        self._on_start: OnStart | None = on_start
        self._options = SessionOptions()
        self._policy: RetryPolicy | None = None

    @property
    def metadata(self) -> MetaData | None:
        """The models' metadata, as it was given."""
        return self.home.metadata

    @property
    def settings(self) -> DatabaseSettings:
        """The settings in use."""
        return self.home.settings

    @property
    def script_location(self) -> str | None:
        """The folder of the migration tree, as it was given."""
        return self._script_location

    @property
    def policy(self) -> RetryPolicy:
        """How often and for how long units of work are tried."""
        settings = self.home.settings
        return self._policy or RetryPolicy(settings.retry_attempts, settings.retry_deadline_s)

    def options(
        self,
        *,
        read_only: bool = False,
        isolation_level: str | None = None,
        retry_deadline_s: float | None = None,
        retry_attempts: int | None = None,
    ) -> Self:
        """Give a view of this manager whose sessions and units of work have these options.

        The view shares engine and open sessions: `db.options(isolation_level="SERIALIZABLE").run(…)`.
        """
        view = copy.copy(self)
        view._options = self._options.asked(read_only, isolation_level)
        policy = self.policy
        view._policy = RetryPolicy(
            policy.attempts if retry_attempts is None else retry_attempts,
            policy.deadline_s if retry_deadline_s is None else retry_deadline_s,
        )
        return view

    def on_commit(self, function: Callable[[], Any]) -> None:
        """Call the function once the outermost transaction is committed; never after a rollback.

        Outside a session there is nothing to wait for, and it's called at once. On the
        asynchronous face it may return an awaitable, which is awaited.

        Raises:
            TransactionError: when the open session belongs to another thread or task, or,
                outside a session, on the asynchronous face (await it yourself).
        """
        frame = joined_frame(self.home)
        if frame is not None:
            frame.defer(function)
        elif self.home.face == "sync":
            function()
        else:
            raise TransactionError("on_commit was called outside a session, where nothing will be committed")

    def on_statement(self, callback: Callable[[StatementEvent], object]) -> Callable[[], None]:
        """Call the function after each statement; what is given back takes it away again.

        It's a plain function on both faces, called in the thread or task that sent the statement,
        also for one that failed. What it raises is logged once, and the statement goes on.
        """
        return self.home.observers.add(callback)

    def trace(self, provider: TracerProvider | None = None) -> Callable[[], None]:
        """Make an OpenTelemetry span of each statement; what is given back ends that.

        Without a provider the application's global one is used.

        Raises:
            ConfigurationError: without the package `opentelemetry-api`.
        """
        from colonnade.engine import tracing

        return tracing.trace(self.home.observers, provider)

    @property
    def unrestricted(self) -> bool:
        """Whether a call alone may be any transaction: no option of a view says otherwise."""
        return self._options == _UNRESTRICTED

    def tried_again(self, once: Callable[[], R]) -> R:
        """Give what a read alone returns, tried again while that is safe."""
        start = time.monotonic()
        try:
            return once()
        except DatabaseError as error:
            return self.once_more(error, once, spent_s=time.monotonic() - start)

    def once_more(self, error: DatabaseError, once: Callable[[], R], *, spent_s: float = 0.0) -> R:
        """Give what a read alone returns after its first try has failed, or raise that error again."""
        left_s = self.policy.deadline_s - spent_s
        if not is_retryable(error) or self.policy.attempts < 2 or left_s <= 0:
            raise error
        return self._retry(once, RetryPolicy(self.policy.attempts, left_s))

    @abstractmethod
    def _retry(self, once: Callable[[], R], policy: RetryPolicy) -> R: ...

    def alone(self, *, reads: bool) -> SessionBlock:
        """Give the block around one call outside a session; one that only reads takes no write lock."""
        options = self._options
        if reads and options.mode == "write":
            options = replace(options, mode="deferred")
        return self._block(lambda: self.home.frame(options))

    @abstractmethod
    def _block(self, make: Callable[[], Frame]) -> SessionBlock: ...

    def _configure(self, context: Any, dependencies: Mapping[str, Any] | None) -> None:
        configuration = startup.configuration_of(context, dependencies)
        if configuration is not None:
            self.home.configure(configuration)

    def _schemas(self, metadata: tuple[MetaData, ...]) -> tuple[MetaData, ...]:
        if owned_frame(self.home) is not None:
            raise TransactionError(
                "tables are created and dropped outside sessions: DDL commits on some databases"
            )
        if metadata or self.home.metadata is None:
            return metadata or self._no_metadata()
        return (self.home.metadata,)

    def _no_metadata(self) -> NoReturn:
        raise ConfigurationError(
            "this manager was given no metadata, so it knows no tables",
            remedy="DatabaseManager(…, metadata=Base.metadata), or name the metadata in the call",
        )

    def _refuse_inside_session(self) -> None:
        if owned_frame(self.home) is not None:
            raise TransactionError(
                "run was called inside an open session: it couldn't be tried again by itself",
                remedy="call the function directly, or use run around the outermost session",
            )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.home!r})"


class DatabaseManager(_Manager, SyncFace):
    """One database, synchronously.

    Args:
        database: a URL (`sqlite:///studio.db`, `postgresql://…`, `mysql://…`, a bare path),
            settings, a mapping, an object with attributes, or an `Engine`; without it the
            environment's `DATABASE_URL`.
        metadata: the models' metadata: `initialize` creates its missing tables, and errors
            take names from it.
        script_location: the folder of an Alembic tree, for `initialize` to follow.
        on_start: what `initialize` does about the schema: "upgrade", "check" or "ignore".

    Thread-safe. Connects at first use. As a context manager it initializes and closes:

    >>> from colonnade import DatabaseManager
    >>> with DatabaseManager("sqlite://") as db:
    ...     db.health().ok
    True
    """

    _face = "sync"

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine, for everything this layer doesn't do."""
        return self.home.engine

    @property
    def session_factory(self) -> sessionmaker[Session]:
        """SQLAlchemy's own session factory on this engine; its sessions are joined by nobody."""
        return sessionmaker(self.home.engine, **SESSION_ARGUMENTS, execution_options=SESSION_OPTIONS)

    def initialize(self, context: Any = None, dependencies: Mapping[str, Any] | None = None) -> None:
        """Prove the connection, and create missing tables or bring the schema up, by policy.

        The configuration is `dependencies["config"]`, else `context.config`, else what the
        manager was made with, else the environment.

        Raises:
            ConfigurationError: for settings that can't be used.
            DatabaseConnectionError: when the database can't be reached.
        """
        self._configure(context, dependencies)
        startup.initialize(self.home, self._script_location, self._on_start)

    def create_tables(self, *metadata: MetaData) -> None:
        """Create the missing tables of these metadata, else of the manager's own.

        One process at a time, in a transaction of its own where the database has DDL in transactions.

        Raises:
            TransactionError: inside an open session, whose locks it would wait for.
            LockTimeoutError: when another process is at it for longer than `lock_timeout_s`.
        """
        startup.create_tables(self.home, *self._schemas(metadata))

    def drop_tables(self, *metadata: MetaData) -> None:
        """Drop the tables of these metadata, else of the manager's own, with all that is in them.

        Raises:
            TransactionError: inside an open session, whose locks it would wait for.
        """
        startup.drop_tables(self.home, *self._schemas(metadata))

    def session(
        self, *, read_only: bool = False, isolation_level: str | None = None, join: bool = False
    ) -> SessionBlock:
        """Open a transaction: `with db.session() as session:`. Inside another one, a savepoint.

        Commits at the block's end, rolls back on any exception, closes always. Repository
        calls in the block join it. `read_only` refuses writes and takes no write lock;
        `join` makes no savepoint inside an open session: an exception then spoils that one.

        Raises:
            TransactionError: when entered inside a session that was opened without the
                options asked for; at the end, when a failed statement was swallowed.
        """
        options = self._options.asked(read_only, isolation_level)
        return self._block(lambda: self.home.frame(options, join=join))

    def _block(self, make: Callable[[], Frame]) -> SessionBlock:
        return SessionBlock(make)

    def _retry(self, once: Callable[[], R], policy: RetryPolicy) -> R:
        return retrying(once, policy, tried=1)

    def run(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function in a session of its own, again when that is safe, and commit.

        Tried again on deadlocks, serialization failures, lock time-outs and connections
        lost before the commit, with jitter, until `retry_attempts` or `retry_deadline_s`
        is used up.

        Raises:
            TransactionError: inside an open session.
            DatabaseError: the last try's error; `attempts` tells how many there were.
            AmbiguousCommitError: when the answer to the COMMIT was lost.
        """
        self._refuse_inside_session()

        def once() -> R:
            with self.session():
                return function(*args, **kwargs)

        return retrying(once, self.policy)

    def health(self) -> Health:
        """Tell how the database is doing; one that is down gives `ok=False`, not an exception."""
        return examine(self.home)

    def close(self) -> None:
        """Close the pool's connections. A given engine is left open; a database in memory is gone."""
        self.home.dispose()

    def __enter__(self) -> Self:
        try:
            self.initialize()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncDatabaseManager(_Manager, AsyncFace):
    """One database, asynchronously; takes what `DatabaseManager` takes, or an `AsyncEngine`."""

    _face = "async"

    @property
    def engine(self) -> AsyncEngine:
        """The SQLAlchemy engine, for everything this layer doesn't do."""
        return cast("AsyncEngine", self.home.async_engine)

    @property
    def session_factory(self) -> async_sessionmaker[AsyncSession]:
        """SQLAlchemy's own session factory on this engine; its sessions are joined by nobody."""
        from sqlalchemy.ext.asyncio import async_sessionmaker

        return async_sessionmaker(
            self.home.async_engine, **SESSION_ARGUMENTS, execution_options=SESSION_OPTIONS
        )

    async def initialize(self, context: Any = None, dependencies: Mapping[str, Any] | None = None) -> None:
        """Do what `DatabaseManager.initialize` does."""
        self._configure(context, dependencies)
        await _spawn(startup.initialize, self.home, self._script_location, self._on_start)

    async def create_tables(self, *metadata: MetaData) -> None:
        """Do what `DatabaseManager.create_tables` does."""
        await _spawn(startup.create_tables, self.home, *self._schemas(metadata))

    async def drop_tables(self, *metadata: MetaData) -> None:
        """Do what `DatabaseManager.drop_tables` does."""
        await _spawn(startup.drop_tables, self.home, *self._schemas(metadata))

    def session(
        self, *, read_only: bool = False, isolation_level: str | None = None, join: bool = False
    ) -> AsyncSessionBlock:
        """Open a transaction: `async with adb.session() as session:`, as on the other face."""
        options = self._options.asked(read_only, isolation_level)
        return self._block(lambda: self.home.frame(options, join=join))

    def _block(self, make: Callable[[], Frame]) -> AsyncSessionBlock:
        return AsyncSessionBlock(make)

    def _retry(self, once: Callable[[], R], policy: RetryPolicy) -> R:
        from sqlalchemy.util import await_only

        return await_only(retrying_async(lambda: _spawn(once), policy, tried=1))

    @overload
    async def run(
        self, function: Callable[P, Coroutine[Any, Any, R]], /, *args: P.args, **kwargs: P.kwargs
    ) -> R: ...
    @overload
    async def run(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R: ...
    async def run(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Do what `DatabaseManager.run` does, with an `async def` or a plain function.

        A plain function runs as an operation's body does: repositories of this manager
        are called there without `await`.
        """
        self._refuse_inside_session()

        async def once() -> Any:
            async with self.session():
                if iscoroutinefunction(function):
                    return await function(*args, **kwargs)
                result = await _spawn(function, *args, **kwargs)
                return await result if isinstance(result, Awaitable) else result

        return await retrying_async(once, self.policy)

    async def health(self) -> Health:
        """Tell how the database is doing; one that is down gives `ok=False`, not an exception."""
        return await _spawn(examine, self.home)

    async def close(self) -> None:
        """Close the pool's connections. A given engine is left open; a database in memory is gone."""
        await _spawn(self.home.dispose)

    async def __aenter__(self) -> Self:
        try:
            await self.initialize()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


async def _spawn(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    from sqlalchemy.util import greenlet_spawn

    spawn: Any = greenlet_spawn  # its own keyword-only parameter can't be told from the function's
    return cast(R, await spawn(function, *args, **kwargs))
