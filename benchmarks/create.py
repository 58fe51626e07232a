"""`create(entity)`: one new row, with its generated key and defaults on the object.

Raw: one `INSERT` with the time from the client's clock, in autocommit; the key is read back by
`RETURNING` on PostgreSQL, by `lastrowid` elsewhere. The object is made before the clock starts; the
case "objects alone" makes it and sends nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

from benchmarks.clips import Clip, values
from benchmarks.question import Question

_INSERT = "INSERT INTO clip (project_id, video_id, in_point, out_point, created_at) VALUES "
SQLITE = _INSERT + "(?, ?, ?, ?, ?)"
MYSQL = _INSERT + "(%s, %s, %s, %s, %s)"
POSTGRESQL = MYSQL + " RETURNING id"
NUMBERED = _INSERT + "($1, $2, $3, $4, $5) RETURNING id"


def sqlite3(connection: Any, row: tuple[int, ...]) -> Any:
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    return connection.execute(SQLITE, (*row, now)).lastrowid


def psycopg(connection: Any, row: tuple[int, ...]) -> Any:
    return connection.execute(POSTGRESQL, (*row, datetime.now(UTC))).fetchone()[0]


async def asyncpg(connection: Any, row: tuple[int, ...]) -> Any:
    return await connection.fetchval(NUMBERED, *row, datetime.now(UTC))


def pymysql(connection: Any, row: tuple[int, ...]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(MYSQL, (*row, datetime.now(UTC)))
        return cursor.lastrowid


async def asyncmy(connection: Any, row: tuple[int, ...]) -> Any:
    async with connection.cursor() as cursor:
        await cursor.execute(MYSQL, (*row, datetime.now(UTC)))
        return cursor.lastrowid


def ours(clips: Any, clip: Clip) -> Any:
    return clips.create(clip)


def made(model: type[Any], row: tuple[int, ...]) -> Any:
    """Give an unsaved object of that model."""
    project, video, in_point, out_point = row
    return model(project_id=project, video_id=video, in_point=in_point, out_point=out_point)


QUESTION = Question(
    name="create",
    title="create(entity), key and defaults on it",
    arguments=lambda store, rng, calls: [values(rng) for _ in range(calls)],
    raw={"sqlite3": sqlite3, "psycopg": psycopg, "asyncpg": asyncpg, "pymysql": pymysql, "asyncmy": asyncmy},
    ours=ours,
    prepare=made,
    beside={"objects alone": partial(made, Clip)},
    writes=True,
)
