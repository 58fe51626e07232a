"""`clips add|list|overlaps`: clips cut from videos, and which of them share frames."""

from __future__ import annotations

from typing import Annotated

import typer

from stoat_ferret.catalogue import Catalogue
from stoat_ferret.cli.app import AsJson, Url, clips_app, opened
from stoat_ferret.cli.find import project_named, video_called
from stoat_ferret.cli.output import clip_row, say, show, user
from stoat_ferret.db import Clip, ClipRepository

__all__: list[str] = []

COLUMNS = ("id", "project_id", "video_id", "in_point", "out_point", "created_at")
# A number below 0 is a value that gets an answer, not an unknown option.
NUMBERS = {"ignore_unknown_options": True}

VideoName = Annotated[str, typer.Argument(metavar="VIDEO", help="The video's id, file name or path.")]
InPoint = Annotated[int, typer.Argument(help="The first frame, counted from 0.")]
OutPoint = Annotated[int, typer.Argument(help="The frame after the last one.")]


@clips_app.command(context_settings=NUMBERS)
def add(video: VideoName, in_point: InPoint, out_point: OutPoint, url: Url = None) -> None:
    """Cut a clip out of a video, and tell which others share frames with it."""
    with opened(url) as db:
        found = video_called(db, video)
        clip = Catalogue(db).add_clip(found.id, in_point, out_point, user())
        others = [
            other
            for other in ClipRepository(db).find_overlapping(found.id, in_point, out_point)
            if other.id != clip.id
        ]
    say(f"clip {clip.id}: frames {in_point} to {out_point} of {found.filename}")
    if others:
        say(f"it overlaps {', '.join(f'clip {other.id}' for other in others)}")


@clips_app.command("list")
def list_clips(
    url: Url = None,
    video: Annotated[str | None, typer.Option(help="Only this video's.", show_default=False)] = None,
    project: Annotated[str | None, typer.Option(help="Only this project's.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """List the clips, by video and then by their first frame."""
    with opened(url, reads=True) as db:
        criteria = []
        if video is not None:
            criteria.append(Clip.video_id == video_called(db, video).id)
        if project is not None:
            criteria.append(Clip.project_id == project_named(db, project).id)
        found = ClipRepository(db).find(*criteria, order_by="video_id,in_point,id")
    show((clip_row(clip) for clip in found), COLUMNS, as_json=as_json)


@clips_app.command(context_settings=NUMBERS)
def overlaps(
    video: VideoName, in_point: InPoint, out_point: OutPoint, url: Url = None, as_json: AsJson = False
) -> None:
    """List a video's clips that share a frame with the given range."""
    with opened(url, reads=True) as db:
        found = ClipRepository(db).find_overlapping(video_called(db, video).id, in_point, out_point)
    show((clip_row(clip) for clip in found), COLUMNS, as_json=as_json)
