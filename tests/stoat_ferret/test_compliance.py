"""The compliance cases pass for the catalogue's repositories, on every driver."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from stoat_ferret.db import (
    AsyncClipRepository,
    AsyncProjectRepository,
    AsyncVideoRepository,
    Base,
    Clip,
    ClipRepository,
    Project,
    ProjectRepository,
    Video,
    VideoRepository,
)

from colonnade.testing.compliance import RepositoryCases
from colonnade.testing.databases import Databases
from tests.lending import ON_EACH_DRIVER, lent_manager

from .conftest import a_project, a_video


@pytest.fixture(scope="module", params=ON_EACH_DRIVER)
def db(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Any]:
    """One database for all cases on a driver."""
    with lent_manager(request.param, databases, Base.metadata) as manager:
        yield manager


class TestProjects(RepositoryCases[Project]):
    repository = ProjectRepository
    async_repository = AsyncProjectRepository
    changes: ClassVar = {"description": "about a fox"}
    upsert_on = ("workspace_path",)

    def new(self, number: int) -> Project:
        return a_project(f"project {number}", f"/work/{number}")


class TestVideos(RepositoryCases[Video]):
    repository = VideoRepository
    async_repository = AsyncVideoRepository
    changes: ClassVar = {"width": 1920}
    upsert_on = ("project_id", "path")

    def stored_first(self) -> list[Project]:
        return [a_project()]

    def new(self, number: int) -> Video:
        return a_video(f"/films/{number}.mp4", project_id=self.parents[0].id)


class TestClips(RepositoryCases[Clip]):
    repository = ClipRepository
    async_repository = AsyncClipRepository
    changes: ClassVar = {"out_point": 40}

    def stored_first(self) -> list[Project]:
        return [a_project(videos=[a_video()])]

    def new(self, number: int) -> Clip:
        video = self.parents[0].videos[0]
        return Clip(project_id=video.project_id, video_id=video.id, in_point=0, out_point=number + 1)
