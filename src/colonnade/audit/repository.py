"""The audit log's repository, on both faces: entries are written and read, never changed."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NoReturn

from sqlalchemy import MetaData, or_

from colonnade.audit.declare import entity_type_of
from colonnade.audit.history import Past, about, identified
from colonnade.audit.log import AuditLog
from colonnade.audit.revert import revert
from colonnade.errors import EntityValidationError, TransactionError
from colonnade.repository.operation import operation
from colonnade.repository.operations import RepositoryOperations
from colonnade.repository.page import Page
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
        same = or_(AuditLog.entity_id == entity_id, AuditLog.previous_key == f"[{entity_id}]")
        return self.find(AuditLog.entity_type == entity_type, same, order_by="id")

    @operation(read=True)
    def history(self, entity: Any, id: Any = None) -> builtins.list[AuditLog]:
        """Give the entries of an entity, or of a class and a key of any kind, oldest first.

        `history(project)`, `history(Project, 7)`, `history(Tag, (7, "new"))`. An entry by which the row came
        to another key is in the history of both.

        Raises:
            EntityValidationError: for an object without a key, or a key that isn't one of this class.
            ConfigurationError: for a class that isn't audited.
        """
        model, key = identified(entity, id)
        return self.find(about(model, key, self.db_session), order_by="id")

    @operation(read=True)
    def as_of(self, model: type[Any], time: datetime, id: Any = None) -> Any:
        """Give a class's entities as they were at this time, by key; with `id` the one with it, or None.

        They are detached, as if they had been loaded then; columns that aren't recorded, or weren't kept,
        aren't loaded. A change counts from the time that its statement was sent.

        Raises:
            EntityValidationError: for a time without a zone, or a key that isn't one of this class.
            ConfigurationError: for a class that isn't audited.
        """
        past = Past(self.db_session, model, time)
        return past.all() if id is None else past.one(id)

    @operation(read=True, session=False)
    def changed_between(
        self,
        start: datetime,
        end: datetime,
        model: type[Any] | None = None,
        *,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page[AuditLog]:
        """Give a page of the entries from `start` up to but not including `end`, of one class or of all.

        In the order in which they were written; `next_cursor` goes on from the page.
        """
        criteria = [AuditLog.timestamp >= start, AuditLog.timestamp < end]
        if model is not None:
            criteria.append(AuditLog.entity_type == entity_type_of(model))
        return self.page(*criteria, order_by="id", limit=limit, cursor=cursor)

    @operation(read=True, session=False)
    def by_actor(self, user_id: str | None, *, limit: int = 100, cursor: str | None = None) -> Page[AuditLog]:
        """Give a page of what this actor has done, in the order in which it was written; None for nobody."""
        criterion = AuditLog.user_id.is_(None) if user_id is None else AuditLog.user_id == user_id
        return self.page(criterion, order_by="id", limit=limit, cursor=cursor)

    @operation(read=True)
    def transaction(self, transaction_id: str) -> builtins.list[AuditLog]:
        """Give all entries of one transaction, in the order in which they were written."""
        return self.find(AuditLog.transaction_id == transaction_id, order_by="id")

    @operation
    def revert(
        self, what: AuditLog | int | str | Iterable[AuditLog | int], metadata: MetaData | None = None
    ) -> builtins.list[AuditLog]:
        """Take back what an entry tells of, or a whole transaction; give the entries that this has made.

        `what` is an entry or its id, several of them, or a transaction's id, which is text. It's one new
        change, recorded under the actor of this call, and all of it is done or nothing.

        Raises:
            StaleEntityError: when a row has changed since.
            EntityValidationError: for a value that was redacted or cut, for an entry that tells of no
                change, and where there's no such entry.
        """
        known = metadata if metadata is not None else self._metadata()
        return revert(self.db_session, self._entries(what), [known] if known is not None else [])

    def _metadata(self) -> MetaData | None:
        home = self._binding.home
        return None if home is None else home.metadata

    def _entries(self, what: Any) -> builtins.list[AuditLog]:
        if isinstance(what, str):
            found = self.find(AuditLog.transaction_id == what, order_by="id")
        else:
            several = [what] if isinstance(what, AuditLog | int) else builtins.list(what)
            ids = [one if isinstance(one, int) else one.id for one in several]
            found = self.find(AuditLog.id.in_(ids), order_by="id")
        if not found:
            raise EntityValidationError(f"there is no entry or transaction {what!r:.100}", entity="AuditLog")
        return found

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
