"""Projects: found by their root."""

from __future__ import annotations

import builtins

from colonnade import RepositoryOperations, operation
from dbp.database.models import Project
from dbp.database.repositories.base_repository import AsyncBaseRepository, BaseRepository

__all__ = ["AsyncProjectRepository", "ProjectOperations", "ProjectRepository"]


class ProjectOperations(RepositoryOperations[Project]):
    """What is asked about projects, on either face."""

    @operation(read=True)
    def get_by_root_path(self, root_path: str) -> Project | None:
        """Give the project whose root this is, or None."""
        return self.first(Project.root_path == root_path)

    @operation(read=True)
    def list_all(self) -> builtins.list[Project]:
        """Give every project, by id."""
        return self.find(order_by="id")


class ProjectRepository(ProjectOperations, BaseRepository[Project]):
    """Projects, synchronously."""


class AsyncProjectRepository(ProjectOperations, AsyncBaseRepository[Project]):
    """Projects, asynchronously."""
