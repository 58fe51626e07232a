"""The audit log's table: one row for each change of an entity."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from colonnade.models.base import InternalBase
from colonnade.models.types import LongKey, UTCDateTime, utcnow

__all__ = ["AuditLog"]


def _now() -> datetime:
    return datetime.now(UTC)


class AuditLog(InternalBase):
    """One change: of which entity, what was done, what became of its fields, by whom and when.

    `action` is CREATE, UPDATE or DELETE. `changes` has a key for each changed field. `user_id` is None where
    nobody was named. `id` goes up with the order in which the changes were written.
    """

    __tablename__ = "audit_log"

    id: Mapped[int] = mapped_column(LongKey, primary_key=True)
    entity_type: Mapped[str]
    entity_id: Mapped[int] = mapped_column(BigInteger)
    action: Mapped[str] = mapped_column(String(6))
    changes: Mapped[dict[str, Any]] = mapped_column(insert_default=dict)
    user_id: Mapped[str | None]
    timestamp: Mapped[datetime] = mapped_column(UTCDateTime, insert_default=_now, server_default=utcnow())

    __table_args__ = (
        CheckConstraint(action.in_(("CREATE", "UPDATE", "DELETE"))),
        Index(None, "entity_type", "entity_id", "id"),
    )
