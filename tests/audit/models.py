"""The audited models of these tests."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, String, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from colonnade.audit import Audit
from colonnade.models import Conventions, SoftDeleteMixin, TimestampMixin


class Base(Conventions, DeclarativeBase):
    """The base of these tests."""


class Project(Base):
    """Audited, and what others refer to."""

    __tablename__ = "projects"
    __audit__ = Audit()

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    note: Mapped[str | None]

    videos: Mapped[list[Video]] = relationship(passive_deletes=True)


class Video(Base):
    """Goes with its project."""

    __tablename__ = "videos"
    __audit__ = Audit()

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey(Project.id, ondelete="CASCADE", onupdate="CASCADE"))
    path: Mapped[str] = mapped_column(unique=True)


class Clip(Base):
    """Goes with its video, by way of which its project takes it along; loses its marker."""

    __tablename__ = "clips"
    __audit__ = Audit()

    id: Mapped[int] = mapped_column(primary_key=True)
    video_id: Mapped[int] = mapped_column(ForeignKey(Video.id, ondelete="CASCADE"))
    project_id: Mapped[int | None] = mapped_column(
        ForeignKey(Project.id, ondelete="SET NULL", onupdate="CASCADE")
    )


class Folder(Base):
    """Refers to itself."""

    __tablename__ = "folders"
    __audit__ = Audit()

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("folders.id", ondelete="CASCADE"))


class Account(TimestampMixin, SoftDeleteMixin, Base):
    """Keeps a secret, has a column that isn't audited, and is deleted softly."""

    __tablename__ = "accounts"
    __audit__ = Audit(exclude=["seen"], redact=["secret"], entity_type="user")

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    secret: Mapped[str]
    seen: Mapped[int] = mapped_column(default=0)


tags = Table(
    "project_tags",
    Base.metadata,
    Column("project_id", ForeignKey(Project.id, ondelete="CASCADE", onupdate="CASCADE"), primary_key=True),
    Column("tag", String(50), primary_key=True),
    info={"audit": Audit()},
)


class Plain(Base):
    """Not audited."""

    __tablename__ = "plain"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
