"""How revisions are listed: shared by the commands that list some."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from colonnade.cli.output import note, show_json, show_table, styled

if TYPE_CHECKING:
    from rich.text import Text

    from colonnade.migrations import Revision

__all__ = ["show_revisions"]


def show_revisions(revisions: Sequence[Revision], *, as_json: bool) -> None:
    """Print a table of revisions, or one JSON list."""
    if as_json:
        show_json(revisions)
        return
    if not revisions:
        note("there are none")
    show_table(("revision", "follows", "message", ""), map(_row, revisions))


def _row(revision: Revision) -> tuple[Text, str, str, Text]:
    marks = [*(["head"] if revision.is_head else []), *revision.branch_labels]
    follows = ", ".join(revision.down) or "base"
    return styled((revision.id, "cyan")), follows, revision.message, styled((", ".join(marks), "green"))
