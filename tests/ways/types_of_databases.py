"""The types that one database alone has."""

from __future__ import annotations

import enum
import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from ipaddress import ip_address, ip_network
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

_SQLITE: Any = sqlite  # whose types have no types


class Mood(enum.Enum):
    GOOD = "g"
    BAD = "b"


class PostgresqlBase(DeclarativeBase): ...


class MysqlBase(DeclarativeBase): ...


class SqliteBase(DeclarativeBase): ...


class OnPostgresql(PostgresqlBase):
    __tablename__ = "ways_on_postgresql"

    id: Mapped[int] = mapped_column(primary_key=True)
    numbers = mapped_column(postgresql.ARRAY(sa.Integer))
    matrix = mapped_column(sa.ARRAY(sa.Text, dimensions=2))
    tuples = mapped_column(postgresql.ARRAY(sa.Integer, as_tuple=True))
    keys = mapped_column(postgresql.ARRAY(sa.Uuid))
    moods = mapped_column(postgresql.ARRAY(sa.Enum(Mood, name="ways_mood")))
    prices = mapped_column(postgresql.ARRAY(sa.Numeric(10, 2)))
    times = mapped_column(postgresql.ARRAY(sa.DateTime(timezone=True)))
    documents = mapped_column(postgresql.ARRAY(postgresql.JSONB))
    json = mapped_column(postgresql.JSON)
    jsonb = mapped_column(postgresql.JSONB)
    jsonb_or_null = mapped_column(postgresql.JSONB(none_as_null=True))
    inet = mapped_column(postgresql.INET)
    cidr = mapped_column(postgresql.CIDR)
    macaddr = mapped_column(postgresql.MACADDR)
    bits = mapped_column(postgresql.BIT(4))
    int_range = mapped_column(postgresql.INT4RANGE)
    num_range = mapped_column(postgresql.NUMRANGE)
    ts_range = mapped_column(postgresql.TSRANGE)
    tstz_range = mapped_column(postgresql.TSTZRANGE)
    date_range = mapped_column(postgresql.DATERANGE)
    int_ranges = mapped_column(postgresql.INT4MULTIRANGE)
    uuid = mapped_column(postgresql.UUID)
    uuid_text = mapped_column(postgresql.UUID(as_uuid=False))
    domain = mapped_column(postgresql.DOMAIN("ways_positive", sa.Integer, check="value > 0"))
    mood = mapped_column(postgresql.ENUM(Mood, name="ways_own_mood"))
    words = mapped_column(postgresql.TSVECTOR)
    oid = mapped_column(postgresql.OID)
    interval = mapped_column(postgresql.INTERVAL(precision=3))
    timestamp = mapped_column(postgresql.TIMESTAMP(timezone=True, precision=0))
    hour = mapped_column(postgresql.TIME(timezone=True))
    data = mapped_column(postgresql.BYTEA)
    real = mapped_column(postgresql.REAL)


ON_POSTGRESQL: list[dict[str, Any]] = [
    {
        "numbers": [1, None, 3],
        "matrix": [["a", 'b"'], ["{c}", "d,"]],
        "tuples": [1, 2],
        "keys": [uuid.UUID(int=1)],
        "moods": [Mood.GOOD, Mood.BAD],
        "prices": [Decimal("1.20"), None],
        "times": [datetime(2024, 1, 1, tzinfo=UTC)],
        "documents": [{"a": 1}, [2]],
        "json": {"b": 1, "a": [None]},
        "jsonb": {"b": 1.50, "a": 2},
        "jsonb_or_null": "text",
        "inet": ip_address("10.0.0.1"),
        "cidr": ip_network("10.0.0.0/8"),
        "macaddr": "08:00:2b:01:02:03",
        "int_range": Range(1, 5),
        "num_range": Range(Decimal("1.5"), None, bounds="()"),
        "ts_range": Range(datetime(2024, 1, 1), datetime(2024, 2, 1), bounds="[]"),
        "tstz_range": Range(datetime(2024, 1, 1, tzinfo=UTC), None),
        "date_range": Range(date(2024, 1, 1), date(2024, 1, 2), bounds="[]"),
        "int_ranges": [Range(1, 3), Range(7, 9)],
        "uuid": uuid.UUID(int=4),
        "uuid_text": str(uuid.UUID(int=5)),
        "domain": 3,
        "mood": Mood.BAD,
        "words": "'fox':1",
        "oid": 12,
        "interval": timedelta(days=1, milliseconds=5),
        "timestamp": datetime(2024, 1, 1, 12, tzinfo=UTC),
        "hour": time(12, 30, tzinfo=UTC),
        "data": b"\x00x",
        "real": 1.25,
    },
    {},
    {"numbers": [], "jsonb": None, "jsonb_or_null": None, "json": sa.null(), "int_range": Range(empty=True)},
    {"int_ranges": [], "jsonb": sa.JSON.NULL, "prices": [], "inet": ip_address("::1")},
]
ON_POSTGRESQL_CHANGES: list[dict[str, Any]] = [
    {"numbers": [4], "jsonb": {"c": []}, "int_range": Range(None, None), "domain": 9, "mood": Mood.GOOD},
    {"numbers": None, "jsonb": None, "ts_range": None, "uuid": None, "mood": None, "inet": None},
    {"numbers": sa.func.array_append(OnPostgresql.numbers, 5)},
    {"domain": -1},
    {"bits": "0101"},
]


