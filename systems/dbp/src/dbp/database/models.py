"""dbp's tables: a project's documents, what is in each, how they hang together, and where they disagree.

Paths are relative to the project's root, with `/` between folders. Lines are counted from 1, and the last one
belongs to what it ends. Lists are JSON.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, relationship

from colonnade import SchemaVersion
from colonnade.models import Conventions, TimestampMixin, UTCDateTime, utcnow
from dbp.source.kind import DocumentType

__all__ = [
    "Base",
    "ChangeRecord",
    "ChangeType",
    "Class",
    "Decision",
    "DesignDecision",
    "DeveloperDecision",
    "Document",
    "DocumentRelationship",
    "DocumentType",
    "Function",
    "Inconsistency",
    "InconsistencyStatus",
    "InconsistencyType",
    "Project",
    "Recommendation",
    "RecommendationStatus",
    "RelationshipType",
    "SchemaVersion",
    "Severity",
    "SuggestedChange",
]

# The longest text that a unique index takes everywhere, all its characters being of four bytes:
# PostgreSQL 15 refuses an index entry above 2,704 bytes, MariaDB's InnoDB one above 3,072.
PATH_LENGTH = 670


class Base(Conventions, DeclarativeBase):
    """The base of this system's models, with a metadata of its own."""


class RelationshipType(StrEnum):
    """How one document hangs together with another."""

    DEPENDS_ON = "DependsOn"
    IMPACTS = "Impacts"
    IMPLEMENTS = "Implements"
    EXTENDS = "Extends"


class Severity(StrEnum):
    """How bad an inconsistency is, the worst first."""

    CRITICAL = "Critical"
    MAJOR = "Major"
    MINOR = "Minor"


class InconsistencyType(StrEnum):
    """What disagrees with what."""

    DOC_TO_DOC = "DocToDoc"
    DOC_TO_CODE = "DocToCode"
    DESIGN_DECISION_VIOLATION = "DesignDecisionViolation"


class InconsistencyStatus(StrEnum):
    """What has become of an inconsistency."""

    PENDING = "Pending"
    IN_RECOMMENDATION = "InRecommendation"
    RESOLVED = "Resolved"


class RecommendationStatus(StrEnum):
    """What has become of a recommendation; at most one is Active."""

    ACTIVE = "Active"
    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    AMENDED = "Amended"
    INVALIDATED = "Invalidated"


class ChangeType(StrEnum):
    """What a suggested change does to a document."""

    ADDITION = "Addition"
    DELETION = "Deletion"
    MODIFICATION = "Modification"


class Decision(StrEnum):
    """What a developer answers to a recommendation."""

    ACCEPT = "Accept"
    REJECT = "Reject"
    AMEND = "Amend"


def _now() -> datetime:
    return datetime.now(UTC)


def _instant() -> Any:
    """Give a column for the moment at which something happened; that of the INSERT where none is given."""
    return mapped_column(UTCDateTime, insert_default=_now, server_default=utcnow())


class Project(TimestampMixin, Base):
    """A source tree; deleting it takes all that was found in it along."""

    __tablename__ = "projects"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(PATH_LENGTH))
    root_path: Mapped[str] = mapped_column(String(PATH_LENGTH), unique=True)
    description: Mapped[str | None] = mapped_column(Text)

    documents: Mapped[list[Document]] = relationship(
        back_populates="project", cascade="all, delete-orphan", passive_deletes=True, order_by="Document.path"
    )


