"""`delete(id)`: one row by its key, and whether it was there.

Raw: one `DELETE` by primary key, in autocommit, and its row count. The rows are inserted beforehand.
"""

from __future__ import annotations

import random
from typing import Any

from benchmarks.clips import Store, values
from benchmarks.question import Question

SQLITE = "DELETE FROM clip WHERE id = ?"
FORMAT = "DELETE FROM clip WHERE id = %s"
NUMBERED = "DELETE FROM clip WHERE id = $1"


def sqlite3(connection: Any, id: int) -> bool:
    return bool(connection.execute(SQLITE, (id,)).rowcount)


def psycopg(connection: Any, id: int) -> bool:
    return bool(connection.execute(FORMAT, (id,)).rowcount)


async def asyncpg(connection: Any, id: int) -> bool:
    return await connection.execute(NUMBERED, id) != "DELETE 0"


def pymysql(connection: Any, id: int) -> bool:
    with connection.cursor() as cursor:
        return bool(cursor.execute(FORMAT, (id,)))


async def asyncmy(connection: Any, id: int) -> bool:
    async with connection.cursor() as cursor:
        return bool(await cursor.execute(FORMAT, (id,)))


def ours(clips: Any, id: int) -> Any:
    return clips.delete(id)


def arguments(store: Store, rng: random.Random, calls: int) -> list[int]:
    keys = store.insert([values(rng) for _ in range(calls)])
    rng.shuffle(keys)
    return keys


QUESTION = Question(
    name="delete",
    title="delete(id)",
    arguments=arguments,
    raw={"sqlite3": sqlite3, "psycopg": psycopg, "asyncpg": asyncpg, "pymysql": pymysql, "asyncmy": asyncmy},
    ours=ours,
    writes=True,
)
