"""The table that every question is asked of: 100,000 clips, of 5,000 videos, in 25 projects.

`Store` is one database filled with them. It works through connections of its own, never inside what is timed.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime
from functools import reduce
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    Table,
    TextClause,
    create_engine,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.pool import NullPool

from colonnade import DatabaseManager
from colonnade.models import Base, CreatedAtMixin, UTCDateTime

ROWS = 100_000
CHILDREN = 20
"""How many clips a video has."""
PARENTS = 200
"""How many videos a project has."""

FIELDS = ("project_id", "video_id", "in_point", "out_point")


class Project(Base):
    __tablename__ = "project"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]


class Video(Base):
    __tablename__ = "video"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    path: Mapped[str]
    clips: Mapped[list[Clip]] = relationship()


class Clip(CreatedAtMixin, Base):
    __tablename__ = "clip"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    video_id: Mapped[int] = mapped_column(ForeignKey("video.id"), index=True)
    in_point: Mapped[int]
    out_point: Mapped[int]


_DIGITS = Table("digit", Base.metadata, Column("d", Integer, primary_key=True, autoincrement=False))
_BLOCK = 100_000
_START = datetime(2026, 1, 1, tzinfo=UTC)

# So that the disk's time for a commit doesn't hide ours, and nothing cleans up while the clock runs.
_SET_UP = {
    "postgresql": (
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); "
        "END $$",
        "ALTER TABLE clip SET (autovacuum_enabled = off)",
    )
}
_FILLED = {
    "sqlite": ("ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)"),
    "postgresql": (
        "SELECT setval(pg_get_serial_sequence('clip', 'id'), (SELECT max(id) FROM clip))",
        "VACUUM ANALYZE",
    ),
    "mysql": ("ANALYZE TABLE clip",),
}
_TIDIED = {
    "sqlite": ("PRAGMA wal_checkpoint(RESTART)",),
    "postgresql": ("VACUUM clip",),
    "mysql": (),
}


class Store:
    """One database with its clips; `url` names no driver."""

    def __init__(self, database: str, url: str) -> None:
        self.database = database
        self.url = url
        self.rows = 0
        with DatabaseManager(url, metadata=Base.metadata) as db:
            sync_url = db.engine.url
        self._engine = create_engine(
            sync_url, isolation_level="AUTOCOMMIT", poolclass=NullPool, enable_from_linting=False
        )
        self._run(_SET_UP.get(database, ()))
        self._connection = self._engine.connect()

    def fill(self, rows: int = ROWS) -> None:
        """Add clips with the next keys, without a gap, until there are this many."""
        connection = self._connection
        if not self.rows:
            connection.execute(insert(_DIGITS), [{"d": d} for d in range(10)])
        while self.rows < rows:
            count = min(_BLOCK, rows - self.rows)
            _fill_block(connection, self.rows, count)
            self.rows += count
        self._run(_FILLED[self.database])

    def insert(self, values: list[tuple[int, ...]]) -> list[int]:
        """Add these rows, which `tidy` removes again, and give their keys."""
        rows = [dict(zip((*FIELDS, "created_at"), (*each, _START), strict=True)) for each in values]
        with self._engine.connect() as connection:
            connection = connection.execution_options(isolation_level="SERIALIZABLE")
            with connection.begin():
                connection.execute(insert(Clip.__table__), rows)
        return list(self._connection.scalars(select(Clip.id).where(Clip.id > self.rows)))

    def tidy(self) -> None:
        """Remove what was added since the table was filled."""
        self._connection.execute(Clip.__table__.delete().where(Clip.__table__.c.id > self.rows))
        self._run(_TIDIED[self.database])

    def numbers(self, statement: TextClause) -> list[int]:
        """Give the numbers that a statement selects."""
        return list(self._connection.scalars(statement))

    def version(self) -> str:
        """Give the server's name and version."""
        dialect = self._connection.dialect
        name = "mariadb" if getattr(dialect, "is_mariadb", False) else self.database
        return f"{name} {'.'.join(map(str, dialect.server_version_info or ()))}"

    def close(self) -> None:
        self._connection.close()

    def _run(self, statements: tuple[str, ...]) -> None:
        with self._engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement)).close()


def _fill_block(connection: Any, first: int, count: int) -> None:
    digits = [_DIGITS.alias() for _ in range(len(str(_BLOCK)) - 1)]
    k = reduce(lambda number, digit: number * 10 + digit.c.d, digits[1:], digits[0].c.d) + first
    if first == 0:
        parents = ROWS // CHILDREN
        connection.execute(insert(Project), [{"title": f"project {n}"} for n in range(parents // PARENTS)])
        connection.execute(
            insert(Video), [{"project_id": n // PARENTS + 1, "path": f"{n}.mp4"} for n in range(parents)]
        )
    turn = k % ROWS  # beyond 100,000 clips the videos get more of them
    rows = select(
        k + 1,
        turn // (CHILDREN * PARENTS) + 1,
        turn // CHILDREN + 1,
        turn % 1000,
        turn % 1000 + 48,
        literal(_START, UTCDateTime()),
    ).where(k < first + count)
    columns = ["id", *FIELDS, "created_at"]
    connection.execute(insert(Clip).from_select(columns, rows, include_defaults=False))


def key(rng: random.Random, rows: int) -> int:
    """Give the key of a clip that is there."""
    return rng.randint(1, rows)


def values(rng: random.Random) -> tuple[int, ...]:
    """Give what a new clip has in `FIELDS`."""
    video = rng.randrange(ROWS // CHILDREN)
    start = rng.randrange(1000)
    return (video // PARENTS + 1, video + 1, start, start + 48)