class Document(TimestampMixin, Base):
    """A file of a project: what the file system says of it, what is in it, what its header says.

    `imports` are the names that a Python file imports, by where. `problem` tells why the file couldn't be
    read as what it is; `content` is None where it isn't text.
    """

    __tablename__ = "documents"

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey(Project.id, ondelete="CASCADE"))
    path: Mapped[str] = mapped_column(String(PATH_LENGTH))
    type: Mapped[DocumentType] = mapped_column()
    last_modified: Mapped[datetime] = mapped_column()
    file_size: Mapped[int] = mapped_column(BigInteger)
    md5_digest: Mapped[str] = mapped_column(String(32))
    content: Mapped[str | None] = mapped_column(Text)
    intent: Mapped[str | None] = mapped_column(Text)
    design_principles: Mapped[list[str]] = mapped_column(default=list)
    constraints: Mapped[list[str]] = mapped_column(default=list)
    reference_documentation: Mapped[list[dict[str, str]]] = mapped_column(default=list)
    imports: Mapped[dict[str, list[str]]] = mapped_column(default=dict)
    problem: Mapped[str | None] = mapped_column(Text)

    project: Mapped[Project] = relationship(back_populates="documents")
    functions: Mapped[list[Function]] = relationship(
        back_populates="document", cascade="all, delete-orphan", passive_deletes=True, order_by="Function.id"
    )
    classes: Mapped[list[Class]] = relationship(
        back_populates="document", cascade="all, delete-orphan", passive_deletes=True, order_by="Class.id"
    )
    design_decisions: Mapped[list[DesignDecision]] = relationship(
        back_populates="document",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="DesignDecision.id",
    )
    change_records: Mapped[list[ChangeRecord]] = relationship(
        back_populates="document",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="ChangeRecord.id",
    )

    __table_args__ = (
        UniqueConstraint("project_id", "path"),
        CheckConstraint(file_size >= 0, name="file_size_not_negative"),
        Index(None, "project_id", "md5_digest"),
    )


class DocumentPart(TimestampMixin):
    """What every part of a document has; it goes with its document."""

    id: Mapped[int] = mapped_column(primary_key=True)

    @declared_attr
    def document_id(cls) -> Mapped[int]:
        return mapped_column(ForeignKey(Document.id, ondelete="CASCADE"), index=True)


class Described(DocumentPart):
    """A function or a class: what its docstring says, and the lines that it stands on."""

    name: Mapped[str] = mapped_column(Text)
    intent: Mapped[str | None] = mapped_column(Text)
    design_principles: Mapped[list[str]] = mapped_column(default=list)
    implementation_details: Mapped[str | None] = mapped_column(Text)
    design_decisions: Mapped[list[str]] = mapped_column(default=list)
    start_line: Mapped[int] = mapped_column()
    end_line: Mapped[int] = mapped_column()

    @declared_attr.directive
    def __table_args__(cls) -> tuple[CheckConstraint, ...]:
        return (
            CheckConstraint("start_line >= 1", name="start_line_positive"),
            CheckConstraint("end_line >= start_line", name="lines_in_order"),
        )


class Function(Described, Base):
    """A function or method; `name` is the qualified one, `parameters` are as they stand in the source."""

    __tablename__ = "functions"

    parameters: Mapped[list[str]] = mapped_column(default=list)

    document: Mapped[Document] = relationship(back_populates="functions")


class Class(Described, Base):
    """A class; `name` is the qualified one, `bases` are as they stand in the source."""

    __tablename__ = "classes"

    bases: Mapped[list[str]] = mapped_column(default=list)

    document: Mapped[Document] = relationship(back_populates="classes")


class DesignDecision(DocumentPart, Base):
    """A decision that a document's header tells of."""

    __tablename__ = "design_decisions"

    description: Mapped[str] = mapped_column(Text)
    rationale: Mapped[str | None] = mapped_column(Text)
    alternatives: Mapped[str | None] = mapped_column(Text)
    decision_date: Mapped[date | None] = mapped_column()

    document: Mapped[Document] = relationship(back_populates="design_decisions")


class ChangeRecord(DocumentPart, Base):
    """An entry of a document's history."""

    __tablename__ = "change_records"

    timestamp: Mapped[datetime] = mapped_column()
    summary: Mapped[str] = mapped_column(Text)
    details: Mapped[str | None] = mapped_column(Text)

    document: Mapped[Document] = relationship(back_populates="change_records")


class DocumentRelationship(TimestampMixin, Base):
    """One document's dependence on another, its influence, what it implements or extends."""

    __tablename__ = "document_relationships"

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey(Document.id, ondelete="CASCADE"), index=True)
    target_id: Mapped[int] = mapped_column(ForeignKey(Document.id, ondelete="CASCADE"), index=True)
    relationship_type: Mapped[RelationshipType] = mapped_column()
    topic: Mapped[str | None] = mapped_column(Text)
    scope: Mapped[str | None] = mapped_column(Text)

    source: Mapped[Document] = relationship(foreign_keys=[source_id])
    target: Mapped[Document] = relationship(foreign_keys=[target_id])

    __table_args__ = (CheckConstraint("source_id <> target_id", name="not_itself"),)


