"""All 100,000 rows as objects, in one list.

Raw: one `SELECT` without a condition and `fetchall`, as tuples (asyncpg's Records).
"""

from __future__ import annotations

from typing import Any

from benchmarks.question import Question

SELECT = "SELECT id, project_id, video_id, in_point, out_point, created_at FROM clip"


def sqlite3(connection: Any, _: None) -> Any:
    return connection.execute(SELECT).fetchall()


def psycopg(connection: Any, _: None) -> Any:
    return connection.execute(SELECT).fetchall()


async def asyncpg(connection: Any, _: None) -> Any:
    return await connection.fetch(SELECT)


def pymysql(connection: Any, _: None) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(SELECT)
        return cursor.fetchall()


async def asyncmy(connection: Any, _: None) -> Any:
    async with connection.cursor() as cursor:
        await cursor.execute(SELECT)
        return await cursor.fetchall()


def ours(clips: Any, _: None) -> Any:
    return clips.find()


QUESTION = Question(
    name="all_rows",
    title="all 100,000 rows as objects",
    arguments=lambda store, rng, calls: [None] * calls,
    raw={"sqlite3": sqlite3, "psycopg": psycopg, "asyncpg": asyncpg, "pymysql": pymysql, "asyncmy": asyncmy},
    ours=ours,
    least_calls=1,
)
