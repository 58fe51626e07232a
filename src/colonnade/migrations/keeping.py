"""Backups by the manager's options: where they are kept, how many of them, and which one is restored."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from colonnade.dialects.contract import dialect_named
from colonnade.errors import BackupError
from colonnade.migrations.backup import (
    Restoration,
    backup_folder,
    restore_backup,
    take_backup,
    verify_backup,
)
from colonnade.migrations.manifest import Backup, list_backups, prune_backups

if TYPE_CHECKING:
    from colonnade.migrations.options import MigrationOptions
    from colonnade.settings import DatabaseSettings

__all__ = ["back_up", "backups", "folder_of", "restore"]


def folder_of(settings: DatabaseSettings, options: MigrationOptions) -> Path:
    """Give where the database's backups are kept."""
    return options.backup_folder or backup_folder(settings)


def back_up(settings: DatabaseSettings, options: MigrationOptions) -> Backup:
    """Take a backup, try it out, and let go of those beyond `keep_backups`."""
    folder = folder_of(settings, options)
    backup = take_backup(settings, folder, most_bytes=options.most_bytes)
    verified = verify_backup(backup, settings, scratch_url=options.scratch_url)
    prune_backups(folder, keep=options.keep_backups)
    return verified


def backups(settings: DatabaseSettings, options: MigrationOptions) -> list[Backup]:
    """Give the database's own in the folder, the newest first."""
    room = dialect_named(settings.sqlalchemy_url().get_backend_name()).backup
    return list_backups(folder_of(settings, options), room.title(settings))


def restore(settings: DatabaseSettings, options: MigrationOptions, backup: Backup | None) -> Restoration:
    """Restore a backup, by default the newest one.

    Raises:
        BackupError: there's none.
    """
    there = backups(settings, options)
    if backup is None and not there:
        raise BackupError(f"there's no backup in {folder_of(settings, options)}")
    return restore_backup(backup or there[0], settings, scratch_url=options.scratch_url)
