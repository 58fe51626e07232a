"""The labels of PostgreSQL's enumeration types: an operation, and the eye of autogenerate for it.

    op.alter_enum("mood", ["GLAD", "SAD"], ["GLAD", "SAD", "CROSS"])

Alembic compares no labels. On the other databases an enumeration is a part of its columns, and the operation
does nothing there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import comparators, renderers
from alembic.operations import MigrateOperation, Operations
from sqlalchemy import Enum, MetaData, inspect

from colonnade.dialects.contract import dialect_named

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import UpgradeOps

__all__ = ["AlterEnumOp"]


@Operations.register_operation("alter_enum")
class AlterEnumOp(MigrateOperation):
    """Give an enumeration type other labels."""

    def __init__(
        self, enum_name: str, old: Sequence[str], new: Sequence[str], schema: str | None = None
    ) -> None:
        self.enum_name, self.old, self.new, self.schema = enum_name, list(old), list(new), schema

    @property
    def index_name(self) -> str:
        """Give the type's name; it's called so as Alembic's operations call theirs."""
        return self.enum_name

    @classmethod
    def alter_enum(
        cls,
        operations: Operations,
        enum_name: str,
        old: Sequence[str],
        new: Sequence[str],
        *,
        schema: str | None = None,
    ) -> None:
        """Give the type the labels `new` in place of `old`.

        Labels that come are added in place, committed at once. Where some go, or their order changes, a new
        type takes the old one's place, and each column that has it is written anew.

        Raises:
            MigrationError: a row has a label that goes; or that can't be told, since a script is asked for.
        """
        operations.invoke(cls(enum_name, old, new, schema))

    def reverse(self) -> AlterEnumOp:
        """Give what takes it back."""
        return AlterEnumOp(self.enum_name, self.new, self.old, self.schema)


@Operations.implementation_for(AlterEnumOp)
def _alter(operations: Operations, asked: AlterEnumOp) -> None:
    changes = dialect_named(operations.get_context().dialect.name).changes
    changes.alter_enum(operations, asked.enum_name, asked.old, asked.new, asked.schema)


@renderers.dispatch_for(AlterEnumOp)
def _render(context: AutogenContext, operation: AlterEnumOp) -> str:
    schema = "" if operation.schema is None else f", schema={operation.schema!r}"
    return f"op.alter_enum({operation.enum_name!r}, {operation.old!r}, {operation.new!r}{schema})"


@comparators.dispatch_for("schema")
def _compare(context: AutogenContext, operations: UpgradeOps, schemas: Any) -> None:
    """Add an operation for each type whose labels aren't the models'."""
    connection = context.connection
    if connection is None:
        return
    list_enums = getattr(inspect(connection), "get_enums", None)
    wanted = dict(_wanted(context.metadata, connection.dialect)) if list_enums else {}
    for schema in {schema for schema, _ in wanted}:
        for found in list_enums(schema) if list_enums else ():
            labels = wanted.get((schema, found["name"]))
            if labels is not None and labels != found["labels"]:
                operations.ops.append(AlterEnumOp(found["name"], found["labels"], labels, schema))


def _wanted(metadata: Any, dialect: Any) -> Iterator[tuple[tuple[str | None, str], list[str]]]:
    several = [metadata] if isinstance(metadata, MetaData) else list(metadata or ())
    for table in (table for one in several for table in one.tables.values()):
        for column in table.columns:
            kind: Any = getattr(column.type, "item_type", column.type).dialect_impl(dialect)
            if isinstance(kind, Enum) and kind.native_enum and kind.name:
                yield (kind.schema, kind.name), list(kind.enums)
