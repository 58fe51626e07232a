"""Reading a table of any size in batches of 1,000 rows.

Raw: a cursor that leaves the rows with the server until they're asked for (a named one on psycopg, in a
transaction on asyncpg, unbuffered on PyMySQL and asyncmy), and `fetchmany`, as tuples.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from benchmarks.all_rows import SELECT

BATCH = 1000


def sqlite3(connection: Any) -> Iterator[list[Any]]:
    yield from _batches(connection.execute(SELECT))


def psycopg(connection: Any) -> Iterator[list[Any]]:
    with connection.transaction(), connection.cursor("stream") as cursor:
        cursor.execute(SELECT)
        yield from _batches(cursor)


async def asyncpg(connection: Any) -> AsyncIterator[list[Any]]:
    async with connection.transaction():
        cursor = await connection.cursor(SELECT)
        while rows := await cursor.fetch(BATCH):
            yield rows


def pymysql(connection: Any) -> Iterator[list[Any]]:
    from pymysql.cursors import SSCursor

    with connection.cursor(SSCursor) as cursor:
        cursor.execute(SELECT)
        yield from _batches(cursor)


async def asyncmy(connection: Any) -> AsyncIterator[list[Any]]:
    from asyncmy.cursors import SSCursor

    async with connection.cursor(SSCursor) as cursor:
        await cursor.execute(SELECT)
        while rows := await cursor.fetchmany(BATCH):
            yield rows


async def aiosqlite(connection: Any) -> AsyncIterator[list[Any]]:
    async with connection.execute(SELECT) as cursor:
        while rows := await cursor.fetchmany(BATCH):
            yield rows


def _batches(cursor: Any) -> Iterator[list[Any]]:
    while rows := cursor.fetchmany(BATCH):
        yield rows


RAW = {
    "sqlite3": sqlite3,
    "aiosqlite": aiosqlite,
    "psycopg": psycopg,
    "asyncpg": asyncpg,
    "pymysql": pymysql,
    "asyncmy": asyncmy,
}
