"""Users, characters, stories and images

Revision ID: 0001
Revises:
Create Date: 2026-12-01 03:51:03.868185+00:00
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from colonnade.models import (
    Bytes,
    CodePointEnum,
    CodePointString,
    CodePointText,
    ExactDecimal,
    Json,
    UTCDateTime,
    utcnow,
)

revision: str = "0001"
down_revision: str | Sequence[str] | None = None
touch: Any = op  # with Colonnade's own directives
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Bring the schema up."""
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", CodePointString(length=50), nullable=False),
        sa.Column("email", CodePointString(length=254), nullable=False),
        sa.Column("password_hash", CodePointString(), nullable=False),
        sa.Column("first_name", CodePointString(length=100), nullable=True),
        sa.Column("last_name", CodePointString(length=100), nullable=True),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_users_email_without_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sa.UniqueConstraint("username", name=op.f("uq_users_username")),
    )
    op.create_table(
        "characters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", CodePointString(length=100), nullable=False),
        sa.Column("traits", Json(), nullable=False),
        sa.Column("image_prompt", CodePointText(), nullable=True),
        sa.Column("image_path", CodePointString(length=500), nullable=True),
        sa.Column("generated_images", Json(), nullable=False),
        sa.Column("created_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_characters_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_characters")),
        sa.UniqueConstraint("id", "user_id", name=op.f("uq_characters_id_user_id")),
    )
    with op.batch_alter_table("characters", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_characters_name"), ["name"], unique=False)
        batch_op.create_index(batch_op.f("ix_characters_user_id"), ["user_id"], unique=False)

    op.create_table(
        "stories",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("character_id", sa.Integer(), nullable=False),
        sa.Column("title", CodePointString(length=200), nullable=False),
        sa.Column("content", Json(), nullable=False),
        sa.Column(
            "age_group",
            CodePointEnum(
                "1-2", "3-5", "6-8", "9-12", name="age_group", native_enum=False, create_constraint=True
            ),
            nullable=False,
        ),
        sa.Column("page_count", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            CodePointEnum(
                "draft",
                "generating",
                "completed",
                "failed",
                name="status",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("generation_cost", ExactDecimal(10, 4), nullable=False),
        sa.Column(
            "moral_lesson",
            CodePointEnum(
                "kindness",
                "courage",
                "friendship",
                "honesty",
                "perseverance",
                name="moral_lesson",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=True,
        ),
        sa.Column(
            "story_tone",
            CodePointEnum(
                "whimsical",
                "educational",
                "adventurous",
                "calming",
                name="story_tone",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("constraints", Json(), nullable=True),
        sa.Column("created_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.CheckConstraint("generation_cost >= 0", name=op.f("ck_stories_generation_cost_not_negative")),
        sa.CheckConstraint("page_count >= 0", name=op.f("ck_stories_page_count_not_negative")),
        sa.ForeignKeyConstraint(
            ["character_id", "user_id"],
            ["characters.id", "characters.user_id"],
            name=op.f("fk_stories_character_id_user_id_characters"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_stories_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stories")),
    )
    with op.batch_alter_table("stories", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stories_character_id"), ["character_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_stories_status"), ["status"], unique=False)
        batch_op.create_index(batch_op.f("ix_stories_title"), ["title"], unique=False)
        batch_op.create_index(batch_op.f("ix_stories_user_id"), ["user_id"], unique=False)

    op.create_table(
        "images",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("data", Bytes(), nullable=False),
        sa.Column("format", CodePointString(length=10), nullable=False),
        sa.Column("story_id", sa.Integer(), nullable=True),
        sa.Column("character_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("model_version", CodePointString(length=100), nullable=True),
        sa.Column("generation_cost", ExactDecimal(10, 4), nullable=False),
        sa.Column("grid_position", sa.Integer(), nullable=True),
        sa.Column("regeneration_count", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.CheckConstraint("generation_cost >= 0", name=op.f("ck_images_generation_cost_not_negative")),
        sa.CheckConstraint("regeneration_count >= 0", name=op.f("ck_images_regeneration_count_not_negative")),
        sa.ForeignKeyConstraint(
            ["character_id"],
            ["characters.id"],
            name=op.f("fk_images_character_id_characters"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["story_id"], ["stories.id"], name=op.f("fk_images_story_id_stories"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_images_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_images")),
    )
    with op.batch_alter_table("images", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_images_character_id"), ["character_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_images_story_id"), ["story_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_images_user_id"), ["user_id"], unique=False)

    touch.create_touch("users", "updated_at")
    touch.create_touch("characters", "updated_at")
    touch.create_touch("stories", "updated_at")
    touch.create_touch("images", "updated_at")


def downgrade() -> None:
    """Bring the schema back down."""
    touch.drop_touch("images", "updated_at")
    touch.drop_touch("stories", "updated_at")
    touch.drop_touch("characters", "updated_at")
    touch.drop_touch("users", "updated_at")
    with op.batch_alter_table("images", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_images_user_id"))
        batch_op.drop_index(batch_op.f("ix_images_story_id"))
        batch_op.drop_index(batch_op.f("ix_images_character_id"))

    op.drop_table("images")
    with op.batch_alter_table("stories", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stories_user_id"))
        batch_op.drop_index(batch_op.f("ix_stories_title"))
        batch_op.drop_index(batch_op.f("ix_stories_status"))
        batch_op.drop_index(batch_op.f("ix_stories_character_id"))

    op.drop_table("stories")
    with op.batch_alter_table("characters", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_characters_user_id"))
        batch_op.drop_index(batch_op.f("ix_characters_name"))

    op.drop_table("characters")
    op.drop_table("users")
