"""The tables in which a migration keeps its journal: each run, and statements that must be known again."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from colonnade.dialects.transactional import TRANSACTIONAL
from colonnade.models.base import InternalBase
from colonnade.models.types import UTCDateTime, utcnow

__all__ = ["MigrationRun", "MigrationStatement"]

# A mark has to be undone with its statement.
_ENGINE = dict(TRANSACTIONAL)


def _now() -> datetime:
    return datetime.now(UTC)


class MigrationRun(InternalBase):
    """One upgrade or downgrade, from its begin on.

    `state` is `running` up to the end, also when the process was killed; then `applied`; `failed` where it
    left the database at a revision, `stopped` where it left it between two; `undone`, `interrupted` or
    `forgotten` where a later one found it unfinished. `heads_before`, `heads_after`, `files` (the checksum
    of each revision's file) and `allowed` (what lint found and the revisions let pass, and why) are JSON.
    """

    __tablename__ = "migration_run"
    __table_args__ = _ENGINE

    id: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UTCDateTime, insert_default=_now, server_default=utcnow())
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    direction: Mapped[str] = mapped_column(String(10))
    heads_before: Mapped[str] = mapped_column(Text)
    heads_after: Mapped[str] = mapped_column(Text)
    files: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(Text)
    backup: Mapped[str | None] = mapped_column(Text)
    allowed: Mapped[str | None] = mapped_column(Text)


class MigrationStatement(InternalBase):
    """One statement of a revision that isn't finished; `number` counts from 1 in each revision.

    `digest` is of its text and parameters. `state` is `begun` (of a statement that commits by itself: done or
    not, the schema tells), `done`, `undone` (to a savepoint, by the revision itself), or `failed` (and the
    revision went on). `result` is what the statement gave, as JSON with types; empty where it was too much.
    `inventory` is the schema before the revision.
    """

    __tablename__ = "migration_statement"
    __table_args__ = _ENGINE

    run_id: Mapped[int] = mapped_column(ForeignKey("migration_run.id"), primary_key=True)
    revision: Mapped[str] = mapped_column(String(255), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12))
    fingerprint: Mapped[str | None] = mapped_column(String(80))
    result: Mapped[str | None] = mapped_column(Text)
    inventory: Mapped[str | None] = mapped_column(Text)
