"""Relationships between documents."""

from __future__ import annotations

import builtins

from sqlalchemy import ColumnElement, or_

from colonnade import RepositoryOperations, operation
from dbp.database.models import DocumentRelationship
from dbp.database.repositories.base_repository import AsyncBaseRepository, BaseRepository

__all__ = [
    "AsyncDocumentRelationshipRepository",
    "DocumentRelationshipOperations",
    "DocumentRelationshipRepository",
]


class DocumentRelationshipOperations(RepositoryOperations[DocumentRelationship]):
    """What is asked about relationships, on either face."""

    @operation(read=True)
    def get_relationships_for_document(self, document_id: int) -> builtins.list[DocumentRelationship]:
        """Give the relationships that the document is the source or the target of, by id."""
        return self.find(_touches(document_id), order_by="id")

    @operation
    def delete_relationships_for_document(self, document_id: int) -> int:
        """Delete the relationships that the document is the source or the target of; give how many."""
        return self.delete_where(_touches(document_id))


def _touches(document_id: int) -> ColumnElement[bool]:
    return or_(DocumentRelationship.source_id == document_id, DocumentRelationship.target_id == document_id)


class DocumentRelationshipRepository(DocumentRelationshipOperations, BaseRepository[DocumentRelationship]):
    """Relationships, synchronously."""


class AsyncDocumentRelationshipRepository(
    DocumentRelationshipOperations, AsyncBaseRepository[DocumentRelationship]
):
    """Relationships, asynchronously."""
