"""A clip's project is its video's project

Until now nothing held the two together. Where they differ, the video is right: a clip was cut from it.

Revision ID: e913ac47d8f5
Revises: c27be95f0412
Create Date: 2025-07-04 15:00:00+00:00
"""

from collections.abc import Sequence

from alembic import op

revision: str = "e913ac47d8f5"
down_revision: str | Sequence[str] | None = "c27be95f0412"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

VIDEOS_PROJECT = "(SELECT videos.project_id FROM videos WHERE videos.id = clips.video_id)"


def upgrade() -> None:
    """Mend the clips, then let the database hold a clip to its video's project."""
    op.execute(f"UPDATE clips SET project_id = {VIDEOS_PROJECT} WHERE project_id <> {VIDEOS_PROJECT}")
    with op.batch_alter_table("videos") as batch:
        batch.create_unique_constraint(op.f("uq_videos_id_project_id"), ["id", "project_id"])
    op.create_index(op.f("ix_clips_video_id_project_id"), "clips", ["video_id", "project_id"])
    with op.batch_alter_table("clips") as batch:
        batch.drop_constraint(op.f("fk_clips_video_id_videos"), type_="foreignkey")
        batch.create_foreign_key(
            op.f("fk_clips_video_id_project_id_videos"),
            "videos",
            ["video_id", "project_id"],
            ["id", "project_id"],
            ondelete="CASCADE",
        )


def downgrade() -> None:
    """Hold a clip to its video alone; the mended projects stay as they are."""
    with op.batch_alter_table("clips") as batch:
        batch.drop_constraint(op.f("fk_clips_video_id_project_id_videos"), type_="foreignkey")
        batch.create_foreign_key(
            op.f("fk_clips_video_id_videos"), "videos", ["video_id"], ["id"], ondelete="CASCADE"
        )
    op.drop_index(op.f("ix_clips_video_id_project_id"), "clips")
    with op.batch_alter_table("videos") as batch:
        batch.drop_constraint(op.f("uq_videos_id_project_id"), type_="unique")
