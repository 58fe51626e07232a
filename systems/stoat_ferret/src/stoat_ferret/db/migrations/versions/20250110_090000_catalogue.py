"""The catalogue: projects, videos and clips

Revision ID: 5f0c1a2b7d10
Revises:
Create Date: 2025-01-10 09:00:00+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from colonnade.models import CodePointString, CodePointText, UTCDateTime, utcnow

revision: str = "5f0c1a2b7d10"
down_revision: str | Sequence[str] | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# What a unique index takes everywhere, all characters being of four bytes.
PATH = CodePointString(670)


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "projects",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", CodePointString(), nullable=False),
        sa.Column("description", CodePointText(), nullable=True),
        sa.Column("workspace_path", PATH, nullable=False),
        sa.Column("created_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("workspace_path", name=op.f("uq_projects_workspace_path")),
    )
    op.create_index("ix_projects_name", "projects", ["name"])
    op.create_touch("projects", "updated_at")  # type: ignore[attr-defined]
    op.create_table(
        "videos",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("filename", CodePointString(), nullable=False),
        sa.Column("path", PATH, nullable=False),
        sa.Column("duration", sa.Double(), nullable=False),
        sa.Column("framerate_num", sa.Integer(), nullable=False),
        sa.Column("framerate_den", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.CheckConstraint("duration >= 0", name=op.f("ck_videos_duration_not_negative")),
        sa.CheckConstraint("duration <= 1e+300", name=op.f("ck_videos_duration_finite")),
        sa.CheckConstraint("framerate_num > 0", name=op.f("ck_videos_framerate_num_positive")),
        sa.CheckConstraint("framerate_den > 0", name=op.f("ck_videos_framerate_den_positive")),
        sa.CheckConstraint("width > 0", name=op.f("ck_videos_width_positive")),
        sa.CheckConstraint("height > 0", name=op.f("ck_videos_height_positive")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_videos_project_id_projects"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_videos")),
        sa.UniqueConstraint("project_id", "path", name=op.f("uq_videos_project_id_path")),
    )
    op.create_index("ix_videos_project_id", "videos", ["project_id"])
    op.create_index("ix_videos_filename", "videos", ["filename"])
    op.create_table(
        "clips",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("video_id", sa.Integer(), nullable=False),
        sa.Column("in_point", sa.Integer(), nullable=False),
        sa.Column("out_point", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.CheckConstraint("in_point >= 0", name=op.f("ck_clips_in_point_not_negative")),
        sa.CheckConstraint("out_point > in_point", name=op.f("ck_clips_out_point_after_in_point")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_clips_project_id_projects"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.id"], name=op.f("fk_clips_video_id_videos"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clips")),
    )
    op.create_index("ix_clips_project_id", "clips", ["project_id"])
    op.create_index("ix_clips_video_id_in_point_out_point", "clips", ["video_id", "in_point", "out_point"])


def downgrade() -> None:
    """Drop the three tables, with all that is in them."""
    op.drop_table("clips")
    op.drop_table("videos")
    op.drop_touch("projects", "updated_at")  # type: ignore[attr-defined]
    op.drop_table("projects")
