"""`update(id, {…})`, which gives the row.

Raw: one `UPDATE` of two columns by primary key, in autocommit, with `RETURNING` of all columns; on MySQL and
MariaDB, which can't return it, a `SELECT` after it.
"""

from __future__ import annotations

import random
from typing import Any

from benchmarks import get
from benchmarks.clips import Store, key
from benchmarks.question import Question

_RETURNING = " RETURNING id, project_id, video_id, in_point, out_point, created_at"
SQLITE = "UPDATE clip SET in_point = ?, out_point = ? WHERE id = ?" + _RETURNING
MYSQL = "UPDATE clip SET in_point = %s, out_point = %s WHERE id = %s"
POSTGRESQL = MYSQL + _RETURNING
NUMBERED = "UPDATE clip SET in_point = $1, out_point = $2 WHERE id = $3" + _RETURNING

Change = tuple[int, int, int]
"""in_point, out_point, id."""


def sqlite3(connection: Any, change: Change) -> Any:
    return connection.execute(SQLITE, change).fetchone()


def psycopg(connection: Any, change: Change) -> Any:
    return connection.execute(POSTGRESQL, change).fetchone()


async def asyncpg(connection: Any, change: Change) -> Any:
    return await connection.fetchrow(NUMBERED, *change)


def pymysql(connection: Any, change: Change) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(MYSQL, change)
        cursor.execute(get.FORMAT, (change[2],))
        return cursor.fetchone()


async def asyncmy(connection: Any, change: Change) -> Any:
    async with connection.cursor() as cursor:
        await cursor.execute(MYSQL, change)
        await cursor.execute(get.FORMAT, (change[2],))
        return await cursor.fetchone()


def ours(clips: Any, change: Change) -> Any:
    in_point, out_point, id = change
    return clips.update(id, {"in_point": in_point, "out_point": out_point})


def arguments(store: Store, rng: random.Random, calls: int) -> list[Change]:
    return [(rng.randrange(1000), rng.randrange(1000, 2000), key(rng, store.rows)) for _ in range(calls)]


QUESTION = Question(
    name="update",
    title="update(id, {…}), the row given back",
    arguments=arguments,
    raw={"sqlite3": sqlite3, "psycopg": psycopg, "asyncpg": asyncpg, "pymysql": pymysql, "asyncmy": asyncmy},
    ours=ours,
    writes=True,
)
