"""A file's header: the block of comment lines that tells its intent, principles, constraints and history.

####
# [Source file intent]
# Provides the managers.
####
# [Source file design principles]
# - One place for each thing.
# - Design Decision: One layer (2025-04-13)
#   * Rationale: it is simpler.
####
# [Dependencies]
# codebase:- doc/DESIGN.md
####
# [GenAI tool change history]
# 2025-04-18T10:54:00Z : Began
# * the managers
####
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Literal

__all__ = ["Change", "Decided", "Dependency", "Header", "instant_of", "items_in", "parse_header"]

Kind = Literal["codebase", "system", "unknown"]

_COMMENT = re.compile(r"\s*(#+|//+|--+|;+|%+|\*(?!/))(.*)")
_BLOCK_MARK = re.compile(r"\s*(/\*+|\*+/|<!--|-->|\"\"\"|''')\s*$")
_ROW = re.compile(r"\s*(#{4,}|/{4,}|-{4,}|;{4,}|%{4,}|\*{4,})\s*$")
_SECTION = re.compile(r"\s*\[([A-Za-z][^\]]*)\]\s*$")
_BULLET = re.compile(r"[-*•]\s+(.*)")
_DECISION = re.compile(r"Design Decision:\s*(.*?)\s*(?:\((\d{4}-\d\d-\d\d)[^)]*\))?\s*", re.IGNORECASE)
_DEPENDENCY = re.compile(r"(?:-\s*)?(?:kind:\s*)?([A-Za-z]+)\s*:\s*-?\s*(.+)")
_CHANGE = re.compile(
    r"(\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?\s?(?:Z|[+-]\d\d:?\d\d)?)\s*:\s+(\S.*)"
)
_NOTHING = frozenset({"", "none", "not documented", "n/a"})


@dataclass(frozen=True)
class Dependency:
    """What a file says that it depends on: a path in the code base, or the name of something outside."""

    kind: Kind
    dependency: str


@dataclass(frozen=True)
class Change:
    """An entry of a file's history; `timestamp` is in UTC."""

    timestamp: datetime
    summary: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decided:
    """A design decision that stands among the principles."""

    description: str
    rationale: str | None = None
    alternatives: str | None = None
    decision_date: date | None = None


@dataclass(frozen=True)
class Header:
    """What a header says; empty where it says nothing.

    `principles_text` and `constraints_text` are the sections as they stand, `principles` and
    `constraints` their items, without the decisions.
    """

    intent: str = ""
    principles_text: str = ""
    principles: tuple[str, ...] = ()
    decisions: tuple[Decided, ...] = ()
    constraints_text: str = ""
    constraints: tuple[str, ...] = ()
    dependencies: tuple[Dependency, ...] | None = None
    history: tuple[Change, ...] = ()
    problems: tuple[str, ...] = field(default=(), compare=False)


def parse_header(text: str) -> Header:
    """Give what the header at the top of a file says; without one an empty `Header`.

    Nothing but comments, blank lines and a `#!` line may stand above it.
    """
    sections = dict(_sections(_leading_comments(text)))
    if not sections:
        return Header()
    principles = sections.get("source file design principles", "")
    plain, decisions = _split_decisions(items_in(principles))
    constraints = sections.get("source file constraints", "")
    listed = sections.get("dependencies", sections.get("reference documentation"))
    history, problems = _history(_history_section(sections))
    return Header(
        intent=_unless_nothing(sections.get("source file intent", "")),
        principles_text=_unless_nothing(principles),
        principles=tuple(plain),
        decisions=tuple(decisions),
        constraints_text=_unless_nothing(constraints),
        constraints=tuple(items_in(constraints)),
        dependencies=None if listed is None else tuple(_dependencies(listed)),
        history=history,
        problems=problems,
    )


