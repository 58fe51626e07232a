"""Primary keys of each kind."""

from __future__ import annotations

import enum
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tests.ways.types_decorated import Cents, Folded


class Base(DeclarativeBase): ...


class Suit(enum.Enum):
    HEARTS = "h"
    SPADES = "s"


NEXT = [0]


def next_uuid() -> uuid.UUID:
    NEXT[0] += 1
    return uuid.UUID(int=NEXT[0])


class Automatic(Base):
    __tablename__ = "ways_automatic"
    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[int | None]


class StrictlyAutomatic(Base):
    __tablename__ = "ways_strictly_automatic"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012
    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[int | None]


class Given(Base):
    __tablename__ = "ways_given"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    value: Mapped[int | None]


class Worded(Base):
    __tablename__ = "ways_worded"
    word: Mapped[str] = mapped_column(sa.String(50), primary_key=True)
    value: Mapped[int | None]


class ByUuid(Base):
    __tablename__ = "ways_by_uuid"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=next_uuid)
    value: Mapped[int | None]


class BySuit(Base):
    __tablename__ = "ways_by_suit"
    suit: Mapped[Suit] = mapped_column(primary_key=True)
    value: Mapped[int | None]


class ByDay(Base):
    __tablename__ = "ways_by_day"
    day: Mapped[date] = mapped_column(primary_key=True)
    value: Mapped[int | None]


class ByInstant(Base):
    __tablename__ = "ways_by_instant"
    at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), primary_key=True)
    value: Mapped[int | None]


class ByPrice(Base):
    __tablename__ = "ways_by_price"
    price: Mapped[Decimal] = mapped_column(sa.Numeric(8, 2), primary_key=True)
    value: Mapped[int | None]


class ByBytes(Base):
    __tablename__ = "ways_by_bytes"
    data: Mapped[bytes] = mapped_column(
        sa.LargeBinary(20).with_variant(sa.VARBINARY(20), "mysql"), primary_key=True
    )
    value: Mapped[int | None]


class ByFolded(Base):
    """A decorator that changes the key on its way in."""

    __tablename__ = "ways_by_folded"
    word: Mapped[str] = mapped_column(Folded, primary_key=True)
    value: Mapped[int | None]


class ByCents(Base):
    __tablename__ = "ways_by_cents"
    cents: Mapped[Decimal] = mapped_column(Cents, primary_key=True, autoincrement=False)
    value: Mapped[int | None]


class Pair(Base):
    __tablename__ = "ways_pair"
    left: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    right: Mapped[str] = mapped_column("the_right", sa.String(20), primary_key=True)
    value: Mapped[int | None]


class HalfBase(DeclarativeBase): ...


class HalfAutomatic(HalfBase):
    """A part of the key is numbered; SQLite can't."""

    __tablename__ = "ways_half_automatic"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    word: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    value: Mapped[int | None]


class KeyOnly(Base):
    __tablename__ = "ways_key_only"
    left: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    right: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=7)


class Lonely(Base):
    """Nothing but a key that the database makes."""

    __tablename__ = "ways_lonely"
    id: Mapped[int] = mapped_column(primary_key=True)


class ByServer(Base):
    """A key that a server default makes."""

    __tablename__ = "ways_by_server"
    id: Mapped[str] = mapped_column(sa.String(20), primary_key=True, server_default="made")
    value: Mapped[int | None]


class BySql(Base):
    """A key that is SQL."""

    __tablename__ = "ways_by_sql"
    id: Mapped[str] = mapped_column(sa.String(20), primary_key=True, default=sa.func.lower("MADE"))
    value: Mapped[int | None]


class Unkeyed(Base):
    """The mapper's key isn't the table's."""

    __table__ = sa.Table(
        "ways_unkeyed", Base.metadata, sa.Column("code", sa.Integer), sa.Column("value", sa.Integer)
    )
    __mapper_args__ = {"primary_key": [__table__.c.code]}  # noqa: RUF012


VALUES: list[dict[str, Any]] = [{"value": 5}, {"value": None}]

Keyed = list[tuple[Any, list[dict[str, Any]], Any]]
"""A class, its rows, and a key that none of them has."""

NUMBERED: Keyed = [
    (Automatic, [{}, {"value": 1}, {"id": 10}, {"id": None}, {"id": -1}, {"id": 10}], 99),
    (StrictlyAutomatic, [{}, {"value": 1}, {"id": 10}, {}], 99),
    (Given, [{"id": 3}, {"id": 0}, {}, {"id": 2**31 - 1}, {"id": 3}], 99),
    (Lonely, [{}, {"id": 5}, {}], 99),
    (Unkeyed, [{"code": 1}, {"code": 2, "value": 1}], 99),
]
TYPED: Keyed = [
    (Worded, [{"word": "fox"}, {"word": ""}, {"word": "Füchse 100% :x"}, {"word": "fox"}, {}], "owl"),
    (ByUuid, [{}, {"id": uuid.UUID(int=77)}, {"value": 1}], uuid.UUID(int=999)),
    (BySuit, [{"suit": Suit.HEARTS}, {"suit": Suit.SPADES, "value": 1}, {"suit": Suit.HEARTS}], "s?"),
    (ByDay, [{"day": date(2024, 1, 2)}, {"day": date(1, 1, 1)}], date(2000, 1, 1)),
    (ByInstant, [{"at": datetime(2024, 1, 2, tzinfo=UTC)}], datetime(2000, 1, 1, tzinfo=UTC)),
    (ByPrice, [{"price": Decimal("1.50")}, {"price": Decimal("2")}, {"price": 3}], Decimal("9")),
    (ByBytes, [{"data": b"\x00\xff"}, {"data": b"x"}], b"nothing"),
    (ByFolded, [{"word": "fox"}, {"word": "OWL"}], "none"),
    (ByCents, [{"cents": Decimal("1.25")}, {"cents": Decimal("2")}], Decimal("9")),
]
OTHERS: Keyed = [
    (Pair, [{"left": 1, "right": "a"}, {"left": 1, "right": "b"}, {"left": 1, "right": "a"}], (9, "z")),
    (KeyOnly, [{"left": 1}, {"left": 1, "right": 2}], (9, 9)),
    (ByServer, [{}, {"id": "own"}], "none"),
    (BySql, [{}, {"id": "own"}], "none"),
]
HALF_AUTOMATIC: list[dict[str, Any]] = [{"word": "a"}, {"word": "b"}, {"id": 9, "word": "a"}]
