"""The schema: every table made, dropped and asked for its version, on either face.

    DatabaseSchema(db).create_tables()              create_tables(db)
    await AsyncDatabaseSchema(adb).create_tables()  await create_tables(adb)

All tables come from the models' metadata, and Colonnade's own two, the audit log and the applied
versions, come and go along with them.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, overload

from sqlalchemy import MetaData, Table, inspect

from colonnade import (
    AsyncBaseRepository,
    AsyncDatabaseManager,
    BaseRepository,
    DatabaseManager,
    RepositoryOperations,
    operation,
)
from colonnade.audit import AuditLog
from colonnade.migrations import SchemaVersion
from stoat_ferret.db.models import Base

__all__ = ["AsyncDatabaseSchema", "DatabaseSchema", "create_tables", "drop_tables", "version"]


class SchemaOperations(RepositoryOperations[SchemaVersion]):
    """The schema as a whole; as a repository, the versions that were applied to it."""

    @operation
    def create_tables(self) -> None:
        """Create the tables that aren't there, with their indexes; those that are there stay as they are."""
        for metadata, tables in _tables():
            metadata.create_all(self.db_session.connection(), tables)

    @operation
    def drop_tables(self) -> None:
        """Drop all tables that are there, with everything in them."""
        for metadata, tables in _tables():
            metadata.drop_all(self.db_session.connection(), tables)

    @operation(read=True)
    def version(self) -> SchemaVersion | None:
        """Give the version that was applied last, or None where none was, or there's no schema at all."""
        if not inspect(self.db_session.connection()).has_table(SchemaVersion.__tablename__):
            return None
        return self.first(order_by="-id")


class DatabaseSchema(SchemaOperations, BaseRepository[SchemaVersion]):
    """The schema, synchronously."""


class AsyncDatabaseSchema(SchemaOperations, AsyncBaseRepository[SchemaVersion]):
    """The schema, asynchronously."""


@overload
def create_tables(db: DatabaseManager) -> None: ...
@overload
def create_tables(db: AsyncDatabaseManager) -> Coroutine[Any, Any, None]: ...
def create_tables(db: DatabaseManager | AsyncDatabaseManager) -> Any:
    """Do what `DatabaseSchema(db).create_tables()` does; to be awaited with an `AsyncDatabaseManager`."""
    return _schema(db).create_tables()


@overload
def drop_tables(db: DatabaseManager) -> None: ...
@overload
def drop_tables(db: AsyncDatabaseManager) -> Coroutine[Any, Any, None]: ...
def drop_tables(db: DatabaseManager | AsyncDatabaseManager) -> Any:
    """Do what `DatabaseSchema(db).drop_tables()` does; to be awaited with an `AsyncDatabaseManager`."""
    return _schema(db).drop_tables()


@overload
def version(db: DatabaseManager) -> SchemaVersion | None: ...
@overload
def version(db: AsyncDatabaseManager) -> Coroutine[Any, Any, SchemaVersion | None]: ...
def version(db: DatabaseManager | AsyncDatabaseManager) -> Any:
    """Do what `DatabaseSchema(db).version()` does; to be awaited with an `AsyncDatabaseManager`."""
    return _schema(db).version()


def _schema(db: DatabaseManager | AsyncDatabaseManager) -> Any:
    return DatabaseSchema(db) if isinstance(db, DatabaseManager) else AsyncDatabaseSchema(db)


def _tables() -> list[tuple[MetaData, list[Table]]]:
    own = [model.metadata.tables[model.__tablename__] for model in (AuditLog, SchemaVersion)]
    return [(Base.metadata, list(Base.metadata.tables.values())), (AuditLog.metadata, own)]
