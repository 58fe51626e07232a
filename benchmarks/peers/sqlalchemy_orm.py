"""SQLAlchemy's ORM: a Session for each call, which commits where it writes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlalchemy.orm import selectinload, sessionmaker

from benchmarks import clips as ours
from benchmarks.drivers import Driver
from benchmarks.peers.alchemy import Clip, Video, async_engine, engine

DRIVERS = ("sqlite3", "aiosqlite", "psycopg", "asyncpg", "pymysql", "asyncmy")


def _page(place: tuple[int, str]) -> Any:
    return select(Clip).where(Clip.id > place[0]).order_by(Clip.id).limit(101)


def _related(project: int) -> Any:
    return select(Video).where(Video.project_id == project).options(selectinload(Video.clips))


MODELS = {ours.Clip: Clip, ours.Video: Video}


class Sync:
    def __init__(self, url: str) -> None:
        self._engine = engine(url)
        self._session = sessionmaker(self._engine, expire_on_commit=False)

    def get(self, id: int) -> Any:
        with self._session() as session:
            return session.get(Clip, id)

    def create(self, clip: Any) -> Any:
        with self._session.begin() as session:
            session.add(clip)
        return clip

    def update(self, change: tuple[int, int, int]) -> Any:
        with self._session.begin() as session:
            clip = session.get_one(Clip, change[2])
            clip.in_point, clip.out_point = change[:2]
        return clip

    def delete(self, id: int) -> Any:
        with self._session.begin() as session:
            clip = session.get(Clip, id)
            session.delete(clip)

    def create_many(self, clips: list[Any]) -> Any:
        with self._session.begin() as session:
            session.add_all(clips)
        return clips

    def update_many(self, rows: list[dict[str, int]]) -> Any:
        with self._session.begin() as session:
            session.execute(update(Clip), rows)

    def page(self, place: tuple[int, str]) -> Any:
        with self._session() as session:
            return session.scalars(_page(place)).all()

    def all_rows(self, _: None) -> Any:
        with self._session() as session:
            return session.scalars(select(Clip)).all()

    def related(self, project: int) -> Any:
        with self._session() as session:
            return session.scalars(_related(project)).all()

    def close(self) -> None:
        self._engine.dispose()


class Async:
    def __init__(self, url: str) -> None:
        self._engine = async_engine(url)
        self._session = async_sessionmaker(self._engine, expire_on_commit=False)

    async def get(self, id: int) -> Any:
        async with self._session() as session:
            return await session.get(Clip, id)

    async def create(self, clip: Any) -> Any:
        async with self._session.begin() as session:
            session.add(clip)
        return clip

    async def update(self, change: tuple[int, int, int]) -> Any:
        async with self._session.begin() as session:
            clip = await session.get_one(Clip, change[2])
            clip.in_point, clip.out_point = change[:2]
        return clip

    async def delete(self, id: int) -> Any:
        async with self._session.begin() as session:
            clip = await session.get(Clip, id)
            await session.delete(clip)

    async def create_many(self, clips: list[Any]) -> Any:
        async with self._session.begin() as session:
            session.add_all(clips)
        return clips

    async def update_many(self, rows: list[dict[str, int]]) -> Any:
        async with self._session.begin() as session:
            await session.execute(update(Clip), rows)

    async def page(self, place: tuple[int, str]) -> Any:
        async with self._session() as session:
            return (await session.scalars(_page(place))).all()

    async def all_rows(self, _: None) -> Any:
        async with self._session() as session:
            return (await session.scalars(select(Clip))).all()

    async def related(self, project: int) -> Any:
        async with self._session() as session:
            return (await session.scalars(_related(project))).all()

    async def close(self) -> None:
        await self._engine.dispose()


def connect(driver: Driver, url: str) -> Any:
    return Async(driver.url(url)) if driver.is_async else Sync(driver.url(url))
