"""SQLAlchemy's generic types, on a plain declarative base."""

from __future__ import annotations

import enum
import math
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Plain(DeclarativeBase):
    """A base that is none of ours."""


class Colour(enum.Enum):
    RED = "r"
    DARK_BLUE = "d b"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Tone(enum.StrEnum):
    SOFT = "soft"
    LOUD = "loud"


def by_value(members: Any) -> list[str]:
    return [str(member.value) for member in members]


class Numbers(Plain):
    __tablename__ = "ways_numbers"

    id: Mapped[int] = mapped_column(primary_key=True)
    whole = mapped_column(sa.Integer)
    small = mapped_column(sa.SmallInteger)
    big = mapped_column(sa.BigInteger)
    flag = mapped_column(sa.Boolean)
    checked_flag = mapped_column(sa.Boolean(create_constraint=True, name="ck_ways_flag"))
    real = mapped_column(sa.Float)
    real_53 = mapped_column(sa.Float(53))
    real_as_decimal = mapped_column(sa.Float(53, asdecimal=True))
    real_as_short_decimal = mapped_column(sa.Float(53, asdecimal=True, decimal_return_scale=2))
    double = mapped_column(sa.Double)
    double_as_decimal = mapped_column(sa.Double(asdecimal=True))
    money = mapped_column(sa.Numeric(10, 2))
    money_as_float = mapped_column(sa.Numeric(10, 2, asdecimal=False))
    long_money = mapped_column(sa.Numeric(20, 8, decimal_return_scale=4))
    unlimited = mapped_column(sa.Numeric)
    decimal = mapped_column(sa.DECIMAL(12, 3))
    upper_real = mapped_column(sa.REAL)


NUMBERS: list[dict[str, Any]] = [
    {
        "whole": 7,
        "small": -3,
        "big": 2**62,
        "flag": True,
        "checked_flag": False,
        "real": 1.5,
        "real_53": 0.1,
        "real_as_decimal": Decimal("1.25"),
        "real_as_short_decimal": Decimal("2.50"),
        "double": 1e300,
        "double_as_decimal": Decimal("0.5"),
        "money": Decimal("12.30"),
        "money_as_float": 4.56,
        "long_money": Decimal("123456789.12345678"),
        "unlimited": Decimal("3"),
        "decimal": Decimal("-1.125"),
        "upper_real": 0.25,
    },
    {},
    dict.fromkeys("whole flag real double_as_decimal money money_as_float decimal".split()),
    # Values of other Python types than those that come back.
    {
        "whole": True,
        "small": Level.HIGH,
        "big": 0,
        "flag": 1,
        "real": 3,
        "real_53": Decimal("0.5"),
        "real_as_decimal": 2,
        "double": -0.0,
        "money": 5,
        "money_as_float": Decimal("7.5"),
        "long_money": 1.25,
    },
]
NUMBER_CHANGES: list[dict[str, Any]] = [
    # RETURNING of SQLite (3.40) gives whole numbers of a REAL column as integers.
    {"real": 2.0, "real_53": -4.0, "double": 0.0, "upper_real": 3.0, "money_as_float": 5.0},
    {
        "whole": 8,
        "flag": False,
        "real": 2.5,
        "money": Decimal("1.00"),
        "double": 5e-324,
        "unlimited": Decimal("2.5"),
    },
    {"whole": None, "flag": None, "money": None, "big": -(2**63), "checked_flag": True},
    {"whole": Numbers.whole + 1, "small": sa.func.coalesce(Numbers.small, 4), "money": sa.null()},
]


class Texts(Plain):
    __tablename__ = "ways_texts"

    id: Mapped[int] = mapped_column(primary_key=True)
    string = mapped_column(sa.String(50))
    text = mapped_column(sa.Text)
    unicode = mapped_column(sa.Unicode(50))
    unicode_text = mapped_column(sa.UnicodeText)
    char = mapped_column(sa.CHAR(5))
    varchar = mapped_column(sa.VARCHAR(20))
    blob = mapped_column(sa.LargeBinary)
    pickled = mapped_column(sa.PickleType)
    pickled_by_value = mapped_column(sa.PickleType(comparator=lambda one, other: repr(one) == repr(other)))
    uuid = mapped_column(sa.Uuid)
    uuid_text = mapped_column(sa.Uuid(as_uuid=False))
    uuid_char = mapped_column(sa.Uuid(native_uuid=False))
    uuid_char_text = mapped_column(sa.Uuid(native_uuid=False, as_uuid=False))
    colour = mapped_column(sa.Enum(Colour))
    colour_text = mapped_column(sa.Enum(Colour, native_enum=False, length=20))
    colour_by_value = mapped_column(sa.Enum(Colour, values_callable=by_value, name="colour_by_value"))
    checked_tone = mapped_column(
        sa.Enum(Tone, native_enum=False, create_constraint=True, name="ck_ways_tone")
    )
    word_enum = mapped_column(sa.Enum("a", "b c", name="word_enum"))
    unvalidated = mapped_column(sa.Enum("a", "b", native_enum=False, validate_strings=False, length=20))
    json = mapped_column(sa.JSON)
    json_or_null = mapped_column(sa.JSON(none_as_null=True))


