"""`page`: 100 rows by keyset, at a random depth, by primary key.

Raw: `WHERE id > … ORDER BY id LIMIT 101`, all rows fetched as tuples; the 101st tells whether there's another
page. Ours goes on from a cursor, which is made beforehand, and makes the next one.
"""

from __future__ import annotations

import random
from typing import Any

from benchmarks.clips import Clip, Store
from benchmarks.question import Question
from colonnade import BaseRepository, DatabaseManager

SIZE = 100
_SELECT = (
    "SELECT id, project_id, video_id, in_point, out_point, created_at FROM clip"
    " WHERE id > {} ORDER BY id LIMIT 101"
)
SQLITE, FORMAT, NUMBERED = _SELECT.format("?"), _SELECT.format("%s"), _SELECT.format("$1")

Place = tuple[int, str]
"""A key, and our cursor that goes on from there."""

_cursors: dict[int, dict[int, str]] = {}


def sqlite3(connection: Any, place: Place) -> Any:
    return connection.execute(SQLITE, (place[0],)).fetchall()


def psycopg(connection: Any, place: Place) -> Any:
    return connection.execute(FORMAT, (place[0],)).fetchall()


async def asyncpg(connection: Any, place: Place) -> Any:
    return await connection.fetch(NUMBERED, place[0])


def pymysql(connection: Any, place: Place) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(FORMAT, (place[0],))
        return cursor.fetchall()


async def asyncmy(connection: Any, place: Place) -> Any:
    async with connection.cursor() as cursor:
        await cursor.execute(FORMAT, (place[0],))
        return await cursor.fetchall()


def ours(clips: Any, place: Place) -> Any:
    return clips.page(order_by="id", limit=SIZE, cursor=place[1])


def arguments(store: Store, rng: random.Random, calls: int) -> list[Place]:
    if store.rows not in _cursors:
        _cursors[store.rows] = _made(store)
    return rng.choices(list(_cursors[store.rows].items()), k=calls)


def _made(store: Store) -> dict[int, str]:
    """Give 100 cursors from all over the table; a cursor holds values, and is the same on all databases."""
    rng = random.Random("cursors")
    with DatabaseManager(store.url) as db:
        clips = BaseRepository[Clip](db)
        keys = sorted(rng.sample(range(store.rows // 10, store.rows - 2 * SIZE), 100))
        pages = {key: clips.page(Clip.id >= key, order_by="id", limit=1) for key in keys}
    return {key: str(page.next_cursor) for key, page in pages.items()}


QUESTION = Question(
    name="page",
    title="page, 100 rows by keyset, deep",
    arguments=arguments,
    raw={"sqlite3": sqlite3, "psycopg": psycopg, "asyncpg": asyncpg, "pymysql": pymysql, "asyncmy": asyncmy},
    ours=ours,
)
