"""The classes that the repository's tests write and read: keys of all kinds, the mixins, inheritance."""

from __future__ import annotations

import enum
import uuid
from datetime import date
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import (
    Composite,
    DeclarativeBase,
    Mapped,
    column_property,
    composite,
    deferred,
    mapped_column,
    relationship,
    synonym,
)

from colonnade.models import Conventions, SoftDeleteMixin, TimestampMixin, VersionMixin
from tests.faces import Face


class Base(Conventions, DeclarativeBase): ...


class Size:
    """Two columns in one value."""

    def __init__(self, width: int | None, height: int | None) -> None:
        self.width, self.height = width, height

    def __composite_values__(self) -> tuple[int | None, int | None]:
        return self.width, self.height

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Size) and other.__composite_values__() == self.__composite_values__()


class Video(TimestampMixin, Base):
    __tablename__ = "video"

    id: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(unique=True)
    source: Mapped[str | None]
    number: Mapped[int | None]
    title: Mapped[str] = mapped_column("headline", String(100), server_default="untitled")
    plays: Mapped[int] = mapped_column(default=0)
    weight: Mapped[int] = mapped_column(server_default=text("7"))
    notes: Mapped[str | None] = deferred(mapped_column(String(100)))
    width: Mapped[int | None]
    height: Mapped[int | None]
    heading: Mapped[str] = synonym("title")
    size: Composite[Size] = composite("width", "height")
    clips: Mapped[list[Clip]] = relationship(back_populates="video", order_by="Clip.id")
    __table_args__ = (UniqueConstraint("source", "number"),)

    @hybrid_property
    def doubled(self) -> int:
        return self.plays * 2


Video.next_plays = column_property(Video.plays + 1)  # type: ignore[attr-defined]


class Clip(Base):
    __tablename__ = "clip"

    id: Mapped[int] = mapped_column(primary_key=True)
    video_id: Mapped[int] = mapped_column(ForeignKey("video.id"))
    label: Mapped[str] = mapped_column(default="clip")
    video: Mapped[Video] = relationship(back_populates="clips")


class Colour(enum.Enum):
    RED = "r"
    BLUE = "b"


class Tone(enum.StrEnum):
    LOW = "low"
    HIGH = "high"


class Word(Base):
    __tablename__ = "word"

    word: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int | None]


class Token(Base):
    __tablename__ = "token"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    value: Mapped[int | None]


class Paint(Base):
    __tablename__ = "paint"

    colour: Mapped[Colour] = mapped_column(primary_key=True)
    value: Mapped[int | None]


class Note(Base):
    __tablename__ = "note"

    tone: Mapped[Tone] = mapped_column(primary_key=True)
    value: Mapped[int | None]


class Day(Base):
    __tablename__ = "day"

    day: Mapped[date] = mapped_column(primary_key=True)
    value: Mapped[int | None]


class Seat(Base):
    __tablename__ = "seat"

    row: Mapped[str] = mapped_column("seat_row", primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    value: Mapped[int | None]


class Account(VersionMixin, TimestampMixin, Base):
    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    balance: Mapped[int] = mapped_column(default=0)


class Shelf(SoftDeleteMixin, Base):
    __tablename__ = "shelf"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    books: Mapped[list[Book]] = relationship(back_populates="shelf", order_by="Book.id")


class Book(SoftDeleteMixin, VersionMixin, TimestampMixin, Base):
    __tablename__ = "book"

    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int | None] = mapped_column(ForeignKey("shelf.id"))
    title: Mapped[str] = mapped_column(unique=True)
    shelf: Mapped[Shelf | None] = relationship(back_populates="books")


class Person(Base):
    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    __mapper_args__: dict[str, Any] = {"polymorphic_on": "kind", "polymorphic_identity": "person"}  # noqa: RUF012


class Engineer(Person):
    """Joined: a table of its own beside its base's."""

    __tablename__ = "engineer"

    id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    skill: Mapped[str | None]
    __mapper_args__: dict[str, Any] = {"polymorphic_identity": "engineer"}  # noqa: RUF012


class Boss(Person):
    """Single: in its base's table."""

    team: Mapped[str | None]
    __mapper_args__: dict[str, Any] = {"polymorphic_identity": "boss"}  # noqa: RUF012


def saved(faced: Face, videos: Any, *paths: str, **values: Any) -> list[Any]:
    """Videos with these paths, stored at once."""
    made: list[Any] = faced.run(videos.create_many(Video(path=path, **values) for path in paths))
    return made
