"""The audit log's table: one row for each change of an entity."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from colonnade.audit.values import Changes
from colonnade.dialects.auditing import KEY_LENGTH, LOG, STATE
from colonnade.models.base import InternalBase
from colonnade.models.types import LongKey, UTCDateTime, utcnow

__all__ = ["AuditLog", "AuditState"]


def _now() -> datetime:
    return datetime.now(UTC)


class AuditLog(InternalBase):
    """One change: of which entity, what was done, what became of its fields, by whom and when.

    `action` is CREATE, UPDATE or DELETE. `changes` is the whole row for CREATE and DELETE, by column; for
    UPDATE, `[old, new]` for each column that changed. `user_id` is None where nobody was
    named. `id` goes up with the order in which the changes were written.

    Attributes:
        entity_id: the key, where it's one integer; else None.
        entity_key: the key as JSON text: `[7]`, `[7,"a"]`; None in what `log_…` was told.
        previous_key: the key before a change of it.
        operation: INSERT, UPDATE or DELETE, as SQL has it: a soft deletion is a DELETE by UPDATE.
        context: what was told beside the actor, such as `request_id`.
        transaction_id: the same for all entries of one transaction.
        db_user: the database's own account, where it has accounts.
        source: `trigger` for what the database has recorded, `manual` for what `log_…` was told,
            `baseline` for rows that were there before.
    """

    __tablename__ = LOG

    id: Mapped[int] = mapped_column(LongKey, primary_key=True)
    entity_type: Mapped[str]
    entity_id: Mapped[int | None] = mapped_column(BigInteger)
    entity_key: Mapped[str | None] = mapped_column(String(KEY_LENGTH))
    previous_key: Mapped[str | None] = mapped_column(String(KEY_LENGTH))
    action: Mapped[str] = mapped_column(String(6))
    changes: Mapped[dict[str, Any]] = mapped_column(Changes, insert_default=dict)
    user_id: Mapped[str | None]
    operation: Mapped[str | None] = mapped_column(String(6))
    source: Mapped[str] = mapped_column(String(8), insert_default="manual")
    context: Mapped[dict[str, Any] | None]
    transaction_id: Mapped[str | None] = mapped_column(String(64))
    db_user: Mapped[str | None]
    timestamp: Mapped[datetime] = mapped_column(UTCDateTime, insert_default=_now, server_default=utcnow())

    __table_args__ = (
        CheckConstraint(action.in_(("CREATE", "UPDATE", "DELETE"))),
        Index(None, "entity_type", "entity_id", "id"),
        # Where there's one, the integer finds it.
        Index(
            None,
            "entity_type",
            "entity_key",
            "id",
            sqlite_where=entity_id.is_(None),
            postgresql_where=entity_id.is_(None),
        ),
        Index(
            None,
            "entity_type",
            "previous_key",
            sqlite_where=previous_key.is_not(None),
            postgresql_where=previous_key.is_not(None),
        ),
    )


class AuditState(InternalBase):
    """Where a database keeps it in no session: who writes, and what the triggers are at, in the row 1.

    Other rows are of what a REPLACE is about to take away, as long as the statement runs.
    """

    __tablename__ = STATE

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[str | None]
    context: Mapped[str | None] = mapped_column(Text)
    transaction_id: Mapped[str | None] = mapped_column(String(64))
    touching: Mapped[int] = mapped_column(server_default="0")
    pruning: Mapped[int] = mapped_column(server_default="0")
    entity_type: Mapped[str | None]
    entity_id: Mapped[int | None] = mapped_column(BigInteger)
    entity_key: Mapped[str | None] = mapped_column(Text)
    image: Mapped[str | None] = mapped_column(Text)
    row: Mapped[int | None] = mapped_column(BigInteger)
