"""Tortoise: its own pool, in autocommit."""

from __future__ import annotations

from typing import Any

from sqlalchemy import make_url
from tortoise import Tortoise, fields, models
from tortoise.transactions import in_transaction

from benchmarks import clips as ours
from benchmarks.drivers import Driver

DRIVERS = ("aiosqlite", "asyncpg", "asyncmy")


class Video(models.Model):
    id = fields.IntField(primary_key=True)
    project_id = fields.IntField()
    path = fields.CharField(max_length=255)
    clips: Any

    class Meta:
        table = "video"


class Clip(models.Model):
    id = fields.IntField(primary_key=True)
    project_id = fields.IntField()
    video: Any = fields.ForeignKeyField("benchmarks.Video", related_name="clips")
    in_point = fields.IntField()
    out_point = fields.IntField()
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "clip"


MODELS = {ours.Clip: Clip, ours.Video: Video}


class Async:
    async def get(self, id: int) -> Any:
        return await Clip.get_or_none(id=id)

    async def create(self, clip: Any) -> Any:
        await clip.save(force_create=True)
        return clip

    async def update(self, change: tuple[int, int, int]) -> Any:
        clip = await Clip.get(id=change[2])
        clip.in_point, clip.out_point = change[:2]
        await clip.save(update_fields=("in_point", "out_point"))
        return clip

    async def delete(self, id: int) -> Any:
        return await Clip.filter(id=id).delete()

    async def create_many(self, clips: list[Any]) -> Any:
        async with in_transaction():
            return await Clip.bulk_create(clips)

    async def update_many(self, rows: list[dict[str, int]]) -> Any:
        async with in_transaction():
            changed = [Clip(**row) for row in rows]
            return await Clip.bulk_update(changed, fields=("in_point", "out_point"), batch_size=500)

    async def page(self, place: tuple[int, str]) -> Any:
        return await Clip.filter(id__gt=place[0]).order_by("id").limit(101)

    async def all_rows(self, _: None) -> Any:
        return await Clip.all()

    async def related(self, project: int) -> Any:
        return await Video.filter(project_id=project).prefetch_related("clips")

    async def close(self) -> None:
        await Tortoise.close_connections()


async def connect(driver: Driver, url: str) -> Any:
    place = make_url(url)
    credentials = {
        "host": place.host,
        "port": place.port,
        "user": place.username,
        "password": place.password,
        "database": place.database,
    }
    engines = {
        "aiosqlite": ("sqlite", {"file_path": place.database, "synchronous": "NORMAL"}),
        "asyncpg": ("asyncpg", {**credentials, "port": place.port or 5432}),
        "asyncmy": ("mysql", {**credentials, "port": place.port or 3306}),
    }
    engine, given = engines[driver.name]
    await Tortoise.init(
        {
            # Statements are kept by the connection's name: each driver has one of its own.
            "connections": {driver.name: {"engine": f"tortoise.backends.{engine}", "credentials": given}},
            "apps": {"benchmarks": {"models": [__name__], "default_connection": driver.name}},
            "use_tz": True,
        }
    )
    return Async()
