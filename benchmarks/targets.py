"""What we want to reach: at most this many times the raw driver, for each question and driver."""

from __future__ import annotations

_MYSQL_ALLOWANCE = 1.25

#           sqlite3, psycopg, asyncpg
_TABLE: dict[str, tuple[float, float, float]] = {
    "get": (2.5, 1.3, 1.5),
    "create": (2.2, 1.4, 1.6),
    "update": (3.0, 1.4, 1.6),
    "delete": (2.0, 1.3, 1.5),
    "create_many": (4.0, 1.3, 1.3),
    "update_many": (2.0, 0.7, 0.9),
    "page": (3.0, 2.5, 2.5),
    "all_rows": (3.5, 4.0, 4.0),
    "related": (4.0, 3.0, 3.0),
}
_HOP = {("hop", "aiosqlite"): 2.0}


def _targets() -> dict[tuple[str, str], float]:
    targets = dict(_HOP)
    for question, (sqlite3, psycopg, asyncpg) in _TABLE.items():
        targets[question, "sqlite3"] = sqlite3
        targets[question, "psycopg"] = psycopg
        targets[question, "asyncpg"] = asyncpg
        # MySQL and MariaDB: as PostgreSQL, within a quarter.
        targets[question, "pymysql"] = psycopg * _MYSQL_ALLOWANCE
        targets[question, "asyncmy"] = asyncpg * _MYSQL_ALLOWANCE
    return targets


TARGETS = _targets()
"""By question and driver."""
