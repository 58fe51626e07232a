"""The work on inconsistencies and recommendations, each step one transaction, on either face."""

from __future__ import annotations

import builtins
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from colonnade import RepositoryOperations, operation
from colonnade.errors import EntityNotFoundError
from dbp.consistency.finding import Edit, Finding
from dbp.consistency.snapshot import Defined, Snapshot, Stored
from dbp.database.models import (
    Class,
    Decision,
    DeveloperDecision,
    Document,
    Function,
    Inconsistency,
    InconsistencyStatus,
    Project,
    Recommendation,
    RecommendationStatus,
    SuggestedChange,
)
from dbp.database.repositories import (
    AsyncBaseRepository,
    BaseRepository,
    DeveloperDecisionRepository,
    ProjectRepository,
    RecommendationRepository,
)

__all__ = ["AsyncConsistency", "Consistency", "ConsistencyOperations", "Recorded"]

_OPEN = (InconsistencyStatus.PENDING, InconsistencyStatus.IN_RECOMMENDATION)
_STATUS = {
    Decision.ACCEPT: RecommendationStatus.ACCEPTED,
    Decision.REJECT: RecommendationStatus.REJECTED,
    Decision.AMEND: RecommendationStatus.AMENDED,
}


@dataclass(frozen=True)
class Recorded:
    """How many inconsistencies are new, came back, and are no more."""

    new: int
    reopened: int
    resolved: int