inconsistency_documents = Table(
    "inconsistency_documents",
    Base.metadata,
    Column("inconsistency_id", ForeignKey("inconsistencies.id", ondelete="CASCADE"), primary_key=True),
    Column("document_id", ForeignKey(Document.id, ondelete="CASCADE"), primary_key=True, index=True),
)

recommendation_inconsistencies = Table(
    "recommendation_inconsistencies",
    Base.metadata,
    Column("recommendation_id", ForeignKey("recommendations.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "inconsistency_id", ForeignKey("inconsistencies.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
)


class Inconsistency(TimestampMixin, Base):
    """A place where documents and code, or two documents, disagree."""

    __tablename__ = "inconsistencies"

    id: Mapped[int] = mapped_column(primary_key=True)
    timestamp: Mapped[datetime] = _instant()
    severity: Mapped[Severity] = mapped_column()
    type: Mapped[InconsistencyType] = mapped_column()
    description: Mapped[str] = mapped_column(Text)
    suggested_resolution: Mapped[str | None] = mapped_column(Text)
    status: Mapped[InconsistencyStatus] = mapped_column(default=InconsistencyStatus.PENDING)

    affected_documents: Mapped[list[Document]] = relationship(
        secondary=inconsistency_documents, passive_deletes=True, order_by=Document.path
    )
    recommendations: Mapped[list[Recommendation]] = relationship(
        secondary=recommendation_inconsistencies, back_populates="inconsistencies", passive_deletes=True
    )

    __table_args__ = (Index(None, "status", "severity"),)


class Recommendation(TimestampMixin, Base):
    """What is proposed to settle inconsistencies; at most one is Active at a time."""

    __tablename__ = "recommendations"

    id: Mapped[int] = mapped_column(primary_key=True)
    creation_timestamp: Mapped[datetime] = _instant()
    title: Mapped[str] = mapped_column(Text)
    status: Mapped[RecommendationStatus] = mapped_column(default=RecommendationStatus.ACTIVE, index=True)
    developer_feedback: Mapped[str | None] = mapped_column(Text)
    last_codebase_change_timestamp: Mapped[datetime | None] = mapped_column()
    # Unique, and NULL for all but the active one. A partial index would say it better; MySQL has none.
    only_active: Mapped[int | None] = mapped_column(
        SmallInteger,
        Computed("CASE WHEN status = 'Active' THEN 1 END", persisted=True),
        unique=True,
        sort_order=999,  # where a migration that adds it puts it
    )

    inconsistencies: Mapped[list[Inconsistency]] = relationship(
        secondary=recommendation_inconsistencies,
        back_populates="recommendations",
        passive_deletes=True,
        order_by=Inconsistency.id,
    )
    suggested_changes: Mapped[list[SuggestedChange]] = relationship(
        back_populates="recommendation",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="SuggestedChange.id",
    )
    decisions: Mapped[list[DeveloperDecision]] = relationship(
        back_populates="recommendation",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="DeveloperDecision.id",
    )


class SuggestedChange(TimestampMixin, Base):
    """A change to one document: the text that stands there, and the text to be put in its place."""

    __tablename__ = "suggested_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    recommendation_id: Mapped[int] = mapped_column(
        ForeignKey(Recommendation.id, ondelete="CASCADE"), index=True
    )
    document_id: Mapped[int] = mapped_column(ForeignKey(Document.id, ondelete="CASCADE"), index=True)
    change_type: Mapped[ChangeType] = mapped_column()
    location: Mapped[str | None] = mapped_column(Text)
    before_text: Mapped[str | None] = mapped_column(Text)
    after_text: Mapped[str | None] = mapped_column(Text)

    recommendation: Mapped[Recommendation] = relationship(back_populates="suggested_changes")
    document: Mapped[Document] = relationship()


class DeveloperDecision(TimestampMixin, Base):
    """A developer's answer to a recommendation, and when it was carried out."""

    __tablename__ = "developer_decisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    recommendation_id: Mapped[int] = mapped_column(
        ForeignKey(Recommendation.id, ondelete="CASCADE"), index=True
    )
    timestamp: Mapped[datetime] = _instant()
    decision: Mapped[Decision] = mapped_column()
    comments: Mapped[str | None] = mapped_column(Text)
    implementation_timestamp: Mapped[datetime | None] = mapped_column()

    recommendation: Mapped[Recommendation] = relationship(back_populates="decisions")
