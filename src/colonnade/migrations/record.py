"""Which revisions a database has: Alembic's table, and ours, which is kept true with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic.runtime.migration import MigrationContext
from sqlalchemy import delete, insert, inspect, select, update

from colonnade.migrations.catalogue import ALEMBIC_TABLE, own_tables
from colonnade.migrations.run import MigrationRun
from colonnade.migrations.version import SchemaVersion

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from colonnade.engine.home import Home
    from colonnade.migrations.tree import Revision

__all__ = ["VersionTable", "create_own_tables", "record_versions", "recorded_versions"]

_table = SchemaVersion.metadata.tables[SchemaVersion.__tablename__]
_own = [
    _table,
    MigrationRun.metadata.tables["migration_run"],
    MigrationRun.metadata.tables["migration_statement"],
]


@dataclass(frozen=True, slots=True)
class VersionTable:
    """Alembic's own table, by the name that `env.py` gives it."""

    name: str = ALEMBIC_TABLE
    schema: str | None = None

    @classmethod
    def of(cls, context: MigrationContext) -> VersionTable:
        """Give the one that a context was configured with."""
        return cls(context.version_table, context.version_table_schema)

    def heads(self, connection: Connection) -> tuple[str, ...]:
        """Give the revisions that the database is at, in order; it only reads."""
        options = {"version_table": self.name, "version_table_schema": self.schema}
        return tuple(sorted(MigrationContext.configure(connection, opts=options).get_current_heads()))

    def own_tables(self) -> frozenset[str]:
        """Give the tables that are no part of a user's schema."""
        named = self.name if self.schema is None else f"{self.schema}.{self.name}"
        return own_tables() | {self.name, named}


def create_own_tables(home: Home) -> None:
    """Create the tables that a migration is recorded in, where they aren't there, in its own transaction."""
    with home.connection("deferred") as connection:
        inspector = inspect(connection)
        missing = [table for table in _own if not inspector.has_table(table.name)]
    for table in missing:
        with home.connection() as connection:
            table.create(connection, checkfirst=True)


def recorded_versions(connection: Connection) -> dict[str, tuple[str | None, str | None]]:
    """Give checksum and fingerprint of each applied revision that was recorded, in order; it only reads."""
    if not inspect(connection).has_table(_table.name):
        return {}
    columns = _table.c
    asked = select(columns.version, columns.checksum, columns.fingerprint).order_by(columns.id)
    return {version: (checksum, fingerprint) for version, checksum, fingerprint in connection.execute(asked)}


def record_versions(connection: Connection, applied: Sequence[Revision], fingerprint: str | None) -> None:
    """Let the table have a row for each of these revisions and no other, in the connection's transaction.

    The fingerprint is of the schema as it is now, and belongs to the last of them.
    """
    there = recorded_versions(connection)
    wanted = {revision.id: revision for revision in applied}
    if gone := there.keys() - wanted.keys():
        connection.execute(delete(_table).where(_table.c.version.in_(gone)))
    for name, revision in wanted.items():
        if name not in there:
            connection.execute(insert(_table).values(version=name, checksum=revision.checksum))
        elif there[name][0] is None:
            _set(connection, name, checksum=revision.checksum)
    if applied:
        _set(connection, applied[-1].id, fingerprint=fingerprint)


def _set(connection: Connection, version: str, **values: str | None) -> None:
    connection.execute(update(_table).where(_table.c.version == version).values(**values))
