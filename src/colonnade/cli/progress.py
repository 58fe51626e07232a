"""The stages of a long command on standard error: live on a terminal, a line each elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from colonnade.cli.output import console, note

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from colonnade.migrations.options import Progress

__all__ = ["shown_progress"]


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """Give what an upgrade tells its progress to, and show that while the block lasts."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    bars = Progress(
        SpinnerColumn(finished_text="[green]✓"),
        TextColumn("{task.fields[stage]:<10}", style="bold"),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        console=console(stderr=True),
    )
    with bars:
        live = _Live(bars)
        yield live
        live.finish()


class _Lines:
    """A line for each thing that is begun."""

    def __init__(self) -> None:
        self._last = ("", "")

    def __call__(self, stage: str, what: str, done: int, total: int) -> None:
        if (stage, what) != self._last:
            self._last = stage, what
            note(f"{stage}: {what}")


class _Live:
    """A row for each stage: what is being done in it, and how far that is."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._stage = ""
        self._task: TaskID | None = None

    def __call__(self, stage: str, what: str, done: int, total: int) -> None:
        if stage != self._stage or self._task is None:
            self.finish()
            self._stage = stage
            self._task = self._bars.add_task(what, total=None, stage=stage)
        self._bars.update(self._task, description=what, completed=done, total=total or None)

    def finish(self) -> None:
        """Mark the stage that is shown as done."""
        if self._task is not None:
            self._bars.update(self._task, total=1, completed=1)
