"""SQLModel: its own Session for each call, over the synchronous drivers."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import selectinload
from sqlmodel import Field, Relationship, Session, SQLModel, select

from benchmarks import clips as ours
from benchmarks.drivers import Driver
from benchmarks.peers.alchemy import INSTANT, engine

DRIVERS = ("sqlite3", "psycopg", "pymysql")


class Video(SQLModel, table=True):
    __tablename__ = "video"
    id: int | None = Field(default=None, primary_key=True)
    project_id: int
    path: str
    clips: list["Clip"] = Relationship()


class Clip(SQLModel, table=True):
    __tablename__ = "clip"
    id: int | None = Field(default=None, primary_key=True)
    project_id: int
    video_id: int = Field(foreign_key="video.id")
    in_point: int
    out_point: int
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC), sa_type=INSTANT)


MODELS = {ours.Clip: Clip, ours.Video: Video}


class Sync:
    def __init__(self, url: str) -> None:
        self._engine = engine(url)

    def _session(self) -> Session:
        return Session(self._engine, expire_on_commit=False)

    def get(self, id: int) -> Any:
        with self._session() as session:
            return session.get(Clip, id)

    def create(self, clip: Any) -> Any:
        with self._session() as session:
            session.add(clip)
            session.commit()
        return clip

    def update(self, change: tuple[int, int, int]) -> Any:
        with self._session() as session:
            clip = session.get_one(Clip, change[2])
            clip.in_point, clip.out_point = change[:2]
            session.add(clip)
            session.commit()
        return clip

    def delete(self, id: int) -> Any:
        with self._session() as session:
            session.delete(session.get(Clip, id))
            session.commit()

    def create_many(self, clips: list[Any]) -> Any:
        with self._session() as session:
            session.add_all(clips)
            session.commit()
        return clips

    def update_many(self, rows: list[dict[str, int]]) -> Any:
        with self._session() as session:
            session.execute(update(Clip), rows)
            session.commit()

    def page(self, place: tuple[int, str]) -> Any:
        with self._session() as session:
            return session.exec(select(Clip).where(Clip.id > place[0]).order_by(Clip.id).limit(101)).all()

    def all_rows(self, _: None) -> Any:
        with self._session() as session:
            return session.exec(select(Clip)).all()

    def related(self, project: int) -> Any:
        statement = select(Video).where(Video.project_id == project).options(selectinload(Video.clips))
        with self._session() as session:
            return session.exec(statement).all()

    def close(self) -> None:
        self._engine.dispose()


def connect(driver: Driver, url: str) -> Any:
    return Sync(driver.url(url))
