"""What every repository stands on: Colonnade's two faces, and the operations on parts of a document.

A repository takes a manager, a `DatabaseComponent` or a session.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from sqlalchemy import insert, inspect

from colonnade import AsyncBaseRepository, BaseRepository, RepositoryOperations, operation
from colonnade.errors import EntityValidationError
from dbp.database.models import DocumentPart

__all__ = ["AsyncBaseRepository", "BaseRepository", "Changed", "PartOperations", "Row"]

P = TypeVar("P", bound=DocumentPart)

Row = Mapping[str, Any] | DocumentPart
"""A part to be stored: its fields by name, or an entity that isn't stored yet."""

_KEPT = frozenset({"id", "document_id", "created_at", "updated_at"})


@dataclass(frozen=True)
class Changed:
    """How many rows a replacement wrote."""

    created: int = 0
    updated: int = 0
    deleted: int = 0


class PartOperations(RepositoryOperations[P]):
    """What is asked of, and done to, the parts of documents, on either face.

    A stored part and a new one are the same where the fields of `identity` are equal; where several are
    equal, the first is the first, the second the second.
    """

    identity: ClassVar[tuple[str, ...]] = ("name",)

    @operation(read=True)
    def get_by_document(self, document_id: int) -> list[P]:
        """Give the parts of a document, in the order in which they were stored."""
        return self.find(self.model.document_id == document_id, order_by="id")

    @operation
    def bulk_create_or_update(self, document_id: int, rows: Sequence[Row]) -> list[P]:
        """Store the rows as parts of the document, and give them in the same order.

        A part that is there is given the fields that differ; one that no row names stays as it is.

        Raises:
            EntityValidationError: for a field that the part hasn't, or a row without its identity.
            ForeignKeyViolationError: when there is no such document.
        """
        stored = self._there([document_id])[document_id]
        new, changes, entities = self._compared(document_id, rows, stored)
        self.create_many(new)
        self.update_many(changes)
        if changes:
            reread = {part.id: part for part in self.get_many([change["id"] for change in changes])}
            return [reread.get(entity.id, entity) for entity in entities]
        return entities

    @operation
    def bulk_replace(self, rows: Mapping[int, Sequence[Row]]) -> Changed:
        """Make these rows, by document, all the parts that those documents have.

        What is equal isn't touched: an empty `Changed` wrote nothing.

        Raises:
            EntityValidationError: for a field that the part hasn't, or a row without its identity.
            ForeignKeyViolationError: when there is no such document.
        """
        stored = self._there(rows)
        new: list[P] = []
        changes: list[dict[str, Any]] = []
        gone: list[int] = []
        for document_id, wanted in rows.items():
            there = stored[document_id]
            more, updates, entities = self._compared(document_id, wanted, there)
            new += more
            changes += updates
            gone += {part.id for part in there} - {entity.id for entity in entities}
        if gone:
            self.delete_where(self.model.id.in_(gone))
        self.update_many(changes)
        self.create_many(new)
        return Changed(len(new), len(changes), len(gone))

    @operation
    def bulk_insert(self, rows: Mapping[int, Sequence[Mapping[str, Any]]]) -> int:
        """Store rows, by document, as further parts, without looking at what is there; give how many.

        No entity is made: a row costs a fifth to two thirds of what `create_many` takes for it.

        Raises:
            ForeignKeyViolationError: when there is no such document.
        """
        values = [{"document_id": id, **row} for id, parts in rows.items() for row in parts]
        if values:
            self.execute(insert(self.model), values)
        return len(values)

    def _there(self, document_ids: Iterable[int]) -> Mapping[int, list[P]]:
        found: dict[int, list[P]] = defaultdict(list)
        for part in self.find(self.model.document_id.in_(list(document_ids)), order_by="id"):
            found[part.document_id].append(part)
        return found

    def _compared(
        self, document_id: int, rows: Sequence[Row], stored: Iterable[P]
    ) -> tuple[list[P], list[dict[str, Any]], list[P]]:
        """Give the new parts, the changes to stored ones, and the part that each row is."""
        waiting: dict[tuple[Any, ...], deque[P]] = defaultdict(deque)
        for part in stored:
            waiting[tuple(getattr(part, name) for name in self.identity)].append(part)
        new, changes, entities = [], [], []
        for row in rows:
            values = self._values(row)
            same = waiting[tuple(values[name] for name in self.identity)]
            if same:
                part = same.popleft()
                differing = {name: value for name, value in values.items() if getattr(part, name) != value}
                if differing:
                    changes.append({"id": part.id, **differing})
            else:
                part = self.model(**{"document_id": document_id, **values})
                new.append(part)
            entities.append(part)
        return new, changes, entities

    def _values(self, row: Row) -> dict[str, Any]:
        fields = inspect(self.model).column_attrs.keys()
        if isinstance(row, Mapping):
            values = dict(row)
        else:
            values = {name: row.__dict__[name] for name in fields if name in row.__dict__}
        for name in values:
            if name not in fields:
                raise EntityValidationError(
                    f"{self.model.__name__} has no field {name!r}; it has {', '.join(fields)}",
                    entity=self.model.__name__,
                    columns=[name],
                )
        for name in self.identity:
            if values.get(name) is None:
                raise EntityValidationError(
                    f"a row without {name!r} is no {self.model.__name__}",
                    entity=self.model.__name__,
                    columns=[name],
                )
        return {name: value for name, value in values.items() if name not in _KEPT}
