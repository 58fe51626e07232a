"""Frame numbers of 64 bits

Some containers name 90,000 ticks a second as their rate: 32 bits end after six and a half hours of those.

Revision ID: c27be95f0412
Revises: 8a41d0c3e611
Create Date: 2025-05-18 10:00:00+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "c27be95f0412"
down_revision: str | Sequence[str] | None = "8a41d0c3e611"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Widen both ends of a clip."""
    with op.batch_alter_table("clips") as batch:
        for name in ("in_point", "out_point"):
            batch.alter_column(
                name, existing_type=sa.Integer(), existing_nullable=False, type_=sa.BigInteger()
            )


def downgrade() -> None:
    """Narrow them again, which the database refuses where a number doesn't fit."""
    with op.batch_alter_table("clips") as batch:
        for name in ("in_point", "out_point"):
            batch.alter_column(
                name, existing_type=sa.BigInteger(), existing_nullable=False, type_=sa.Integer()
            )
