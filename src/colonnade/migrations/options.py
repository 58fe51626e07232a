"""How a migration is made safe: one value for all commands, and the stages by name."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from colonnade.errors import ConfigurationError

__all__ = ["STAGES", "MigrationOptions", "Progress", "Stage", "stages_named"]

Stage = Literal["checksums", "drift", "plan", "lint", "backup", "rehearse", "verify"]
"""What can be left out of an upgrade by name. The lock, the journal and the steps themselves can't be."""

STAGES: tuple[Stage, ...] = get_args(Stage)

Progress = Callable[[str, str, int, int], object]
"""Called with the stage, what is being done in it, how much of that is done, and of how much (0: unknown)."""


@dataclass(frozen=True, kw_only=True)
class MigrationOptions:
    """What holds for all migrations of one database.

    Attributes:
        backup_folder: where backups are kept; by default `backups` beside an SQLite file, else in the working
            directory.
        scratch_url: an empty database of the same kind, to replay and rehearse in; by default one is made
            beside the original, and dropped.
        lock_timeout_s: how long to wait for another process that migrates the same database.
        keep_backups: how many backups stay, the newest ones; the last good one always does.
        most_bytes: the size of a database above which backup and rehearsal stop and ask; None for any.
        statement_lock_timeout_s: how long a statement waits for a lock that a reader holds.
        attempts: how often the steps are tried when such a lock, or a deadlock, stopped them.
        lint_rules: a folder with rules of your own, beside Colonnade's.
    """

    backup_folder: Path | None = None
    scratch_url: str | None = None
    lock_timeout_s: float = 60.0
    keep_backups: int = 10
    most_bytes: int | None = 20 * 1024**3
    statement_lock_timeout_s: float = 5.0
    attempts: int = 5
    lint_rules: Path | None = None


def stages_named(names: Iterable[str]) -> frozenset[Stage]:
    """Give the stages of these names.

    Raises:
        ConfigurationError: there's no such stage, or it can't be left out.
    """
    found = set()
    for name in names:
        if name not in STAGES:
            near = difflib.get_close_matches(name, STAGES, 1)
            raise ConfigurationError(
                f"no stage that can be left out is called {name!r}"
                + (f"; the nearest is {near[0]}" if near else ""),
                remedy=f"The stages are {', '.join(STAGES)}",
            )
        found.add(name)
    return frozenset(found)
