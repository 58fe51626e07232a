"""The types of `colonnade.models`, by annotation and by name, on a base with the conventions."""

from __future__ import annotations

import enum
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, Literal, TypedDict
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from colonnade.models import Conventions
from colonnade.models.types import (
    Bytes,
    CodePointEnum,
    CodePointString,
    CodePointText,
    Duration,
    ExactDecimal,
    Json,
    LongKey,
    PortableUuid,
    TimeOfDay,
    UTCDateTime,
)


class Base(Conventions, DeclarativeBase): ...


class Colour(enum.Enum):
    RED = 1
    GREEN = 2


class Status(enum.StrEnum):
    DRAFT = "draft"
    OUT = "published"


class Place(TypedDict):
    x: int


class Ours(Base):
    __tablename__ = "ways_ours"

    id: Mapped[int] = mapped_column(LongKey, primary_key=True)
    at: Mapped[datetime | None]
    at_by_name = mapped_column(UTCDateTime)
    day: Mapped[date | None]
    hour: Mapped[time | None]
    hour_by_name = mapped_column(TimeOfDay)
    took: Mapped[timedelta | None]
    took_by_name = mapped_column(Duration)
    ratio: Mapped[float | None]
    measure: Mapped[float | None] = mapped_column(sa.Float)
    price: Mapped[Decimal | None] = mapped_column(ExactDecimal(18, 2))
    fine_price: Mapped[Decimal | None]
    name: Mapped[str | None]
    title: Mapped[str | None] = mapped_column(sa.String(40))
    body: Mapped[str | None] = mapped_column(sa.Text)
    word = mapped_column(CodePointString(30))
    words = mapped_column(CodePointText)
    data: Mapped[bytes | None]
    blob: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    raw = mapped_column(Bytes)
    document: Mapped[dict[str, Any] | None]
    items: Mapped[list[str] | None]
    place: Mapped[Place | None]
    anything = mapped_column(Json)
    uuid: Mapped[UUID | None]
    uuid_by_name = mapped_column(PortableUuid)
    colour: Mapped[Colour | None]
    status: Mapped[Status | None]
    tone = mapped_column(CodePointEnum(Colour, native_enum=False, name="tone"))
    kind: Mapped[Literal["big", "small"] | None]
    flag: Mapped[bool | None]
    count: Mapped[int | None]


OURS: list[dict[str, Any]] = [
    {
        "at": datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=UTC),
        "at_by_name": datetime(2024, 5, 6, 7, 8, 9, tzinfo=timezone(timedelta(hours=5, minutes=30))),
        "day": date(2024, 2, 29),
        "hour": time(1, 2, 3, 400),
        "hour_by_name": time(23, 59, 59, 999999),
        "took": timedelta(days=-1, microseconds=1),
        "took_by_name": timedelta(weeks=3),
        "ratio": 0.1,
        "measure": 1e-9,
        "price": Decimal("1.50"),
        "fine_price": Decimal("-0.000001"),
        "name": "Fox ",
        "title": "ünï 𝄞",
        "body": "100% :x",
        "word": "FÖX",
        "words": "",
        "data": b"\x00\xff",
        "blob": b"",
        "raw": bytes(300),
        "document": {"a": [1, 2.0, None], "b": {"ü": True}},
        "items": ["x", "y"],
        "place": {"x": 1},
        "anything": "text",
        "uuid": UUID(int=1),
        "uuid_by_name": UUID(int=2**128 - 1),
        "colour": Colour.RED,
        "status": Status.OUT,
        "tone": Colour.GREEN,
        "kind": "big",
        "flag": True,
        "count": 3,
    },
    {},
    dict.fromkeys("at price document anything uuid colour status flag data took".split()),
    {
        "document": {},
        "items": [],
        "anything": 0,
        "price": Decimal("-0.00"),
        "took": timedelta(0),
        "flag": False,
    },
]
OUR_CHANGES: list[dict[str, Any]] = [
    {
        "at": datetime(1999, 1, 2, tzinfo=UTC),
        "price": Decimal("2"),
        "document": {"c": 1},
        "took": timedelta(seconds=1),
        "status": Status.DRAFT,
        "uuid": UUID(int=3),
        "name": "owl",
    },
    {"at": None, "price": None, "document": None, "anything": None, "took": None, "colour": None},
    {"count": Ours.count + 1, "price": Ours.price + Decimal("0.25"), "name": sa.func.lower(Ours.name)},
]
OUR_REFUSED: list[dict[str, Any]] = [
    {"at": datetime(2024, 1, 1)},
    {"at": "2024-01-01"},
    {"price": Decimal("0.001")},
    {"price": 1.5},
    {"price": Decimal("NaN")},
    {"took": 5},
    {"hour": time(1, 2, tzinfo=UTC)},
    {"colour": "PURPLE"},
    {"status": "nowhere"},
    {"kind": "medium"},
    {"uuid": "not a uuid"},
    {"document": {"x": object()}},
    {"document": {"x": float("nan")}},
    {"name": "x" * 300},
    {"count": 2**70},
    {"count": "many"},
    {"flag": "perhaps"},
    {"day": "yesterday"},
    {"data": "text"},
    {"name": "zero\x00byte"},
    {"name": "\ud800"},
]
