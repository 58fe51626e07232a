"""The audit log's repository, on both faces: entries are written and read, never changed."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from colonnade.audit.log import AuditLog
from colonnade.errors import TransactionError
from colonnade.repository.operation import operation
from colonnade.repository.operations import RepositoryOperations
from colonnade.repository.reading import Criterion
from colonnade.repository.repository import AsyncBaseRepository, BaseRepository

__all__ = ["AsyncAuditRepository", "AuditOperations", "AuditRepository"]


class AuditOperations(RepositoryOperations[AuditLog]):
    """Entries of the audit log, on either face.

    Each `log_…` writes one entry in the transaction of the change it tells of, when that one's
    session is open or was given to the repository; then both are there, or neither is.
    """

    @operation
    def log_create(self, entity_type: str, entity_id: int, user_id: str | None = None) -> AuditLog:
        """Note that an entity was created."""
        return self._log("CREATE", entity_type, entity_id, {}, user_id)

    @operation
    def log_update(
        self, entity_type: str, entity_id: int, changes: Mapping[str, Any], user_id: str | None = None
    ) -> AuditLog:
        """Note that fields of an entity were changed; `changes` is kept as JSON.

        Raises:
            EntityValidationError: for a value that JSON has no form for.
        """
        return self._log("UPDATE", entity_type, entity_id, changes, user_id)

    @operation
    def log_delete(self, entity_type: str, entity_id: int, user_id: str | None = None) -> AuditLog:
        """Note that an entity was deleted."""
        return self._log("DELETE", entity_type, entity_id, {}, user_id)

    @operation(read=True)
    def get_history(self, entity_type: str, entity_id: int) -> builtins.list[AuditLog]:
        """Give the entries of one entity, oldest first; none for an entity nobody told of."""
        return self.find(AuditLog.entity_type == entity_type, AuditLog.entity_id == entity_id, order_by="id")

    def _log(
        self, action: str, entity_type: str, entity_id: int, changes: Mapping[str, Any], user_id: str | None
    ) -> AuditLog:
        entry = AuditLog(
            entity_type=entity_type,
            entity_id=entity_id,
            action=action,
            changes=dict(changes),
            user_id=user_id,
        )
        return self.create(entry)

    @operation
    def save(self, entity: AuditLog) -> AuditLog:
        """Refuse: an entry stays as it was written. So do all the operations below."""
        _refuse()

    @operation
    def update(self, id: Any, updates: Mapping[str, Any]) -> AuditLog:
        """Refuse."""
        _refuse()

    @operation
    def update_many(self, rows: Iterable[Mapping[str, Any]]) -> int:
        """Refuse."""
        _refuse()

    @operation
    def update_where(self, values: Mapping[str, Any], *criteria: Criterion) -> int:
        """Refuse."""
        _refuse()

    @operation
    def upsert(self, entity: AuditLog, on: str | Iterable[Any] = ()) -> AuditLog:
        """Refuse."""
        _refuse()

    @operation
    def upsert_many(
        self, entities: Iterable[AuditLog], on: str | Iterable[Any] = ()
    ) -> builtins.list[AuditLog]:
        """Refuse."""
        _refuse()

    @operation
    def delete(self, id: Any, *, hard: bool = False) -> bool:
        """Refuse."""
        _refuse()

    @operation
    def delete_many(self, ids: Iterable[Any], *, hard: bool = False) -> int:
        """Refuse."""
        _refuse()

    @operation
    def delete_where(self, *criteria: Criterion, everything: bool = False, hard: bool = False) -> int:
        """Refuse."""
        _refuse()


class AuditRepository(AuditOperations, BaseRepository[AuditLog]):
    """The audit log, synchronously."""


class AsyncAuditRepository(AuditOperations, AsyncBaseRepository[AuditLog]):
    """The audit log, asynchronously."""


def _refuse() -> NoReturn:
    raise TransactionError(
        "the audit log is only added to: its entries are neither changed nor deleted",
        entity=AuditLog.__name__,
        remedy="note a correction as a further entry",
    )
