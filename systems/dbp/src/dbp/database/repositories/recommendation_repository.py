"""Recommendations: the active one, and what becomes of each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from colonnade import RepositoryOperations, operation
from colonnade.errors import EntityValidationError
from dbp.database.models import Recommendation, RecommendationStatus
from dbp.database.repositories.base_repository import AsyncBaseRepository, BaseRepository

__all__ = ["AsyncRecommendationRepository", "RecommendationOperations", "RecommendationRepository"]

_ACTIVE = Recommendation.status == RecommendationStatus.ACTIVE


class RecommendationOperations(RepositoryOperations[Recommendation]):
    """What is asked about recommendations, on either face."""

    @operation(read=True)
    def get_active(self) -> Recommendation | None:
        """Give the active recommendation with its changes and inconsistencies loaded, or None."""
        return self.first(_ACTIVE, load=(Recommendation.suggested_changes, Recommendation.inconsistencies))

    @operation
    def update_status(
        self, id: int, status: RecommendationStatus | str, developer_feedback: str | None = None
    ) -> Recommendation:
        """Give the recommendation with its new status, and with the feedback where some is given.

        Raises:
            EntityNotFoundError: when there is no such recommendation.
            CheckViolationError: for a status that there isn't.
            UniqueViolationError: when another one is Active.
        """
        feedback = {} if developer_feedback is None else {"developer_feedback": developer_feedback}
        return self.update(id, {"status": status, **feedback})

    @operation
    def invalidate_active(self, change_timestamp: datetime) -> int:
        """Invalidate the active recommendation, since the code base has changed; give how many there were."""
        return self.update_where(
            {
                "status": RecommendationStatus.INVALIDATED,
                "last_codebase_change_timestamp": change_timestamp,
            },
            _ACTIVE,
        )

    @operation
    def delete_old_recommendations(self, days_old: int = 7) -> int:
        """Delete those made longer ago than this, but never the active one; give how many there were.

        Raises:
            EntityValidationError: for a number of days below 0.
        """
        if days_old < 0:
            raise EntityValidationError(
                f"days_old={days_old}: a recommendation's age is 0 days or more", entity="Recommendation"
            )
        oldest = datetime.now(UTC) - timedelta(days=days_old)
        return self.delete_where(
            Recommendation.creation_timestamp < oldest,
            Recommendation.status != RecommendationStatus.ACTIVE,
        )


class RecommendationRepository(RecommendationOperations, BaseRepository[Recommendation]):
    """Recommendations, synchronously."""


class AsyncRecommendationRepository(RecommendationOperations, AsyncBaseRepository[Recommendation]):
    """Recommendations, asynchronously."""
