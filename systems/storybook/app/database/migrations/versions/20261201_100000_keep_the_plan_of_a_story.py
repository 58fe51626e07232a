"""Keep the plan that a story was written by

Revision ID: 0002
Revises: 0001
Create Date: 2026-12-01 10:00:00.000000+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from colonnade.models import CodePointText

revision: str = "0002"
down_revision: str | Sequence[str] | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Bring the schema up."""
    with op.batch_alter_table("stories") as batch_op:
        batch_op.add_column(sa.Column("plan_used", CodePointText(), nullable=True))


def downgrade() -> None:
    """Bring the schema back down."""
    with op.batch_alter_table("stories") as batch_op:
        batch_op.drop_column("plan_used")
