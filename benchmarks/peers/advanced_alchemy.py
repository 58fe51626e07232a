"""advanced-alchemy: its repository on a Session for each call; the repository commits."""

from __future__ import annotations

from typing import Any

from advanced_alchemy.filters import LimitOffset, OrderBy
from advanced_alchemy.repository import SQLAlchemyAsyncRepository, SQLAlchemySyncRepository
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlalchemy.orm import selectinload, sessionmaker

from benchmarks import clips as ours
from benchmarks.drivers import Driver
from benchmarks.peers.alchemy import Clip, Video, async_engine, engine

DRIVERS = ("sqlite3", "aiosqlite", "psycopg", "asyncpg", "pymysql", "asyncmy")

_PAGE = (OrderBy("id"), LimitOffset(101, 0))


class Clips(SQLAlchemySyncRepository[Clip]):
    model_type = Clip


class Videos(SQLAlchemySyncRepository[Video]):
    model_type = Video


class AsyncClips(SQLAlchemyAsyncRepository[Clip]):
    model_type = Clip


class AsyncVideos(SQLAlchemyAsyncRepository[Video]):
    model_type = Video


def _changed(change: tuple[int, int, int]) -> Clip:
    return Clip(id=change[2], in_point=change[0], out_point=change[1])


MODELS = {ours.Clip: Clip, ours.Video: Video}


class Sync:
    def __init__(self, url: str) -> None:
        self._engine = engine(url)
        self._session = sessionmaker(self._engine, expire_on_commit=False)

    def get(self, id: int) -> Any:
        with self._session() as session:
            return Clips(session=session).get_one_or_none(id=id)

    def create(self, clip: Any) -> Any:
        with self._session() as session:
            return Clips(session=session, auto_commit=True).add(clip)

    def update(self, change: tuple[int, int, int]) -> Any:
        with self._session() as session:
            return Clips(session=session, auto_commit=True).update(_changed(change))

    def delete(self, id: int) -> Any:
        with self._session() as session:
            return Clips(session=session, auto_commit=True).delete(id)

    def create_many(self, clips: list[Any]) -> Any:
        with self._session() as session:
            return Clips(session=session, auto_commit=True).add_many(clips)

    def update_many(self, rows: list[dict[str, int]]) -> Any:
        with self._session() as session:
            return Clips(session=session, auto_commit=True).update_many([Clip(**row) for row in rows])

    def page(self, place: tuple[int, str]) -> Any:
        with self._session() as session:
            return Clips(session=session).list(Clip.id > place[0], *_PAGE)

    def all_rows(self, _: None) -> Any:
        with self._session() as session:
            return Clips(session=session).list()

    def related(self, project: int) -> Any:
        with self._session() as session:
            return Videos(session=session, load=[selectinload(Video.clips)]).list(project_id=project)

    def close(self) -> None:
        self._engine.dispose()


class Async:
    def __init__(self, url: str) -> None:
        self._engine = async_engine(url)
        self._session = async_sessionmaker(self._engine, expire_on_commit=False)

    async def get(self, id: int) -> Any:
        async with self._session() as session:
            return await AsyncClips(session=session).get_one_or_none(id=id)

    async def create(self, clip: Any) -> Any:
        async with self._session() as session:
            return await AsyncClips(session=session, auto_commit=True).add(clip)

    async def update(self, change: tuple[int, int, int]) -> Any:
        async with self._session() as session:
            return await AsyncClips(session=session, auto_commit=True).update(_changed(change))

    async def delete(self, id: int) -> Any:
        async with self._session() as session:
            return await AsyncClips(session=session, auto_commit=True).delete(id)

    async def create_many(self, clips: list[Any]) -> Any:
        async with self._session() as session:
            return await AsyncClips(session=session, auto_commit=True).add_many(clips)

    async def update_many(self, rows: list[dict[str, int]]) -> Any:
        async with self._session() as session:
            return await AsyncClips(session=session, auto_commit=True).update_many(
                [Clip(**row) for row in rows]
            )

    async def page(self, place: tuple[int, str]) -> Any:
        async with self._session() as session:
            return await AsyncClips(session=session).list(Clip.id > place[0], *_PAGE)

    async def all_rows(self, _: None) -> Any:
        async with self._session() as session:
            return await AsyncClips(session=session).list()

    async def related(self, project: int) -> Any:
        async with self._session() as session:
            return await AsyncVideos(session=session, load=[selectinload(Video.clips)]).list(
                project_id=project
            )

    async def close(self) -> None:
        await self._engine.dispose()


def connect(driver: Driver, url: str) -> Any:
    return Async(driver.url(url)) if driver.is_async else Sync(driver.url(url))
