"""Inconsistencies: the pending ones, and what becomes of each."""

from __future__ import annotations

import builtins

from sqlalchemy import case

from colonnade import RepositoryOperations, operation
from dbp.database.models import Inconsistency, InconsistencyStatus, Severity
from dbp.database.repositories.base_repository import AsyncBaseRepository, BaseRepository

__all__ = ["AsyncInconsistencyRepository", "InconsistencyOperations", "InconsistencyRepository"]

_WORST_FIRST = case({severity: rank for rank, severity in enumerate(Severity)}, value=Inconsistency.severity)


class InconsistencyOperations(RepositoryOperations[Inconsistency]):
    """What is asked about inconsistencies, on either face."""

    @operation(read=True)
    def get_pending(self) -> builtins.list[Inconsistency]:
        """Give those with the status Pending: Critical, then Major, then Minor; by id among equals.

        Their documents are loaded.
        """
        return self.find(
            Inconsistency.status == InconsistencyStatus.PENDING,
            order_by=(_WORST_FIRST, Inconsistency.id),
            load=Inconsistency.affected_documents,
        )

    @operation
    def update_status(self, id: int, status: InconsistencyStatus | str) -> Inconsistency:
        """Give the inconsistency with its new status.

        Raises:
            EntityNotFoundError: when there is no such inconsistency.
            CheckViolationError: for a status that there isn't.
        """
        return self.update(id, {"status": status})


class InconsistencyRepository(InconsistencyOperations, BaseRepository[Inconsistency]):
    """Inconsistencies, synchronously."""


class AsyncInconsistencyRepository(InconsistencyOperations, AsyncBaseRepository[Inconsistency]):
    """Inconsistencies, asynchronously."""
