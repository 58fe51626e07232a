"""Developers' decisions about recommendations."""

from __future__ import annotations

import builtins

from colonnade import RepositoryOperations, operation
from dbp.database.models import DeveloperDecision
from dbp.database.repositories.base_repository import AsyncBaseRepository, BaseRepository

__all__ = ["AsyncDeveloperDecisionRepository", "DeveloperDecisionOperations", "DeveloperDecisionRepository"]


class DeveloperDecisionOperations(RepositoryOperations[DeveloperDecision]):
    """What is asked about decisions, on either face."""

    @operation(read=True)
    def get_by_recommendation(self, recommendation_id: int) -> builtins.list[DeveloperDecision]:
        """Give the decisions about a recommendation, oldest first."""
        return self.find(DeveloperDecision.recommendation_id == recommendation_id, order_by="timestamp,id")


class DeveloperDecisionRepository(DeveloperDecisionOperations, BaseRepository[DeveloperDecision]):
    """Decisions, synchronously."""


class AsyncDeveloperDecisionRepository(DeveloperDecisionOperations, AsyncBaseRepository[DeveloperDecision]):
    """Decisions, asynchronously."""
