"""What an index run asks of the database and writes to it, each in one transaction, on either face."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select

from colonnade import RepositoryOperations, operation
from dbp.database.models import Document, DocumentRelationship, Project, RelationshipType
from dbp.database.repositories import (
    AsyncBaseRepository,
    BaseRepository,
    ChangeRecordRepository,
    ClassRepository,
    DesignDecisionRepository,
    DocumentRelationshipRepository,
    FunctionRepository,
    ProjectRepository,
    RecommendationRepository,
)
from dbp.indexing.rows import document_row, part_rows
from dbp.source import Linker, Source

__all__ = ["AsyncIndex", "Index", "IndexOperations", "Known", "Linked"]

TOPICS = ("import", "inheritance")
"""What the index's own relationships are about; others are never touched."""

_PARTS: dict[str, Any] = {
    "functions": FunctionRepository,
    "classes": ClassRepository,
    "design_decisions": DesignDecisionRepository,
    "change_records": ChangeRecordRepository,
}


class Known(NamedTuple):
    """What is stored of a file, as far as an unchanged one is told by it."""

    id: int
    path: str
    size: int
    modified: datetime
    md5: str
    problem: str | None


@dataclass(frozen=True)
class Linked:
    """How many relationships were added, changed and taken away."""

    added: int = 0
    changed: int = 0
    removed: int = 0


class IndexOperations(RepositoryOperations[Document]):
    """The work of an index run on the database."""

    @operation
    def open_project(self, root_path: str, name: str) -> Project:
        """Give the project with this root; an absent one is made."""
        projects = ProjectRepository(self.db_session)
        found = projects.get_by_root_path(root_path)
        return found or projects.create(Project(name=name, root_path=root_path))

    @operation(read=True)
    def known(self, project_id: int) -> dict[str, Known]:
        """Give what is stored of each file of the project, by path; contents aren't read."""
        columns = (
            *(Document.id, Document.path, Document.file_size, Document.last_modified),
            *(Document.md5_digest, Document.problem),
        )
        rows = self.execute(select(*columns).where(Document.project_id == project_id))
        return {row.path: Known._make(row) for row in rows}

    @operation
    def store(self, project_id: int, sources: Sequence[tuple[Source, int | None]], now: datetime) -> None:
        """Store files with all that is in them: new ones, and those whose document is named.

        An active recommendation is invalidated, since it was made for other files.
        """
        there = {id: source for source, id in sources if id is not None}
        new = [(source, Document(project_id=project_id)) for source, id in sources if id is None]
        for source, document in new:
            for name, value in document_row(source).items():
                setattr(document, name, value)
        self.update_many([{"id": id, **document_row(source)} for id, source in there.items()])
        self.create_many([document for _, document in new])
        parts = {id: part_rows(source) for id, source in there.items()}
        new_parts = {document.id: part_rows(source) for source, document in new}
        for name, repository in _PARTS.items():
            stored = repository(self.db_session)
            stored.bulk_insert({id: rows[name] for id, rows in new_parts.items()})
            stored.bulk_replace({id: rows[name] for id, rows in parts.items()})
        RecommendationRepository(self.db_session).invalidate_active(now)

    @operation
    def touch(self, modified: Iterable[tuple[int, datetime]]) -> int:
        """Note the new times of files whose content is what it was; give how many."""
        return self.update_many([{"id": id, "last_modified": instant} for id, instant in modified])

    @operation
    def remove(self, document_ids: Sequence[int], now: datetime) -> int:
        """Delete documents that are gone, with all that was in them; give how many there were."""
        RecommendationRepository(self.db_session).invalidate_active(now)
        return self.delete_where(Document.id.in_(document_ids))

    @operation
    def link(self, project_id: int) -> Linked:
        """Make the relationships what the imports and bases of the stored files say; write what differs."""
        relationships = DocumentRelationshipRepository(self.db_session)
        wanted = self._wanted(project_id)
        gone: list[int] = []
        changes: list[dict[str, Any]] = []
        for row in self.execute(_stored_links(project_id)):
            key = (row.source_id, row.target_id, row.relationship_type)
            scope = wanted.pop(key, None)  # what comes a second time is gone too
            if scope is None:
                gone.append(row.id)
            elif scope != row.scope:
                changes.append({"id": row.id, "scope": scope})
        if gone:
            relationships.delete_where(DocumentRelationship.id.in_(gone))
        relationships.update_many(changes)
        relationships.create_many(
            [
                DocumentRelationship(
                    source_id=source,
                    target_id=target,
                    relationship_type=kind,
                    topic=TOPICS[kind is RelationshipType.EXTENDS],
                    scope=scope,
                )
                for (source, target, kind), scope in wanted.items()
            ]
        )
        return Linked(len(wanted), len(changes), len(gone))

    def _wanted(self, project_id: int) -> dict[tuple[int, int, RelationshipType], str]:
        rows = self.execute(
            select(Document.id, Document.path, Document.imports)
            .where(Document.project_id == project_id)
            .order_by(Document.path)
        ).all()
        ids = {row.path: row.id for row in rows}
        linker = Linker(ids)
        wanted: dict[tuple[int, int, RelationshipType], str] = {}
        for row in rows:
            id, path, uses = row.id, row.path, row.imports
            for scope, kind in _SCOPES.items():
                for name in uses.get(scope, ()):
                    target = linker.resolve(path, name)
                    if target is not None and target != path:
                        wanted.setdefault((id, ids[target], kind), scope)
        return wanted


_SCOPES = {
    "module": RelationshipType.DEPENDS_ON,
    "deferred": RelationshipType.DEPENDS_ON,
    "bases": RelationshipType.EXTENDS,
}
"""Where a name is used, and what that says; an import that runs with the module before a deferred one."""


def _stored_links(project_id: int) -> Any:
    each = DocumentRelationship
    return (
        select(each.id, each.source_id, each.target_id, each.relationship_type, each.scope)
        .join(Document, Document.id == each.source_id)
        .where(Document.project_id == project_id, each.topic.in_(TOPICS))
        .order_by(each.id)
    )


class Index(IndexOperations, BaseRepository[Document]):
    """The work of an index run, synchronously."""


class AsyncIndex(IndexOperations, AsyncBaseRepository[Document]):
    """The work of an index run, asynchronously."""
