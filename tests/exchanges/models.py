"""The classes whose calls are counted: plain, by composite key, with mixins, with a value of the server's."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, insert
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from colonnade.models import Conventions, SoftDeleteMixin, TimestampMixin, VersionMixin

FIRST = 1001
"""The key of each table's first row; keys that the server makes are below these or above."""

ROWS = 20


class Base(Conventions, DeclarativeBase): ...


class Clip(TimestampMixin, Base):
    __tablename__ = "clip"

    id: Mapped[int] = mapped_column(primary_key=True)
    video_id: Mapped[int] = mapped_column(index=True)
    title: Mapped[str] = mapped_column(unique=True)


class Cell(Base):
    """With a composite key: the first row is (1001, 1)."""

    __tablename__ = "cell"

    x: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    y: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]


class Note(SoftDeleteMixin, TimestampMixin, Base):
    """Those from the eleventh on are deleted."""

    __tablename__ = "note"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]


class Account(VersionMixin, Base):
    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    balance: Mapped[int]


class Draft(Base):
    """With a value beyond the key that the server makes."""

    __tablename__ = "draft"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="new")


def fill(engine: Engine) -> None:
    """Make each table hold its rows, and no others."""
    rows = range(FIRST, FIRST + ROWS)
    values: dict[type[Base], list[dict[str, Any]]] = {
        Clip: [{"id": row, "video_id": row % 3 + 1, "title": f"clip {row}"} for row in rows],
        Cell: [{"x": row, "y": 1, "name": f"cell {row}"} for row in rows],
        Note: [
            {"id": row, "title": "note", "deleted_at": None if row < FIRST + 10 else datetime.now(UTC)}
            for row in rows
        ],
        Account: [{"id": row, "balance": 100} for row in rows],
        Draft: [{"id": row, "title": f"draft {row}"} for row in rows],
    }
    with engine.begin() as connection:
        for model, given in values.items():
            table = Base.metadata.tables[model.__tablename__]
            connection.execute(table.delete())
            connection.execute(insert(table), given)
