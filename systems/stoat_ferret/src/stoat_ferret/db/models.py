"""The catalogue's tables: projects, their videos, and clips cut from the videos.

Whatever becomes of their rows is recorded by the database.

Frames are counted from 0. A clip's `in_point` is its first frame, its `out_point` the frame after its last.
"""

from __future__ import annotations

import math
from fractions import Fraction

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from colonnade.audit import Audit, AuditLog
from colonnade.errors import EntityValidationError
from colonnade.models import Conventions, CreatedAtMixin, TimestampMixin

__all__ = ["AuditLog", "Base", "Clip", "Project", "Video", "frame_count"]

# The longest text that a unique index takes everywhere, all its characters being of four bytes:
# PostgreSQL 15 refuses an index entry above 2,704 bytes, MariaDB's InnoDB one above 3,072.
PATH_LENGTH = 670

LONGEST_S = 1e300
"""The upper bound of a duration: it keeps out infinity and NaN, which PostgreSQL sorts above all numbers."""


class Base(Conventions, DeclarativeBase):
    """The base of this system's models, with a metadata of its own."""


class Project(TimestampMixin, Base):
    """A body of work with a folder; deleting it takes its videos and clips with it."""

    __tablename__ = "projects"
    __audit__ = Audit()

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    description: Mapped[str | None] = mapped_column(Text)
    workspace_path: Mapped[str] = mapped_column(String(PATH_LENGTH), unique=True)

    videos: Mapped[list[Video]] = relationship(
        back_populates="project", cascade="all, delete-orphan", passive_deletes=True, order_by="Video.id"
    )
    clips: Mapped[list[Clip]] = relationship(
        back_populates="project", cascade="all", passive_deletes=True, order_by="Clip.id", overlaps="clips"
    )


class Video(CreatedAtMixin, Base):
    """A video file of one project, and what a probe of the file told."""

    __tablename__ = "videos"
    __audit__ = Audit()

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey(Project.id, ondelete="CASCADE"), index=True)
    filename: Mapped[str] = mapped_column(index=True)
    path: Mapped[str] = mapped_column(String(PATH_LENGTH))
    duration: Mapped[float] = mapped_column()
    framerate_num: Mapped[int] = mapped_column()
    framerate_den: Mapped[int] = mapped_column()
    width: Mapped[int] = mapped_column()
    height: Mapped[int] = mapped_column()

    project: Mapped[Project] = relationship(back_populates="videos")
    clips: Mapped[list[Clip]] = relationship(
        back_populates="video",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="Clip.in_point, Clip.id",
        overlaps="clips,project",
    )

    __table_args__ = (
        UniqueConstraint("project_id", "path"),
        UniqueConstraint("id", "project_id"),  # what a clip's foreign key refers to
        CheckConstraint(duration >= 0, name="duration_not_negative"),
        CheckConstraint(duration <= LONGEST_S, name="duration_finite"),
        CheckConstraint(framerate_num > 0, name="framerate_num_positive"),
        CheckConstraint(framerate_den > 0, name="framerate_den_positive"),
        CheckConstraint(width > 0, name="width_positive"),
        CheckConstraint(height > 0, name="height_positive"),
    )

    @property
    def frames(self) -> int:
        """How many frames the video has; see `frame_count`."""
        return frame_count(self.duration, self.framerate_num, self.framerate_den)


class Clip(CreatedAtMixin, Base):
    """Some frames of a video, in the video's project: with `video` given, it's taken from there."""

    __tablename__ = "clips"
    __audit__ = Audit()

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey(Project.id, ondelete="CASCADE"), index=True)
    video_id: Mapped[int] = mapped_column()
    # 64 bits: a day at the 90,000 ticks that some containers name as their rate is more than 32 hold.
    in_point: Mapped[int] = mapped_column(BigInteger)
    out_point: Mapped[int] = mapped_column(BigInteger)

    project: Mapped[Project] = relationship(back_populates="clips", overlaps="clips,project")
    video: Mapped[Video] = relationship(back_populates="clips", overlaps="clips,project")

    __table_args__ = (
        ForeignKeyConstraint([video_id, project_id], [Video.id, Video.project_id], ondelete="CASCADE"),
        CheckConstraint(in_point >= 0, name="in_point_not_negative"),
        CheckConstraint(out_point > in_point, name="out_point_after_in_point"),
        Index(None, "video_id", "project_id"),
        Index(None, "video_id", "in_point", "out_point"),
    )


def frame_count(duration: float, framerate_num: int, framerate_den: int) -> int:
    """Give the largest n for which the float nearest to `n * framerate_den / framerate_num` is <= `duration`.

    >>> frame_count(2.002, 24000, 1001)
    48

    Raises:
        EntityValidationError: for a duration below 0, infinite or NaN, and for a rate that isn't above 0.
    """
    if not 0 <= duration <= LONGEST_S:
        raise EntityValidationError(f"a duration is a number of seconds from 0 up, not {duration!r}")
    if framerate_num <= 0 or framerate_den <= 0:
        raise EntityValidationError(f"a frame rate is above 0, not {framerate_num}/{framerate_den}")
    # What rounds to the duration or less ends halfway to the next float. Exactly there it rounds to
    # the even one of the two, and only the division itself, which rounds just so, can tell which.
    half_way = (Fraction(duration) + Fraction(math.nextafter(duration, math.inf))) / 2
    count = math.floor(half_way * framerate_num / framerate_den)
    return count if count * framerate_den / framerate_num <= duration else count - 1
