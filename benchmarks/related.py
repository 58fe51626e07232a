"""200 parents with 20 children each: the videos of a project, and their clips.

Raw: one `SELECT` of the parents, one of the children whose parent is among them (`= ANY` on PostgreSQL,
a list elsewhere), and a dictionary that gathers them by parent.
"""

from __future__ import annotations

import random
from typing import Any

from benchmarks.clips import CHILDREN as EACH
from benchmarks.clips import PARENTS, ROWS, Store, Video
from benchmarks.question import Question

_PARENTS = "SELECT id, project_id, path FROM video WHERE project_id = "
_CHILDREN = "SELECT id, project_id, video_id, in_point, out_point, created_at FROM clip WHERE video_id "
PROJECTS = ROWS // EACH // PARENTS


def sqlite3(connection: Any, project: int) -> Any:
    parents = connection.execute(_PARENTS + "?", (project,)).fetchall()
    marks = ", ".join("?" * len(parents))
    children = connection.execute(f"{_CHILDREN}IN ({marks})", [parent[0] for parent in parents])
    return gathered(parents, children.fetchall())


def psycopg(connection: Any, project: int) -> Any:
    parents = connection.execute(_PARENTS + "%s", (project,)).fetchall()
    children = connection.execute(_CHILDREN + "= ANY(%s)", ([parent[0] for parent in parents],))
    return gathered(parents, children.fetchall())


async def asyncpg(connection: Any, project: int) -> Any:
    parents = await connection.fetch(_PARENTS + "$1", project)
    children = await connection.fetch(_CHILDREN + "= ANY($1)", [parent[0] for parent in parents])
    return gathered(parents, children)


def pymysql(connection: Any, project: int) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(_PARENTS + "%s", (project,))
        parents = cursor.fetchall()
        cursor.execute(_CHILDREN + "IN %s", ([parent[0] for parent in parents],))
        return gathered(parents, cursor.fetchall())


async def asyncmy(connection: Any, project: int) -> Any:
    async with connection.cursor() as cursor:
        await cursor.execute(_PARENTS + "%s", (project,))
        parents = await cursor.fetchall()
        await cursor.execute(_CHILDREN + "IN %s", (tuple(parent[0] for parent in parents),))
        return gathered(parents, await cursor.fetchall())


def gathered(parents: Any, children: Any) -> Any:
    """Give each parent with the list of its children."""
    by_parent: dict[int, list[Any]] = {parent[0]: [] for parent in parents}
    for child in children:
        by_parent[child[2]].append(child)
    return [(parent, by_parent[parent[0]]) for parent in parents]


def ours(videos: Any, project: int) -> Any:
    return videos.find(Video.project_id == project, load="clips")


def arguments(store: Store, rng: random.Random, calls: int) -> list[int]:
    return [rng.randint(1, PROJECTS) for _ in range(calls)]


QUESTION = Question(
    name="related",
    title="200 parents with 20 children each",
    arguments=arguments,
    raw={"sqlite3": sqlite3, "psycopg": psycopg, "asyncpg": asyncpg, "pymysql": pymysql, "asyncmy": asyncmy},
    ours=ours,
    model=Video,
    least_calls=2,
)
