"""How PostgreSQL keeps text, times, decimals and bytes."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from sqlalchemy import BigInteger, Dialect, LargeBinary, Numeric, Time, Uuid
from sqlalchemy.dialects.postgresql import TEXT, TIMESTAMP, VARCHAR
from sqlalchemy.types import TypeEngine

# One instant for a whole statement, unlike clock_timestamp; and a later one for the next statement, unlike
# CURRENT_TIMESTAMP, which stands still for a transaction.
UTC_NOW = "statement_timestamp()"

NULLS_SORT_LOWEST = False
TIMESTAMP_IS_TEXT = False
TIMESTAMP_HAS_ZONE = True
DECIMAL_IS_INTEGER = False


def text(length: int | None, dialect: Dialect) -> TypeEngine[str]:
    """Give text that compares by code point: "C" compares bytes, in UTF-8 the same order."""
    return VARCHAR(length, collation="C") if length else TEXT(collation="C")


def timestamp() -> TypeEngine[datetime]:
    """Give an instant in microseconds."""
    return TIMESTAMP(timezone=True)


def time_of_day() -> TypeEngine[time]:
    """Give a time of day with microseconds."""
    return Time()


def decimal(precision: int, scale: int) -> TypeEngine[Any]:
    """Give an exact decimal."""
    return Numeric(precision, scale)


def binary() -> TypeEngine[bytes]:
    """Give bytes of any length."""
    return LargeBinary()


def uuid() -> TypeEngine[Any]:
    """Give the database's own UUID."""
    return Uuid()


def long_key() -> TypeEngine[int]:
    """Give a key of 64 bits that the database numbers."""
    return BigInteger()
