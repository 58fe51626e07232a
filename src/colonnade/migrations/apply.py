"""Carrying out the steps of a migration on one database: the original, a copy of it, or an empty one.

Where the database has DDL in transactions, all steps, Alembic's version table and ours are one transaction,
which is looked at before it's committed. Elsewhere each statement is journalled.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy.exc import DBAPIError, PendingRollbackError

from colonnade.dialects.cursors import driver_of
from colonnade.engine.translate import translate_foreign
from colonnade.errors import DatabaseError, HalfMigratedError, MigrationError
from colonnade.migrations.catalogue import take_inventory
from colonnade.migrations.environment import Visit, visit_environment
from colonnade.migrations.fingerprint import fingerprint_of
from colonnade.migrations.journal import Journal
from colonnade.migrations.operating import register_operations
from colonnade.migrations.record import VersionTable, create_own_tables, record_versions
from colonnade.migrations.recording import Recorder, Recording

if TYPE_CHECKING:
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Connection

    from colonnade.dialects.contract import Dialect
    from colonnade.engine.home import Home
    from colonnade.migrations.inventory import Inventory
    from colonnade.migrations.redirect import Target
    from colonnade.migrations.runs import Run
    from colonnade.migrations.tree import Direction, Revision, Tree

register_operations()

__all__ = ["Applied", "Leg", "Outcome", "Progress", "apply"]


@dataclass(frozen=True, slots=True)
class Leg:
    """One part of the way: up or down to a revision, or to several heads."""

    direction: Direction | Literal["stamp"]
    target: str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """One revision that was carried out: what it sent, how long it took, and the schema that it left."""

    revision: Revision
    direction: Direction
    recording: Recording
    seconds: float
    heads: tuple[str, ...]
    inventory: Inventory


Begin = Callable[["MigrationContext", "Inventory"], object]
Finish = Callable[["MigrationContext", "Inventory", "Inventory"], object]
Progress = Callable[[str, int, int], object]
"""Called with what is being done, how much of it is done, and of how much."""


@dataclass(kw_only=True)
class _Apply(Visit):
    """The visit of `env.py` that carries out the steps."""

    tree: Tree
    dialect: Dialect
    run: Run | None
    legs: Sequence[Leg]
    stage: str
    begin: Begin
    finish: Finish
    progress: Progress
    changes = True
    lock_timeout_s: float | None = None
    done: list[Applied] = field(default_factory=list)
    start: Inventory | None = None
    recorder: Recorder = field(init=False)
    version_table: VersionTable = field(default_factory=VersionTable)
    journal: Journal | None = None
    ends: ExitStack = field(default_factory=ExitStack)
    heads_before: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    _current: tuple[Recording, float] = (Recording(), 0.0)

    def __post_init__(self) -> None:
        self.recorder = Recorder(self._is_noted)

    def options(self, connection: Connection, given: Mapping[str, Any]) -> Mapping[str, Any]:
        told = given.get("on_version_apply") or ()
        told = tuple(told) if isinstance(told, Iterable) else (told,)
        # One transaction for all, which is looked at as a whole before its end; where DDL commits by itself
        # one for each revision.
        one = not self.dialect.connect.DDL_COMMITS
        return {
            "on_version_apply": (*told, self._version_applied),
            "transactional_ddl": one,
            "transaction_per_migration": False,
        }

    def configured(self, context: MigrationContext) -> None:
        if not self.dialect.runner.COMMITS_ON_THE_WAY:
            context.autocommit_block = nullcontext  # type: ignore[method-assign,assignment]

    def operating(self, operations: Operations) -> None:
        self.dialect.changes.keeping(operations.migration_context, operations)
        self.recorder.watch(operations)

    def steps(self, heads: tuple[str, ...], context: MigrationContext) -> Iterator[Any]:
        assert context.connection is not None
        self.heads_before = self.heads = tuple(sorted(heads))
        self.version_table = VersionTable.of(context)
        self.start = self._inventory(context.connection)
        self.begin(context, self.start)
        self.ends.enter_context(self._listening(context.connection))
        for leg in self.legs:
            for step in self.tree.steps(leg.direction, leg.target, self.heads):
                yield self._watched(step)
        if problems := self.dialect.runner.problems(driver_of(context.connection)):
            raise MigrationError("; ".join(problems), remedy="Let the revision mend or delete these rows")
        self.finish(context, self.start, self.done[-1].inventory if self.done else self.start)

    @contextmanager
    def _listening(self, connection: Connection) -> Iterator[None]:
        if self.run is not None and self.dialect.runner.COMMITS_ON_THE_WAY:
            inventory = partial(self._inventory, connection)
            self.journal = Journal(connection, self.dialect, self.run, inventory)
        journalling = self.journal.listening() if self.journal else nullcontext()
        with self.recorder.listening(connection), journalling:
            yield

    def _is_noted(self, statement: str) -> bool:
        """Tell whether a statement is a revision's and changes something."""
        if self.journal is not None and self.journal.writing:
            return False
        return self.dialect.runner.kind(statement) != "read"

    def _watched(self, step: Any) -> Any:
        carry_out = step.migration_fn

        @wraps(carry_out)  # its name is told in the log
        def watched(**keywords: Any) -> None:
            self.progress(str(step), len(self.done), len(self.done) + 1)
            self.recorder.take()
            began = time.perf_counter()
            try:
                with self.journal.revision(step.revision.revision) if self.journal else nullcontext():
                    carry_out(**keywords)
            except HalfMigratedError:
                raise
            except MigrationError as error:  # of ours, with more to tell than its message
                error.message = f"{step} failed: {error.message}"
                raise
            except Exception as error:
                raise _failed(step, error, self.dialect.name) from error
            self._current = self.recorder.take(), time.perf_counter() - began

        step.migration_fn = watched
        return step

    def _version_applied(self, ctx: MigrationContext, step: Any, heads: set[str], **_: Any) -> None:
        assert ctx.connection is not None
        self.heads = tuple(sorted(heads))
        inventory = self._inventory(ctx.connection)
        # Where a database is only said to be, its schema may be another.
        fingerprint = None if step.is_stamp else fingerprint_of(inventory)
        record_versions(ctx.connection, self.tree.applied(self.heads), fingerprint)
        if step.is_stamp:
            return
        revision = self.tree.revision(step.up_revision_id)
        direction: Direction = "upgrade" if step.is_upgrade else "downgrade"
        self.done.append(Applied(revision, direction, *self._current, self.heads, inventory))

    def _inventory(self, connection: Connection) -> Inventory:
        return take_inventory(connection, without=self.version_table.own_tables())


