"""Reads an HSTC page, whatever the order of its sections and its closing line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from colonnade.errors import SerializationFormatError
from dbp.hstc.page import NOT_DOCUMENTED, UNKNOWN, Dependency, Entry, HistoryEntry, Kind, Page, tidy

__all__ = ["CHECKED", "KEYS", "read_page"]

KEYS = (
    "source_file_intent",
    "source_file_design_principles",
    "source_file_constraints",
    "dependencies",
    "change_history",
)
CHECKED = re.compile(r"<!-- checked against commit (\w+) -->")

_TITLE = re.compile(r"# Hierarchical Semantic Tree Context:\s*(.*?)\s*$")
_HEADING = re.compile(r"(#{2,3})\s+(.*?)\s*$")
_FENCE = re.compile(r"(`{3,}|~{3,})\s*(\S*)\s*$")
_END = re.compile(r"(<!--\s*)?End of HSTC\.md file(\s*-->)?\s*$")
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # everything as text: no date, no `no` for False


def read_page(text: str) -> Page:
    """Give what a page says.

    Raises:
        SerializationFormatError: when it isn't one, with the line.
    """
    parts = list(_parts(text))
    first = parts[0] if parts else None
    if first is None or first.level != 1:
        raise _refused(1, "expected `# Hierarchical Semantic Tree Context: NAME`")
    sections: dict[str, str] = {}
    children: dict[str, str] = {}
    files: dict[str, Entry] = {}
    section = ""
    for part in parts[1:]:
        if part.level == 2:
            section = part.heading
            sections[section] = tidy(part.body)
        elif section == "Child Directories":
            children[part.heading.strip("`/")] = tidy(part.body)
        elif section == "Local Files":
            name = part.heading.strip("`")
            if name in files:
                raise _refused(part.line, f"`{name}` stands there twice")
            files[name] = _entry(part)
        else:
            sections[section] = tidy(f"{sections.get(section, '')}\n\n### {part.heading}\n{part.body}")
    purpose = sections.pop("Directory Purpose", "")
    for heading in ("Child Directories", "Local Files"):
        if not sections.get(heading):
            sections.pop(heading, None)
    checked = CHECKED.search(text)
    preamble = tidy(first.body)
    return Page(
        first.heading,
        purpose or NOT_DOCUMENTED,
        children,
        files,
        sections,
        preamble,
        checked[1] if checked else "",
    )


@dataclass
class _Part:
    level: int
    heading: str
    line: int
    body: str = ""


def _parts(text: str) -> Iterator[_Part]:
    """Give the page's parts by heading; what is fenced, or between keep marks, has none."""
    part: _Part | None = None
    fence = ""
    kept = False
    for number, line in enumerate(_lines(text.lstrip("\ufeff")), start=1):
        if not fence:
            kept = (kept or line.lstrip().startswith("<!-- keep ")) and "<!-- /keep -->" not in line
        found = None if fence or kept else _HEADING.match(line)
        title = _TITLE.match(line) if part is None else None
        if title or found:
            if part is not None:
                yield part
            level, heading = (1, title[1]) if title else (len(found[1]), found[2]) if found else (0, "")
            part = _Part(level, heading, number)
            continue
        mark = _FENCE.match(line)
        if mark and (not fence or (mark[1].startswith(fence) and not mark[2])):
            fence = "" if fence else mark[1]
        elif not fence and (_END.match(line) or CHECKED.fullmatch(line.strip())):
            continue
        if part is not None:
            part.body += f"{line}\n"
        elif line.strip():
            return
    if fence:
        raise _refused(part.line if part else 1, "a block that begins there is never closed")
    if part is not None:
        yield part


def _entry(part: _Part) -> Entry:
    before, block, after = _block(part)
    try:
        values = yaml.load(block, Loader=_LOADER)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = part.line + len(before) + 2 + (mark.line if mark else 0)
        raise _refused(
            line, f"`{part.heading.strip('`')}` isn't YAML: {getattr(error, 'problem', error)}"
        ) from None
    if not isinstance(values, dict):
        raise _refused(part.line, f"the block of {part.heading} has no keys")
    for key in [*KEYS, *values]:
        if key not in values or key not in KEYS:
            what = "lacks" if key in KEYS else "has an unknown key"
            raise _refused(
                part.line, f"the block of {part.heading} {what} {key}; its keys are {', '.join(KEYS)}"
            )
    return Entry(
        intent=_text(values["source_file_intent"]),
        principles=_text(values["source_file_design_principles"]),
        constraints=_text(values["source_file_constraints"]),
        dependencies=tuple(_dependency(each, part) for each in _list(values["dependencies"], part)),
        history=tuple(_change(each, part) for each in _list(values["change_history"], part)),
        notes=tidy("\n".join([*before, *after])),
    )


def _block(part: _Part) -> tuple[list[str], str, list[str]]:
    lines = _lines(part.body)
    marks = [number for number, line in enumerate(lines) if _FENCE.match(line)]
    start = next((number for number in marks if lines[number].strip("`~ ").lower() in ("yaml", "yml")), None)
    if start is None:
        raise _refused(part.line, f"{part.heading} has no YAML block")
    fence = _FENCE.match(lines[start])
    opening = fence[1] if fence else ""
    end = next(number for number in range(start + 1, len(lines)) if lines[number].startswith(opening))
    return lines[:start], "\n".join(lines[start + 1 : end]), lines[end + 1 :]


def _lines(text: str) -> list[str]:
    # Not splitlines(): a form feed ends no line here.
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _text(value: Any) -> str:
    return tidy(value if isinstance(value, str) else "") or NOT_DOCUMENTED


def _list(value: Any, part: _Part) -> list[dict[str, str]]:
    if value in ("", None, NOT_DOCUMENTED):
        return []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise _refused(part.line, f"a list of {part.heading} isn't one, or holds something without keys")
    return value


def _dependency(values: dict[str, str], part: _Part) -> Dependency:
    kind, name = values.get("kind", "unknown"), values.get("dependency", "")
    if kind not in ("codebase", "system", "unknown"):
        raise _refused(part.line, f"{part.heading} has a dependency of kind {kind!r}")
    known: Kind = kind  # type: ignore[assignment]  # mypy doesn't narrow by a tuple of literals
    return UNKNOWN if known == "unknown" and name in ("", "None") else Dependency(known, tidy(name))


def _change(values: dict[str, str], part: _Part) -> HistoryEntry:
    if "timestamp" not in values or "summary" not in values:
        raise _refused(part.line, f"{part.heading} has a change without timestamp or summary")
    return HistoryEntry(values["timestamp"], tidy(values["summary"]), tidy(values.get("details", "")))


def _refused(line: int, what: str) -> SerializationFormatError:
    return SerializationFormatError(
        f"line {line}: {what}", remedy="Mend the page, or delete it and write it anew"
    )
