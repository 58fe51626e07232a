"""Clips: found by video and project, checked against their video's length and against each other."""

from __future__ import annotations

import builtins

from sqlalchemy import select

from colonnade import AsyncBaseRepository, BaseRepository, RepositoryOperations, operation
from colonnade.errors import EntityNotFoundError
from stoat_ferret.db.models import Clip, Video, frame_count

__all__ = ["AsyncClipRepository", "ClipOperations", "ClipRepository"]


class ClipOperations(RepositoryOperations[Clip]):
    """What is asked about clips, on either face."""

    @operation(read=True)
    def find_by_video(self, video_id: int) -> builtins.list[Clip]:
        """Give the clips of a video, by `in_point` and then id."""
        return self.find(Clip.video_id == video_id, order_by="in_point,id")

    @operation(read=True)
    def find_by_project(self, project_id: int) -> builtins.list[Clip]:
        """Give the clips of a project, by id."""
        return self.find(Clip.project_id == project_id, order_by="id")

    @operation(read=True)
    def validate_bounds(self, video_id: int, in_point: int, out_point: int) -> bool:
        """Tell whether `0 <= in_point < out_point <= frames`, with the video's number of frames.

        Raises:
            EntityNotFoundError: when there is no such video.
        """
        statement = select(Video.duration, Video.framerate_num, Video.framerate_den)
        row = self.execute(statement.where(Video.id == video_id)).one_or_none()
        if row is None:
            raise EntityNotFoundError(f"there is no Video with the key {video_id!r:.100}", entity="Video")
        frames = frame_count(row.duration, row.framerate_num, row.framerate_den)
        return 0 <= in_point < out_point <= frames

    @operation(read=True)
    def find_overlapping(self, video_id: int, in_point: int, out_point: int) -> builtins.list[Clip]:
        """Give the video's clips that share a frame with `in_point` up to but not including `out_point`.

        Clips that only touch share none. By `in_point` and then id; nothing for a range without a frame.
        """
        if in_point >= out_point:
            return []
        return self.find(
            Clip.video_id == video_id,
            Clip.in_point < out_point,
            Clip.out_point > in_point,
            order_by="in_point,id",
        )


class ClipRepository(ClipOperations, BaseRepository[Clip]):
    """Clips, synchronously."""


class AsyncClipRepository(ClipOperations, AsyncBaseRepository[Clip]):
    """Clips, asynchronously."""
