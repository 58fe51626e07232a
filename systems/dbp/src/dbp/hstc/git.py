"""What git knows of a tree's files: which differ from the last commit, and which commit changed each last."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from colonnade.errors import ConfigurationError

__all__ = ["Repository"]


@dataclass
class Repository:
    """One repository, as it is now. Paths are absolute.

    `order` counts commits from the newest, 0, to the oldest; a file that was never committed has none.
    """

    top: Path
    head: str
    changed: set[Path] = field(default_factory=set)
    order: dict[Path, int] = field(default_factory=dict)

    @classmethod
    def around(cls, folder: Path) -> Repository | None:
        """Give the repository that the folder is in; None outside one, without a commit, and without git.

        Raises:
            ConfigurationError: when git is there and can't read its repository.
        """
        if not any((each / ".git").exists() for each in (folder, *folder.parents)):
            return None
        try:
            top = Path(_git(folder, "rev-parse", "--show-toplevel").strip())
        except FileNotFoundError:
            return None
        if not _git(folder, "rev-list", "--all", "--max-count=1").strip():
            return None
        found = cls(top.resolve(), _git(folder, "rev-parse", "--short=12", "HEAD").strip())
        found._read_changes(folder)
        found._read_order(folder)
        return found

    def is_changed(self, file: Path) -> bool:
        """Tell whether the file differs from its last commit, or never was in one."""
        return file in self.changed or file not in self.order

    def _read_changes(self, folder: Path) -> None:
        entries = _git(
            folder, "status", "--porcelain", "-z", "--untracked-files=all", "--no-renames", "--", "."
        )
        self.changed = {self.top / entry[3:] for entry in entries.split("\0") if entry}

    def _read_order(self, folder: Path) -> None:
        listed = _git(
            *(folder, "log", "--topo-order", "--format=%x01", "--name-only", "--no-renames", "-z", "--", ".")
        )
        for number, commit in enumerate(listed.split("\x01")):
            for name in commit.strip("\n\0").split("\0"):
                if name := name.lstrip("\n"):
                    self.order.setdefault(self.top / name, number)


def _git(folder: Path, *words: str) -> str:
    # Relative names come from the top of the repository, unquoted because of -z.
    done = subprocess.run(
        ["git", "-C", str(folder), *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
    )
    if done.returncode:
        raise ConfigurationError(f"git can't read the repository of {folder}: {done.stderr.strip()}")
    return done.stdout