def items_in(text: str) -> list[str]:
    r"""Give the items of a list, each with the lines that belong to it; prose without marks is one item.

    >>> items_in("- one\n- two\n  goes on\n  * deeper")
    ['one', 'two\ngoes on\n* deeper']
    """
    if text.strip().lower() in _NOTHING:
        return []
    items: list[list[str]] = []
    depth = None
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        mark = _BULLET.match(line.strip())
        if mark and (depth is None or indent <= depth):
            depth = indent
            items.append([mark[1]])
        elif items:
            items[-1].append(line)
        elif line.strip():
            items.append([line])
    return [_joined(first, rest) for first, *rest in items]


def instant_of(text: str) -> datetime | None:
    """Give the instant that a timestamp names, in UTC where it names no zone; None for what is none."""
    try:
        instant = datetime.fromisoformat(text.strip())
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _joined(first: str, rest: Iterable[str]) -> str:
    below = textwrap.dedent("\n".join(rest)).strip("\n")
    return f"{first.strip()}\n{below}".strip()


def _leading_comments(text: str) -> Iterator[str]:
    """Give the comment lines at the top, without their marks; a blank line as an empty one."""
    for number, line in enumerate(text.lstrip("\ufeff").splitlines()):
        if number == 0 and line.startswith("#!"):
            continue
        if _ROW.match(line):
            yield "####"
        elif not line.strip() or _BLOCK_MARK.match(line):
            yield ""
        elif found := _COMMENT.match(line):
            yield "####" if _ROW.match(found[2]) else found[2].removeprefix(" ").rstrip()
        else:
            return


def _sections(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    name, body = "", list[str]()
    for line in [*lines, "####"]:
        found = _SECTION.match(line)
        if found or line == "####":
            if name:
                yield name, textwrap.dedent("\n".join(body)).strip("\n")
            name, body = (found[1].strip().lower() if found else ""), []
        elif name:
            body.append(line)


def _split_decisions(items: Iterable[str]) -> tuple[list[str], list[Decided]]:
    plain, decisions = [], []
    for item in items:
        title, _, rest = item.partition("\n")
        if found := _DECISION.fullmatch(title):
            decisions.append(_decided(found[1], found[2], rest))
        else:
            plain.append(item)
    return plain, decisions


def _decided(title: str, day: str | None, rest: str) -> Decided:
    parts = {"rationale": "", "alternatives": ""}
    for item in items_in(rest):
        name, _, text = item.partition(":")
        key = name.strip().lower().split(" ")[0]
        if key in parts:
            parts[key] = " ".join(text.split())
    return Decided(title, parts["rationale"] or None, parts["alternatives"] or None, _date(day))


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _dependencies(text: str) -> Iterator[Dependency]:
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.lower() in _NOTHING:
            continue
        found = _DEPENDENCY.fullmatch(stripped)
        kind, name = (found[1].lower(), found[2].strip()) if found else ("unknown", stripped.lstrip("-* "))
        if name.lower() not in _NOTHING:
            yield Dependency(_kind(kind), name)


def _kind(text: str) -> Kind:
    return "codebase" if text == "codebase" else "system" if text == "system" else "unknown"


def _history_section(sections: dict[str, str]) -> str:
    return next((text for name, text in sections.items() if name.endswith("change history")), "")


def _history(text: str) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    changes: list[Change] = []
    problems = []
    details: list[str] = []
    for line in text.splitlines():
        stripped = line.strip()
        if found := _CHANGE.fullmatch(stripped):
            instant = instant_of(found[1])
            details = []
            if instant is None:
                problems.append(f"the change history has no such moment as {found[1]!r}")
            else:
                changes.append(Change(instant, found[2].strip()))
        elif stripped and changes:
            mark = _BULLET.fullmatch(stripped)
            if mark or not details:
                details.append(mark[1].strip() if mark else stripped)
            else:
                details[-1] += f" {stripped}"
            changes[-1] = Change(changes[-1].timestamp, changes[-1].summary, tuple(details))
    return tuple(sorted(changes, key=lambda change: change.timestamp, reverse=True)), tuple(problems)


def _unless_nothing(text: str) -> str:
    return "" if text.strip().lower() in _NOTHING else text.strip("\n")
