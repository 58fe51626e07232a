"""Writes the pages of a tree, children first."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from colonnade.errors import SerializationFormatError
from dbp.hstc.check import is_newer, page_at
from dbp.hstc.directories import Directory, directories_in
from dbp.hstc.git import Repository
from dbp.hstc.merging import entry_of, page_of
from dbp.hstc.page import Entry, Page
from dbp.hstc.writer import written
from dbp.source import Linker, read_source

__all__ = ["Written", "write"]


@dataclass(frozen=True)
class Written:
    """What became of a page; `problem` tells why one was left as it is."""

    page: str
    outcome: Literal["made", "changed", "unchanged", "refused"]
    problem: str = ""


def write(root: Path, *, exclude: Iterable[str] = (), now: datetime | None = None) -> Iterator[Written]:
    """Make or bring up to date the page of every directory, and tell of each once it's written.

    What a person wrote stays. A page that can't be read is refused, since what a person wrote on it would be
    lost. A page whose files are newer, and say what it says, is marked as checked: by its time, under git by
    a line with the commit.

    Raises:
        OSError: when the root can't be read, or a page can't be written.
        ConfigurationError: when git can't read its repository.
    """
    root = root.resolve()
    directories = directories_in(root, exclude)
    writer = _Writer(root, directories, now or datetime.now(UTC))
    for directory in directories:
        yield writer.write(directory)


class _Writer:
    """Knows all files of the tree, and the purposes of the pages that are written."""

    def __init__(self, root: Path, directories: Iterable[Directory], now: datetime) -> None:
        self._now = now
        self._repository = Repository.around(root)
        self._linker = Linker(file.path for each in directories for file in each.files.values())
        self._purposes: dict[str, str] = {}
        top = self._repository.top if self._repository else root
        inner = root.relative_to(top).as_posix()
        self._prefix = "" if inner == "." else f"{inner}/"

    def write(self, directory: Directory) -> Written:
        shown = directory.shown(directory.page.name)
        try:
            before = page_at(directory)
        except SerializationFormatError as error:
            return Written(shown, "refused", str(error))
        children = {
            name: self._purposes.get(directory.shown(name), "") for name in sorted(directory.children)
        }
        page = page_of(directory.name, self._entries(directory, before), children, before)
        self._purposes[directory.path] = page.purpose
        if before is not None and page == replace(before, checked=""):
            return Written(shown, self._confirm(directory, before))
        _replace(directory.page, written(page))
        self._settle(directory)
        return Written(shown, "changed" if before else "made")

    def _entries(self, directory: Directory, before: Page | None) -> dict[str, Entry]:
        entries = {}
        for name, file in sorted(directory.files.items()):
            old = before.files.get(name) if before else None
            source = read_source(directory.root, file.path)
            entries[name] = entry_of(source, self._linker, self._prefix, old, self._now)
        return entries

    def _confirm(self, directory: Directory, page: Page) -> Literal["changed", "unchanged"]:
        """Mark a page that needs no other change as newer than its files, where it isn't."""
        files = [directory.root / file.path for file in directory.files.values()]
        if not any(is_newer(file, directory.page, self._repository) for file in files):
            return "unchanged"
        if self._repository and not self._repository.is_changed(directory.page):
            _replace(directory.page, written(replace(page, checked=self._repository.head)))
            return "changed"
        self._settle(directory, now=True)
        return "unchanged"

    def _settle(self, directory: Directory, *, now: bool = False) -> None:
        """See to it that the page isn't older than its files, some of which may be of the future."""
        if now:
            os.utime(directory.page)
        times = [(directory.root / file.path).stat().st_mtime_ns for file in directory.files.values()]
        if times and max(times) > directory.page.stat().st_mtime_ns:
            os.utime(directory.page, ns=(max(times), max(times)))


def _replace(file: Path, text: str) -> None:
    """Write a file in one step: a reader, or a kill, finds the old text or the new one."""
    new = file.with_name(f".{file.name}.new")
    new.write_text(text, encoding="utf-8", newline="\n")
    new.replace(file)
