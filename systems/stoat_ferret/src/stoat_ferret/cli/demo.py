"""`demo`: the whole catalogue at work on real videos, first on the synchronous face, then on the other."""

from __future__ import annotations

import asyncio
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from colonnade import AsyncDatabaseManager, DatabaseManager
from colonnade.errors import DatabaseError
from stoat_ferret.catalogue import AsyncCatalogue, Catalogue
from stoat_ferret.cli.app import app
from stoat_ferret.cli.demo_upgrade import show_upgrade
from stoat_ferret.cli.output import clip_row, fail, heading, say, show, user
from stoat_ferret.cli.scan import report, summary, tracked
from stoat_ferret.db import (
    AsyncClipRepository,
    AsyncProjectRepository,
    Base,
    Clip,
    ClipRepository,
    Project,
    ProjectRepository,
    Video,
    VideoRepository,
    create_tables,
)
from stoat_ferret.folder import files_in
from stoat_ferret.footage import Footage
from stoat_ferret.scanning import Scanned, scan, scan_async

__all__ = ["demo"]

FOOTAGE = (
    Footage("01 street.mp4", "24000/1001", 48, 320, 180),
    Footage("02 harbour.mkv", "30000/1001", 60, 426, 240),
    Footage("03 ferry.mov", "25", 50, 640, 360),
    Footage("04 gulls.avi", "24", 36, 320, 240),
    Footage("05 tide.webm", "30", 45, 256, 144, codec="libvpx"),
    Footage("06 lamps.mp4", "50", 75, 480, 270, codec="libx264"),
    Footage("07 rain.ts", "60000/1001", 90, 384, 216, codec="libx264"),
    Footage("08 stoat.mp4", "12", 18, 180, 320),
)
BROKEN = "09 broken.mp4"
CUTS = ((0, 24), (12, 36), (24, 48), (40, 48))
"""Clips of the first video; some overlap, some only touch."""
ASKED = (36, 41)


@dataclass(frozen=True)
class Told:
    """What one face gave: the files' fates, the clips in the asked range, the projects with their counts."""

    scanned: list[Scanned]
    overlapping: list[Clip]
    projects: list[dict[str, Any]]

    def comparable(self) -> list[Any]:
        """Give it without the times."""
        return [
            [(result.path, result.outcome, result.video and result.video.frames) for result in self.scanned],
            [(clip.video_id, clip.in_point, clip.out_point) for clip in self.overlapping],
            [(row["name"], row["video_count"], row["clip_count"]) for row in self.projects],
        ]


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="Where videos and databases are made anew.")] = Path("demo"),
) -> None:
    """Make eight videos and a broken file, catalogue them, and show what the catalogue answers."""
    folder = folder.resolve()
    videos, database, other = folder / "videos", folder / "stoat_ferret.db", folder / "stoat_ferret_async.db"
    try:
        _make_footage(folder, videos)
        with DatabaseManager(f"sqlite:///{database}", metadata=Base.metadata) as db:
            create_tables(db)
            told = _tell(db, videos)
            _show(told, videos)
            _show_refusals(db, told)
        heading("The same once more on the asynchronous face")
        same = asyncio.run(_tell_async(f"sqlite:///{other}", videos)).comparable() == told.comparable()
        show_upgrade(folder / "stoat_ferret_2025.db")
    except (DatabaseError, OSError) as problem:
        fail(str(problem))
    if not same:
        fail("the two faces differ: please report this")
    say(f"{summary(told.scanned)}; the same clips overlap, the same counts come out.")
    heading("Look further")
    say(f"The videos are in {videos}, the databases are {database} and {other}")
    say(f"{sys.executable} -m stoat_ferret videos --url {shlex.quote(f'sqlite:///{database}')}")


def _make_footage(folder: Path, videos: Path) -> None:
    heading(f"Making {len(FOOTAGE)} videos and a broken file in {videos}")
    videos.mkdir(parents=True, exist_ok=True)
    # Only what an earlier run made is removed: the folder may be anyone's.
    for old in (*folder.glob("stoat_ferret*.db*"), *folder.glob("backups/stoat_ferret_2025-*")):
        old.unlink()
    for footage in FOOTAGE:
        footage.make(videos)
    (videos / BROKEN).write_bytes((videos / FOOTAGE[0].name).read_bytes()[:700])


def _tell(db: DatabaseManager, videos: Path) -> Told:
    catalogue = Catalogue(db)
    project = catalogue.open_project("Harbour film", videos, user())
    files = files_in(videos)
    scanned = list(tracked(scan(catalogue, project.id, files, user()), len(files)))
    first = _first_video(scanned)
    for in_point, out_point in CUTS:
        catalogue.add_clip(first.id, in_point, out_point, user())
    return Told(
        scanned,
        ClipRepository(db).find_overlapping(first.id, *ASKED),
        ProjectRepository(db).list_with_stats(),
    )


async def _tell_async(url: str, videos: Path) -> Told:
    async with AsyncDatabaseManager(url, metadata=Base.metadata) as db:
        await create_tables(db)
        catalogue = AsyncCatalogue(db)
        project = await catalogue.open_project("Harbour film", videos, user())
        scanned = [result async for result in scan_async(catalogue, project.id, files_in(videos), user())]
        first = _first_video(scanned)
        for in_point, out_point in CUTS:
            await catalogue.add_clip(first.id, in_point, out_point, user())
        return Told(
            scanned,
            await AsyncClipRepository(db).find_overlapping(first.id, *ASKED),
            await AsyncProjectRepository(db).list_with_stats(),
        )


def _first_video(scanned: list[Scanned]) -> Video:
    return next(result.video for result in scanned if result.video is not None)


def _show(told: Told, videos: Path) -> None:
    for result in told.scanned:
        say(report(result, videos))
    say(summary(told.scanned))
    first = _first_video(told.scanned)
    start, end = ASKED
    cuts = ", ".join(f"{cut[0]} to {cut[1]}" for cut in CUTS)
    heading(f"{len(CUTS)} clips of {first.filename}: {cuts}. Which share a frame with {start} to {end}?")
    show(map(clip_row, told.overlapping), ("id", "video_id", "in_point", "out_point"))
    heading("The projects, counted in one query")
    show(told.projects, ("id", "name", "video_count", "clip_count", "workspace_path"))


def _show_refusals(db: DatabaseManager, told: Told) -> None:
    first = _first_video(told.scanned)
    other = ProjectRepository(db).create(Project(name="Another film", workspace_path="/another"))
    stray = Clip(video_id=first.id, project_id=other.id, in_point=0, out_point=1)
    heading("Three inputs that are refused")
    _refused("a clip past the video's end", lambda: Catalogue(db).add_clip(first.id, 40, first.frames + 1))
    _refused("a misspelt field", lambda: VideoRepository(db).update(first.id, {"widht": 640}))
    _refused("a clip in another project than its video", lambda: ClipRepository(db).create(stray))


def _refused(what: str, call: Callable[[], object]) -> None:
    try:
        call()
    except DatabaseError as refusal:
        say(f"{what}: {type(refusal).__name__}")
        say(f"    {refusal}")
    else:
        fail(f"{what} was taken, which must not happen: please report this")
