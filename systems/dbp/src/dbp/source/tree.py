"""The files of a source tree, as git would see them: `.gitignore` is honoured at every level."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pathspec import GitIgnoreSpec

__all__ = ["Found", "files_in", "instant_of_ns"]

NEVER = frozenset({".git", ".hg", ".svn", "__pycache__", "node_modules"})
"""Folders that hold no source, whether ignored or not; neither does a virtual environment."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Found:
    """A file of the tree; `path` is relative to the root. `problem` tells why it can't be looked at."""

    path: str
    size: int
    modified: datetime
    problem: str = ""


def files_in(
    root: Path, *, exclude: Iterable[str] = (), unless: Callable[[Path], bool] | None = None
) -> list[Found]:
    """Give the files of a tree, by path, without what is ignored.

    Links to folders aren't followed. `exclude` are further patterns in `.gitignore`'s form, `unless` refuses
    single files. What folders above the root ignore counts, unless it's the root itself.

    Raises:
        OSError: when the root can't be read.
    """
    root = root.absolute()
    with os.scandir(root):
        pass  # a folder inside may be closed to us, but not this one
    rules = _above(root)
    if patterns := list(exclude):
        rules.append(("", GitIgnoreSpec.from_lines(patterns)))
    found = list(_walk(root, "", rules, unless or (lambda _: False)))
    return sorted(found, key=lambda file: file.path)


def instant_of_ns(nanoseconds: int) -> datetime:
    """Give a file's time as an instant, in whole microseconds; one beyond the calendar as its end."""
    try:
        return _EPOCH + timedelta(microseconds=nanoseconds // 1000)
    except OverflowError:
        return datetime(9999 if nanoseconds > 0 else 1000, 1, 1, tzinfo=UTC)


Rules = list[tuple[str, GitIgnoreSpec]]
"""Patterns with their folder; of one above the root, `^` and the root's path in it."""


def _walk(root: Path, folder: str, rules: Rules, unless: Callable[[Path], bool]) -> Iterator[Found]:
    try:
        with os.scandir(root / folder) as entries:
            listed = list(entries)
    except OSError as error:
        yield Found(folder.rstrip("/"), 0, _EPOCH, f"can't be read: {error.strerror}")
        return
    if any(entry.name == ".gitignore" for entry in listed):
        rules = [*rules, (folder, _patterns(root / folder / ".gitignore"))]
    if any(entry.name == "pyvenv.cfg" for entry in listed) and folder:
        return
    for entry in listed:
        path = f"{folder}{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in NEVER and not _ignored(f"{path}/", rules):
                yield from _walk(root, f"{path}/", rules, unless)
        elif not _ignored(path, rules) and not unless(Path(entry.path)) and not _leads_to_folder(entry):
            yield _found(entry, path)


def _leads_to_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_symlink() and entry.is_dir()


def _found(entry: os.DirEntry[str], path: str) -> Found:
    try:
        path.encode()
        facts = entry.stat()
    except UnicodeEncodeError:
        return Found(ascii(path)[1:-1], 0, _EPOCH, "its name isn't UTF-8")
    except OSError as error:
        return Found(path, 0, _EPOCH, f"can't be read: {error.strerror}")
    problem = "" if stat.S_ISREG(facts.st_mode) else "is no regular file"
    return Found(path, facts.st_size, instant_of_ns(facts.st_mtime_ns), problem)


def _ignored(path: str, rules: Rules) -> bool:
    """Tell whether the last pattern that knows the path, the deepest file's first, takes it out."""
    for folder, patterns in reversed(rules):
        inner = f"{folder[1:]}{path}" if folder.startswith("^") else path[len(folder) :]
        verdict = patterns.check_file(inner).include
        if verdict is not None:
            return verdict
    return False


def _patterns(file: Path) -> GitIgnoreSpec:
    try:
        return GitIgnoreSpec.from_lines(file.read_text(encoding="utf-8", errors="replace").splitlines())
    except OSError:
        return GitIgnoreSpec([])  # a folder of that name, or one that we may not read: git passes it by too


def _above(root: Path) -> Rules:
    """Give the patterns of the folders above the root, up to the top of its repository."""
    folders = [root, *root.parents]
    top = next((number for number, folder in enumerate(folders) if (folder / ".git").exists()), 0)
    rules = []
    for folder in reversed(folders[1 : top + 1]):
        file = folder / ".gitignore"
        if file.is_file():
            rules.append((f"^{root.relative_to(folder).as_posix()}/", _patterns(file)))
    return [] if _ignored("", rules) else rules
