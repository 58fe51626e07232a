"""`update_many`: 10,000 different rows, each with values of its own, in one transaction.

Raw: the driver's `executemany` of one `UPDATE` by primary key, in one transaction.
"""

from __future__ import annotations

import random
from typing import Any

from benchmarks import update
from benchmarks.clips import ROWS, Store
from benchmarks.question import Question

MANY = 10_000
NUMBERED = "UPDATE clip SET in_point = $1, out_point = $2 WHERE id = $3"
SQLITE = "UPDATE clip SET in_point = ?, out_point = ? WHERE id = ?"

Changes = list[update.Change]


def sqlite3(connection: Any, changes: Changes) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(SQLITE, changes)
    connection.execute("COMMIT")


def psycopg(connection: Any, changes: Changes) -> None:
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(update.MYSQL, changes)


async def asyncpg(connection: Any, changes: Changes) -> None:
    await connection.executemany(NUMBERED, changes)  # one transaction by itself


def pymysql(connection: Any, changes: Changes) -> None:
    connection.begin()
    with connection.cursor() as cursor:
        cursor.executemany(update.MYSQL, changes)
    connection.commit()


async def asyncmy(connection: Any, changes: Changes) -> None:
    await connection.begin()
    async with connection.cursor() as cursor:
        await cursor.executemany(update.MYSQL, changes)
    await connection.commit()


def ours(clips: Any, rows: list[dict[str, int]]) -> Any:
    return clips.update_many(rows)


def named(_: type[Any], changes: Changes) -> list[dict[str, int]]:
    return [{"id": id, "in_point": in_point, "out_point": out_point} for in_point, out_point, id in changes]


def arguments(store: Store, rng: random.Random, calls: int) -> list[Changes]:
    return [
        [(rng.randrange(1000), rng.randrange(1000, 2000), id) for id in rng.sample(range(1, ROWS + 1), MANY)]
        for _ in range(calls)
    ]


QUESTION = Question(
    name="update_many",
    title="update_many, 10,000 different rows",
    arguments=arguments,
    raw={"sqlite3": sqlite3, "psycopg": psycopg, "asyncpg": asyncpg, "pymysql": pymysql, "asyncmy": asyncmy},
    ours=ours,
    prepare=named,
    least_calls=1,
    writes=True,
)
