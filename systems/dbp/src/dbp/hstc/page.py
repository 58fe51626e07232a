"""What an HSTC page says, as values.

Texts are without the blank lines around them and the spaces at the ends of their lines: two pages that differ
in nothing else are equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

__all__ = [
    "NOT_DOCUMENTED",
    "PAGE_NAME",
    "Dependency",
    "Entry",
    "HistoryEntry",
    "Page",
    "placeholder",
    "tidy",
    "timestamp",
]

PAGE_NAME = "HSTC.md"
NOT_DOCUMENTED = "Not documented"

Kind = Literal["codebase", "system", "unknown"]


@dataclass(frozen=True)
class Dependency:
    """What a file depends on: a path of the code base, the name of something outside, or unknown."""

    kind: Kind
    dependency: str


UNKNOWN = Dependency("unknown", "None")


@dataclass(frozen=True)
class HistoryEntry:
    """A change to a file; the timestamp is kept as it's written."""

    timestamp: str
    summary: str
    details: str = ""


@dataclass(frozen=True)
class Entry:
    """What a page says of one file. `notes` is what a person wrote between its heading and its block."""

    intent: str = NOT_DOCUMENTED
    principles: str = NOT_DOCUMENTED
    constraints: str = NOT_DOCUMENTED
    dependencies: tuple[Dependency, ...] = (UNKNOWN,)
    history: tuple[HistoryEntry, ...] = ()
    notes: str = ""


@dataclass(frozen=True)
class Page:
    """A directory's page. `children` and `files` are in the page's order.

    `extra` are sections that no page must have, by heading: what a person added. `preamble` stands between
    the title and the first section. `checked` is the commit that the page was last compared with, where it
    didn't have to change.
    """

    name: str
    purpose: str = NOT_DOCUMENTED
    children: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Entry] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)
    preamble: str = ""
    checked: str = ""


def placeholder(name: str, now: datetime) -> Entry:
    """Give the entry of a file of which nothing is known."""
    detected = HistoryEntry(timestamp(now), "Auto-detected file", f"Automatically indexed {name}")
    return Entry(intent=f"File: {name}", history=(detected,))


def timestamp(instant: datetime) -> str:
    """Give an instant as a page has it: in UTC, to the second."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def tidy(text: str) -> str:
    """Give a text without what a page doesn't keep: blank lines around it, spaces at the ends of lines."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return "\n".join(lines).strip("\n")
