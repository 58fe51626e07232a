"""How SQLite keeps text, times, decimals and bytes."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, LargeBinary, Time, Uuid
from sqlalchemy.dialects.sqlite import TEXT, VARCHAR
from sqlalchemy.types import TypeEngine

# strftime's %f ends at milliseconds; the zeros make the text as long as the one that the driver is given,
# so that the two compare as times do.
UTC_NOW = "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'"

# SQLite has no decimals: NUMERIC keeps them as binary floats. Scaled to whole numbers, they're exact.
NULLS_SORT_LOWEST = True
TIMESTAMP_IS_TEXT = True
TIMESTAMP_HAS_ZONE = False
DECIMAL_IS_INTEGER = True


def text(length: int | None, dialect: Dialect) -> TypeEngine[str]:
    """Give text that compares by code point: BINARY, the default collation, compares bytes of UTF-8."""
    return VARCHAR(length) if length else TEXT()


def timestamp() -> TypeEngine[datetime]:
    """Give text in UTC with six digits of fraction, which sorts as the instants do."""
    return DateTime()


def time_of_day() -> TypeEngine[time]:
    """Give a time of day with microseconds."""
    return Time()


def decimal(precision: int, scale: int) -> TypeEngine[Any]:
    """Give the whole number that a scaled decimal is kept as."""
    return BigInteger()


def binary() -> TypeEngine[bytes]:
    """Give bytes of any length."""
    return LargeBinary()


def uuid() -> TypeEngine[Any]:
    """Give 32 hexadecimal digits."""
    return Uuid()


def long_key() -> TypeEngine[int]:
    """Give a key that the database numbers: only a column of type INTEGER is SQLite's row id, of 64 bits."""
    return Integer()
