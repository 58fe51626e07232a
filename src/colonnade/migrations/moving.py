"""Moving a database along its tree: the stages of an upgrade or a downgrade, in order.

Lock, heads, checksums of the applied files, drift, plan, backup, rehearsal, the steps themselves,
verification, record. Everything up to the steps only reads the original; what isn't as it should be stops
there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from colonnade.dialects.cursors import driver_of
from colonnade.dialects.dependents import accepting
from colonnade.engine.home import Home
from colonnade.engine.retry import RetryPolicy, retrying
from colonnade.errors import (
    DriftError,
    HalfMigratedError,
    MigrationError,
    PlanRefusedError,
    RevisionChangedError,
    ScratchDatabaseError,
)
from colonnade.migrations.apply import Leg, apply
from colonnade.migrations.backup import restored_backup, take_backup
from colonnade.migrations.catalogue import take_inventory
from colonnade.migrations.drift import Drift, drift_from, unexplained
from colonnade.migrations.fingerprint import fingerprint_of
from colonnade.migrations.inventory import compare
from colonnade.migrations.keeping import folder_of
from colonnade.migrations.lint.staging import lint_with_rows
from colonnade.migrations.manifest import prune_backups
from colonnade.migrations.migration import Migration, Wish
from colonnade.migrations.options import MigrationOptions, Progress, Stage
from colonnade.migrations.plan import Finding, Plan, PlannedStep
from colonnade.migrations.reading import Seen, opened
from colonnade.migrations.record import create_own_tables, recorded_versions
from colonnade.migrations.recovery import (
    RepairAction,
    Repaired,
    close_left,
    look_back,
    refuse_others,
    settle,
    undo,
)
from colonnade.migrations.rehearse import Rehearsal, rehearse
from colonnade.migrations.replay import Replay, replay
from colonnade.migrations.rows import KeptRows, kept_rows
from colonnade.migrations.runs import Left, Run, begin_run, end_run
from colonnade.migrations.scratch import scratch_database
from colonnade.migrations.tree import Direction

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from colonnade.migrations.content import Content
    from colonnade.migrations.inventory import Inventory
    from colonnade.migrations.manifest import Backup
    from colonnade.migrations.tree import Tree
    from colonnade.settings import DatabaseSettings

__all__ = [
    "Migration",
    "Wish",
    "locked",
    "move",
    "plan",
    "refuse_edited",
    "rehearsal",
    "repair",
    "scratch_home",
    "stamp",
]


_NO_DEADLINE_S = 86_400.0
_DONE_BEFORE: tuple[Stage, ...] = ("drift", "backup", "rehearse")


def move(tree: Tree, home: Home, wish: Wish, options: MigrationOptions, progress: Progress) -> Migration:
    """Bring the database to where it's wished, or leave it as it was; see `AlembicManager.upgrade`."""
    with locked(home, options), accepting(wish.accept):
        return _Move(tree, home, wish, options, progress).carry_out()


def plan(tree: Tree, home: Home, wish: Wish, options: MigrationOptions) -> Plan:
    """Give what a move would do; the original is only read.

    Where no empty database can be had the steps are named, and what they do isn't known.
    """
    move = _Move(tree, home, wish, options, _silent)
    with accepting(wish.accept):
        return move.plan(move.begin())


def rehearsal(tree: Tree, home: Home, wish: Wish, options: MigrationOptions) -> Rehearsal:
    """Give what a move does on a copy with the real rows."""
    move = _Move(tree, home, wish, options, _silent)
    with accepting(wish.accept):
        plan = move.plan(move.begin())
        return move.rehearsal(plan) if plan else Rehearsal()


def stamp(tree: Tree, home: Home, target: str, options: MigrationOptions) -> tuple[str, ...]:
    """Note that the database is at a revision, and give where it was noted to be.

    Raises:
        HalfMigratedError: a part of a revision is there, which the note would hide.
    """
    with locked(home, options), opened(home) as original:
        _, left = look_back(tree, home)
        if left is not None and left.half is not None:
            raise HalfMigratedError(
                str(left.half), remedy="Run the same migration again, or `colonnade db repair`; stamp it then"
            )
        return apply(tree, original, [Leg("stamp", target)], stage="apply").heads_before


