"""The initial schema: projects, documents, what is in them, and what disagrees

Revision ID: 3c1d5e7a9b20
Revises:
Create Date: 2025-04-16 18:00:00+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from colonnade.models import CodePointEnum, CodePointString, CodePointText, Json, UTCDateTime, utcnow

revision: str = "3c1d5e7a9b20"
down_revision: str | Sequence[str] | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = (
    "inconsistencies",
    "projects",
    "recommendations",
    "developer_decisions",
    "documents",
    "recommendation_inconsistencies",
    "change_records",
    "classes",
    "design_decisions",
    "document_relationships",
    "functions",
    "inconsistency_documents",
    "suggested_changes",
)
"""In the order in which they refer to each other."""

TOUCHED = tuple(
    name for name in TABLES if name not in ("inconsistency_documents", "recommendation_inconsistencies")
)
"""Those with a time of their last change."""


def upgrade() -> None:
    """Make the tables; lists are kept as text, an item a line."""
    op.create_table(
        "inconsistencies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("timestamp", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.Column(
            "severity",
            CodePointEnum(
                "Critical", "Major", "Minor", name="severity", native_enum=False, create_constraint=True
            ),
            nullable=False,
        ),
        sa.Column(
            "type",
            CodePointEnum(
                "DocToDoc",
                "DocToCode",
                "DesignDecisionViolation",
                name="type",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("description", CodePointText(), nullable=False),
        sa.Column("suggested_resolution", CodePointText(), nullable=True),
        sa.Column(
            "status",
            CodePointEnum(
                "Pending",
                "InRecommendation",
                "Resolved",
                name="status",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("created_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inconsistencies")),
    )
    op.create_index(op.f("ix_inconsistencies_status_severity"), "inconsistencies", ["status", "severity"])

    op.create_table(
        "projects",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", CodePointString(length=670), nullable=False),
        sa.Column("root_path", CodePointString(length=670), nullable=False),
        sa.Column("description", CodePointText(), nullable=True),
        sa.Column("created_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("root_path", name=op.f("uq_projects_root_path")),
    )
    op.create_table(
        "recommendations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("creation_timestamp", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.Column("title", CodePointText(), nullable=False),
        sa.Column(
            "status",
            CodePointEnum(
                "Active",
                "Accepted",
                "Rejected",
                "Amended",
                "Invalidated",
                name="status",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("developer_feedback", CodePointText(), nullable=True),
        sa.Column("last_codebase_change_timestamp", UTCDateTime(), nullable=True),
        sa.Column("created_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recommendations")),
    )
    op.create_index(op.f("ix_recommendations_status"), "recommendations", ["status"])

    op.create_table(
        "developer_decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("recommendation_id", sa.Integer(), nullable=False),
        sa.Column("timestamp", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.Column(
            "decision",
            CodePointEnum(
                "Accept", "Reject", "Amend", name="decision", native_enum=False, create_constraint=True
            ),
            nullable=False,
        ),
        sa.Column("comments", CodePointText(), nullable=True),
        sa.Column("implementation_timestamp", UTCDateTime(), nullable=True),
        sa.Column("created_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.ForeignKeyConstraint(
            ["recommendation_id"],
            ["recommendations.id"],
            name=op.f("fk_developer_decisions_recommendation_id_recommendations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_developer_decisions")),
    )
    op.create_index(
        op.f("ix_developer_decisions_recommendation_id"), "developer_decisions", ["recommendation_id"]
    )

    op.create_table(
        "documents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("path", CodePointString(length=670), nullable=False),
        sa.Column(
            "type",
            CodePointEnum(
                "Code", "Markdown", "Header", "Config", name="type", native_enum=False, create_constraint=True
            ),
            nullable=False,
        ),
        sa.Column("last_modified", UTCDateTime(), nullable=False),
        sa.Column("file_size", sa.BigInteger(), nullable=False),
        sa.Column("digest", CodePointString(length=32), nullable=False),
        sa.Column("content", CodePointText(), nullable=True),
        sa.Column("intent", CodePointText(), nullable=True),
        sa.Column("design_principles", CodePointText(), nullable=False),
        sa.Column("constraints", CodePointText(), nullable=False),
        sa.Column("reference_documentation", CodePointText(), nullable=False),
        sa.Column("imports", Json(), nullable=False),
        sa.Column("problem", CodePointText(), nullable=True),
        sa.Column("created_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.CheckConstraint("file_size >= 0", name=op.f("ck_documents_file_size_not_negative")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_documents_project_id_projects"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
        sa.UniqueConstraint("project_id", "path", name=op.f("uq_documents_project_id_path")),
    )
    op.create_index(op.f("ix_documents_project_id_digest"), "documents", ["project_id", "digest"])

    op.create_table(
        "recommendation_inconsistencies",
        sa.Column("recommendation_id", sa.Integer(), nullable=False),
        sa.Column("inconsistency_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inconsistency_id"],
            ["inconsistencies.id"],
            name=op.f("fk_recommendation_inconsistencies_inconsistency_id_inconsistencies"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["recommendation_id"],
            ["recommendations.id"],
            name=op.f("fk_recommendation_inconsistencies_recommendation_id_recommendations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "recommendation_id", "inconsistency_id", name=op.f("pk_recommendation_inconsistencies")
        ),
    )
    op.create_index(
        op.f("ix_recommendation_inconsistencies_inconsistency_id"),
        "recommendation_inconsistencies",
        ["inconsistency_id"],
    )

    op.create_table(
        "change_records",
        sa.Column("timestamp", UTCDateTime(), nullable=False),
        sa.Column("summary", CodePointText(), nullable=False),
        sa.Column("details", CodePointText(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name=op.f("fk_change_records_document_id_documents"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_records")),
    )
    op.create_index(op.f("ix_change_records_document_id"), "change_records", ["document_id"])

    op.create_table(
        "classes",
        sa.Column("bases", CodePointText(), nullable=False),
        sa.Column("name", CodePointText(), nullable=False),
        sa.Column("intent", CodePointText(), nullable=True),
        sa.Column("design_principles", CodePointText(), nullable=False),
        sa.Column("implementation_details", CodePointText(), nullable=True),
        sa.Column("design_decisions", CodePointText(), nullable=False),
        sa.Column("start_line", sa.Integer(), nullable=False),
        sa.Column("end_line", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.CheckConstraint("end_line >= start_line", name=op.f("ck_classes_lines_in_order")),
        sa.CheckConstraint("start_line >= 1", name=op.f("ck_classes_start_line_positive")),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name=op.f("fk_classes_document_id_documents"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_classes")),
    )
    op.create_index(op.f("ix_classes_document_id"), "classes", ["document_id"])

    op.create_table(
        "design_decisions",
        sa.Column("description", CodePointText(), nullable=False),
        sa.Column("rationale", CodePointText(), nullable=True),
        sa.Column("alternatives", CodePointText(), nullable=True),
        sa.Column("decision_date", sa.Date(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name=op.f("fk_design_decisions_document_id_documents"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_design_decisions")),
    )
    op.create_index(op.f("ix_design_decisions_document_id"), "design_decisions", ["document_id"])

    op.create_table(
        "document_relationships",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column(
            "relationship_type",
            CodePointEnum(
                "DependsOn",
                "Impacts",
                "Implements",
                "Extends",
                name="relationship_type",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("topic", CodePointText(), nullable=True),
        sa.Column("scope", CodePointText(), nullable=True),
        sa.Column("created_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["documents.id"],
            name=op.f("fk_document_relationships_source_id_documents"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["target_id"],
            ["documents.id"],
            name=op.f("fk_document_relationships_target_id_documents"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_relationships")),
    )
    op.create_index(op.f("ix_document_relationships_source_id"), "document_relationships", ["source_id"])
    op.create_index(op.f("ix_document_relationships_target_id"), "document_relationships", ["target_id"])

    op.create_table(
        "functions",
        sa.Column("parameters", CodePointText(), nullable=False),
        sa.Column("name", CodePointText(), nullable=False),
        sa.Column("intent", CodePointText(), nullable=True),
        sa.Column("design_principles", CodePointText(), nullable=False),
        sa.Column("implementation_details", CodePointText(), nullable=True),
        sa.Column("design_decisions", CodePointText(), nullable=False),
        sa.Column("start_line", sa.Integer(), nullable=False),
        sa.Column("end_line", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.CheckConstraint("end_line >= start_line", name=op.f("ck_functions_lines_in_order")),
        sa.CheckConstraint("start_line >= 1", name=op.f("ck_functions_start_line_positive")),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name=op.f("fk_functions_document_id_documents"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_functions")),
    )
    op.create_index(op.f("ix_functions_document_id"), "functions", ["document_id"])

    op.create_table(
        "inconsistency_documents",
        sa.Column("inconsistency_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name=op.f("fk_inconsistency_documents_document_id_documents"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["inconsistency_id"],
            ["inconsistencies.id"],
            name=op.f("fk_inconsistency_documents_inconsistency_id_inconsistencies"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("inconsistency_id", "document_id", name=op.f("pk_inconsistency_documents")),
    )
    op.create_index(
        op.f("ix_inconsistency_documents_document_id"), "inconsistency_documents", ["document_id"]
    )

    op.create_table(
        "suggested_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("recommendation_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column(
            "change_type",
            CodePointEnum(
                "Addition",
                "Deletion",
                "Modification",
                name="change_type",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("location", CodePointText(), nullable=True),
        sa.Column("before_text", CodePointText(), nullable=True),
        sa.Column("after_text", CodePointText(), nullable=True),
        sa.Column("created_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), server_default=utcnow(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name=op.f("fk_suggested_changes_document_id_documents"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["recommendation_id"],
            ["recommendations.id"],
            name=op.f("fk_suggested_changes_recommendation_id_recommendations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggested_changes")),
    )
    op.create_index(op.f("ix_suggested_changes_document_id"), "suggested_changes", ["document_id"])
    op.create_index(
        op.f("ix_suggested_changes_recommendation_id"), "suggested_changes", ["recommendation_id"]
    )
    for name in TOUCHED:
        op.create_touch(name, "updated_at")  # type: ignore[attr-defined]


def downgrade() -> None:
    """Drop the tables, with all that is in them."""
    for name in reversed(TABLES):
        op.drop_table(name)
