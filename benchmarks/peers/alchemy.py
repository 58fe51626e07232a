"""What the peers on SQLAlchemy have in common: models as its guide writes them, and an engine."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, ForeignKey, create_engine, event
from sqlalchemy.dialects.mysql import DATETIME
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

INSTANT = DateTime(timezone=True).with_variant(DATETIME(fsp=6), "mysql", "mariadb")


class Base(DeclarativeBase):
    """The peers' own base."""


class Video(Base):
    __tablename__ = "video"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int]
    path: Mapped[str]
    clips: Mapped[list[Clip]] = relationship()


class Clip(Base):
    __tablename__ = "clip"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int]
    video_id: Mapped[int] = mapped_column(ForeignKey("video.id"))
    in_point: Mapped[int]
    out_point: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(INSTANT, default=lambda: datetime.now(UTC))


def engine(url: str) -> Any:
    """Give an engine; on SQLite with the settings that everybody has here."""
    made = create_engine(url)
    _set_up(made)
    return made


def async_engine(url: str) -> Any:
    """Give an asynchronous engine; on SQLite with the settings that everybody has here."""
    made = create_async_engine(url)
    _set_up(made.sync_engine)
    return made


def _set_up(made: Any) -> None:
    if made.dialect.name == "sqlite":

        @event.listens_for(made, "connect")
        def set_up(connection: Any, _: Any) -> None:
            for setting in ("foreign_keys=ON", "synchronous=NORMAL"):
                connection.execute(f"PRAGMA {setting}").close()