class ConsistencyOperations(RepositoryOperations[Inconsistency]):
    """What is done about disagreements."""

    @operation(read=True)
    def snapshot(self, project_id: int) -> Snapshot:
        """Give a project as the rules see it.

        Raises:
            EntityNotFoundError: when there is no such project.
        """
        project = ProjectRepository(self.db_session).get_one(project_id)
        parts = {kind: self._defined(kind, project_id) for kind in (Function, Class)}
        columns = (
            *(Document.id, Document.path, Document.type, Document.content, Document.constraints),
            *(Document.design_principles, Document.reference_documentation, Document.imports),
        )
        rows = self.execute(select(*columns).where(Document.project_id == project_id).order_by(Document.path))
        documents = {
            row.path: Stored(
                row.id,
                row.path,
                row.type,
                row.content or "",
                row.constraints,
                row.design_principles,
                row.reference_documentation,
                row.imports,
                parts[Function][row.id],
                parts[Class][row.id],
            )
            for row in rows
        }
        return Snapshot(Path(project.root_path), documents)

    @operation
    def record(self, project_id: int, findings: Sequence[Finding]) -> Recorded:
        """Make the project's inconsistencies what was found: new ones Pending, those found no more Resolved.

        One that was resolved, or was in a recommendation that isn't active any more, is Pending again.
        """
        ids = self._ids(project_id)
        active = self._in_active()
        known = {(each.type, each.description): each for each in self._of_project(project_id)}
        found = {(each.type, each.description): each for each in findings}
        new = [self._row(each, ids) for key, each in found.items() if key not in known]
        reopened = [each for key, each in known.items() if key in found and self._is_to_reopen(each, active)]
        resolved = [each for key, each in known.items() if key not in found and each.status in _OPEN]
        self.db_session.add_all(new)
        for each in reopened:
            each.status = InconsistencyStatus.PENDING
        for each in resolved + self._without_documents():
            each.status = InconsistencyStatus.RESOLVED
        self.db_session.flush()
        return Recorded(len(new), len(reopened), len(resolved))

    @operation
    def recommend(self, project_id: int, findings: Sequence[Finding]) -> Recommendation | None:
        """Give the active recommendation; without one, make it of the project's pending inconsistencies.

        Where none is pending, nothing is made. `findings` say how each is mended.
        """
        recommendations = RecommendationRepository(self.db_session)
        if active := recommendations.get_active():
            return active
        ids = self._ids(project_id)
        pending = [
            each for each in self._of_project(project_id) if each.status is InconsistencyStatus.PENDING
        ]
        if not pending:
            return None
        edits = {(each.type, each.description): each.edit for each in findings}
        made = Recommendation(title=_title(pending), inconsistencies=pending)
        for each in pending:
            each.status = InconsistencyStatus.IN_RECOMMENDATION
            edit = edits.get((each.type, each.description))
            if edit is not None and edit.path in ids:
                made.suggested_changes.append(_change(edit, ids[edit.path]))
        self.db_session.add(made)
        self.db_session.flush()
        return recommendations.get_active()

    @operation(read=True)
    def edits(self, recommendation_id: int) -> dict[str, builtins.list[Edit]]:
        """Give the edits that a recommendation suggests, by the root of their tree."""
        rows = self.execute(
            select(SuggestedChange, Document.path, Project.root_path)
            .join(Document, Document.id == SuggestedChange.document_id)
            .join(Project, Project.id == Document.project_id)
            .where(SuggestedChange.recommendation_id == recommendation_id)
            .order_by(SuggestedChange.id)
        )
        found: dict[str, builtins.list[Edit]] = defaultdict(builtins.list)
        for row in rows:
            change, path, root = row.SuggestedChange, row.path, row.root_path
            line = Edit.line_in(change.location)
            found[root].append(Edit(path, line, change.before_text or "", change.after_text or ""))
        return found

    @operation
    def decide(
        self,
        recommendation_id: int,
        decision: Decision,
        comments: str | None = None,
        implemented: datetime | None = None,
    ) -> Recommendation:
        """Note a decision about a recommendation, and give it with its new status.

        Its inconsistencies are Resolved when it was carried out, else Pending again.

        Raises:
            EntityNotFoundError: when there is no such recommendation, or it isn't active.
        """
        recommendations = RecommendationRepository(self.db_session)
        found = recommendations.get_one(recommendation_id, for_update=True)
        if found.status is not RecommendationStatus.ACTIVE:
            raise EntityNotFoundError(
                f"recommendation {recommendation_id} isn't active: it is {found.status}",
                entity="Recommendation",
                remedy="Ask for a new one: `recommend`",
            )
        DeveloperDecisionRepository(self.db_session).create(
            DeveloperDecision(
                recommendation_id=found.id,
                decision=decision,
                comments=comments,
                implementation_timestamp=implemented,
            )
        )
        after = InconsistencyStatus.RESOLVED if implemented else InconsistencyStatus.PENDING
        for each in found.inconsistencies:
            each.status = after
        found.status = _STATUS[decision]
        found.developer_feedback = comments
        self.db_session.flush()
        return found

    def _defined(self, kind: type[Function] | type[Class], project_id: int) -> dict[int, list[Defined]]:
        columns: list[Any] = [kind.document_id, kind.name, kind.start_line]
        if kind is Function:
            columns.append(Function.parameters)
        rows = self.execute(
            select(*columns).join(Document).where(Document.project_id == project_id).order_by(kind.id)
        )
        found: dict[int, list[Defined]] = defaultdict(builtins.list)
        for row in rows:
            parameters = row.parameters if kind is Function else None
            found[row.document_id].append(Defined(row.name, row.start_line, parameters))
        return found

    def _ids(self, project_id: int) -> dict[str, int]:
        rows = self.execute(select(Document.path, Document.id).where(Document.project_id == project_id))
        return {row.path: row.id for row in rows}

    def _of_project(self, project_id: int) -> builtins.list[Inconsistency]:
        inside = Inconsistency.affected_documents.any(Document.project_id == project_id)
        return self.find(inside, order_by="id")

    def _without_documents(self) -> builtins.list[Inconsistency]:
        return self.find(~Inconsistency.affected_documents.any(), Inconsistency.status.in_(_OPEN))

    def _in_active(self) -> set[int]:
        active = RecommendationRepository(self.db_session).get_active()
        return {each.id for each in active.inconsistencies} if active else set()

    @staticmethod
    def _is_to_reopen(each: Inconsistency, active: set[int]) -> bool:
        return each.status is not InconsistencyStatus.PENDING and each.id not in active

    def _row(self, finding: Finding, ids: dict[str, int]) -> Inconsistency:
        documents = [self.db_session.get_one(Document, ids[path]) for path in finding.paths if path in ids]
        return Inconsistency(
            severity=finding.severity,
            type=finding.type,
            description=finding.description,
            suggested_resolution=finding.resolution,
            affected_documents=documents,
        )


def _title(pending: Sequence[Inconsistency]) -> str:
    return f"Settle {len(pending)} inconsistencies" if len(pending) > 1 else "Settle an inconsistency"


def _change(edit: Edit, document_id: int) -> SuggestedChange:
    return SuggestedChange(
        document_id=document_id,
        change_type=edit.change_type,
        location=edit.location,
        before_text=edit.before,
        after_text=edit.after,
    )


class Consistency(ConsistencyOperations, BaseRepository[Inconsistency]):
    """What is done about disagreements, synchronously."""


class AsyncConsistency(ConsistencyOperations, AsyncBaseRepository[Inconsistency]):
    """What is done about disagreements, asynchronously."""
