"""The triggers of `TimestampMixin` in migrations: two operations, and the eye of autogenerate for them.

    op.create_touch("shelf", "updated_at")
    op.drop_touch("shelf", "updated_at")

They make what `create_tables` makes with such a table: an UPDATE that doesn't move the column moves it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import comparators, renderers
from alembic.operations import MigrateOperation, Operations
from alembic.util import DispatchPriority
from sqlalchemy import Column, Integer, MetaData, Table

from colonnade.dialects.contract import TOUCHED, dialect_named, object_name
from colonnade.dialects.statements import verbatim
from colonnade.models.types import UTCDateTime

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import UpgradeOps

__all__ = ["CreateTouchOp", "DropTouchOp"]


class _TouchOp(MigrateOperation):
    """One trigger: of which table, which column it moves, and the keys by which it finds the row."""

    def __init__(
        self, table_name: str, column_name: str, key: Sequence[str] = ("id",), schema: str | None = None
    ) -> None:
        self.table_name, self.column_name = table_name, column_name
        self.key, self.schema = tuple(key), schema

    @property
    def index_name(self) -> str:
        """Give the trigger's name; it's called so as Alembic's operations call theirs."""
        return object_name("touch", self.table_name)

    @property
    def table(self) -> Table:
        """Give as much of the table as the trigger is about."""
        keys = [Column(name, Integer, primary_key=True) for name in self.key]
        stamp: Column[Any] = Column(self.column_name, UTCDateTime())
        return Table(self.table_name, MetaData(), *keys, stamp, schema=self.schema)

    def rendered(self, name: str) -> str:
        """Give the operation as it's written in a revision."""
        key = "" if self.key == ("id",) else f", key={self.key!r}"
        schema = "" if self.schema is None else f", schema={self.schema!r}"
        return f"op.{name}({self.table_name!r}, {self.column_name!r}{key}{schema})"


@Operations.register_operation("create_touch")
class CreateTouchOp(_TouchOp):
    """Make the trigger that moves a column with each UPDATE."""

    @classmethod
    def create_touch(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        key: Sequence[str] = ("id",),
        schema: str | None = None,
    ) -> None:
        """Make the trigger; `key` are the columns of the primary key."""
        operations.invoke(cls(table_name, column_name, key, schema))

    def reverse(self) -> DropTouchOp:
        """Give what takes it away."""
        return DropTouchOp(self.table_name, self.column_name, self.key, self.schema)


@Operations.register_operation("drop_touch")
class DropTouchOp(_TouchOp):
    """Take the trigger away that moves a column with each UPDATE."""

    @classmethod
    def drop_touch(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        key: Sequence[str] = ("id",),
        schema: str | None = None,
    ) -> None:
        """Take the trigger away, while its table is there."""
        operations.invoke(cls(table_name, column_name, key, schema))

    def reverse(self) -> CreateTouchOp:
        """Give what makes it."""
        return CreateTouchOp(self.table_name, self.column_name, self.key, self.schema)


@Operations.implementation_for(CreateTouchOp)
def _create(operations: Operations, operation: CreateTouchOp) -> None:
    triggers = dialect_named(operations.get_context().dialect.name).triggers
    table = operation.table
    _send(operations, triggers.create_touch(table, table.c[operation.column_name]))


@Operations.implementation_for(DropTouchOp)
def _drop(operations: Operations, operation: DropTouchOp) -> None:
    triggers = dialect_named(operations.get_context().dialect.name).triggers
    _send(operations, triggers.remove_touch(operation.table))


def _send(operations: Operations, statements: Sequence[str]) -> None:
    for statement in statements:
        operations.get_context().execute(verbatim(statement))


@renderers.dispatch_for(CreateTouchOp)
def _render_create(context: AutogenContext, operation: CreateTouchOp) -> str:
    return operation.rendered("create_touch")


@renderers.dispatch_for(DropTouchOp)
def _render_drop(context: AutogenContext, operation: DropTouchOp) -> str:
    return operation.rendered("drop_touch")


@comparators.dispatch_for("schema", priority=DispatchPriority.LAST)
def _compare(context: AutogenContext, operations: UpgradeOps, schemas: Any) -> None:
    """Add a trigger for each table whose model has such a column, and whose database no such trigger."""
    metadata = context.metadata
    several = [metadata] if isinstance(metadata, MetaData) else list(metadata or ())
    touched = [each for one in several for table in one.tables.values() for each in _touched(table)]
    if touched and context.connection is not None:
        there = _triggers(context)
        operations.ops.extend(each for each in touched if (each.table_name, each.index_name) not in there)


def _touched(table: Table) -> Iterator[CreateTouchOp]:
    for column in table.columns:
        if column.info.get(TOUCHED):
            key = tuple(each.name for each in table.primary_key)
            yield CreateTouchOp(table.name, column.name, key, table.schema)


def _triggers(context: AutogenContext) -> set[tuple[str, str]]:
    assert context.connection is not None
    items = dialect_named(context.connection.dialect.name).inventory.read(context.connection)
    return {(item.table, item.name) for item in items if item.kind == "trigger"}
