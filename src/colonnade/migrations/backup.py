"""Backups: taken with the digests of their very moment, tried out by being restored, and restored for good.

A backup that wasn't restored somewhere, and found to be the same, is a hope. A restore never takes the place
of rows that others have committed since: then it's made beside, and the difference is told.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect, text

from colonnade.dialects.contract import Dialect, dialect_named
from colonnade.errors import BackupError
from colonnade.migrations import manifest
from colonnade.migrations.catalogue import ALEMBIC_TABLE, take_inventory
from colonnade.migrations.content import ContentDifference, compare_content, take_content
from colonnade.migrations.fingerprint import fingerprint_of
from colonnade.migrations.inventory import compare
from colonnade.migrations.manifest import Backup, check_file, list_backups, prune_backups
from colonnade.migrations.run import MigrationRun, MigrationStatement
from colonnade.migrations.scratch import connected, scratch_database
from colonnade.migrations.version import SchemaVersion

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from colonnade.dialects.contract import Backups
    from colonnade.migrations.content import Content
    from colonnade.settings import DatabaseSettings

__all__ = [
    "Backup",
    "BackupEstimate",
    "Restoration",
    "backup_folder",
    "check_file",
    "estimate_backup",
    "list_backups",
    "prune_backups",
    "restore_backup",
    "restored_backup",
    "take_backup",
    "verify_backup",
]

Progress = Callable[[str, int, int], object]
"""Called with what is being done ("dump", or a table's name), how much of it is done, and of how much."""

BOOKKEEPING = frozenset(
    {ALEMBIC_TABLE, *(each.__tablename__ for each in (SchemaVersion, MigrationRun, MigrationStatement))}
)
"""What a migration writes for itself, and no user's rows."""
_STAMP = "%Y%m%dT%H%M%S"
_SPARE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class BackupEstimate:
    """What a backup will take: so many bytes at most, about so many seconds; `free` is the folder's room."""

    folder: Path
    bytes: int
    seconds: float
    free: int

    @property
    def fits(self) -> bool:
        """Whether there's room for it."""
        return self.bytes + _SPARE_BYTES <= self.free

    def to_json(self) -> dict[str, Any]:
        """Give what `json.dumps` takes."""
        return {
            "folder": str(self.folder),
            "bytes": self.bytes,
            "seconds": round(self.seconds, 1),
            "free": self.free,
            "fits": self.fits,
        }

    def __str__(self) -> str:
        return (
            f"a backup takes up to {self.bytes:,} bytes and about {self.seconds:.0f} s;"
            f" {self.folder} has {self.free:,} free"
        )


@dataclass(frozen=True, slots=True)
class Restoration:
    """Where a backup was restored to.

    `in_place` is false where the database has what the backup hasn't, which `difference` tells: then it's
    left alone, and `settings` are those of the restored one beside it.
    """

    backup: Backup
    in_place: bool
    database: str
    settings: DatabaseSettings
    difference: ContentDifference

    def to_json(self) -> dict[str, Any]:
        """Give what `json.dumps` takes."""
        return {
            "backup": self.backup.file.name,
            "in_place": self.in_place,
            "database": self.database,
            "difference": self.difference.to_json(),
        }

    def __str__(self) -> str:
        if self.in_place:
            return f"{self.backup.file.name} restored"
        return (
            f"{self.backup.file.name} restored beside, as {self.database}: the database has changed since\n"
            f"{self.difference}"
        )


def backup_folder(settings: DatabaseSettings) -> Path:
    """Give where backups go by default: `backups` beside an SQLite file, else in the working directory.

    Raises:
        BackupError: the database is in memory.
    """
    return _room(settings).default_folder(settings)


def estimate_backup(
    settings: DatabaseSettings, folder: str | os.PathLike[str] | None = None
) -> BackupEstimate:
    """Give what a backup will take, by the size of the tables and by what the last one took.

    Raises:
        MissingProgramError: a program that backs up this server isn't there; the package is named.
        BackupError: the database is in memory.
    """
    place = backup_folder(settings) if folder is None else Path(folder).absolute()
    room = _room(settings)
    with connected(settings) as connection:
        room.check(connection)
        size = room.size(connection)
    last = next(iter(list_backups(place, room.title(settings))), None)
    rate = last.bytes / last.seconds if last and last.seconds and last.bytes else room.BYTES_A_SECOND
    existing = next(each for each in (place, *place.parents) if each.exists())
    return BackupEstimate(place, size, size / rate, shutil.disk_usage(existing).free)


def take_backup(
    settings: DatabaseSettings,
    folder: str | os.PathLike[str] | None = None,
    *,
    revisions: Sequence[str] | None = None,
    schemas: Sequence[str] = (),
    most_bytes: int | None = None,
    progress: Progress | None = None,
) -> Backup:
    """Back the database up into a folder, which is made where it's missing, and give the backup.

    Writers go on meanwhile; on MySQL and MariaDB they wait for a moment at its beginning. `revisions` are
    read from Alembic's table by default; `schemas` are those of the fingerprint. What is written first has
    another name, and nothing stays of it where it fails.

    Raises:
        MissingProgramError: a program that backs up this server isn't there; the package is named.
        BackupError: there's no room, with the bytes that are needed; it may be larger than `most_bytes`; the
            database is in memory; or the program failed.
        LockTimeoutError: others kept a table locked for `settings.lock_timeout_s`.
    """
    estimate = estimate_backup(settings, folder)
    _refuse_size(estimate, most_bytes)
    tell = progress or (lambda what, done, total: None)
    room, began, created_at = _room(settings), time.monotonic(), datetime.now(UTC)
    try:
        estimate.folder.mkdir(parents=True, exist_ok=True)
        manifest.sweep(estimate.folder)
        path = _unused(estimate.folder / f"{room.title(settings)}-{created_at.strftime(_STAMP)}{room.SUFFIX}")
        with manifest.finished(path) as unfinished:
            dump = room.dumped(settings, unfinished, connected, lambda n: tell("dump", n, estimate.bytes))
            with dump as connection:
                known = _seen(connection, room, revisions, schemas, tell)
            size, digest = unfinished.stat().st_size, manifest.digest_of(unfinished)
        return manifest.write(
            Backup(
                file=path,
                created_at=created_at,
                database=room.title(settings),
                kind=_dialect(settings).name,
                bytes=size,
                sha256=digest,
                seconds=round(time.monotonic() - began, 3),
                schemas=tuple(schemas),
                **known,
            )
        )
    except OSError as error:
        raise _no_room(estimate, error) from error


@contextmanager
def restored_backup(
    backup: Backup,
    settings: DatabaseSettings,
    *,
    scratch_url: str | None = None,
    progress: Progress | None = None,
) -> Iterator[DatabaseSettings]:
    """Restore a backup into a scratch database, compare it, and give that one's settings.

    `settings` are the original's, beside which the scratch database is made; see `scratch_database`.

    Raises:
        BackupError: the file was changed, or what was restored isn't what was backed up; the reason is told.
        ScratchDatabaseError: there's no place to restore it to.
    """
    check_file(backup)
    room = _room(settings)
    if backup.kind != _dialect(settings).name:
        raise BackupError(f"the backup {backup.file} is of a database of another kind: {backup.kind}")
    with scratch_database(settings, scratch_url) as copy:
        try:
            room.load(copy, backup.file, connected, trial=True)
        except OSError as error:
            raise BackupError(
                f"{backup.file} can't be restored for a trial: {error.strerror}; it needs about"
                f" {backup.bytes:,} bytes",
                remedy="Make room, name another place in TMPDIR, or an empty database as scratch_url",
            ) from error
        with connected(copy, "read_only", "REPEATABLE READ") as connection:
            _compare(backup, connection, room, progress)
        with connected(copy) as connection:
            room.calm(connection)
        manifest.verified(backup)
        yield copy


def verify_backup(
    backup: Backup,
    settings: DatabaseSettings,
    *,
    scratch_url: str | None = None,
    progress: Progress | None = None,
) -> Backup:
    """Try a backup out: restore it into a scratch database, compare it, and give it with the time of that.

    Raises:
        BackupError: the file was changed, or what was restored isn't what was backed up; the reason is told.
        ScratchDatabaseError: there's no place to restore it to.
    """
    with restored_backup(backup, settings, scratch_url=scratch_url, progress=progress):
        pass
    return Backup.of_file(backup.file)


def restore_backup(
    backup: Backup,
    settings: DatabaseSettings,
    *,
    expected: Content | None = None,
    bookkeeping: Iterable[str] = BOOKKEEPING,
    deadline_s: float = 30.0,
    scratch_url: str | None = None,
    progress: Progress | None = None,
) -> Restoration:
    """Put a backup in the place of the database, unless that has rows which would be lost.

    It's verified first. Then, with writers kept out, the rows that are there are compared with the backup's,
    or with `expected`: what an interrupted migration is known to have left. Where they differ, in any table
    but `bookkeeping`, the database stays as it is, and the backup is restored beside it, under a name of
    its own. On SQLite and PostgreSQL a restore that fails leaves what was there.

    Raises:
        BackupError: the backup isn't good, or can't be restored.
        LockTimeoutError: others held the database for `deadline_s` seconds; nothing was changed.
    """
    backup = verify_backup(backup, settings, scratch_url=scratch_url, progress=progress)
    room = _room(settings)
    found: list[ContentDifference] = []

    def check(connection: Connection) -> None:
        live = take_content(connection, schemas=room.schemas(connection)).without(bookkeeping)
        differences = [
            compare_content(known.without(bookkeeping), live)
            for known in (backup.content, expected)
            if known is not None
        ]
        if all(differences):
            found.append(differences[0])
            raise BackupError("the database has changed since the backup")

    try:
        room.replace(settings, backup.file, connected, check, deadline_s)
    except BackupError:
        if not found:
            raise
        return _beside(backup, settings, room, found[0])
    except OSError as error:
        raise BackupError(f"{backup.file} can't be restored: {error.strerror}") from error
    return Restoration(backup, True, room.title(settings), settings, ContentDifference())


def _beside(
    backup: Backup, settings: DatabaseSettings, room: Backups, difference: ContentDifference
) -> Restoration:
    name = f"{room.title(settings)[:40]}_restored_{datetime.now(UTC).strftime(_STAMP).lower()}"
    other = room.create_beside(settings, name, connected)
    try:
        room.load(other, backup.file, connected, trial=False)
    except OSError as error:
        raise BackupError(f"{backup.file} can't be restored beside: {error.strerror}") from error
    return Restoration(backup, False, name, other, difference)


def _compare(backup: Backup, connection: Connection, room: Backups, progress: Progress | None) -> None:
    schemas = room.schemas(connection)
    difference = compare_content(backup.content, take_content(connection, schemas=schemas, progress=progress))
    if difference:
        raise BackupError(f"the backup {backup.file} isn't what was backed up: {_in_a_line(difference)}")
    inventory = take_inventory(connection, _other(room, connection, backup.schemas), without=())
    if fingerprint_of(inventory) != backup.fingerprint:
        changes = compare(backup.inventory, inventory).changes
        raise BackupError(
            f"the backup {backup.file} hasn't the schema that was backed up: {'; '.join(map(str, changes))}"
        )


def _seen(
    connection: Connection,
    room: Backups,
    revisions: Sequence[str] | None,
    schemas: Sequence[str],
    tell: Progress,
) -> dict[str, Any]:
    """Give what the connection sees of the moment that was dumped."""
    if missing := set(schemas) - set(room.schemas(connection)):
        raise BackupError(
            f"a backup of this database has no schema {', '.join(sorted(missing))}",
            remedy="Back up the database that it is by itself",
        )
    inventory = take_inventory(connection, _other(room, connection, schemas), without=())
    return {
        "server_version": ".".join(map(str, connection.dialect.server_version_info or ())),
        "revisions": tuple(_revisions(connection) if revisions is None else revisions),
        "content": take_content(connection, schemas=room.schemas(connection), progress=tell),
        "fingerprint": fingerprint_of(inventory),
        "inventory": inventory,
    }


def _other(room: Backups, connection: Connection, schemas: Sequence[str]) -> Sequence[str]:
    """Give no schema where it's the connection's own one alone: a copy's may have another name."""
    return () if len(schemas) == 1 == len(room.schemas(connection)) else schemas


def _revisions(connection: Connection) -> list[str]:
    if not inspect(connection).has_table(ALEMBIC_TABLE):
        return []
    return sorted(connection.scalars(text(f"SELECT version_num FROM {ALEMBIC_TABLE}")))


def _refuse_size(estimate: BackupEstimate, most_bytes: int | None) -> None:
    if most_bytes is not None and estimate.bytes > most_bytes:
        raise BackupError(
            f"a backup may take {estimate.bytes:,} bytes and {estimate.seconds:.0f} s, more than the"
            f" {most_bytes:,} bytes that are allowed",
            remedy="Allow as many, or leave it out: --skip backup --skip rehearse",
        )
    if not estimate.fits:
        raise _no_room(estimate)


def _no_room(estimate: BackupEstimate, error: OSError | None = None) -> BackupError:
    why = f" ({error.strerror})" if error is not None else ""
    return BackupError(
        f"the backup can't be written to {estimate.folder}{why}: it needs up to"
        f" {estimate.bytes + _SPARE_BYTES:,} bytes, and {estimate.free:,} are free",
        remedy="Make room, name another folder, or leave it out: --skip backup --skip rehearse",
    )


def _unused(path: Path) -> Path:
    number, tried = 1, path
    while tried.exists():
        number += 1
        tried = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return tried


def _in_a_line(difference: ContentDifference) -> str:
    return "; ".join(table.sentence for table in difference.tables)


def _dialect(settings: DatabaseSettings) -> Dialect:
    return dialect_named(settings.sqlalchemy_url().get_backend_name())


def _room(settings: DatabaseSettings) -> Backups:
    return _dialect(settings).backup
