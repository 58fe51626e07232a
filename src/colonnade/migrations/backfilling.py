"""Rows filled in batches: `op.backfill("clip", {"frames": "length * 25"}, where="frames IS NULL")`.

Each batch is a statement of its own. Where statements can be committed on the way it's committed, and the
journal of the migration knows it: after an interruption the next one is sent, and none twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alembic.operations import MigrateOperation, Operations
from sqlalchemy import column, inspect, literal_column, select, table, text, update

from colonnade.errors import MigrationError

__all__ = ["BackfillOp"]

_MOST = 1_000_000


@Operations.register_operation("backfill")
class BackfillOp(MigrateOperation):
    """Set columns of the rows that meet a condition, a batch at a time."""

    sends_own = True

    def __init__(
        self, table_name: str, values: Mapping[str, str], where: str, batch: int, schema: str | None = None
    ) -> None:
        self.table_name, self.values, self.where, self.batch = table_name, dict(values), where, batch
        self.schema = schema

    @classmethod
    def backfill(
        cls,
        operations: Operations,
        table_name: str,
        values: Mapping[str, str],
        *,
        where: str,
        batch: int = 10_000,
        schema: str | None = None,
    ) -> None:
        """Set columns to SQL expressions where a condition holds, which has to end it: `frames IS NULL`.

        Raises:
            MigrationError: the table has no primary key of one column, or a row that was set still meets
                the condition.
        """
        operations.invoke(cls(table_name, values, where, batch, schema))


@Operations.implementation_for(BackfillOp)
def _backfill(operations: Operations, operation: BackfillOp) -> None:
    context = operations.get_context()
    rows = table(operation.table_name, *map(column, operation.values), schema=operation.schema)
    values: dict[str, Any] = {name: literal_column(sql) for name, sql in operation.values.items()}
    wanted = text(operation.where.replace(":", "\\:"))
    if context.as_sql:
        operations.execute(update(rows).where(wanted).values(values))
        return
    if operation.batch < 1:
        raise MigrationError(f"a batch of {operation.batch} rows is none")
    with context.autocommit_block():
        connection = operations.get_bind()
        keys = inspect(connection).get_pk_constraint(operation.table_name, operation.schema)[
            "constrained_columns"
        ]
        if len(keys) != 1:
            raise MigrationError(
                f"{operation.table_name} has no primary key of one column, by which batches could be told",
                remedy="Use op.execute with an UPDATE of your own",
            )
        key: Any = column(keys[0])
        # A derived table: MySQL reads no table that it's updating.
        part = (
            select(key).select_from(rows).where(wanted).order_by(key).limit(operation.batch).subquery("part")
        )
        statement = update(rows).where(column(keys[0]).in_(select(part.c[keys[0]]))).values(values)
        for _ in range(_MOST):
            if connection.execute(statement).rowcount == 0:
                return
    raise MigrationError(
        f"rows of {operation.table_name} still meet {operation.where!r} after they were set",
        remedy="Let the condition be false for what is set: `x IS NULL`",
    )
