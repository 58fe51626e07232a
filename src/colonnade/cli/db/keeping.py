"""How backups are listed and named: shared by the commands that are about some."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from colonnade.cli.output import show_table, styled

if TYPE_CHECKING:
    from colonnade.migrations import Backup

__all__ = ["as_document", "backup_called", "show_backups"]


def as_document(backup: Backup) -> dict[str, Any]:
    """Give what JSON has of a backup: all that is known of it, and where it is."""
    return {**backup.to_json(), "path": str(backup.file)}


def show_backups(backups: Iterable[Backup]) -> None:
    """Print a table of backups."""
    show_table(("backup", "taken (UTC)", "at", "rows", "bytes", "verified"), map(_row, backups))


def backup_called(name: str, there: Iterable[Backup]) -> Backup:
    """Give the backup of this name, or at this path.

    Raises:
        BackupError: there is none.
    """
    from colonnade.migrations import Backup

    return next((each for each in there if each.file.name == name), None) or Backup.of_file(
        Path(name).absolute()
    )


def _row(backup: Backup) -> tuple[Any, ...]:
    verified = backup.verified_at
    return (
        styled((backup.file.name, "cyan")),
        f"{backup.created_at:%Y-%m-%d %H:%M:%S}",
        ", ".join(backup.revisions) or "base",
        f"{backup.content.rows:,}",
        f"{backup.bytes:,}",
        styled(("never", "yellow") if verified is None else f"{verified:%Y-%m-%d %H:%M:%S}"),
    )
