"""Writes an HSTC page in its one form."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from dbp.hstc.page import Entry, Page

__all__ = ["written"]

SECTIONS = ("Directory Purpose", "Child Directories", "Local Files")
END = "<!-- End of HSTC.md file -->"

# What YAML takes in a block as it stands; anything else, and a first line that is indented, is quoted.
_USUAL = r"\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff"
_PLAIN = re.compile(f"[{_USUAL}]*")
_UNUSUAL = re.compile(f"[^{_USUAL}]")


def written(page: Page) -> str:
    """Give the text of a page; reading it gives the page back."""
    parts = [f"# Hierarchical Semantic Tree Context: {page.name}"]
    if page.preamble:
        parts.append(page.preamble)
    parts.append(f"## Directory Purpose\n{page.purpose}")
    parts += _section(
        page, "Child Directories", [f"### {name}\n{text}" for name, text in page.children.items()]
    )
    parts += _section(page, "Local Files", [_entry(name, entry) for name, entry in page.files.items()])
    parts += [f"## {name}\n{text}".rstrip() for name, text in page.extra.items() if name not in SECTIONS]
    if page.checked:
        parts.append(f"<!-- checked against commit {page.checked} -->")
    return "\n\n".join([*parts, END]) + "\n"


def _section(page: Page, heading: str, items: list[str]) -> list[str]:
    """Give a section's parts, with what a person wrote above the first item."""
    return [f"## {heading}\n{page.extra.get(heading, '')}".rstrip(), *items]


def _entry(name: str, entry: Entry) -> str:
    lines = [
        *_text("source_file_intent", entry.intent),
        *_text("source_file_design_principles", entry.principles),
        *_text("source_file_constraints", entry.constraints),
        *_dependencies(entry),
        *_history(entry),
    ]
    block = "\n".join(lines).rstrip()
    longest = max((len(run) for run in re.findall(r"`{3,}", block)), default=2)
    fence = "`" * (longest + 1)
    notes = f"{entry.notes}\n\n" if entry.notes else ""
    return f"### `{name}`\n{notes}{fence}yaml\n{block}\n{fence}"


def _text(key: str, text: str) -> Iterator[str]:
    if text.startswith((" ", "\t")) or not _PLAIN.fullmatch(text):
        yield f"{key}: {_quoted(text)}"
    else:
        yield f"{key}: |"
        yield from (f"  {line}" if line else "" for line in text.split("\n"))
    yield ""


def _dependencies(entry: Entry) -> Iterator[str]:
    if not entry.dependencies:
        yield "dependencies: []"
    else:
        yield "dependencies:"
        for each in entry.dependencies:
            yield f"  - kind: {each.kind}"
            yield f"    dependency: {_scalar(each.dependency)}"
    yield ""


def _history(entry: Entry) -> Iterator[str]:
    if not entry.history:
        yield "change_history: []"
        return
    yield "change_history:"
    for each in entry.history:
        yield f"  - timestamp: {_quoted(each.timestamp)}"
        yield f"    summary: {_quoted(each.summary)}"
        yield f"    details: {_quoted(each.details)}"


def _scalar(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z0-9_][\w./+-]*", text, re.ASCII) else _quoted(text)


def _quoted(text: str) -> str:
    """Give a text in double quotes, as YAML and JSON both read it."""
    return _UNUSUAL.sub(lambda found: f"\\U{ord(found[0]):08x}", json.dumps(text, ensure_ascii=False))
