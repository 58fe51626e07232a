"""The editor's own work on the catalogue: opening a project, storing a probed file, cutting a clip.

Each is one transaction on either face, and under the name of who is given as `user_id`.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Literal

from colonnade import AsyncBaseRepository, BaseRepository, RepositoryOperations, operation
from colonnade.audit import actor
from colonnade.errors import EntityValidationError
from stoat_ferret.db import (
    Clip,
    ClipRepository,
    Project,
    ProjectRepository,
    Video,
    VideoRepository,
)
from stoat_ferret.probe import Probe

__all__ = ["AsyncCatalogue", "Catalogue", "CatalogueOperations", "Outcome"]

Outcome = Literal["added", "refreshed", "unchanged"]
"""What became of a probed file: a new video, one whose facts had changed, or one that was there as it is."""


class CatalogueOperations(RepositoryOperations[Video]):
    """The editor's work. The repositories that it needs are given the session of the call."""

    @operation
    def open_project(self, name: str, folder: Path, user_id: str | None = None) -> Project:
        """Give the project with this name; an absent one is made, with the folder as its workspace.

        Raises:
            EntityValidationError: when another project has that workspace, or the name is empty.
        """
        projects = ProjectRepository(self.db_session)
        if project := projects.find_by_name(name):
            return project
        workspace = str(folder.absolute())
        if not name.strip():
            raise EntityValidationError("a project needs a name", entity="Project", columns=["name"])
        if holder := projects.find_by_workspace(workspace):
            raise EntityValidationError(
                f"{workspace} is the workspace of the project {holder.name!r}",
                entity="Project",
                columns=["workspace_path"],
                remedy=f"Name that one: --project {holder.name!r}",
            )
        with acting(user_id):
            return projects.create(Project(name=name, workspace_path=workspace))

    @operation
    def store(self, project_id: int, probe: Probe, user_id: str | None = None) -> tuple[Video, Outcome]:
        """Add the file to the project; a video that is there is given the facts that have changed.

        Raises:
            ForeignKeyViolationError: when there is no such project.
        """
        videos = VideoRepository(self.db_session)
        facts = {**asdict(probe), "filename": Path(probe.path).name}
        video = videos.find_by_path(probe.path, project_id)
        if video is None:
            with acting(user_id):
                return videos.create(Video(project_id=project_id, **facts)), "added"
        changes = {name: fact for name, fact in facts.items() if getattr(video, name) != fact}
        if not changes:
            return video, "unchanged"
        with acting(user_id):
            return videos.update(video.id, changes), "refreshed"

    @operation
    def add_clip(self, video_id: int, in_point: int, out_point: int, user_id: str | None = None) -> Clip:
        """Cut a clip out of a video.

        Raises:
            EntityNotFoundError: when there is no such video.
            EntityValidationError: when the frames aren't all in it.
        """
        video = VideoRepository(self.db_session).get_one(video_id, for_update=True)
        clips = ClipRepository(self.db_session)
        if not clips.validate_bounds(video_id, in_point, out_point):
            raise EntityValidationError(
                f"frames {in_point} to {out_point} aren't all in {video.filename}, which has {video.frames}",
                entity="Clip",
                columns=["in_point", "out_point"],
                remedy=f"Give an in_point below the out_point, and an out_point of at most {video.frames}",
            )
        with acting(user_id):
            return clips.create(
                Clip(project_id=video.project_id, video_id=video_id, in_point=in_point, out_point=out_point)
            )


def acting(user_id: str | None) -> AbstractContextManager[None]:
    """Give the block in which this user acts; where none is named, whoever acts already."""
    return nullcontext() if user_id is None else actor(user_id)


class Catalogue(CatalogueOperations, BaseRepository[Video]):
    """The editor's work, synchronously."""


class AsyncCatalogue(CatalogueOperations, AsyncBaseRepository[Video]):
    """The editor's work, asynchronously."""
