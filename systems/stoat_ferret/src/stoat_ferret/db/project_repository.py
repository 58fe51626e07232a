"""Projects: found by name and folder, counted with what is in them."""

from __future__ import annotations

import builtins
from typing import Any

from sqlalchemy import func, select

from colonnade import AsyncBaseRepository, BaseRepository, RepositoryOperations, operation
from stoat_ferret.db.models import Clip, Project, Video

__all__ = ["AsyncProjectRepository", "ProjectOperations", "ProjectRepository"]


class ProjectOperations(RepositoryOperations[Project]):
    """What is asked about projects, on either face."""

    @operation(read=True)
    def find_by_name(self, name: str) -> Project | None:
        """Give the project with this name, the one with the lowest id where there are several, or None."""
        return self.first(Project.name == name, order_by="id")

    @operation(read=True)
    def find_by_workspace(self, path: str) -> Project | None:
        """Give the project whose folder this is, or None."""
        return self.first(Project.workspace_path == path)

    @operation(read=True)
    def list_with_stats(self) -> builtins.list[dict[str, Any]]:
        """Give every project as a dict, by id: its columns, `video_count` and `clip_count`; in one query."""
        columns = [getattr(Project, attribute.key) for attribute in self._mapper.column_attrs]
        # Two subqueries, because a join with both tables would count each video once for each clip.
        videos = select(func.count()).where(Video.project_id == Project.id).scalar_subquery()
        clips = select(func.count()).where(Clip.project_id == Project.id).scalar_subquery()
        statement = select(*columns, videos.label("video_count"), clips.label("clip_count"))
        return [dict(row) for row in self.execute(statement.order_by(Project.id)).mappings()]

    @operation(read=True)
    def get_with_videos(self, id: int) -> Project:
        """Give the project with its videos loaded, by id.

        Raises:
            EntityNotFoundError: when there is no such project.
        """
        return self.get_one(id, load=Project.videos)


class ProjectRepository(ProjectOperations, BaseRepository[Project]):
    """Projects, synchronously."""


class AsyncProjectRepository(ProjectOperations, AsyncBaseRepository[Project]):
    """Projects, asynchronously."""
