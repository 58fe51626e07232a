"""The raw drivers: how a careful person connects with each, in autocommit, and our manager beside it.

SQLite gets the settings that ours has (write-ahead log, `synchronous=NORMAL`, foreign keys checked),
so that both ask the same of the disk. psycopg prepares a statement when it is sent the sixth time,
asyncpg at once, sqlite3 keeps compiled statements; PyMySQL and asyncmy prepare nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import URL, make_url


@dataclass(frozen=True)
class Driver:
    """One way to a database. `connect` gives a connection; awaited where the driver is asynchronous."""

    name: str
    database: str
    dialect: str
    is_async: bool
    connect: Callable[[URL], Any]

    def url(self, plain: str) -> str:
        """Give the URL with this driver in it."""
        return make_url(plain).set(drivername=self.dialect).render_as_string(hide_password=False)


_SQLITE_SETTINGS = ("foreign_keys=ON", "journal_mode=WAL", "synchronous=NORMAL")


def _sqlite3(url: URL) -> Any:
    connection = sqlite3.connect(str(url.database), isolation_level=None)
    for setting in _SQLITE_SETTINGS:
        connection.execute(f"PRAGMA {setting}")
    return connection


async def _aiosqlite(url: URL) -> Any:
    import aiosqlite

    connection = await aiosqlite.connect(str(url.database), isolation_level=None)
    for setting in _SQLITE_SETTINGS:
        await connection.execute(f"PRAGMA {setting}")
    return connection


def _psycopg(url: URL) -> Any:
    import psycopg

    return psycopg.connect(
        host=url.host,
        port=url.port,
        user=url.username,
        password=url.password,
        dbname=url.database,
        autocommit=True,
    )


async def _asyncpg(url: URL) -> Any:
    import asyncpg

    return await asyncpg.connect(
        host=url.host, port=url.port, user=url.username, password=url.password, database=url.database
    )


def _pymysql(url: URL) -> Any:
    import pymysql

    return pymysql.connect(**_mysql_arguments(url))


async def _asyncmy(url: URL) -> Any:
    import asyncmy

    return await asyncmy.connect(**_mysql_arguments(url))


def _mysql_arguments(url: URL) -> dict[str, Any]:
    return {
        "host": url.host,
        "port": url.port or 3306,
        "user": url.username,
        "password": url.password or "",
        "database": url.database,
        "charset": "utf8mb4",
        "autocommit": True,
    }


DRIVERS = (
    Driver("sqlite3", "sqlite", "sqlite+pysqlite", False, _sqlite3),
    Driver("aiosqlite", "sqlite", "sqlite+aiosqlite", True, _aiosqlite),
    Driver("psycopg", "postgresql", "postgresql+psycopg", False, _psycopg),
    Driver("asyncpg", "postgresql", "postgresql+asyncpg", True, _asyncpg),
    Driver("pymysql", "mysql", "mysql+pymysql", False, _pymysql),
    Driver("asyncmy", "mysql", "mysql+asyncmy", True, _asyncmy),
)
