"""A digest's column says which kind it is

Revision ID: c6e91b7f2d38
Revises: a85f03d6c914
Create Date: 2025-05-02 09:00:00+00:00
"""

from collections.abc import Sequence

from alembic import op

from colonnade.models import CodePointString

revision: str = "c6e91b7f2d38"
down_revision: str | Sequence[str] | None = "a85f03d6c914"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Rename documents.digest to md5_digest, and its index."""
    _rename("digest", "md5_digest")


def downgrade() -> None:
    """Rename it back."""
    _rename("md5_digest", "digest")


def _rename(old: str, new: str) -> None:
    # The new index first: on MySQL the foreign key of project_id needs one at any moment.
    with op.batch_alter_table("documents") as batch:
        batch.alter_column(
            old, new_column_name=new, existing_type=CodePointString(32), existing_nullable=False
        )
    if op.get_context().dialect.name == "sqlite":
        # A batch of plain Alembic's leaves the trigger behind.
        op.create_touch("documents", "updated_at")  # type: ignore[attr-defined]
    op.create_index(op.f(f"ix_documents_project_id_{new}"), "documents", ["project_id", new])
    op.drop_index(op.f(f"ix_documents_project_id_{old}"), "documents")
