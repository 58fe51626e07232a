"""`create_many`: 10,000 new rows in one transaction, with the generated keys on the objects.

Raw: the driver's `executemany` in one transaction, which gives no keys back (so ours does more), with one
time for all rows from the client's clock. The objects are made before the clock starts; the case
"objects alone" makes them and sends nothing.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime
from functools import partial
from typing import Any

from benchmarks import create
from benchmarks.clips import Clip, Store, values
from benchmarks.question import Question

MANY = 10_000
NUMBERED = create.NUMBERED.removesuffix(" RETURNING id")

Rows = list[tuple[int, ...]]


def sqlite3(connection: Any, rows: Rows) -> None:
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(create.SQLITE, [(*row, now) for row in rows])
    connection.execute("COMMIT")


def psycopg(connection: Any, rows: Rows) -> None:
    now = datetime.now(UTC)
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(create.MYSQL, [(*row, now) for row in rows])


async def asyncpg(connection: Any, rows: Rows) -> None:
    now = datetime.now(UTC)
    await connection.executemany(NUMBERED, [(*row, now) for row in rows])  # one transaction by itself


def pymysql(connection: Any, rows: Rows) -> None:
    now = datetime.now(UTC)
    connection.begin()
    with connection.cursor() as cursor:
        cursor.executemany(create.MYSQL, [(*row, now) for row in rows])
    connection.commit()


async def asyncmy(connection: Any, rows: Rows) -> None:
    now = datetime.now(UTC)
    await connection.begin()
    async with connection.cursor() as cursor:
        await cursor.executemany(create.MYSQL, [(*row, now) for row in rows])
    await connection.commit()


def ours(clips: Any, new: list[Clip]) -> Any:
    return clips.create_many(new)


def made(model: type[Any], rows: Rows) -> list[Any]:
    """Give unsaved objects of that model."""
    return [create.made(model, row) for row in rows]


def arguments(store: Store, rng: random.Random, calls: int) -> list[Rows]:
    return [[values(rng) for _ in range(MANY)] for _ in range(calls)]


QUESTION = Question(
    name="create_many",
    title="create_many, 10,000, keys on the objects",
    arguments=arguments,
    raw={"sqlite3": sqlite3, "psycopg": psycopg, "asyncpg": asyncpg, "pymysql": pymysql, "asyncmy": asyncmy},
    ours=ours,
    least_calls=1,
    writes=True,
    prepare=made,
    beside={"objects alone": partial(made, Clip)},
)
