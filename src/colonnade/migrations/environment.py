"""Running a tree's `env.py` without its knowing: what it configures is seen, checked and led right.

The file is carried out as Alembic's own commands do it, inside an `EnvironmentContext`. Two of that object's
methods are shadowed on the instance: `configure` receives the connection that the file made, in whatever
way, and `run_migrations` the operations. Nothing of Alembic is changed for anybody else.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from sqlalchemy import event
from sqlalchemy.util import await_only
from sqlalchemy.util.concurrency import in_greenlet

from colonnade.dialects.cursors import driver_of
from colonnade.errors import MigrationError
from colonnade.migrations.redirect import Target, redirected
from colonnade.migrations.tree import alembic_errors

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Connection

    from colonnade.migrations.tree import Tree

__all__ = ["STAGE", "Visit", "visit_environment"]

STAGE = "colonnade.stage"
"""The key of `config.attributes` that tells a revision its run.

It's `apply`, `rehearse`, `replay`, `read`, or `script`.
"""

Steps = Callable[[tuple[str, ...], "MigrationContext"], Iterable[Any]]


class Visit:
    """What is done during a run of `env.py`; this one looks and changes nothing.

    The methods are called in the order in which they stand here.
    """

    stage = "read"

    changes = False
    """Whether the connection is to be made ready for changing the database."""

    lock_timeout_s: float | None = None
    """How long a statement waits for a lock then; as the database's settings say where it's None."""

    def options(self, connection: Connection, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """Give what `configure` is told beyond, or in place of, what the file gives it."""
        return {"dont_mutate": True}

    def configured(self, context: MigrationContext) -> None:
        """Hear of the context, before anything is sent."""

    def operating(self, operations: Operations) -> None:
        """Hear of the object that carries out the operations of the revisions."""

    def steps(self, heads: tuple[str, ...], context: MigrationContext) -> Iterable[Any]:
        """Give the steps to be carried out, from these heads."""
        return ()


@dataclass
class _Run:
    """One run: whether it came to the revisions, and what ends it."""

    ran: bool = False
    left: list[Callable[[], None]] = field(default_factory=list)


def visit_environment(tree: Tree, visit: Visit, target: Target, **arguments: Any) -> None:
    """Carry out the tree's `env.py` against the target, and only there.

    `arguments` go to the `EnvironmentContext` (`tag`, `starting_rev`, `template_args`, …).

    Raises:
        MigrationError: the file configures nothing, or another database than the target.
    """
    config = tree.configuration()
    target.tell(config)
    config.attributes[STAGE] = visit.stage
    script = tree.script_of(config)
    run = _Run()
    environment = EnvironmentContext(config, script, fn=visit.steps, **arguments)
    _shadow(environment, visit, target, run)
    with environment, alembic_errors(), _logging_kept(), redirected(target):
        try:
            _outside_of_loops(tree, script.run_env)
        finally:
            while run.left:
                run.left.pop()()
    if not run.ran:
        raise MigrationError(
            f"{tree.folder / 'env.py'} has run no migrations: it never called run_migrations()"
        )


def _shadow(environment: EnvironmentContext, visit: Visit, target: Target, run: _Run) -> None:
    configure = environment.configure

    def configured(connection: Connection | None = None, *arguments: Any, **options: Any) -> None:
        if connection is None:
            raise MigrationError(
                "env.py configured no connection: it went its offline way, or made none",
                remedy="Let it call context.configure(connection=…) where context.is_offline_mode() is false",
            )
        target.check(connection)
        options = {**options, **visit.options(connection, options)}
        configure(connection, *arguments, **options)
        if visit.changes:
            put_back = _prepared(connection, target, visit.lock_timeout_s)
            run.left.append(_leave_with(connection, _once(put_back)))
        visit.configured(environment.get_context())

    def ran(**keywords: Any) -> None:
        run.ran = True
        context = environment.get_context()
        with Operations.context(context) as operations:
            visit.operating(operations)
            context.run_migrations(**keywords)

    environment.configure = configured  # type: ignore[method-assign]
    environment.run_migrations = ran  # type: ignore[method-assign]


def _prepared(connection: Connection, target: Target, timeout_s: float | None) -> Callable[[], None]:
    runner = target.dialect.runner
    timeout_s = target.home.settings.lock_timeout_s if timeout_s is None else timeout_s
    if not connection.in_transaction():
        connection.execution_options(**runner.OPTIONS)
    return runner.prepare(driver_of(connection), timeout_s)


def _once(function: Callable[[], object]) -> Callable[[], None]:
    waiting = [function]

    def call() -> None:
        while waiting:
            waiting.pop()()

    return call


def _leave_with(connection: Connection, leave: Callable[[], None]) -> Callable[[], None]:
    """Call the function when the connection goes back to its pool, which may be an application's.

    What is given back calls it at the run's end, for a connection that is still open then.
    """
    engine, driver = connection.engine, driver_of(connection)

    def returned(given_back: Any, record: Any, state: Any) -> None:
        if given_back is driver and not state.terminate_only:
            leave()

    event.listen(engine, "reset", returned)

    def end() -> None:
        event.remove(engine, "reset", returned)
        if not connection.closed and not connection.invalidated:  # what is lost has nothing to put back
            leave()

    return end


def _outside_of_loops(tree: Tree, run_env: Callable[[], None]) -> None:
    """Run the file; one that starts an event loop of its own can't do so in a thread that has one running."""
    if not _loop_is_running() or "asyncio" not in (tree.folder / "env.py").read_text(encoding="utf-8"):
        run_env()
    elif in_greenlet():
        await_only(asyncio.to_thread(run_env))
    else:
        _in_thread(partial(contextvars.copy_context().run, run_env))


def _loop_is_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _in_thread(function: Callable[[], None]) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(function).result()


@contextmanager
def _logging_kept() -> Iterator[None]:
    """Undo what the file does to logging: `fileConfig` switches off every logger that it doesn't name."""
    root, known = logging.getLogger(), logging.Logger.manager.loggerDict
    loggers = [logger for logger in known.values() if isinstance(logger, logging.Logger)]
    before = [(logger, logger.disabled, logger.level, logger.handlers[:]) for logger in (root, *loggers)]
    try:
        yield
    finally:
        for logger, disabled, level, handlers in before:
            logger.disabled, logger.level, logger.handlers[:] = disabled, level, handlers
