"""One active recommendation, and no relationship of a document to itself

Two runs at once could each leave a recommendation Active, and files that import themselves were linked to
themselves. Of several active recommendations the newest stays, the others count as invalidated; relationships
of a document to itself say nothing and go.

Revision ID: a85f03d6c914
Revises: 7d42b8c06e51
Create Date: 2025-04-23 17:50:00+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "a85f03d6c914"
down_revision: str | Sequence[str] | None = "7d42b8c06e51"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Mend what breaks the two rules, then let the database hold them."""
    # MySQL reads no table that it's updating, unless through a derived one.
    op.execute(
        "UPDATE recommendations SET status = 'Invalidated' WHERE status = 'Active' AND id <> (SELECT newest"
        " FROM (SELECT max(id) AS newest FROM recommendations WHERE status = 'Active') AS active)"
    )
    op.execute("DELETE FROM document_relationships WHERE source_id = target_id")
    with op.batch_alter_table("recommendations") as batch:
        batch.add_column(
            sa.Column(
                "only_active",
                sa.SmallInteger(),
                sa.Computed("CASE WHEN status = 'Active' THEN 1 END", persisted=True),
                nullable=True,
            )
        )
        batch.create_unique_constraint(op.f("uq_recommendations_only_active"), ["only_active"])
    with op.batch_alter_table("document_relationships") as batch:
        batch.create_check_constraint(op.f("ck_document_relationships_not_itself"), "source_id <> target_id")
    _keep_touches()


def downgrade() -> None:
    """Let go of both rules; what was mended stays mended."""
    with op.batch_alter_table("document_relationships") as batch:
        batch.drop_constraint(op.f("ck_document_relationships_not_itself"), type_="check")
    with op.batch_alter_table("recommendations") as batch:
        batch.drop_constraint(op.f("uq_recommendations_only_active"), type_="unique")
        batch.drop_column("only_active")
    _keep_touches()


def _keep_touches() -> None:
    """Make the triggers that a batch of plain Alembic's leaves behind on SQLite."""
    if op.get_context().dialect.name == "sqlite":
        for table in ("recommendations", "document_relationships"):
            op.create_touch(table, "updated_at")  # type: ignore[attr-defined]
