"""The operations that come with Colonnade: `op.backfill`, `op.create_touch`, `op.create_index_online`, ….

They register themselves with Alembic; whoever is to know them imports this.
"""

from __future__ import annotations

from colonnade.migrations.backfilling import BackfillOp
from colonnade.migrations.enums import AlterEnumOp
from colonnade.migrations.online import (
    ContractColumnOp,
    CreateCheckOnlineOp,
    CreateForeignKeyOnlineOp,
    CreateIndexOnlineOp,
    ExpandColumnOp,
    SetNotNullOnlineOp,
)
from colonnade.migrations.touching import CreateTouchOp, DropTouchOp
from colonnade.migrations.views import CreateViewOp, DropViewOp

__all__ = ["OPERATIONS", "register_operations"]

OPERATIONS = (
    AlterEnumOp,
    BackfillOp,
    ContractColumnOp,
    CreateCheckOnlineOp,
    CreateForeignKeyOnlineOp,
    CreateIndexOnlineOp,
    CreateTouchOp,
    CreateViewOp,
    DropTouchOp,
    DropViewOp,
    ExpandColumnOp,
    SetNotNullOnlineOp,
)


def register_operations() -> None:
    """Let Alembic know the operations; that they were imported was enough."""
