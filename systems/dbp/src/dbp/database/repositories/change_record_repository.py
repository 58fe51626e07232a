"""Change records: the history that a document tells of itself."""

from __future__ import annotations

from collections.abc import Sequence

from colonnade import operation
from dbp.database.models import ChangeRecord
from dbp.database.repositories.base_repository import (
    AsyncBaseRepository,
    BaseRepository,
    PartOperations,
    Row,
)

__all__ = ["AsyncChangeRecordRepository", "ChangeRecordOperations", "ChangeRecordRepository"]


class ChangeRecordOperations(PartOperations[ChangeRecord]):
    """What is asked about change records, on either face."""

    identity = ("timestamp", "summary")

    @operation
    def bulk_create(self, document_id: int, rows: Sequence[Row]) -> list[ChangeRecord]:
        """Store the rows as further entries of the document, and give them in the same order.

        Raises:
            EntityValidationError: for a field that an entry hasn't, or a row without timestamp or summary.
            ForeignKeyViolationError: when there is no such document.
        """
        return self.create_many([ChangeRecord(document_id=document_id, **self._values(row)) for row in rows])

    @operation(read=True)
    def get_by_document(self, document_id: int) -> list[ChangeRecord]:
        """Give the entries of a document, newest first."""
        return self.find(ChangeRecord.document_id == document_id, order_by="-timestamp,id")


class ChangeRecordRepository(ChangeRecordOperations, BaseRepository[ChangeRecord]):
    """Change records, synchronously."""


class AsyncChangeRecordRepository(ChangeRecordOperations, AsyncBaseRepository[ChangeRecord]):
    """Change records, asynchronously."""
