"""The files of a folder that a scan looks at, and what the probe of each gave."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from sqlalchemy import make_url

from stoat_ferret.probe import NotAVideo, Probe, probe

__all__ = ["files_in", "probed", "sqlite_file"]


def files_in(folder: Path, database_url: str | None = None) -> list[Path]:
    """Give the files of a folder and of those inside it, by path.

    Hidden files and folders are left out, and the catalogue's own SQLite file with its companions.
    Links to folders aren't followed.

    Raises:
        OSError: when a folder can't be read.
    """
    database = sqlite_file(database_url)
    found: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=_raise):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(place, name) for name in names if not name.startswith(".")]
    return sorted(path for path in found if database is None or not _belongs_to(path, database))


def probed(path: Path) -> Probe | NotAVideo:
    """Give what a file's probe gave; for one that is no video, the reason."""
    try:
        # Opening a named pipe would wait for a writer.
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            return NotAVideo("it is no regular file")
        return probe(path)
    except OSError as error:
        return NotAVideo(f"it can't be read: {error.strerror}")
    except NotAVideo as reason:
        return reason


def _raise(error: OSError) -> None:
    raise error


def sqlite_file(url: str | None) -> Path | None:
    """Give the file of an SQLite URL; None for one in memory and for another database."""
    parsed = make_url(url) if url else None
    if parsed is None or parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return None
    return Path(parsed.database).absolute()


def _belongs_to(path: Path, database: Path) -> bool:
    # SQLite's companions: -wal, -shm, -journal.
    absolute = path.absolute()
    return absolute.parent == database.parent and (
        absolute == database or absolute.name.startswith((f"{database.name}-", f"{database.name}."))
    )
