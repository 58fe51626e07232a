"""Moving the library's schema along: run, try without running, back up, roll back, tell.

Each is one call on Colonnade's `AlembicManager`, which locks, plans, backs up, rehearses with the real rows,
applies and verifies. Given an asynchronous manager each is awaited.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.database.migrations_utils import alembic_of
from colonnade import AsyncDatabaseManager, DatabaseManager

__all__ = ["Status", "async_status", "back_up", "dry_run", "roll_back", "run", "status"]

Manager = DatabaseManager | AsyncDatabaseManager


@dataclass(frozen=True, slots=True)
class Status:
    """Where the database is, and where the tree ends."""

    current: tuple[str, ...]
    heads: tuple[str, ...]

    @property
    def is_up_to_date(self) -> bool:
        """Whether nothing is left to run."""
        return self.current == self.heads


def run(db: Manager, revision: str = "head", **choices: Any) -> Any:
    """Bring the schema up to a revision, backed up before; give the `Migration`. What fails is undone.

    Raises:
        MigrationError: there's no migration at all, or one failed; nothing was lost.
    """
    return alembic_of(db).upgrade(revision, **choices)


def dry_run(db: Manager, revision: str = "head") -> Any:
    """Do all that `run` does, on a copy: the database isn't changed. Give the `Migration` with its plan."""
    return alembic_of(db).upgrade(revision, dry_run=True)


def roll_back(db: Manager, revision: str = "-1", **choices: Any) -> Any:
    """Bring the schema down to a revision, or by one step, backed up before."""
    return alembic_of(db).downgrade(revision, **choices)


def back_up(db: Manager) -> Any:
    """Make a backup, restore it beside the original and compare; give the `Backup`."""
    return alembic_of(db).backup()


def status(db: DatabaseManager) -> Status:
    """Tell where the database is."""
    alembic = alembic_of(db)
    return Status(alembic.current(), alembic.heads())


async def async_status(db: AsyncDatabaseManager) -> Status:
    """Tell the same in asynchronous code."""
    alembic = alembic_of(db)
    return Status(await alembic.current(), await alembic.heads())
