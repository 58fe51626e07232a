"""Finds the pages that are stale: a file is missing from its page, gone from the disk, or newer than it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from colonnade.errors import SerializationFormatError
from dbp.hstc.directories import Directory, directories_in
from dbp.hstc.git import Repository
from dbp.hstc.page import Page
from dbp.hstc.reader import read_page

__all__ = ["Stale", "check", "is_newer", "page_at"]


@dataclass(frozen=True)
class Stale:
    """Something on a page that isn't so any more; `path` is the file or directory, from the root."""

    page: str
    path: str
    reason: str


def check(root: Path, *, exclude: Iterable[str] = ()) -> list[Stale]:
    """Give what is stale in a tree, by page.

    Outside git a file is newer than its page by modification time. Inside, a file that git sees unchanged
    is so when its last commit came after the page's; one that is changed, by modification time.

    Raises:
        OSError: when the root or a page can't be read.
        ConfigurationError: when git can't read its repository.
    """
    root = root.resolve()
    repository = Repository.around(root)
    found = [stale for each in directories_in(root, exclude) for stale in _stale(each, repository)]
    return sorted(found, key=lambda stale: (stale.page, stale.path))


def page_at(directory: Directory) -> Page | None:
    """Give the directory's page, None without one.

    Raises:
        SerializationFormatError: when it can't be read as a page, with its path.
    """
    try:
        return read_page(directory.page.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise SerializationFormatError(f"{directory.page} isn't UTF-8") from None
    except SerializationFormatError as error:
        raise SerializationFormatError(f"{directory.page}, {error.message}", remedy=error.remedy) from None


def is_newer(file: Path, page: Path, repository: Repository | None) -> bool:
    """Tell whether a file was changed after its page."""
    if repository is None or repository.is_changed(file):
        return file.stat().st_mtime_ns > page.stat().st_mtime_ns
    if repository.is_changed(page):
        return False  # written after the last commit
    return repository.order[file] < repository.order[page]


def _stale(directory: Directory, repository: Repository | None) -> Iterator[Stale]:
    shown = directory.shown(directory.page.name)
    try:
        page = page_at(directory)
    except SerializationFormatError as error:
        yield Stale(shown, shown, str(error))
        return
    if page is None:
        yield Stale(shown, directory.path or ".", "has no page")
        for name in directory.files:
            yield Stale(shown, directory.shown(name), "is missing from its page")
        return
    for name, file in directory.files.items():
        if name not in page.files:
            yield Stale(shown, directory.shown(name), "is missing from its page")
        elif is_newer(directory.root / file.path, directory.page, repository):
            yield Stale(shown, directory.shown(name), "is newer than its page")
    for name in page.files.keys() - directory.files.keys():
        yield Stale(shown, directory.shown(name), "is on its page, and gone from the disk")
    for name in directory.children ^ page.children.keys():
        there = name in directory.children
        reason = (
            "is missing from its parent's page"
            if there
            else "is on its parent's page, and gone from the disk"
        )
        yield Stale(shown, directory.shown(name), reason)
