"""Django's ORM by itself, without requests: autocommit, as is its default; one connection, kept open.

On MySQL it runs on PyMySQL in the place of mysqlclient.
"""

from __future__ import annotations

from typing import Any

import django
from django.conf import settings
from django.db import connections, models
from sqlalchemy import make_url

from benchmarks import clips as ours
from benchmarks.drivers import Driver

DRIVERS = ("sqlite3", "psycopg", "pymysql")

_ENGINES = {"sqlite3": "sqlite3", "psycopg": "postgresql", "pymysql": "mysql"}
_OPTIONS = {"sqlite3": {"init_command": "PRAGMA synchronous=NORMAL"}}

settings.configure(DATABASES={"default": {}}, USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.AutoField")
django.setup()


class Video(models.Model):
    project_id = models.IntegerField()
    path = models.CharField(max_length=255)

    class Meta:
        app_label = "benchmarks"
        db_table = "video"


class Clip(models.Model):
    project_id = models.IntegerField()
    video = models.ForeignKey(Video, models.DO_NOTHING, related_name="clips")
    in_point = models.IntegerField()
    out_point = models.IntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "benchmarks"
        db_table = "clip"


MODELS = {ours.Clip: Clip, ours.Video: Video}


class Sync:
    def get(self, id: int) -> Any:
        return Clip.objects.get(id=id)

    def create(self, clip: Any) -> Any:
        clip.save(force_insert=True)
        return clip

    def update(self, change: tuple[int, int, int]) -> Any:
        clip = Clip.objects.get(id=change[2])
        clip.in_point, clip.out_point = change[:2]
        clip.save(update_fields=("in_point", "out_point"))
        return clip

    def delete(self, id: int) -> Any:
        return Clip.objects.filter(id=id).delete()

    def create_many(self, clips: list[Any]) -> Any:
        return Clip.objects.bulk_create(clips)

    def update_many(self, rows: list[dict[str, int]]) -> Any:
        return Clip.objects.bulk_update(
            [Clip(**row) for row in rows], ("in_point", "out_point"), batch_size=500
        )

    def page(self, place: tuple[int, str]) -> Any:
        return list(Clip.objects.filter(id__gt=place[0]).order_by("id")[:101])

    def all_rows(self, _: None) -> Any:
        return list(Clip.objects.all())

    def related(self, project: int) -> Any:
        return list(Video.objects.filter(project_id=project).prefetch_related("clips"))

    def close(self) -> None:
        connections["default"].close()
        del connections["default"]


def connect(driver: Driver, url: str) -> Any:
    if driver.name == "pymysql":
        import pymysql

        pymysql.version_info = (2, 2, 4, "final", 0)  # Django asks for mysqlclient's
        pymysql.install_as_MySQLdb()
    place = make_url(url)
    connections.settings["default"].update(
        ENGINE=f"django.db.backends.{_ENGINES[driver.name]}",
        NAME=place.database,
        HOST=place.host or "",
        PORT=place.port or "",
        USER=place.username or "",
        PASSWORD=place.password or "",
        OPTIONS=_OPTIONS.get(driver.name, {}),
    )
    return Sync()
