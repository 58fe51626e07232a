"""One class with columns of every kind, and values that a careless trigger would get wrong."""

from __future__ import annotations

import enum
import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Date, LargeBinary, Numeric, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from colonnade.audit import Audit
from colonnade.models import Conventions


class Base(Conventions, DeclarativeBase):
    """The base of this class alone."""


class Colour(enum.Enum):
    """Kept by name."""

    RED = 1
    BLUE = 2


class Everything(Base):
    """A column of every kind."""

    __tablename__ = "everything"
    __audit__ = Audit(cap=5000)

    id: Mapped[int] = mapped_column(primary_key=True)
    whole: Mapped[int | None] = mapped_column(BigInteger)
    real: Mapped[float | None]
    money: Mapped[Decimal | None]
    plain_money: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    flag: Mapped[bool | None]
    name: Mapped[str | None] = mapped_column(String(200))
    body: Mapped[str | None] = mapped_column(Text)
    raw: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[datetime | None]
    day: Mapped[date | None] = mapped_column(Date)
    hour: Mapped[time | None]
    span: Mapped[timedelta | None]
    tag: Mapped[UUID | None]
    colour: Mapped[Colour | None]
    document: Mapped[dict[str, Any] | None]
    listed: Mapped[list[Any] | None] = mapped_column("listed %:\"'\\ ü")


VALUES: dict[str, list[Any]] = {
    "whole": [0, 1, -1, 2**53 + 1, 2**63 - 1, -(2**63)],
    "real": [
        0.1 + 0.2,
        1.0,
        -1.5,
        5e-324,
        1.7976931348623157e308,
        1e22,
        math.pi * 1e-40,
        123456789.123456789,
    ],
    "money": [Decimal("1.50"), Decimal("-0.000001"), Decimal("999999999999.999999")],
    "plain_money": [Decimal("1.50"), Decimal("0.10")],
    "flag": [True, False],
    "name": ["fox", "Fox", "fox ", "", "ü\u2028😀", "null", '"\\', "a\nb\tc\r", "%s :x", "\x01\x1f"],
    "body": ["x" * 4000, "\\u0041", '{"a": 1}', "\b\f"],
    "raw": [b"", b"\x00\xff", bytes(range(256))],
    "at": [
        datetime(2026, 1, 2, 3, 4, 5, 6, UTC),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, tzinfo=UTC),
    ],
    "day": [date(2026, 2, 28)],
    "hour": [time(0), time(23, 59, 59, 999999)],
    "span": [timedelta(0), timedelta(days=-3, microseconds=1)],
    "tag": [UUID(int=1), UUID(int=2**128 - 1)],
    "colour": [Colour.RED, Colour.BLUE],
    "document": [{}, {"a": [1, None, 1.5, "é", True]}, {"$json": 1}, {"$bytes": "00"}, {"": {"old": 1}}],
    "listed": [[], [1, "two", None], ["$json"]],
}
