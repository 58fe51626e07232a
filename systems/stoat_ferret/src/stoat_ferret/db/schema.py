"""The schema: every table made, migrated, dropped and asked for its version, on either face.

    DatabaseSchema(db).create_tables()              create_tables(db)
    await AsyncDatabaseSchema(adb).create_tables()  await create_tables(adb)

All tables come from the models' metadata, and Colonnade's own, the audit log and the applied versions, come
and go along with them. `migrate` goes by the revisions in `migrations/`. From nothing both ways come to the
same schema, and what `create_tables` made is known to `migrate` as the newest revision.
"""

from __future__ import annotations

from collections.abc import Coroutine
from pathlib import Path
from typing import Any, overload

from sqlalchemy import inspect

from colonnade import (
    AlembicManager,
    AsyncAlembicManager,
    AsyncBaseRepository,
    AsyncDatabaseManager,
    BaseRepository,
    DatabaseManager,
    RepositoryOperations,
    audit,
    operation,
)
from colonnade.audit import AuditLog
from colonnade.migrations import Migration, SchemaVersion
from stoat_ferret.db.models import Base

__all__ = [
    "SCRIPTS",
    "AsyncDatabaseSchema",
    "DatabaseSchema",
    "create_tables",
    "drop_tables",
    "migrate",
    "version",
]

SCRIPTS = str(Path(__file__).with_name("migrations"))
"""The folder of the migration tree."""

METADATA = (Base.metadata, AuditLog.metadata)
"""The system's own tables, and Colonnade's two."""


class VersionOperations(RepositoryOperations[SchemaVersion]):
    """What the table of applied versions is asked."""

    @operation(read=True)
    def newest(self) -> str | None:
        """Give the version that was applied last, or None where none was, or there's no schema at all."""
        if not inspect(self.db_session.connection()).has_table(SchemaVersion.__tablename__):
            return None
        newest = self.first(order_by="-id")
        return None if newest is None else newest.version


class VersionRepository(VersionOperations, BaseRepository[SchemaVersion]):
    """The applied versions, synchronously."""


class AsyncVersionRepository(VersionOperations, AsyncBaseRepository[SchemaVersion]):
    """The applied versions, asynchronously."""


class DatabaseSchema:
    """The schema, synchronously."""

    def __init__(self, db: DatabaseManager) -> None:
        self.db = db

    def create_tables(self) -> None:
        """Create the tables that aren't there, with their indexes; those that are there stay as they are."""
        create_tables(self.db)

    def migrate(self) -> Migration:
        """Bring the schema up to the newest revision: backed up, tried on a copy, applied and verified.

        The triggers of the audit trail are made anew with it.
        """
        return migrate(self.db)

    def drop_tables(self) -> None:
        """Drop all tables that are there, with everything in them."""
        drop_tables(self.db)

    def version(self) -> str | None:
        """Give the version that was applied last, or None where none was."""
        return version(self.db)


class AsyncDatabaseSchema:
    """The schema, asynchronously."""

    def __init__(self, db: AsyncDatabaseManager) -> None:
        self.db = db

    async def create_tables(self) -> None:
        """Do what `DatabaseSchema.create_tables` does."""
        await create_tables(self.db)

    async def migrate(self) -> Migration:
        """Do what `DatabaseSchema.migrate` does."""
        return await migrate(self.db)

    async def drop_tables(self) -> None:
        """Do what `DatabaseSchema.drop_tables` does."""
        await drop_tables(self.db)

    async def version(self) -> str | None:
        """Do what `DatabaseSchema.version` does."""
        return await version(self.db)


@overload
def create_tables(db: DatabaseManager) -> None: ...
@overload
def create_tables(db: AsyncDatabaseManager) -> Coroutine[Any, Any, None]: ...
def create_tables(db: DatabaseManager | AsyncDatabaseManager) -> Any:
    """Do what `DatabaseSchema(db).create_tables()` does; to be awaited with an `AsyncDatabaseManager`."""
    return db.create_tables(*METADATA)


@overload
def migrate(db: DatabaseManager) -> Migration: ...
@overload
def migrate(db: AsyncDatabaseManager) -> Coroutine[Any, Any, Migration]: ...
def migrate(db: DatabaseManager | AsyncDatabaseManager) -> Any:
    """Do what `DatabaseSchema(db).migrate()` does; to be awaited with an `AsyncDatabaseManager`."""
    if not isinstance(db, DatabaseManager):
        return _migrate(db)
    migration = AlembicManager(db, script_location=SCRIPTS).upgrade()
    if migration:  # a table that was made anew has no triggers of the audit trail
        audit.install(db, Base.metadata)
    return migration


async def _migrate(db: AsyncDatabaseManager) -> Migration:
    migration = await AsyncAlembicManager(db, script_location=SCRIPTS).upgrade()
    if migration:
        await audit.install(db, Base.metadata)
    return migration


@overload
def drop_tables(db: DatabaseManager) -> None: ...
@overload
def drop_tables(db: AsyncDatabaseManager) -> Coroutine[Any, Any, None]: ...
def drop_tables(db: DatabaseManager | AsyncDatabaseManager) -> Any:
    """Do what `DatabaseSchema(db).drop_tables()` does; to be awaited with an `AsyncDatabaseManager`."""
    return db.drop_tables(*METADATA)


@overload
def version(db: DatabaseManager) -> str | None: ...
@overload
def version(db: AsyncDatabaseManager) -> Coroutine[Any, Any, str | None]: ...
def version(db: DatabaseManager | AsyncDatabaseManager) -> Any:
    """Do what `DatabaseSchema(db).version()` does; to be awaited with an `AsyncDatabaseManager`."""
    if isinstance(db, DatabaseManager):
        return VersionRepository(db).newest()
    return AsyncVersionRepository(db).newest()
