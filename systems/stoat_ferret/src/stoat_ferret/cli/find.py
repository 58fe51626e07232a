"""Projects and videos by what a person calls them."""

from __future__ import annotations

from pathlib import Path

from colonnade import DatabaseManager
from colonnade.errors import EntityNotFoundError, MultipleEntitiesError
from stoat_ferret.db import Project, ProjectRepository, Video, VideoRepository

__all__ = ["project_named", "video_called"]


def project_named(db: DatabaseManager, name: str) -> Project:
    """Give the project with this name.

    Raises:
        EntityNotFoundError: when there is none.
    """
    project = ProjectRepository(db).find_by_name(name)
    if project is None:
        raise EntityNotFoundError(
            f"there is no project {name!r}", entity="Project", remedy="`projects` lists those that are there"
        )
    return project


def video_called(db: DatabaseManager, called: str) -> Video:
    """Give the video with this id, file name or path.

    Raises:
        EntityNotFoundError: when there is none.
        MultipleEntitiesError: when several files have this name.
    """
    videos = VideoRepository(db)
    if called.isdecimal() and (video := videos.get(int(called))):
        return video
    found = videos.find_by_filename(called)
    if not found and (at_path := videos.find_by_path(str(Path(called).absolute()))):
        return at_path
    if not found:
        raise EntityNotFoundError(
            f"there is no video {called!r}", entity="Video", remedy="`videos` lists those that are there"
        )
    if len(found) > 1:
        ids = ", ".join(str(video.id) for video in found)
        raise MultipleEntitiesError(
            f"{len(found)} videos are called {called!r}", entity="Video", remedy=f"Give an id: {ids}"
        )
    return found[0]
