"""Suggested changes, each of one recommendation."""

from __future__ import annotations

import builtins

from colonnade import RepositoryOperations, operation
from dbp.database.models import SuggestedChange
from dbp.database.repositories.base_repository import AsyncBaseRepository, BaseRepository

__all__ = ["AsyncSuggestedChangeRepository", "SuggestedChangeOperations", "SuggestedChangeRepository"]


class SuggestedChangeOperations(RepositoryOperations[SuggestedChange]):
    """What is asked about suggested changes, on either face."""

    @operation(read=True)
    def get_by_recommendation(self, recommendation_id: int) -> builtins.list[SuggestedChange]:
        """Give the changes that a recommendation suggests, in the order in which they're to be made."""
        return self.find(SuggestedChange.recommendation_id == recommendation_id, order_by="id")


class SuggestedChangeRepository(SuggestedChangeOperations, BaseRepository[SuggestedChange]):
    """Suggested changes, synchronously."""


class AsyncSuggestedChangeRepository(SuggestedChangeOperations, AsyncBaseRepository[SuggestedChange]):
    """Suggested changes, asynchronously."""
