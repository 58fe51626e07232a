"""The stages of a long command on standard error: live on a terminal, a line each elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from colonnade.cli.output import note

if TYPE_CHECKING:
    from colonnade.migrations.options import Progress

__all__ = ["shown_progress"]


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """Give what an upgrade tells its progress to, and show that while the block lasts."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from colonnade.cli.live import live_stages

    with live_stages() as stages:
        yield stages


class _Lines:
    """A line for each thing that is begun."""

    def __init__(self) -> None:
        self._last = ("", "")

    def __call__(self, stage: str, what: str, done: int, total: int) -> None:
        if (stage, what) != self._last:
            self._last = stage, what
            note(f"{stage}: {what}")
