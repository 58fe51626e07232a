"""Operations of one Alembic context that keep what they weren't asked to change.

A batch changes the table's own text (`rebuild`). Everything else SQLite does itself, and carries through.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from colonnade.dialects.alembic_parts import (
    Request,
    asked_by,
    hear_batches,
    leave_nothing_to_do,
    requests_of,
    shadow,
)
from colonnade.dialects.cursors import driver_of
from colonnade.dialects.sqlite.connect import in_transaction
from colonnade.dialects.sqlite.rebuild import Rebuild, legacy_alter_table
from colonnade.errors import MigrationError

if TYPE_CHECKING:
    from alembic.ddl.impl import DefaultImpl
    from alembic.operations import Operations
    from alembic.operations.batch import ApplyBatchImpl
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Connection, Table

STEPS = None


def alter_enum(
    operations: Operations, name: str, old: Sequence[str], new: Sequence[str], schema: str | None
) -> None:
    """Do nothing: an enumeration is a part of its columns."""


def keeping(context: MigrationContext, operations: Operations | None = None) -> None:
    """Let the operations of this context keep all that they aren't asked to change; see the contract."""
    if context.as_sql:
        return
    kept = _Keeping(context.impl)
    if operations is not None:
        hear_batches(operations, kept.hear)


class _Keeping:
    """What stands before the methods of one context's impl."""

    def __init__(self, impl: DefaultImpl) -> None:
        self._impl = impl
        self._requests: list[Request] | None = None
        self._requires_recreate = impl.requires_recreate_in_batch
        self._rename_table = impl.rename_table
        for name in ("requires_recreate_in_batch", "prep_table_for_batch", "rename_table"):
            shadow(impl, name, getattr(self, name))

    @property
    def _connection(self) -> Connection:
        assert self._impl.connection is not None
        return self._impl.connection

    def hear(self, requests: list[Request]) -> None:
        """Remember what a batch asks that is about to be carried out."""
        self._requests = requests

    def requires_recreate_in_batch(self, batch: Any) -> bool:
        """Answer as before, and remember what the batch asks, which is about to be carried out."""
        required = self._requires_recreate(batch)
        self._requests = requests_of(batch) if required else None
        return required

    def prep_table_for_batch(self, batch: ApplyBatchImpl, table: Table) -> None:
        """Do all that the batch asks."""
        requests, self._requests = self._requests, None
        self._check_connection(str(table.name))
        asked = asked_by(batch, requests, self._connection.dialect)
        Rebuild(self._connection, asked).carry_out()
        leave_nothing_to_do(self._impl, batch)

    def rename_table(self, *arguments: Any, **keywords: Any) -> None:
        """Rename a table in what names it, too; `legacy_alter_table` would leave keys and triggers behind."""
        with legacy_alter_table(self._connection, False):
            self._rename_table(*arguments, **keywords)

    def _check_connection(self, table: str) -> None:
        if self._connection.exec_driver_sql("PRAGMA foreign_keys").scalar():
            raise MigrationError(
                f"{table} can't be made anew while foreign keys are on: dropping it would delete or change"
                " the rows that refer to it",
                entity=table,
                remedy="Send PRAGMA foreign_keys = OFF before the transaction begins",
            )
        if in_transaction(driver_of(self._connection)) is False:
            raise MigrationError(
                f"{table} can't be made anew outside a transaction: a failure would leave it half done",
                entity=table,
                remedy="Send BEGIN IMMEDIATE first: Python's driver begins no transaction before DDL",
            )
