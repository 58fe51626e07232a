"""What a rule finds, as a value: nothing here touches a file or a database."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dbp.database.models import ChangeType, InconsistencyType, Severity

__all__ = ["Edit", "Finding"]

_LINE = re.compile(r"line (\d+)")


@dataclass(frozen=True)
class Edit:
    """A change to one file: whole lines that stand there, and those to be put in their place.

    `line` is the first of them, counted from 1. An addition names the line that it goes behind.
    """

    path: str
    line: int
    before: str
    after: str

    @property
    def change_type(self) -> ChangeType:
        """What it does."""
        if not self.after:
            return ChangeType.DELETION
        return ChangeType.ADDITION if self.after.startswith(f"{self.before}\n") else ChangeType.MODIFICATION

    @property
    def location(self) -> str:
        """Where it does it, in words that `line_in` reads."""
        return f"line {self.line}"

    @staticmethod
    def line_in(location: str | None) -> int:
        """Give the line that a location names, 1 where it names none."""
        found = _LINE.search(location or "")
        return int(found[1]) if found else 1


@dataclass(frozen=True)
class Finding:
    """A disagreement: its documents by path, the one to mend first, and how, where that is known."""

    severity: Severity
    type: InconsistencyType
    description: str
    resolution: str
    paths: tuple[str, ...]
    edit: Edit | None = None