def repair(tree: Tree, home: Home, action: RepairAction, options: MigrationOptions) -> Repaired:
    """Finish, undo or forget the part of a revision that was left; see `AlembicManager.repair`."""
    with locked(home, options):
        seen, left = look_back(tree, home)
        if left is None or left.half is None:
            return Repaired(action, None, seen.heads)
        half = left.half
        if action == "resume":
            target = half.revision if half.direction == "upgrade" else "-1"
            wish = Wish(half.direction, target, skip=frozenset(("plan",)))
            _Move(tree, home, wish, options, _silent).carry_out()
        elif action == "undo":
            if not undo(home, left, seen.version_table.own_tables()):
                raise HalfMigratedError(f"{half}: what was done of it has no exact inverse")
            end_run(home, left.run, "undone", half.reason)
        else:
            end_run(home, left.run, "forgotten", half.reason)
        return Repaired(action, half, look_back(tree, home)[0].heads)


@contextmanager
def locked(home: Home, options: MigrationOptions) -> Iterator[None]:
    """Keep all others out that would migrate this database."""
    migrating, timeout_s = home.dialect.locks.migrating, options.lock_timeout_s
    with home.connection("autocommit") as connection, migrating(connection, timeout_s):
        yield


class _Move:
    """One move: its stages are methods, in the order in which they're called."""

    def __init__(
        self, tree: Tree, home: Home, wish: Wish, options: MigrationOptions, progress: Progress
    ) -> None:
        self._tree, self._home, self._wish, self._options = tree, home, wish, options
        self._progress = progress
        self._skipped: list[str] = []
        self._left: Left | None = None
        self._replayed: Replay | None = None
        self._recognition = ""
        self._rows: tuple[KeptRows, Content] | None = None

    def carry_out(self) -> Migration:
        seen = self._recognised(self.begin())
        plan = self.plan(seen)
        if self._left is not None and self._left.half is None and not self._wish.dry_run:
            close_left(self._home, self._left)
        if plan:
            self._refuse(plan)
            plan = self._tried(plan)
            self._refuse(plan)
            if not self._wish.dry_run:
                self._apply(plan)
        applied = bool(plan) and not self._wish.dry_run
        recovered = self._left.sentence if self._left else self._recognition
        return Migration(plan, applied, tuple(self._skipped), recovered)

    def begin(self) -> Seen:
        """Look where the database is, and whether the files are those that it has applied."""
        seen, self._left = look_back(self._tree, self._home)
        if self._left:
            direction, target = self._wish.direction, self._wish.target
            refuse_others(self._left, self._tree, direction, target, seen, dry_run=self._wish.dry_run)
        if not self._leaves_out("checksums"):
            self._progress("checksums", "reading the files of the applied revisions", 0, 0)
            refuse_edited(self._tree, self._home, seen.heads)
        return seen

    def _recognised(self, seen: Seen) -> Seen:
        """Note the revision of a database whose tables are just those of one, and which has none noted.

        `create_tables` makes such a one.
        """
        if seen.heads or self._left or self._wish.direction == "downgrade":
            return seen
        with self._home.connection("deferred") as connection:
            live = take_inventory(connection, without=seen.version_table.own_tables())
        replayed = self._replay(seen, Leg("upgrade", self._wish.target)) if live.items else None
        same = fingerprint_of(live)
        for step in reversed(replayed.steps if replayed else ()):
            if fingerprint_of(step.inventory) == same:
                return self._noted(seen, step.heads)
        return seen

    def _noted(self, seen: Seen, heads: tuple[str, ...]) -> Seen:
        named = ", ".join(heads)
        self._recognition = f"the schema is that of {named}, which wasn't noted: the database is at {named}"
        if not self._wish.dry_run:
            with opened(self._home) as original:
                apply(self._tree, original, [Leg("stamp", heads)], stage="apply")
        return replace(seen, heads=heads)

    def plan(self, seen: Seen) -> Plan:
        """Try the steps on an empty database, and compare the live schema with what should be there."""
        direction, target = self._wish.direction, self._wish.target
        steps = self._tree.steps(direction, target, seen.heads)
        if not steps:
            return Plan(direction, seen.heads, seen.heads)
        self._progress("plan", "trying the steps on an empty database", 0, 0)
        self._replayed = self._replay(seen, Leg(direction, target))
        if self._replayed is None:
            named = _named(self._tree, steps, direction)
            return Plan(direction, seen.heads, (), named, self._lint(steps), known=False)
        drift = self._drift(seen, self._replayed)
        after = self._replayed.steps[-1].heads
        findings = (*drift.findings(), *self._replayed.findings(), *self._lint(steps))
        return Plan(direction, seen.heads, after, self._replayed.planned(), findings)

    def _lint(self, steps: Sequence[Any]) -> tuple[Finding, ...]:
        """Give what the rules find; what is merely good to know is told by `lint` alone."""
        if self._leaves_out("lint"):
            return ()
        self._progress("lint", "looking at the steps by the rules", 0, 0)
        names = [step.revision.revision for step in steps]
        found = lint_with_rows(self._tree, self._home, names, self._wish.direction, self._options)
        return tuple(each for each in found if each.severity != "info" or each.allowed)

    def _replay(self, seen: Seen, leg: Leg) -> Replay | None:
        if self._leaves_out("plan"):
            return None
        try:
            with scratch_home(self._home, self._options) as empty:
                return replay(self._tree, empty, self._home, seen.heads, leg)
        except Exception as error:  # noqa: BLE001 (a revision may raise anything; it's told)
            self._skipped.append(f"plan: the tree can't be replayed from nothing: {error}")
            return None

    def _drift(self, seen: Seen, replayed: Replay) -> Drift:
        if self._leaves_out("drift"):
            return Drift(known=False, reason="left out, as asked")
        self._progress("drift", "comparing the schema with what its revision makes", 0, 0)
        then = replayed.steps if self._wish.direction == "upgrade" else ()
        return drift_from(self._home, seen, replayed.before, self._wish.accept, then)

    def _tried(self, plan: Plan) -> Plan:
        """Back the database up, try the backup out, and the steps on the copy that this gives."""
        backs_up = not self._leaves_out("backup")
        rehearses = not self._leaves_out("rehearse")
        if self._is_empty():
            return plan
        if self._home.readers_block and (backs_up or rehearses):
            self._skipped.append("backup and rehearse: the database is in memory")
        elif backs_up or rehearses:
            try:
                with self._copied(keeps=backs_up and not self._wish.dry_run) as (backup, copy):
                    if rehearses:
                        done = self._rehearse(backup, copy)
                        return plan.with_seconds(done.seconds).with_findings(done.findings)
            except ScratchDatabaseError as error:
                stages = [stage for stage, asked in (("backup", backs_up), ("rehearse", rehearses)) if asked]
                error.remedy += f"; or go without: {' '.join(f'--skip {stage}' for stage in stages)}"
                raise
        return plan

    def rehearsal(self, plan: Plan) -> Rehearsal:
        """Give what the steps do on a copy, of which nothing is kept."""
        with self._copied(keeps=False) as (backup, copy):
            return self._rehearse(backup, copy)

    def _is_empty(self) -> bool:
        """Tell whether there's nothing yet to be lost: the schema has no drift from that of no revision."""
        known = self._replayed is not None and not self._replayed.before.tables()
        return known and "drift" not in self._wish.skip and not self._wish.accept

    @contextmanager
    def _folder(self, *, keeps: bool) -> Iterator[Path]:
        """Give the folder for the backup; one that only serves the rehearsal goes with it."""
        if keeps:
            yield folder_of(self._home.settings, self._options)
        else:
            with TemporaryDirectory(prefix="colonnade_rehearsal_") as folder:
                yield Path(folder)

    @contextmanager
    def _copied(self, *, keeps: bool) -> Iterator[tuple[Backup, DatabaseSettings]]:
        """Take a backup and give it with the copy that it's restored to, which proves it."""
        settings, options = self._home.settings, self._options
        tell = partial(self._progress, "backup")
        with self._folder(keeps=keeps) as folder:
            self._progress("backup", f"to {folder}", 0, 0)
            backup = take_backup(settings, folder, most_bytes=options.most_bytes, progress=tell)
            with restored_backup(backup, settings, scratch_url=options.scratch_url, progress=tell) as copy:
                yield backup, copy
            if keeps:
                prune_backups(folder, keep=options.keep_backups)

    def _rehearse(self, backup: Backup, copy: DatabaseSettings) -> Rehearsal:
        leg = Leg(self._wish.direction, self._wish.target)
        tell = partial(self._progress, "rehearse")
        return rehearse(self._tree, copy, self._home, leg, self._replayed, backup.content, tell)

    def _apply(self, plan: Plan) -> None:
        self._progress("apply", "carrying out the steps", 0, len(plan.steps))
        policy = RetryPolicy(self._options.attempts, _NO_DEADLINE_S)
        run = retrying(lambda: self._run(plan), policy)
        try:
            retrying(lambda: self._apply_once(run), policy)
        except Exception as error:
            settle(self._tree, self._home, run, error)
            raise
        end_run(self._home, run, "applied")

    def _apply_once(self, run: Run) -> None:
        leg = Leg(self._wish.direction, self._wish.target)
        with opened(self._home) as original:
            apply(
                self._tree,
                original,
                [leg],
                stage="apply",
                run=run,
                lock_timeout_s=self._options.statement_lock_timeout_s,
                start=self._count,
                finish=self._verify,
            )

    def _run(self, plan: Plan) -> Run:
        """Give the run that was interrupted in a revision, else a new one."""
        if self._left and self._left.half:
            return self._left.run
        create_own_tables(self._home)
        files = {step.revision.id: step.revision.checksum for step in plan.steps}
        allowed = [str(each) for each in plan.findings if each.allowed]
        return begin_run(self._home, plan.direction, plan.before, plan.after, files, allowed)

    def _count(self, context: MigrationContext, start: Inventory) -> None:
        """Count and digest the rows that shall stay as they are, where nobody else's changes are seen."""
        self._rows = None
        assert context.connection is not None
        if self._replayed is None or self._leaves_out("verify"):
            return
        runner = self._home.dialect.runner
        if runner.sees_one_moment(driver_of(context.connection)):
            kept = kept_rows(self._replayed.before, self._replayed.steps, runner.kind)
            tell = partial(self._progress, "apply")
            self._rows = kept, kept.before(context.connection, tell)
        elif not any("rows" in note for note in self._skipped):
            self._skipped.append("verify: rows were compared on the copy alone, as others may write here")

    def _verify(self, context: MigrationContext, start: Inventory, end: Inventory) -> None:
        """Compare schema and rows with the plan's; where DDL is in the transaction, before it's committed.

        What differed before may differ in the end.
        """
        if self._replayed is None or "verify" in self._wish.skip:
            return
        assert context.connection is not None
        if self._rows is not None:
            kept, before = self._rows
            self._progress("verify", "comparing the rows", 0, 0)
            after = kept.after(context.connection, partial(self._progress, "verify"))
            lost = [each for each in kept.findings(before, after) if each.severity == "error"]
            if lost:
                raise MigrationError("; ".join(each.message for each in lost))
        self._progress("verify", "comparing the schema with the plan's", 0, 0)
        differed = compare(self._replayed.before, start)
        changes = unexplained(differed, compare(self._replayed.after, end))
        if changes:
            raise MigrationError(
                "the schema isn't what the plan makes: " + "; ".join(each.sentence for each in changes)
            )

    def _refuse(self, plan: Plan) -> None:
        errors = [each for each in plan.errors if each.name not in self._wish.accept]
        if errors:
            kind = DriftError if all(each.rule == "drift" for each in errors) else PlanRefusedError
            between = [each for each in plan.findings if each.rule == "drift-between"]
            raise kind("\n".join(map(str, [*between, *errors])))

    def _leaves_out(self, stage: Stage) -> bool:
        if self._left and self._left.half and stage in _DONE_BEFORE:
            self._skipped.append(f"{stage}: an interrupted migration goes on, which had done that")
            return True
        if stage in self._wish.skip:
            self._skipped.append(f"{stage}, as asked")
        return stage in self._wish.skip


def refuse_edited(tree: Tree, home: Home, heads: Sequence[str]) -> None:
    """Raise when the file of an applied revision isn't as it was applied.

    Raises:
        RevisionChangedError: with the file's name.
    """
    with home.connection("deferred") as connection:
        recorded = recorded_versions(connection)
    for revision in tree.applied(heads):
        known, _ = recorded.get(revision.id, (None, None))
        if known is not None and known not in revision.checksums:
            raise RevisionChangedError(f"{revision.file} was edited after {revision.id} was applied here")


@contextmanager
def scratch_home(home: Home, options: MigrationOptions) -> Iterator[Home]:
    """Give an empty database of the same kind, on the same face, for the length of the block."""
    with scratch_database(home.settings, scratch_url=options.scratch_url) as settings:
        scratch = Home(settings, home.face, None)
        try:
            yield scratch
        finally:
            scratch.dispose()


def _named(tree: Tree, steps: Sequence[Any], direction: Direction) -> tuple[PlannedStep, ...]:
    return tuple(PlannedStep(tree.revision(step.revision.revision), direction) for step in steps)


def _silent(stage: str, what: str, done: int, total: int) -> None:
    pass
