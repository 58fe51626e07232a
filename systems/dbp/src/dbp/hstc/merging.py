"""A page made anew: what the files say now, beside what a person wrote on the page before."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import PurePosixPath

from dbp.hstc.page import (
    NOT_DOCUMENTED,
    Dependency,
    Entry,
    HistoryEntry,
    Page,
    placeholder,
    tidy,
    timestamp,
)
from dbp.source import Linker, Source

__all__ = ["entry_of", "page_of"]

AUTO_DETECTED = "Auto-detected file"

_KEPT = re.compile(r"<!-- keep [^>]*-->.*?<!-- /keep -->", re.DOTALL)


def page_of(
    name: str, entries: Mapping[str, Entry], children: Mapping[str, str], before: Page | None
) -> Page:
    """Give a directory's page.

    The purpose on the page stays once there is one; so do sections, notes and whatever stands between keep
    marks. A child whose own page has no purpose keeps what its parent said of it.
    """
    old = before or Page(name)
    purpose = old.purpose if _is_told(old.purpose) else _purpose(entries)
    told = {
        child: _with_kept(
            text if _is_told(text) else old.children.get(child, text), old.children.get(child, "")
        )
        for child, text in children.items()
    }
    return replace(old, name=name, purpose=purpose, children=told, files=dict(entries), checked="")


def entry_of(source: Source, linker: Linker, prefix: str, before: Entry | None, now: datetime) -> Entry:
    """Give what a page says of a file: the file's own words, else those on the page before.

    A file without header and docstring, and of which the page knows nothing, has the placeholder.
    """
    name = PurePosixPath(source.path).name
    old = before if before and not _is_placeholder(before, name) else None
    header = source.header
    intent = _unless_empty(source.intent)
    speaks = bool(intent or header != type(header)())
    if not speaks:
        return old or before or placeholder(name, now)
    kept = old or Entry(history=())
    return Entry(
        intent=_with_kept(intent or _known(kept.intent, f"File: {name}"), kept.intent),
        principles=_with_kept(_unless_empty(header.principles_text) or kept.principles, kept.principles),
        constraints=_with_kept(_unless_empty(header.constraints_text) or kept.constraints, kept.constraints),
        dependencies=_dependencies(source, linker, prefix) or kept.dependencies,
        history=_history(source) or tuple(each for each in kept.history if each.summary != AUTO_DETECTED),
        notes=before.notes if before else "",
    )


def _is_told(text: str) -> bool:
    return bool(text) and text != NOT_DOCUMENTED


def _known(text: str, otherwise: str) -> str:
    return text if _is_told(text) else otherwise


def _is_placeholder(entry: Entry, name: str) -> bool:
    return (entry.intent, entry.principles, entry.constraints) in (
        (f"File: {name}", NOT_DOCUMENTED, NOT_DOCUMENTED),
        (NOT_DOCUMENTED, NOT_DOCUMENTED, NOT_DOCUMENTED),
    ) and all(each.summary == AUTO_DETECTED for each in entry.history)


def _purpose(entries: Mapping[str, Entry]) -> str:
    """Draw a first purpose up from the package's docstring, else from the README."""
    for name in ("__init__.py", "README.md", "README.rst", "README.txt", "README"):
        entry = entries.get(name)
        if entry and _is_told(entry.intent) and not entry.intent.startswith("File: "):
            # A heading or a fence of the docstring's would be one of the page's.
            return re.sub(r"^(#+ |`{3,}|~{3,})", r"\\\1", entry.intent, flags=re.MULTILINE)
    return NOT_DOCUMENTED


def _with_kept(text: str, old: str) -> str:
    """Give a text with what stands between keep marks in the old one, unless it's there already."""
    missing = [block for block in _KEPT.findall(old) if block not in text]
    return "\n\n".join([text, *missing])


def _unless_empty(text: str | None) -> str:
    return tidy(text or "")


def _dependencies(source: Source, linker: Linker, prefix: str) -> tuple[Dependency, ...]:
    listed = source.header.dependencies
    if listed is not None:
        return tuple(Dependency(each.kind, tidy(each.dependency)) for each in listed)
    if not source.path.endswith((".py", ".pyi", ".pyw")):
        return ()
    found: dict[Dependency, None] = {}
    for name in [*source.module.imports, *source.module.deferred]:
        target = linker.resolve(source.path, name)
        top = name.partition(".")[0]
        if target is not None and target != source.path:
            found[Dependency("codebase", f"{prefix}{target}")] = None
        elif target is None and top and top != "__future__":
            found[Dependency("system", top)] = None
    return tuple(sorted(found, key=lambda each: (each.kind, each.dependency)))


def _history(source: Source) -> tuple[HistoryEntry, ...]:
    return tuple(
        HistoryEntry(timestamp(each.timestamp), tidy(each.summary), ", ".join(each.details))
        for each in source.header.history
    )
