"""Suggested changes made in the files: all of them or none, and what they replace is kept first."""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from colonnade.errors import EntityValidationError
from dbp.consistency.finding import Edit

__all__ = ["BACKUPS", "Applied", "apply"]

BACKUPS = ".dbp"
"""The folder in a tree's root where replaced files are kept; git and the index leave it out."""


@dataclass(frozen=True)
class Applied:
    """The files that were written, and where their old contents are."""

    paths: tuple[str, ...]
    backup: Path | None


def apply(root: Path, edits: Iterable[Edit], now: datetime) -> Applied:
    """Make the edits in the files of a tree.

    Before anything is written, each edit is held against its file, and the old files are copied aside.

    Raises:
        EntityValidationError: when an edit doesn't fit its file any more; nothing was written.
        OSError: when a file can't be read or written.
    """
    by_path: dict[str, list[Edit]] = defaultdict(list)
    for edit in dict.fromkeys(edits):
        by_path[edit.path].append(edit)
    new = {path: _edited(root, path, several) for path, several in by_path.items()}
    if not new:
        return Applied((), None)
    backup = root / BACKUPS / "backups" / now.strftime("%Y%m%dT%H%M%S%fZ")
    for path in new:
        _keep(root, path, backup)
    for path, text in new.items():
        _replace(root / path, text)
    return Applied(tuple(sorted(new)), backup)


def _edited(root: Path, path: str, edits: Sequence[Edit]) -> bytes:
    """Give the file's new content; the lines that no edit names keep their ends, whatever these are."""
    inside = (root / path).resolve()
    if not inside.is_relative_to(root.resolve()):
        raise EntityValidationError(f"{path} leads out of {root}", entity="SuggestedChange")
    lines = inside.read_bytes().decode("utf-8").splitlines(keepends=True)
    ending = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    # From the last line up, so that the numbers of those above stay right; what is added behind a line comes
    # before the line itself goes.
    for edit in sorted(edits, key=lambda each: (-each.line, not each.after)):
        start = _place(lines, edit, path)
        count = edit.before.count("\n") + 1
        end = lines[start + count - 1][len(lines[start + count - 1].rstrip("\r\n")) :]
        after = edit.after.split("\n") if edit.after else []
        lines[start : start + count] = [line + ending for line in after[:-1]] + [
            line + end for line in after[-1:]
        ]
    return "".join(lines).encode("utf-8")


def _place(lines: Sequence[str], edit: Edit, path: str) -> int:
    wanted = edit.before.split("\n")

    def stands_at(start: int) -> bool:
        return [line.rstrip("\r\n") for line in lines[start : start + len(wanted)]] == wanted

    if stands_at(edit.line - 1):
        return edit.line - 1
    found = [start for start in range(len(lines)) if stands_at(start)]
    if len(found) != 1:
        how = "isn't there any more" if not found else f"stands there {len(found)} times"
        raise EntityValidationError(
            f"{path}, line {edit.line}: {edit.before!r} {how}",
            entity="SuggestedChange",
            remedy="Index the tree again and ask for a new recommendation",
        )
    return found[0]


def _keep(root: Path, path: str, backup: Path) -> None:
    target = backup / path
    target.parent.mkdir(parents=True, exist_ok=True)
    ignore = root / BACKUPS / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")
    shutil.copy2(root / path, target)
    with open(target, "rb") as file:
        os.fsync(file.fileno())


def _replace(file: Path, content: bytes) -> None:
    new = file.with_name(f".{file.name}.new")
    new.write_bytes(content)
    shutil.copymode(file, new)
    new.replace(file)
