"""The stages of a long command as rows of a terminal, the last one moving."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import RenderableType
from rich.progress import Progress, SpinnerColumn, Task, TaskID, TextColumn
from rich.text import Text

from colonnade.cli.output import console

__all__ = ["Stages", "live_stages"]


@contextmanager
def live_stages() -> Iterator[Stages]:
    """Show what the block tells; an error in it marks the stage in which it arose."""
    rows = Progress(
        _Mark(),
        TextColumn("{task.fields[stage]:<10}", style="bold"),
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.fields[far]}", style="dim"),
        console=console(stderr=True),
    )
    stages = Stages(rows)
    with rows:
        try:
            yield stages
        except BaseException:
            stages.finish(Text("✗", "red"))
            raise
        stages.finish(Text("✓", "green"))


class Stages:
    """A row for each stage: what is being done in it, how far that is, and at its end how long it took."""

    def __init__(self, rows: Progress) -> None:
        self._rows = rows
        self._stage = self._began_with = ""
        self._task: TaskID | None = None

    def __call__(self, stage: str, what: str, done: int, total: int) -> None:
        if stage != self._stage or self._task is None:
            self.finish(Text("✓", "green"))
            self._stage, self._began_with = stage, what
            self._task = self._rows.add_task(what, total=None, stage=stage, mark=Text(" "), far="")
        far = f"{done:,} of {total:,}" if total > 1 else ""
        self._rows.update(self._task, description=what, far=far)

    def finish(self, mark: Text) -> None:
        """End the stage that is shown, if there is one."""
        for row in self._rows.tasks:
            if row.id == self._task:
                took = f"{row.elapsed or 0:.1f} s"
                what = self._began_with
                self._rows.update(row.id, total=1, completed=1, description=what, mark=mark, far=took)
        self._task = None


class _Mark(SpinnerColumn):
    def render(self, task: Task) -> RenderableType:
        mark: Text = task.fields["mark"]
        return mark if task.finished else super().render(task)
