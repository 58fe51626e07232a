"""Piccolo: objects, over asyncpg with its pool. It has neither a bulk update nor children with parents."""

from __future__ import annotations

from typing import Any

from piccolo.columns import ForeignKey, Integer, Serial, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.engine.postgres import PostgresEngine
from piccolo.table import Table
from sqlalchemy import make_url

from benchmarks import clips as ours
from benchmarks.drivers import Driver

DRIVERS = ("asyncpg",)


class Video(Table, tablename="video"):
    id = Serial(primary_key=True)
    project_id = Integer()
    path = Varchar()


class Clip(Table, tablename="clip"):
    id = Serial(primary_key=True)
    project_id = Integer()
    video_id = ForeignKey(Video)
    in_point = Integer()
    out_point = Integer()
    created_at = Timestamptz(default=TimestamptzNow())


MODELS = {ours.Clip: Clip, ours.Video: Video}


class Async:
    def __init__(self, engine: Any) -> None:
        self._engine = engine
        for table in (Clip, Video):
            table._meta._db = engine

    async def open(self) -> Async:
        await self._engine.start_connection_pool(min_size=1, max_size=5)
        return self

    async def get(self, id: int) -> Any:
        return await Clip.objects().get(Clip.id == id)

    async def create(self, clip: Any) -> Any:
        await clip.save()
        return clip

    async def update(self, change: tuple[int, int, int]) -> Any:
        clip = await Clip.objects().get(Clip.id == change[2])
        await clip.update_self({Clip.in_point: change[0], Clip.out_point: change[1]})
        return clip

    async def delete(self, id: int) -> Any:
        await Clip.delete().where(Clip.id == id)

    async def create_many(self, clips: list[Any]) -> Any:
        async with self._engine.transaction():
            for start in range(0, len(clips), 5000):  # PostgreSQL takes 65,535 parameters
                await Clip.insert(*clips[start : start + 5000])
        return clips

    async def page(self, place: tuple[int, str]) -> Any:
        return await Clip.objects().where(Clip.id > place[0]).order_by(Clip.id).limit(101)

    async def all_rows(self, _: None) -> Any:
        return await Clip.objects()

    async def close(self) -> None:
        await self._engine.close_connection_pool()


async def connect(driver: Driver, url: str) -> Any:
    place = make_url(url)
    config = {
        "host": place.host,
        "port": place.port or 5432,
        "user": place.username,
        "password": place.password,
        "database": place.database,
    }
    return await Async(PostgresEngine(config, log_queries=False)).open()
