"""Rows filled in batches: `op.backfill("clip", {"frames": "length * 25"}, where="frames IS NULL")`.

Each batch is a statement of its own. Where statements can be committed on the way it's committed, and the
journal of the migration knows it: after an interruption the next one is sent, and none twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from alembic.operations import MigrateOperation, Operations
from sqlalchemy import column, func, inspect, literal_column, select, table, update

from colonnade.dialects.statements import verbatim
from colonnade.errors import MigrationError

if TYPE_CHECKING:
    from sqlalchemy import ColumnClause, ColumnElement, Connection, TableClause

__all__ = ["BackfillOp"]

_PASSES = 10
"""How often the table is gone through, until no row is left: others may add some meanwhile."""


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
    if context.as_sql:
        wanted = verbatim(operation.where)
        operations.execute(update(rows).where(wanted).values(values))
        return
    if operation.batch < 1:
        raise MigrationError(f"a batch of {operation.batch} rows is none")
    with context.autocommit_block():
        connection = operations.get_bind()
        key = _key(connection, operation)
        for _ in range(_PASSES):
            if not _pass(connection, operation, rows, key, values):
                return
    raise MigrationError(
        f"rows of {operation.table_name} still meet {operation.where!r} after they were set {_PASSES} times",
        remedy="Let the condition be false for what is set: `x IS NULL`",
    )


def _key(connection: Connection, operation: BackfillOp) -> ColumnClause[Any]:
    seen, table_name, schema = inspect(connection), operation.table_name, operation.schema
    names = seen.get_pk_constraint(table_name, schema)["constrained_columns"]
    if len(names) != 1:
        raise MigrationError(
            f"{table_name} has no primary key of one column, by which batches could be told",
            remedy="Use op.execute with an UPDATE of your own",
        )
    types = {each["name"]: each["type"] for each in seen.get_columns(table_name, schema)}
    return column(names[0], types[names[0]])


def _pass(
    connection: Connection,
    operation: BackfillOp,
    rows: TableClause,
    key: ColumnClause[Any],
    values: Mapping[str, Any],
) -> bool:
    """Go through the table once, in the order of the key; tell whether there was anything to set."""
    wanted = verbatim(operation.where)
    done: list[ColumnElement[bool]] = []
    while True:
        # By where the last one ended: a search from the start would read all that's set already.
        part = select(key).select_from(rows).where(wanted, *done).order_by(key).limit(operation.batch)
        last = connection.execute(select(func.max(part.subquery("part").c[key.name]))).scalar()
        if last is None:
            return bool(done)
        connection.execute(update(rows).where(wanted, *done, key <= last).values(values))
        done = [key > last]
