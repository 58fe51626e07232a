"""Tables that have each kind of rule, with a name and without one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """What the tests' databases have."""


class Video(Base):
    """The parent of everything."""

    __tablename__ = "film"
    __table_args__ = (
        UniqueConstraint("title", "size", name="uq_film_title_size"),
        UniqueConstraint("reel", "part"),
        Index("ix_film_code", "code", unique=True),
        CheckConstraint("size >= 0", name="ck_film_size"),
        CheckConstraint("width > 0 AND title <> 'reel'"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(20))
    size: Mapped[int | None]
    path: Mapped[str | None] = mapped_column(String(50), unique=True)
    code: Mapped[str | None] = mapped_column(String(10))
    reel: Mapped[int | None]
    part: Mapped[int | None]
    width: Mapped[int | None]
    rate: Mapped[int | None] = mapped_column(SmallInteger)
    added: Mapped[datetime | None]
    password_hash: Mapped[str | None] = mapped_column(String(40), unique=True)


class Clip(Base):
    """A child, by a key with a name and one without."""

    __tablename__ = "scene"

    id: Mapped[int] = mapped_column(primary_key=True)
    film_id: Mapped[int] = mapped_column(ForeignKey("film.id", name="fk_scene_film"))
    cover_id: Mapped[int | None] = mapped_column(ForeignKey("film.id"))
    previous_id: Mapped[int | None] = mapped_column(ForeignKey("scene.id", name="fk_scene_previous"))
    film: Mapped[Video] = relationship(foreign_keys=film_id)


class Mark(Base):
    """A grandchild with a composite key of its own, and one to another such key."""

    __tablename__ = "mark"
    __table_args__ = (
        ForeignKeyConstraint(["reel", "part"], ["film.reel", "film.part"], name="fk_mark_reel_part"),
    )

    scene_id: Mapped[int] = mapped_column(ForeignKey("scene.id", ondelete="CASCADE"), primary_key=True)
    label: Mapped[str] = mapped_column(String(10), primary_key=True)
    reel: Mapped[int | None]
    part: Mapped[int | None]


class Ghost(Base):
    """A model whose table nobody made."""

    __tablename__ = "ghost"

    id: Mapped[int] = mapped_column(primary_key=True)
