"""`get(id)`, alone.

Raw: `SELECT` of all six columns by primary key, one row fetched as a tuple (asyncpg's Record), in autocommit.
"""

from __future__ import annotations

from typing import Any

from benchmarks.clips import key
from benchmarks.question import Question

_SELECT = "SELECT id, project_id, video_id, in_point, out_point, created_at FROM clip WHERE id = "
SQLITE, FORMAT, NUMBERED = _SELECT + "?", _SELECT + "%s", _SELECT + "$1"


def sqlite3(connection: Any, id: int) -> Any:
    return connection.execute(SQLITE, (id,)).fetchone()


def psycopg(connection: Any, id: int) -> Any:
    return connection.execute(FORMAT, (id,)).fetchone()


async def asyncpg(connection: Any, id: int) -> Any:
    return await connection.fetchrow(NUMBERED, id)


def pymysql(connection: Any, id: int) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(FORMAT, (id,))
        return cursor.fetchone()


async def asyncmy(connection: Any, id: int) -> Any:
    async with connection.cursor() as cursor:
        await cursor.execute(FORMAT, (id,))
        return await cursor.fetchone()


def ours(clips: Any, id: int) -> Any:
    return clips.get(id)


QUESTION = Question(
    name="get",
    title="get(id), alone",
    arguments=lambda store, rng, calls: [key(rng, store.rows) for _ in range(calls)],
    raw={"sqlite3": sqlite3, "psycopg": psycopg, "asyncpg": asyncpg, "pymysql": pymysql, "asyncmy": asyncmy},
    ours=ours,
)
