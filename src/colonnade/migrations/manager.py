"""AlembicManager: everything that can be done with a migration tree and its database, on either face.

It reads as the table of contents of its room: each command is a few lines that call the module that does it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, get_args

from sqlalchemy import MetaData

from colonnade.engine.face import AsyncFace, SyncFace
from colonnade.engine.manager import AsyncDatabaseManager, DatabaseManager
from colonnade.errors import ConfigurationError
from colonnade.migrations import keeping, moving, recovery, squashing, status, writing
from colonnade.migrations.lint.staging import lint_of, lint_unwritten
from colonnade.migrations.migration import Wish
from colonnade.migrations.options import MigrationOptions, Progress, stages_named
from colonnade.migrations.reading import look
from colonnade.migrations.recovery import RepairAction
from colonnade.migrations.tree import Direction, Revision, Tree
from colonnade.repository.operation import operation

if TYPE_CHECKING:
    from colonnade.engine.home import Home
    from colonnade.migrations.backup import Restoration
    from colonnade.migrations.drift import Drift
    from colonnade.migrations.manifest import Backup
    from colonnade.migrations.migration import Migration
    from colonnade.migrations.plan import Finding, Plan
    from colonnade.migrations.recovery import Repaired
    from colonnade.migrations.rehearse import Rehearsal
    from colonnade.migrations.runs import HalfMigrated
    from colonnade.migrations.squashing import Squashed
from colonnade.migrations.status import Status

__all__ = ["AlembicManager", "AsyncAlembicManager"]


class _AlembicOperations:
    """The commands, written once.

    Args:
        database: a database manager of this face, settings, or a URL; without it the URL of the tree's
            configuration, else the environment's `DATABASE_URL`.
        script_location: the tree's folder; without it the one that the manager was given.
        target_metadata: the models', where `env.py` names none.
        config: an `alembic.ini`, or a `pyproject.toml` with `[tool.alembic]`, in place of the folder.
        options: how migrations are made safe.
    """

    _manager: type[DatabaseManager] | type[AsyncDatabaseManager]

    def __init__(
        self,
        database: Any = None,
        *,
        script_location: str | os.PathLike[str] | None = None,
        target_metadata: MetaData | Sequence[MetaData] | None = None,
        config: str | os.PathLike[str] | None = None,
        options: MigrationOptions | None = None,
    ) -> None:
        given = isinstance(database, DatabaseManager | AsyncDatabaseManager)
        if given and not isinstance(database, self._manager):
            raise ConfigurationError(
                f"{type(self).__name__} was given a {type(database).__name__}, of the other face",
                remedy=f"Give it a {self._manager.__name__}",
            )
        location = script_location or (database.script_location if given and config is None else None)
        self.tree = Tree(location, config)
        self.db = database if given else self._manager(database or self.tree.url)
        """The database's manager."""
        self._is_own = not given
        self.options = options or MigrationOptions()
        self.target_metadata = target_metadata

    @property
    def _home(self) -> Home:
        return self.db.home

    def _operate(self, called: Any, arguments: Any, keywords: Any) -> Any:
        """Run a command; a manager that was made for it keeps no connection beyond it."""
        try:
            return called.function(self, *arguments, **keywords)
        finally:
            if self._is_own:
                self._home.release()

    # What is there

    @operation
    def current(self) -> tuple[str, ...]:
        """Give the revisions that the database is at, in order; none at base. It writes nothing.

        Raises:
            DatabaseConnectionError: the database can't be reached.
        """
        return look(self.tree, self._home).heads

    @operation
    def heads(self) -> tuple[str, ...]:
        """Give the revisions of the tree that nothing follows, in order."""
        return self.tree.heads

    @operation
    def history(self) -> list[Revision]:
        """Give all revisions of the tree, those below first."""
        return self.tree.revisions()

    @operation
    def branches(self) -> list[Revision]:
        """Give the revisions that more than one other follows."""
        followed = [name for revision in self.tree.revisions() for name in revision.down]
        return [revision for revision in self.tree.revisions() if followed.count(revision.id) > 1]

    @operation
    def show(self, revision: str) -> Revision:
        """Give one revision: by its id, the start of one, a branch label, or `head`.

        Raises:
            MigrationError: there's none, or more than one.
        """
        return self.tree.revision(revision)

    @operation
    def lint(
        self,
        revisions: str | None = None,
        *,
        direction: Direction = "upgrade",
        database: str | None = None,
        operations: Iterable[Any] | None = None,
    ) -> list[Finding]:
        """Give what the rules find in revisions, in the order in which they would be carried out.

        By default in those that are pending, with counts of the rows that are there. Nothing is written.

        Args:
            revisions: a target as for `upgrade` or `downgrade`, or a range `a1:b2`, or `all`.
            direction: which of the revisions' functions are looked at.
            database: a kind (`sqlite`, `postgresql`, `mysql`): no database is opened then, and all
                revisions are looked at unless `revisions` says otherwise.
            operations: what `check` gave, in place of revisions: what the next one would do.
        """
        if operations is not None:
            return lint_unwritten(self.tree, self._home, operations, self.options)
        return lint_of(self.tree, self._home, revisions, direction, database, self.options)

    @operation
    def status(self) -> Status:
        """Give where the database stands in its tree, and what is pending. It writes nothing."""
        return status.status(self.tree, self._home)

    @operation
    def drift(self) -> Drift:
        """Give what was changed in the schema by other ways than its revisions. It writes nothing.

        On a server it's told by the fingerprint that the last migration recorded, unless `scratch_url`
        names an empty database in which the tree can be replayed.
        """
        return status.drift(self.tree, self._home, self.options)

    @operation
    def verify(self) -> list[Finding]:
        """Give a finding for each thing that isn't as it should be: drift, foreign keys, the models.

        It writes nothing.
        """
        return status.verify(self.tree, self._home, self.target_metadata, self.options)

    # What moves the database

    @operation
    def upgrade(
        self,
        revision: str = "head",
        *,
        dry_run: bool = False,
        skip: Iterable[str] = (),
        accept: Iterable[str] = (),
        progress: Progress | None = None,
    ) -> Migration:
        """Bring the database up to a revision, or leave it as it was.

        One process at a time. The applied files' checksums, the schema's drift and the plan are looked at, a
        backup is made and tried out, the steps are rehearsed on it; then they're applied and verified.

        Args:
            revision: `head`, `heads`, an id, or relative (`+1`).
            dry_run: do all that, but apply nothing; the original isn't written to.
            skip: stages to leave out, by name: `checksums`, `drift`, `plan`, `backup`, `rehearse`, `verify`.
            accept: names of what was changed in the schema by hand and shall stay so.
            progress: called as the stages go on.

        Raises:
            MigrationLockError: another process is at it.
            RevisionChangedError: the file of an applied revision was edited.
            DriftError: the schema isn't what its revision makes.
            PlanRefusedError: a finding stops it. Nothing was changed.
            MigrationError: a step failed; the message tells how the database was left.
        """
        return self._move("upgrade", revision, dry_run, skip, accept, progress)

    @operation
    def downgrade(
        self,
        revision: str,
        *,
        dry_run: bool = False,
        skip: Iterable[str] = (),
        accept: Iterable[str] = (),
        progress: Progress | None = None,
    ) -> Migration:
        """Bring the database down to a revision (an id, `-1`, `base`), as `upgrade` brings it up.

        Raises:
            MigrationError: as `upgrade` does.
        """
        return self._move("downgrade", revision, dry_run, skip, accept, progress)

    @operation
    def plan(self, revision: str = "head", *, direction: Direction = "upgrade") -> Plan:
        """Give what an upgrade or downgrade would do; the original is read only."""
        wish = Wish(direction, revision)
        return moving.plan(self.tree, self._home, wish, self.options)

    @operation
    def rehearse(self, revision: str = "head", *, direction: Direction = "upgrade") -> Rehearsal:
        """Carry the steps out on a copy with the real rows, and give what came of it.

        The original is only read.

        Raises:
            MigrationError: a step failed on the copy, or no copy can be made.
        """
        return moving.rehearsal(self.tree, self._home, Wish(direction, revision), self.options)

    @operation
    def stamp(self, revision: str = "head") -> tuple[str, ...]:
        """Note that the database is at a revision, without carrying anything out; give where it was.

        For a database whose schema came in another way. Colonnade's own table follows.

        Raises:
            MigrationLockError: another process is migrating it.
            MigrationError: there's no such revision.
        """
        return moving.stamp(self.tree, self._home, revision, self.options)

    @operation
    def half_migrated(self) -> HalfMigrated | None:
        """Give the revision that the database has a part of; None where it's at a revision.

        It writes nothing. A migration that is going on right now may show so too.
        """
        return recovery.half_migrated(self.tree, self._home)

    @operation
    def repair(self, action: RepairAction = "resume") -> Repaired:
        """Bring a database that was left in the middle of a revision to one, and give what was done.

        Args:
            action: `resume` finishes the revision, each statement once; `undo` takes back what was done of
                it, where each statement has an exact inverse, and changes nothing where one hasn't; `forget`
                takes the schema as it is, after you've put it right, and the database to be at the revision
                that is noted.

        Raises:
            MigrationLockError: another process is migrating it.
            HalfMigratedError: it can't be undone, or can't go on by itself.
            ConfigurationError: there's no such action.
        """
        if action not in get_args(RepairAction):
            raise ConfigurationError(
                f"no action {action!r}", remedy=f"Use {', '.join(get_args(RepairAction))}"
            )
        return moving.repair(self.tree, self._home, action, self.options)

    def _move(
        self,
        direction: Direction,
        revision: str,
        dry_run: bool,
        skip: Iterable[str],
        accept: Iterable[str],
        progress: Progress | None,
    ) -> Migration:
        wish = Wish(direction, revision, dry_run, stages_named(skip), frozenset(accept))
        return moving.move(self.tree, self._home, wish, self.options, progress or _silent)

    # Backups

    @operation
    def backup(self) -> Backup:
        """Back the database up, try the backup out by restoring it, and give it.

        Older ones go, by the options' `keep_backups`.

        Writers go on meanwhile; on MySQL and MariaDB they wait for a moment at its beginning.

        Raises:
            BackupError: there's no room, or what was restored isn't what was backed up.
        """
        return keeping.back_up(self._home.settings, self.options)

    @operation
    def backups(self) -> list[Backup]:
        """Give the backups of this database in the backups' folder, the newest first."""
        return keeping.backups(self._home.settings, self.options)

    @operation
    def restore(self, backup: Backup | None = None) -> Restoration:
        """Put a backup, by default the newest, in the database's place; beside it where rows would be lost.

        Rows that were written since the backup stay: it's restored into a database of its own then, and the
        difference is told.

        Raises:
            BackupError: there's none, or it was changed.
            MigrationLockError: another process is migrating the database.
        """
        with moving.locked(self._home, self.options):
            return keeping.restore(self._home.settings, self.options, backup)

    # What writes files

    @operation
    def revision(
        self,
        message: str,
        *,
        autogenerate: bool = False,
        head: str = "head",
        splice: bool = False,
        branch_label: str | None = None,
        depends_on: str | None = None,
        rev_id: str | None = None,
        renames: Sequence[str] = (),
        no_renames: bool = False,
    ) -> Revision:
        """Write a new revision's file, and give it; `autogenerate` fills it with how the models differ.

        `renames` name what isn't dropped and made but renamed: `table.old:new`, and `old:new` for a table;
        `no_renames` says that all the others are none.

        Raises:
            MigrationError: the database isn't at the tree's head, or the models' metadata has no tables; or
                something goes and something like it comes, and nobody has said whether that's a rename.
        """
        return writing.revision(
            self.tree,
            self._home,
            self.target_metadata,
            {
                "message": message,
                "autogenerate": autogenerate,
                "head": head,
                "splice": splice,
                "branch_label": branch_label,
                "depends_on": depends_on,
                "rev_id": rev_id,
                "renames": renames,
                "no_renames": no_renames,
            },
        )

    @operation
    def merge(self, message: str = "merge heads", *, revisions: Sequence[str] = ("heads",)) -> Revision:
        """Write a revision that follows several heads and does nothing itself, and give it.

        Raises:
            MigrationError: there's one head only.
        """
        return writing.merge(self.tree, message, revisions)

    @operation
    def squash(
        self, message: str = "squashed", *, revision: str | None = None, keep: bool = True
    ) -> Squashed:
        """Replace all revisions by a single one that is written from the models, and give it.

        With `revision` those up to that one are replaced, by their own code in one file. It's tried beside
        the old ones on empty databases first: schema and rows have to come out the same.
        It has the last one's id, so a database there needs nothing; one in the middle is refused by name
        from then on, and has to be upgraded with the old files first. These are moved to the folder
        `squashed` of the tree, or deleted where `keep` is false.

        Raises:
            MigrationError: the models make something else, of which all is named; nothing is written then.
        """
        models = self.target_metadata
        return squashing.squash(
            self.tree, self._home, models, message, self.options, upto=revision, keep=keep
        )

    @operation
    def check(self) -> list[Any]:
        """Give Alembic's operations that would bring the database to the models; none when they agree.

        Raises:
            MigrationError: the database isn't at the tree's head.
        """
        return writing.differences(self.tree, self._home, self.target_metadata)


def _silent(stage: str, what: str, done: int, total: int) -> None:
    pass


class AlembicManager(_AlembicOperations, SyncFace):
    """A migration tree and its database, synchronously.

    >>> from colonnade.migrations import AlembicManager
    >>> AlembicManager("sqlite:///app.db", script_location="migrations").upgrade()  # doctest: +SKIP
    """

    _manager = DatabaseManager
    db: DatabaseManager


class AsyncAlembicManager(_AlembicOperations, AsyncFace):
    """A migration tree and its database, asynchronously."""

    _manager = AsyncDatabaseManager
    db: AsyncDatabaseManager
