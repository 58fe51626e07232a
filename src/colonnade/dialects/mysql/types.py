"""How MySQL and MariaDB keep text, times, decimals and bytes."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from sqlalchemy import BigInteger, Dialect, Numeric, Uuid
from sqlalchemy.dialects.mysql import DATETIME, LONGBLOB, LONGTEXT, TIME, VARCHAR
from sqlalchemy.types import TypeEngine

# Not CURRENT_TIMESTAMP: that is the session's local time, and a DATETIME keeps no zone.
UTC_NOW = "UTC_TIMESTAMP(6)"

MYSQL_COLLATION = "utf8mb4_0900_bin"
MARIADB_COLLATION = "utf8mb4_nopad_bin"
# Each server reads the comment that is meant for it (MariaDB passes over the numbers of MySQL 5.7 and later).
_EITHER = f"/*M! COLLATE {MARIADB_COLLATION} */ /*!80017 COLLATE {MYSQL_COLLATION} */"

NULLS_SORT_LOWEST = True
TIMESTAMP_IS_TEXT = False
TIMESTAMP_HAS_ZONE = False
DECIMAL_IS_INTEGER = False


def text(length: int | None, dialect: Dialect) -> TypeEngine[str]:
    """Give text that compares by code point, trailing spaces included.

    Under the better known utf8mb4_bin 'a' and 'a ' are equal. Without a length it's LONGTEXT: TEXT ends
    at 64 KiB.
    """
    charset: str = "utf8mb4"
    collation: str | None = MYSQL_COLLATION
    if getattr(dialect, "is_mariadb", False):
        collation = MARIADB_COLLATION
    elif dialect.server_version_info is None:  # a script for a server that nobody has asked what it is
        charset, collation = f"utf8mb4 {_EITHER}", None
    if length:
        return VARCHAR(length, charset=charset, collation=collation)
    return LONGTEXT(charset=charset, collation=collation)


def timestamp() -> TypeEngine[datetime]:
    """Give a time in UTC with microseconds; without a precision DATETIME rounds to seconds."""
    return DATETIME(fsp=6)


def time_of_day() -> TypeEngine[time]:
    """Give a time of day with microseconds."""
    return TIME(fsp=6)


def decimal(precision: int, scale: int) -> TypeEngine[Any]:
    """Give an exact decimal."""
    return Numeric(precision, scale)


def binary() -> TypeEngine[bytes]:
    """Give bytes up to 4 GiB: BLOB ends at 64 KiB."""
    return LONGBLOB()


def uuid() -> TypeEngine[Any]:
    """Give 32 hexadecimal digits: MariaDB's own UUID sorts by its last bytes first, and MySQL has none."""
    return Uuid(native_uuid=False)


def long_key() -> TypeEngine[int]:
    """Give a key of 64 bits that the database numbers."""
    return BigInteger()
