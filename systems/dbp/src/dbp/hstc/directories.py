"""The directories of a tree that have a page, or should have one, with what belongs on each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dbp.hstc.page import PAGE_NAME
from dbp.source import Found, files_in

__all__ = ["Directory", "directories_in"]


@dataclass
class Directory:
    """A directory: its path from the root (empty for the root itself), its files and its children by name."""

    root: Path
    path: str
    files: dict[str, Found] = field(default_factory=dict)
    children: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """The name that stands in the page's title."""
        return (self.root / self.path).name

    @property
    def page(self) -> Path:
        """Where its page is."""
        return self.root / self.path / PAGE_NAME

    def shown(self, name: str) -> str:
        """Give a name in it as it's told to people, from the root."""
        return f"{self.path}/{name}" if self.path else name


def directories_in(root: Path, exclude: Iterable[str] = ()) -> list[Directory]:
    """Give the directories of a tree that hold a file, children before their parents.

    Raises:
        OSError: when the root can't be read.
    """
    found = {"": Directory(root, "")}
    for file in files_in(root, exclude=exclude):
        folder, _, name = file.path.rpartition("/")
        directory = found.setdefault(folder, Directory(root, folder))
        if name != PAGE_NAME and not file.problem and _is_nameable(name):
            directory.files[name] = file
        for parent, child in _steps(folder):
            found.setdefault(parent, Directory(root, parent)).children.add(child)
    return sorted(found.values(), key=lambda each: (-_depth(each.path), each.path))


def _depth(path: str) -> int:
    return path.count("/") + 1 if path else 0


def _steps(folder: str) -> Iterator[tuple[str, str]]:
    while folder:
        parent, _, child = folder.rpartition("/")
        yield parent, child
        folder = parent


def _is_nameable(name: str) -> bool:
    """Tell whether a heading can hold the name."""
    return name.isprintable() and name == name.strip() and "`" not in name
