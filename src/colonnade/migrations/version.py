"""The table of applied revisions."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.orm import Mapped, mapped_column

from colonnade.models.base import InternalBase
from colonnade.models.types import UTCDateTime, utcnow

__all__ = ["SchemaVersion"]


def _now() -> datetime:
    return datetime.now(UTC)


class SchemaVersion(InternalBase):
    """One applied revision; `id` goes up with the order in which they were applied."""

    __tablename__ = "schema_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(unique=True)
    applied_at: Mapped[datetime] = mapped_column(UTCDateTime, insert_default=_now, server_default=utcnow())
