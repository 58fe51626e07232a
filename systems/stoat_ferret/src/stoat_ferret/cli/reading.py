"""`projects`, `videos`, `history`: what the catalogue holds."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from stoat_ferret.cli.app import AsJson, Url, app, opened
from stoat_ferret.cli.find import project_named
from stoat_ferret.cli.output import entry_row, show, video_row
from stoat_ferret.db import AuditRepository, ProjectRepository, VideoRepository

__all__: list[str] = []

ProjectName = Annotated[
    str | None, typer.Option("--project", help="Only this project's.", show_default=False)
]


@app.command()
def projects(url: Url = None, as_json: AsJson = False) -> None:
    """List the projects, with how many videos and clips each has."""
    with opened(url, reads=True) as db:
        rows = ProjectRepository(db).list_with_stats()
    show(rows, ("id", "name", "workspace_path", "video_count", "clip_count", "updated_at"), as_json=as_json)


@app.command()
def videos(url: Url = None, project: ProjectName = None, as_json: AsJson = False) -> None:
    """List the videos, with their lengths in frames."""
    with opened(url, reads=True) as db:
        repository = VideoRepository(db)
        if project is None:
            found = repository.find(order_by="id")
        else:
            found = repository.find_by_project(project_named(db, project).id)
    columns = ("id", "project_id", "filename", "duration", "framerate", "frames", "size", "path")
    show((video_row(video) for video in found), columns, as_json=as_json)


@app.command()
def history(
    entity_type: Annotated[Literal["project", "video", "clip"], typer.Argument(help="What it is.")],
    entity_id: Annotated[int, typer.Argument(help="Its id.")],
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """List what was done to a project, video or clip, oldest first."""
    with opened(url, reads=True) as db:
        entries = AuditRepository(db).get_history(entity_type, entity_id)
    show(
        (entry_row(entry) for entry in entries),
        ("timestamp", "action", "changes", "user_id"),
        as_json=as_json,
    )
