"""Peewee: one connection, kept open, in autocommit; on psycopg in version 3."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import peewee
from sqlalchemy import make_url

from benchmarks import clips as ours
from benchmarks.drivers import Driver

DRIVERS = ("sqlite3", "psycopg", "pymysql")

_database = peewee.DatabaseProxy()


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


class Model(peewee.Model):
    class Meta:
        database = _database


class Video(Model):
    project_id = peewee.IntegerField()
    path = peewee.CharField()

    class Meta:
        table_name = "video"


class Clip(Model):
    project_id = peewee.IntegerField()
    video = peewee.ForeignKeyField(Video, backref="clips")
    in_point = peewee.IntegerField()
    out_point = peewee.IntegerField()
    created_at = peewee.DateTimeField(default=_now)

    class Meta:
        table_name = "clip"


MODELS = {ours.Clip: Clip, ours.Video: Video}


class Sync:
    def __init__(self, database: Any) -> None:
        self._database = database
        _database.initialize(database)
        database.connect()

    def get(self, id: int) -> Any:
        return Clip.get_or_none(Clip.id == id)

    def create(self, clip: Any) -> Any:
        clip.save(force_insert=True)
        return clip

    def update(self, change: tuple[int, int, int]) -> Any:
        clip = Clip.get_by_id(change[2])
        clip.in_point, clip.out_point = change[:2]
        clip.save(only=("in_point", "out_point"))
        return clip

    def delete(self, id: int) -> Any:
        return Clip.delete_by_id(id)

    def create_many(self, clips: list[Any]) -> Any:
        with self._database.atomic():
            Clip.bulk_create(clips, batch_size=500)
        return clips

    def update_many(self, rows: list[dict[str, int]]) -> Any:
        with self._database.atomic():
            Clip.bulk_update([Clip(**row) for row in rows], ("in_point", "out_point"), batch_size=500)

    def page(self, place: tuple[int, str]) -> Any:
        return list(Clip.select().where(Clip.id > place[0]).order_by(Clip.id).limit(101))

    def all_rows(self, _: None) -> Any:
        return list(Clip.select())

    def related(self, project: int) -> Any:
        return list(peewee.prefetch(Video.select().where(Video.project_id == project), Clip.select()))

    def close(self) -> None:
        self._database.close()


def connect(driver: Driver, url: str) -> Any:
    place = make_url(url)
    if driver.name == "sqlite3":
        return Sync(peewee.SqliteDatabase(place.database, pragmas={"foreign_keys": 1, "synchronous": 1}))
    address = {"host": place.host, "user": place.username, "password": place.password or ""}
    if place.port:
        address["port"] = place.port
    kind = peewee.PostgresqlDatabase if driver.name == "psycopg" else peewee.MySQLDatabase
    return Sync(kind(place.database, **address))
