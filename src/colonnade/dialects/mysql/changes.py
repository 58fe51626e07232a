"""Operations of one Alembic context that keep what they weren't asked to change."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


def keeping(context: MigrationContext) -> None:
    """Let the operations of this context keep all that they aren't asked to change; see the contract."""
