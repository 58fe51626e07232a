"""A scan: each file of a folder probed and stored, in a transaction of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from stoat_ferret.catalogue import AsyncCatalogue, Catalogue, Outcome
from stoat_ferret.db import Video
from stoat_ferret.folder import probed
from stoat_ferret.probe import NotAVideo

__all__ = ["Scanned", "scan", "scan_async"]


@dataclass(frozen=True)
class Scanned:
    """What became of one file: its video, or the reason why there is none."""

    path: Path
    outcome: Outcome | Literal["refused"]
    video: Video | None = None
    reason: str = ""


def scan(
    catalogue: Catalogue, project_id: int, files: Iterable[Path], user_id: str | None = None
) -> Iterator[Scanned]:
    """Probe and store the files, one at a time, and tell what became of each.

    Raises:
        DatabaseError: when the database refuses or fails; what was told before is stored.
    """
    for path in files:
        facts = probed(path)
        if isinstance(facts, NotAVideo):
            yield Scanned(path, "refused", reason=str(facts))
        else:
            video, outcome = catalogue.store(project_id, facts, user_id)
            yield Scanned(path, outcome, video)


async def scan_async(
    catalogue: AsyncCatalogue, project_id: int, files: Iterable[Path], user_id: str | None = None
) -> AsyncIterator[Scanned]:
    """Do what `scan` does on the other face; the probes, which wait for the disk, run in threads."""
    for path in files:
        facts = await asyncio.to_thread(probed, path)
        if isinstance(facts, NotAVideo):
            yield Scanned(path, "refused", reason=str(facts))
        else:
            video, outcome = await catalogue.store(project_id, facts, user_id)
            yield Scanned(path, outcome, video)
