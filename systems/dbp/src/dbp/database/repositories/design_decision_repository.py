"""Design decisions, each told of by one document."""

from __future__ import annotations

from dbp.database.models import DesignDecision
from dbp.database.repositories.base_repository import AsyncBaseRepository, BaseRepository, PartOperations

__all__ = ["AsyncDesignDecisionRepository", "DesignDecisionOperations", "DesignDecisionRepository"]


class DesignDecisionOperations(PartOperations[DesignDecision]):
    """What is asked about design decisions, on either face."""

    identity = ("description",)


class DesignDecisionRepository(DesignDecisionOperations, BaseRepository[DesignDecision]):
    """Design decisions, synchronously."""


class AsyncDesignDecisionRepository(DesignDecisionOperations, AsyncBaseRepository[DesignDecision]):
    """Design decisions, asynchronously."""
