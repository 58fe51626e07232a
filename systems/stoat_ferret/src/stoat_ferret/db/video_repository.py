"""Videos: found by project, path and filename."""

from __future__ import annotations

import builtins

from colonnade import AsyncBaseRepository, BaseRepository, RepositoryOperations, operation
from stoat_ferret.db.models import Video

__all__ = ["AsyncVideoRepository", "VideoOperations", "VideoRepository"]


class VideoOperations(RepositoryOperations[Video]):
    """What is asked about videos, on either face."""

    @operation(read=True)
    def find_by_project(self, project_id: int) -> builtins.list[Video]:
        """Give the videos of a project, by id."""
        return self.find(Video.project_id == project_id, order_by="id")

    @operation(read=True)
    def find_by_path(self, path: str, project_id: int | None = None) -> Video | None:
        """Give the video with this full path in the project, or None.

        Without a project it's looked for in all of them; of several, the one with the lowest id is given.
        """
        criteria = [Video.path == path]
        if project_id is not None:
            criteria.append(Video.project_id == project_id)
        return self.first(*criteria, order_by="id")

    @operation(read=True)
    def find_by_filename(self, filename: str) -> builtins.list[Video]:
        """Give all videos whose file has this name, whatever its folder, by id."""
        return self.find(Video.filename == filename, order_by="id")

    @operation(read=True)
    def get_with_clips(self, id: int) -> Video:
        """Give the video with its clips loaded, by their `in_point`.

        Raises:
            EntityNotFoundError: when there is no such video.
        """
        return self.get_one(id, load=Video.clips)


class VideoRepository(VideoOperations, BaseRepository[Video]):
    """Videos, synchronously."""


class AsyncVideoRepository(VideoOperations, AsyncBaseRepository[Video]):
    """Videos, asynchronously."""