@dataclass(frozen=True, slots=True)
class Outcome:
    """What carrying out the steps gave: the schema before them, and each revision in order."""

    start: Inventory
    done: tuple[Applied, ...]
    heads_before: tuple[str, ...]
    heads: tuple[str, ...]


def apply(
    tree: Tree,
    target: Target,
    legs: Sequence[Leg],
    *,
    stage: str,
    run: Run | None = None,
    lock_timeout_s: float | None = None,
    start: Begin = lambda context, inventory: None,
    finish: Finish = lambda context, start, end: None,
    progress: Progress = lambda what, done, total: None,
) -> Outcome:
    """Carry out the legs on the target.

    `start` is called before the first step with the schema, and `finish` after the last one with the schema
    before the first one and now. Where the database has DDL in transactions nothing is committed yet then,
    and what it raises undoes everything. With `run` the steps are journalled as that one's, and what it has
    done of a revision already isn't done again.

    Raises:
        HalfMigratedError: a revision that was interrupted can't go on by itself.
        MigrationError: the steps ended, and the database isn't where they lead.
    """
    visit = _Apply(
        tree=tree,
        dialect=target.dialect,
        run=run,
        lock_timeout_s=lock_timeout_s,
        legs=legs,
        stage=stage,
        begin=start,
        finish=finish,
        progress=progress,
    )
    create_own_tables(target.home)
    with visit.ends:
        visit_environment(tree, visit, target)
    assert visit.start is not None
    _refuse_uncommitted(target.home, visit)
    return Outcome(visit.start, tuple(visit.done), visit.heads_before, visit.heads)


def _failed(step: Any, error: Exception, database: str) -> MigrationError:
    """Say which revision it was; what a database refused may be tried again where its own error says so."""
    if isinstance(error, PendingRollbackError) and isinstance(error.__context__, DatabaseError):
        error = error.__context__  # an autocommit_block that ends on a lost connection hides why
    if isinstance(error, DBAPIError) and not isinstance(
        error, DatabaseError
    ):  # of an engine that env.py made
        error = translate_foreign(error, database)
    if not isinstance(error, DatabaseError):
        return MigrationError(f"{step} failed: {type(error).__name__}: {error}")
    said, remedy, retryable = error.message, error.remedy, error.retryable
    return MigrationError(f"{step} failed: {said}", remedy=remedy, retryable=retryable)


def _refuse_uncommitted(home: Home, visit: _Apply) -> None:
    with home.connection("deferred") as connection:
        there = visit.version_table.heads(connection)
    if there != visit.heads:
        raise MigrationError(
            f"env.py came to {', '.join(visit.heads) or 'base'} and didn't commit that: the database is at"
            f" {', '.join(there) or 'base'}",
            remedy="Let env.py call context.run_migrations() in `with context.begin_transaction():`",
        )
