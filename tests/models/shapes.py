"""Models that the tests of types, names and mixins share."""

from __future__ import annotations

import enum
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Float, ForeignKey, LargeBinary, String, Table, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from colonnade.models import Conventions, ExactDecimal, SoftDeleteMixin, TimestampMixin, VersionMixin


class Base(Conventions, DeclarativeBase):
    pass


class Colour(enum.Enum):
    RED = 1
    green = 2


class Status(enum.StrEnum):
    DRAFT = "draft"
    OUT = "published"


class Everything(Base):
    __tablename__ = "everything"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime | None]
    day: Mapped[date | None]
    hour: Mapped[time | None]
    took: Mapped[timedelta | None]
    ratio: Mapped[float | None]
    price: Mapped[Decimal | None] = mapped_column(ExactDecimal(18, 2))
    name: Mapped[str | None]
    title: Mapped[str | None] = mapped_column(String(40))
    body: Mapped[str | None] = mapped_column(Text)
    data: Mapped[bytes | None]
    blob: Mapped[bytes | None] = mapped_column(LargeBinary)
    measure: Mapped[float | None] = mapped_column(Float)
    tags: Mapped[dict[str, Any] | None]
    items: Mapped[list[str] | None]
    key: Mapped[UUID | None]
    colour: Mapped[Colour | None]
    background: Mapped[Colour | None]
    status: Mapped[Status | None]
    kind: Mapped[Literal["big", "small"] | None]
    flag: Mapped[bool | None]


class Note(TimestampMixin, Base):
    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str] = mapped_column(unique=True)
    length: Mapped[int] = mapped_column(CheckConstraint("length >= 0", name="length_not_negative"), default=0)


class Page(VersionMixin, SoftDeleteMixin, TimestampMixin, Base):
    __tablename__ = "pages"

    id: Mapped[int] = mapped_column(primary_key=True)
    note_id: Mapped[int | None] = mapped_column(ForeignKey("notes.id"), index=True)
    body: Mapped[str]


plain = Table("plain", Base.metadata, Column("word", String), Column("parent", String(255), index=True))