class OnMysql(MysqlBase):
    __tablename__ = "ways_on_mysql"

    id: Mapped[int] = mapped_column(mysql.INTEGER(unsigned=True), primary_key=True)
    letters = mapped_column(mysql.SET("a", "b", "c"))
    letter_bits = mapped_column(mysql.SET("a", "b", "", retrieve_as_bitwise=True))
    year = mapped_column(mysql.YEAR)
    medium = mapped_column(mysql.MEDIUMINT)
    tiny = mapped_column(mysql.TINYINT(1))
    tiny_unsigned = mapped_column(mysql.TINYINT(unsigned=True))
    big_unsigned = mapped_column(mysql.BIGINT(unsigned=True))
    double = mapped_column(mysql.DOUBLE)
    double_float = mapped_column(mysql.DOUBLE(asdecimal=False))
    single = mapped_column(mysql.FLOAT)
    decimal = mapped_column(mysql.DECIMAL(10, 2, unsigned=True))
    mood = mapped_column(mysql.ENUM("good", "bad"))
    long_text = mapped_column(mysql.LONGTEXT)
    medium_blob = mapped_column(mysql.MEDIUMBLOB)
    bit = mapped_column(mysql.BIT(8))
    time = mapped_column(mysql.TIME(fsp=6))
    at = mapped_column(mysql.DATETIME(fsp=6))
    timestamp = mapped_column(mysql.TIMESTAMP(fsp=3), nullable=True)
    json = mapped_column(mysql.JSON)
    binary = mapped_column(sa.VARBINARY(20))
    fixed = mapped_column(sa.BINARY(4))
    national = mapped_column(mysql.NVARCHAR(20))
    flag = mapped_column(sa.BOOLEAN)


ON_MYSQL: list[dict[str, Any]] = [
    {
        "letters": {"a", "c"},
        "letter_bits": {"a", ""},
        "year": 2024,
        "medium": -(2**23),
        "tiny": 1,
        "tiny_unsigned": 255,
        "big_unsigned": 2**64 - 1,
        "double": Decimal("1.5"),
        "double_float": 0.1,
        "single": 0.5,
        "decimal": Decimal("12.30"),
        "mood": "bad",
        "long_text": "x" * 5000,
        "medium_blob": bytes(range(256)),
        "bit": 5,
        "time": time(1, 2, 3, 4),
        "at": datetime(2024, 1, 2, 3, 4, 5, 6),
        "timestamp": datetime(2024, 1, 2, 3, 4, 5, 678000),
        "json": {"a": [1, 2.5]},
        "binary": b"ab",
        "fixed": b"cd",
        "national": "ünï",
        "flag": True,
    },
    {},
    {"letters": set(), "json": None, "tiny": 0, "flag": False, "time": time(0), "year": 0},
]
ON_MYSQL_CHANGES: list[dict[str, Any]] = [
    {"letters": {"b"}, "year": 1999, "decimal": Decimal("1"), "json": [], "bit": 255, "double": 2.5},
    {"letters": None, "json": None, "at": None, "mood": None, "letter_bits": set()},
    {"time": timedelta(hours=100)},
    {"tiny_unsigned": 256},
    {"decimal": Decimal("-1")},
    {"mood": "worse"},
]


class OnSqlite(SqliteBase):
    __tablename__ = "ways_on_sqlite"

    id: Mapped[int] = mapped_column(primary_key=True)
    at = mapped_column(
        _SQLITE.DATETIME(
            storage_format="%(year)04d%(month)02d%(day)02d%(hour)02d%(minute)02d",
            regexp=r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)",
        )
    )
    day = mapped_column(
        _SQLITE.DATE(
            storage_format="%(month)02d/%(day)02d/%(year)04d",
            regexp=r"(?P<month>\d+)/(?P<day>\d+)/(?P<year>\d+)",
        )
    )
    hour = mapped_column(_SQLITE.TIME(truncate_microseconds=True))
    json = mapped_column(sqlite.JSON)
    numeric = mapped_column(sqlite.NUMERIC(10, 2))


ON_SQLITE: list[dict[str, Any]] = [
    {
        "at": datetime(2024, 1, 2, 3, 4),
        "day": date(2024, 1, 2),
        "hour": time(1, 2, 3, 4),
        "json": {"a": 1},
        "numeric": Decimal("1.10"),
    },
    {},
]
ON_SQLITE_CHANGES: list[dict[str, Any]] = [{"at": datetime(1999, 1, 1), "json": None}, {"hour": None}]
