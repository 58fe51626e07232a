"""The table of applied revisions, kept true with Alembic's own."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from colonnade.models.base import InternalBase
from colonnade.models.types import UTCDateTime, utcnow

__all__ = ["SchemaVersion"]


def _now() -> datetime:
    return datetime.now(UTC)


class SchemaVersion(InternalBase):
    """One applied revision; `id` goes up with the order in which they were applied.

    `checksum` is of the revision's file as it was applied, `fingerprint` of the schema that it left; either
    is empty where another program applied the revision.
    """

    __tablename__ = "schema_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(unique=True)
    applied_at: Mapped[datetime] = mapped_column(UTCDateTime, insert_default=_now, server_default=utcnow())
    checksum: Mapped[str | None] = mapped_column(String(64))
    fingerprint: Mapped[str | None] = mapped_column(String(80))
