"""`scan`: a folder's videos into a project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from colonnade import DatabaseManager
from stoat_ferret.catalogue import Catalogue
from stoat_ferret.cli.app import Url, app, opened
from stoat_ferret.cli.output import error, fail, say, user
from stoat_ferret.db import Clip, ClipRepository, Video
from stoat_ferret.folder import files_in
from stoat_ferret.scanning import Scanned, scan

__all__ = ["report", "scan_folder", "summary", "tracked"]

OUTCOMES = ("added", "refreshed", "unchanged")


@app.command("scan")
def scan_folder(
    folder: Annotated[Path, typer.Argument(help="The folder; those inside it are looked through too.")],
    project: Annotated[str, typer.Option(help="The project's name; an absent one is made.")],
    url: Url = None,
) -> None:
    """Store every video of a folder; a file that is no video is named, and the exit code is 1."""
    place = folder.resolve()
    with opened(url) as db:
        try:
            files = files_in(place, str(db.settings.url))
        except OSError as problem:
            fail(f"{folder} can't be scanned: {problem.strerror}. Name a folder that can be read")
        catalogue, user_id = Catalogue(db), user()
        project_id = catalogue.open_project(project, place, user_id).id
        results = []
        for result in tracked(scan(catalogue, project_id, files, user_id), len(files)):
            results.append(result)
            if result.outcome == "refused":
                error(report(result, place))
        for result in results:
            if result.video is not None:
                say(report(result, place))
                _warn_about_clips(db, result.video, result)
        say(summary(results))
    if any(result.outcome == "refused" for result in results):
        raise typer.Exit(1)


def tracked(results: Iterable[Scanned], total: int) -> Iterator[Scanned]:
    """Give the results on, with a progress bar on standard error where that is a terminal."""
    columns = (TextColumn("scanning"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    console = Console(stderr=True)
    # Standard output is left alone: it may be piped elsewhere while the bar moves.
    with Progress(
        *columns, console=console, disable=not console.is_terminal, redirect_stdout=False
    ) as progress:
        task = progress.add_task("", total=total)
        for result in results:
            progress.update(task, advance=1, description=ascii(result.path.name)[1:-1].replace("[", r"\["))
            yield result


def report(result: Scanned, folder: Path) -> str:
    """Tell in one line what became of a file."""
    name = result.path.relative_to(folder)
    video = result.video
    if video is None:
        return f"skipped {name}: {result.reason}"
    size, rate = f"{video.width}x{video.height}", f"{video.framerate_num}/{video.framerate_den}"
    return f"{result.outcome} {name}: video {video.id}, {size}, {video.frames} frames at {rate}"


def summary(results: Iterable[Scanned]) -> str:
    """Count the outcomes."""
    counted: Counter[str] = Counter(result.outcome for result in results)
    stored = ", ".join(f"{counted[outcome]} {outcome}" for outcome in OUTCOMES)
    return f"{counted.total()} files: {stored}, {counted['refused']} skipped"


def _warn_about_clips(db: DatabaseManager, video: Video, result: Scanned) -> None:
    if result.outcome == "refreshed":
        beyond = ClipRepository(db).count(Clip.video_id == video.id, Clip.out_point > video.frames)
        if beyond:
            error(
                f"{video.filename} has become shorter: {beyond} of its clips end after frame {video.frames}"
            )
