"""A dependency that a header lists and no import shows, and the reverse."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from dbp.consistency.finding import Edit, Finding
from dbp.consistency.snapshot import Snapshot, Stored
from dbp.database.models import InconsistencyType, Severity

__all__ = ["listed_and_imported"]

_SECTION = re.compile(r"\s*(?:#|//|--|;|%)+\s*\[Dependencies\]\s*$", re.IGNORECASE)
_LISTED = re.compile(r"(\s*(?:#|//|--|;|%)+\s*)(codebase|system)\s*:\s*-?\s*(\S.*?)\s*$", re.IGNORECASE)


def listed_and_imported(snapshot: Snapshot) -> Iterator[Finding]:
    """Compare the [Dependencies] of each Python file with its imports.

    Of the standard library's modules none need be listed; documents are no imports.
    """
    for document in snapshot.python:
        lines = list(_lines_of_section(document))
        if lines:
            yield from _unshown(snapshot, document, lines)
            yield from _unlisted(snapshot, document, lines)


Line = tuple[int, str, str, str]
"""A line of the section: its number, what stands in front, the kind, the name."""


def _lines_of_section(document: Stored) -> Iterator[Line]:
    inside = False
    for number, line in enumerate(document.lines, start=1):
        if _SECTION.match(line):
            inside = True
        elif inside:
            found = _LISTED.match(line)
            if not found:
                return
            yield number, found[1], found[2].lower(), found[3]


def _unshown(snapshot: Snapshot, document: Stored, lines: list[Line]) -> Iterator[Finding]:
    imported = {_plain(target) for target in snapshot.imported(document).values()}
    for number, _, kind, name in lines:
        code = kind == "system" or name.endswith((".py", ".pyi"))
        if code and _plain(name) not in imported and (kind == "system" or snapshot.exists(name)):
            yield Finding(
                Severity.MINOR,
                InconsistencyType.DOC_TO_CODE,
                f"the header of {document.path} lists {name}, which it doesn't import",
                f"Take {name} out of the [Dependencies] of {document.path}",
                (document.path, *([name] if name in snapshot.documents else [])),
                Edit(document.path, number, document.lines[number - 1], ""),
            )


def _unlisted(snapshot: Snapshot, document: Stored, lines: list[Line]) -> Iterator[Finding]:
    listed = {_plain(name) for _, _, _, name in lines}
    number, front, _, _ = lines[-1]
    for target in sorted(set(snapshot.imported(document).values())):
        known = _plain(target) in listed or target in sys.stdlib_module_names or not target.strip(".")
        if not known:
            kind = "codebase" if target in snapshot.documents else "system"
            last = document.lines[number - 1]
            yield Finding(
                Severity.MINOR,
                InconsistencyType.DOC_TO_CODE,
                f"{document.path} imports {target}, which its header doesn't list",
                f"Add {target} to the [Dependencies] of {document.path}",
                (document.path, *([target] if kind == "codebase" else [])),
                Edit(document.path, number, last, f"{last}\n{front}{kind}:- {target}"),
            )


def _plain(name: str) -> str:
    return name if "/" in name else name.lower().replace("-", "_")