TEXTS: list[dict[str, Any]] = [
    {
        "string": "fox",
        "text": "päge 𝄞 100% :colon 'quoted' \"twice\" \\",
        "unicode": "ünï",
        "unicode_text": "line\nbreak\ttab",
        "char": "ab",
        "varchar": "",
        "blob": bytes(range(256)),
        "pickled": {"a": [1, (2, 3)], "b": Colour.RED},
        "pickled_by_value": [1, 2],
        "uuid": UUID(int=5),
        "uuid_text": str(UUID(int=2**127)),
        "uuid_char": UUID(int=77),
        "uuid_char_text": str(UUID(int=78)),
        "colour": Colour.RED,
        "colour_text": Colour.DARK_BLUE,
        "colour_by_value": Colour.DARK_BLUE,
        "checked_tone": Tone.LOUD,
        "word_enum": "b c",
        "unvalidated": "a",
        "json": {"a": [1, 2.5, None, True, "ü"], "b": {"c": {}}},
        "json_or_null": ["x"],
    },
    {},
    dict.fromkeys("string blob pickled uuid colour json json_or_null colour_by_value".split()),
    {
        "blob": b"",
        "json": sa.null(),
        "json_or_null": sa.JSON.NULL,
        "colour": "RED",
        "colour_text": "DARK_BLUE",
        "pickled": None,
        "uuid": UUID(int=0),
        "string": Tone.SOFT,
        "checked_tone": "SOFT",
    },
]
TEXT_CHANGES: list[dict[str, Any]] = [
    {
        "string": "owl",
        "text": "x" * 3000,
        "blob": b"\x00\xff",
        "colour": Colour.DARK_BLUE,
        "json": [],
        "json_or_null": {},
        "pickled": [1],
        "uuid": UUID(int=9),
    },
    {"string": None, "json": None, "json_or_null": None, "pickled": None, "colour": None, "uuid": None},
    {"json": sa.JSON.NULL, "json_or_null": sa.JSON.NULL, "string": Texts.unicode, "text": "x"},
    {"json": 0, "json_or_null": False, "string": sa.func.upper(Texts.string)},
]


class Times(Plain):
    __tablename__ = "ways_times"

    id: Mapped[int] = mapped_column(primary_key=True)
    day = mapped_column(sa.Date)
    hour = mapped_column(sa.Time)
    at = mapped_column(sa.DateTime)
    at_in_zone = mapped_column(sa.DateTime(timezone=True))
    interval = mapped_column(sa.Interval)
    interval_as_date = mapped_column(sa.Interval(native=False))
    precise = mapped_column(sa.Interval(second_precision=6))


TIMES: list[dict[str, Any]] = [
    {
        "day": date(2024, 2, 29),
        "hour": time(23, 59, 59),
        "at": datetime(2024, 5, 6, 7, 8, 9, 123456),
        "at_in_zone": datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC),
        "interval": timedelta(days=1, seconds=2),
        "interval_as_date": timedelta(hours=3),
        "precise": timedelta(seconds=1.5),
    },
    {},
    dict.fromkeys("day at at_in_zone interval interval_as_date".split()),
    {
        "day": date(1, 1, 1),
        "hour": time(0, 0, 0, 5),
        "at": datetime(9999, 12, 31, 23, 59, 59),
        "at_in_zone": datetime(2024, 5, 6, 7, 8, 9, tzinfo=timezone(timedelta(hours=2))),
        "interval": timedelta(0),
    },
]
TIME_CHANGES: list[dict[str, Any]] = [
    {"day": date(1999, 1, 2), "at": datetime(1999, 1, 2), "interval": timedelta(days=3), "hour": time(1, 2)},
    {"day": None, "at": None, "interval": None, "at_in_zone": None},
]
NAN_ROWS: list[dict[str, Any]] = [
    {"double": math.inf, "real_53": -math.inf},
    {"double": math.nan, "real": math.nan},
    {"unlimited": Decimal("NaN")},
]
