"""Classes, each of one document."""

from __future__ import annotations

from dbp.database.models import Class
from dbp.database.repositories.base_repository import AsyncBaseRepository, BaseRepository, PartOperations

__all__ = ["AsyncClassRepository", "ClassOperations", "ClassRepository"]


class ClassOperations(PartOperations[Class]):
    """What is asked about classes, on either face."""


class ClassRepository(ClassOperations, BaseRepository[Class]):
    """Classes, synchronously."""


class AsyncClassRepository(ClassOperations, AsyncBaseRepository[Class]):
    """Classes, asynchronously."""
