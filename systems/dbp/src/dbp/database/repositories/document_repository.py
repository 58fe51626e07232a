"""Documents: found by path, type and content."""

from __future__ import annotations

import builtins

from colonnade import RepositoryOperations, operation
from dbp.database.models import Document, DocumentType
from dbp.database.repositories.base_repository import AsyncBaseRepository, BaseRepository

__all__ = ["AsyncDocumentRepository", "DocumentOperations", "DocumentRepository"]


class DocumentOperations(RepositoryOperations[Document]):
    """What is asked about documents, on either face."""

    @operation(read=True)
    def get_by_path(self, path: str, project_id: int | None = None) -> Document | None:
        """Give the document with this path in the project, or None.

        Without a project it's looked for in all of them; of several, the one with the lowest id is given.
        """
        criteria = [Document.path == path]
        if project_id is not None:
            criteria.append(Document.project_id == project_id)
        return self.first(*criteria, order_by="id")

    @operation(read=True)
    def list_by_project(
        self, project_id: int, document_type: DocumentType | str | None = None
    ) -> builtins.list[Document]:
        """Give the documents of a project, of one type or of all, by path."""
        criteria = [Document.project_id == project_id]
        if document_type is not None:
            criteria.append(Document.type == document_type)
        return self.find(*criteria, order_by="path")

    @operation(read=True)
    def find_by_md5(self, md5_digest: str, project_id: int) -> builtins.list[Document]:
        """Give the documents of a project with this content, by path; the digest's case doesn't matter."""
        return self.find(
            Document.project_id == project_id, Document.md5_digest == md5_digest.lower(), order_by="path"
        )


class DocumentRepository(DocumentOperations, BaseRepository[Document]):
    """Documents, synchronously."""


class AsyncDocumentRepository(DocumentOperations, AsyncBaseRepository[Document]):
    """Documents, asynchronously."""
