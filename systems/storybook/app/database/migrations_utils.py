"""What the migrations need of their tree: where it is, whose it is, and that something is in it."""

from __future__ import annotations

from pathlib import Path
from typing import overload

from app.database.engine import SCRIPTS
from app.database.models import Base
from colonnade import AsyncDatabaseManager, DatabaseManager
from colonnade.errors import MigrationError
from colonnade.migrations import AlembicManager, AsyncAlembicManager, MigrationOptions

__all__ = ["SCRIPTS", "alembic_of"]


@overload
def alembic_of(
    db: DatabaseManager, *, scripts: Path = ..., options: MigrationOptions | None = ...
) -> AlembicManager: ...
@overload
def alembic_of(
    db: AsyncDatabaseManager, *, scripts: Path = ..., options: MigrationOptions | None = ...
) -> AsyncAlembicManager: ...
def alembic_of(
    db: DatabaseManager | AsyncDatabaseManager,
    *,
    scripts: Path = SCRIPTS,
    options: MigrationOptions | None = None,
) -> AlembicManager | AsyncAlembicManager:
    """Give what moves this database along the tree.

    Raises:
        MigrationError: the folder has no revision: a runner that finds none must not report success.
    """
    if not any((scripts / "versions").glob("*.py")):
        raise MigrationError(
            f"no migration was found in {scripts / 'versions'}",
            remedy="Check the folder; nothing was run.",
        )
    if isinstance(db, AsyncDatabaseManager):
        return AsyncAlembicManager(
            db, script_location=scripts, target_metadata=Base.metadata, options=options
        )
    return AlembicManager(db, script_location=scripts, target_metadata=Base.metadata, options=options)
