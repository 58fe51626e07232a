"""SQLAlchemy Core: a pooled connection for each call, single statements in autocommit; rows, no objects."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from benchmarks import clips as ours
from benchmarks.drivers import Driver
from benchmarks.peers import alchemy

DRIVERS = ("sqlite3", "aiosqlite", "psycopg", "asyncpg", "pymysql", "asyncmy")

CLIP, VIDEO = alchemy.Clip.__table__, alchemy.Video.__table__

_CHANGE = (
    update(CLIP)
    .where(CLIP.c.id == bindparam("key"))
    .values(in_point=bindparam("in_point"), out_point=bindparam("out_point"))
)


def _new(clip: dict[str, int]) -> dict[str, Any]:
    return {**clip, "created_at": datetime.now(UTC)}


def _get(id: int) -> Any:
    return select(CLIP).where(CLIP.c.id == id)


def _update(change: tuple[int, int, int]) -> Any:
    return update(CLIP).where(CLIP.c.id == change[2]).values(in_point=change[0], out_point=change[1])


def _changes(rows: list[dict[str, int]]) -> list[dict[str, int]]:
    return [{"key": row["id"], "in_point": row["in_point"], "out_point": row["out_point"]} for row in rows]


def _page(place: tuple[int, str]) -> Any:
    return select(CLIP).where(CLIP.c.id > place[0]).order_by(CLIP.c.id).limit(101)


def _parents(project: int) -> Any:
    return select(VIDEO).where(VIDEO.c.project_id == project)


def _children(parents: Any) -> Any:
    return select(CLIP).where(CLIP.c.video_id.in_([parent.id for parent in parents]))


def _gathered(parents: Any, children: Any) -> Any:
    by_parent: dict[int, list[Any]] = {parent.id: [] for parent in parents}
    for child in children:
        by_parent[child.video_id].append(child)
    return [(parent, by_parent[parent.id]) for parent in parents]


MODELS = {ours.Clip: dict, ours.Video: dict}


class Sync:
    def __init__(self, url: str) -> None:
        self._transactional = alchemy.engine(url)
        self._engine = self._transactional.execution_options(isolation_level="AUTOCOMMIT")
        self._returns = self._engine.dialect.update_returning

    def get(self, id: int) -> Any:
        with self._engine.connect() as connection:
            return connection.execute(_get(id)).one_or_none()

    def create(self, clip: dict[str, int]) -> Any:
        with self._engine.connect() as connection:
            return connection.execute(insert(CLIP), _new(clip)).inserted_primary_key

    def update(self, change: tuple[int, int, int]) -> Any:
        with self._engine.connect() as connection:
            if self._returns:
                return connection.execute(_update(change).returning(CLIP)).one()
            connection.execute(_update(change))
            return connection.execute(_get(change[2])).one()

    def delete(self, id: int) -> Any:
        with self._engine.connect() as connection:
            return connection.execute(delete(CLIP).where(CLIP.c.id == id)).rowcount

    def create_many(self, clips: list[dict[str, int]]) -> Any:
        with self._transactional.begin() as connection:
            rows = [_new(clip) for clip in clips]
            return connection.execute(
                insert(CLIP).returning(CLIP.c.id, sort_by_parameter_order=True), rows
            ).all()

    def update_many(self, rows: list[dict[str, int]]) -> Any:
        with self._transactional.begin() as connection:
            connection.execute(_CHANGE, _changes(rows))

    def page(self, place: tuple[int, str]) -> Any:
        with self._engine.connect() as connection:
            return connection.execute(_page(place)).all()

    def all_rows(self, _: None) -> Any:
        with self._engine.connect() as connection:
            return connection.execute(select(CLIP)).all()

    def related(self, project: int) -> Any:
        with self._engine.connect() as connection:
            parents = connection.execute(_parents(project)).all()
            return _gathered(parents, connection.execute(_children(parents)).all())

    def close(self) -> None:
        self._engine.dispose()


class Async:
    def __init__(self, url: str) -> None:
        self._transactional = alchemy.async_engine(url)
        self._engine = self._transactional.execution_options(isolation_level="AUTOCOMMIT")
        self._returns = self._engine.dialect.update_returning

    async def get(self, id: int) -> Any:
        async with self._engine.connect() as connection:
            return (await connection.execute(_get(id))).one_or_none()

    async def create(self, clip: dict[str, int]) -> Any:
        async with self._engine.connect() as connection:
            return (await connection.execute(insert(CLIP), _new(clip))).inserted_primary_key

    async def update(self, change: tuple[int, int, int]) -> Any:
        async with self._engine.connect() as connection:
            if self._returns:
                return (await connection.execute(_update(change).returning(CLIP))).one()
            await connection.execute(_update(change))
            return (await connection.execute(_get(change[2]))).one()

    async def delete(self, id: int) -> Any:
        async with self._engine.connect() as connection:
            return (await connection.execute(delete(CLIP).where(CLIP.c.id == id))).rowcount

    async def create_many(self, clips: list[dict[str, int]]) -> Any:
        async with self._transactional.begin() as connection:
            statement = insert(CLIP).returning(CLIP.c.id, sort_by_parameter_order=True)
            return (await connection.execute(statement, [_new(clip) for clip in clips])).all()

    async def update_many(self, rows: list[dict[str, int]]) -> Any:
        async with self._transactional.begin() as connection:
            await connection.execute(_CHANGE, _changes(rows))

    async def page(self, place: tuple[int, str]) -> Any:
        async with self._engine.connect() as connection:
            return (await connection.execute(_page(place))).all()

    async def all_rows(self, _: None) -> Any:
        async with self._engine.connect() as connection:
            return (await connection.execute(select(CLIP))).all()

    async def related(self, project: int) -> Any:
        async with self._engine.connect() as connection:
            parents = (await connection.execute(_parents(project))).all()
            return _gathered(parents, (await connection.execute(_children(parents))).all())

    async def close(self) -> None:
        await self._engine.dispose()


def connect(driver: Driver, url: str) -> Any:
    return Async(driver.url(url)) if driver.is_async else Sync(driver.url(url))
