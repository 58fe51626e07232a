"""The repositories, one module for each entity, on both faces.

The documents speak of `repositories.py` and of `repositories/`. Python takes the package where both are,
so that a module of that name would be dead: what it would hold is in `base_repository.py`.
"""

from dbp.database.repositories.base_repository import AsyncBaseRepository, BaseRepository
from dbp.database.repositories.change_record_repository import (
    AsyncChangeRecordRepository,
    ChangeRecordRepository,
)
from dbp.database.repositories.class_repository import AsyncClassRepository, ClassRepository
from dbp.database.repositories.design_decision_repository import (
    AsyncDesignDecisionRepository,
    DesignDecisionRepository,
)
from dbp.database.repositories.developer_decision_repository import (
    AsyncDeveloperDecisionRepository,
    DeveloperDecisionRepository,
)
from dbp.database.repositories.document_relationship_repository import (
    AsyncDocumentRelationshipRepository,
    DocumentRelationshipRepository,
)
from dbp.database.repositories.document_repository import AsyncDocumentRepository, DocumentRepository
from dbp.database.repositories.function_repository import AsyncFunctionRepository, FunctionRepository
from dbp.database.repositories.inconsistency_repository import (
    AsyncInconsistencyRepository,
    InconsistencyRepository,
)
from dbp.database.repositories.project_repository import AsyncProjectRepository, ProjectRepository
from dbp.database.repositories.recommendation_repository import (
    AsyncRecommendationRepository,
    RecommendationRepository,
)
from dbp.database.repositories.suggested_change_repository import (
    AsyncSuggestedChangeRepository,
    SuggestedChangeRepository,
)

__all__ = [
    "AsyncBaseRepository",
    "AsyncChangeRecordRepository",
    "AsyncClassRepository",
    "AsyncDesignDecisionRepository",
    "AsyncDeveloperDecisionRepository",
    "AsyncDocumentRelationshipRepository",
    "AsyncDocumentRepository",
    "AsyncFunctionRepository",
    "AsyncInconsistencyRepository",
    "AsyncProjectRepository",
    "AsyncRecommendationRepository",
    "AsyncSuggestedChangeRepository",
    "BaseRepository",
    "ChangeRecordRepository",
    "ClassRepository",
    "DesignDecisionRepository",
    "DeveloperDecisionRepository",
    "DocumentRelationshipRepository",
    "DocumentRepository",
    "FunctionRepository",
    "InconsistencyRepository",
    "ProjectRepository",
    "RecommendationRepository",
    "SuggestedChangeRepository",
]
