"""What is known of a backup, as a value and as the file of JSON that lies beside it.

A backup without that file is none: it's written last, under its name only when the disk has all of it. So
nothing that was interrupted is ever taken for a backup.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from colonnade.errors import BackupError
from colonnade.migrations.content import Content
from colonnade.migrations.inventory import Inventory

__all__ = ["Backup", "check_file", "list_backups", "prune_backups"]

FORMAT = 1
ENDING = ".json"
UNFINISHED = ".part"
_PIECE = 1 << 20
_STALE_S = 86_400


@dataclass(frozen=True, kw_only=True)
class Backup:
    """One backup, as it was when it was taken.

    Attributes:
        file: the dump; what is said here lies beside it, in a file with `.json` behind its name.
        created_at: when it was begun, in UTC.
        database: the database's name, without its server; of an SQLite file, its name without the ending.
        kind: the kind of database.
        server_version: the version of the server that it was taken of.
        revisions: the revisions that the database was at; empty for none.
        fingerprint: that of `schemas`.
        schemas: the schemas that the fingerprint is of; empty for the connection's own one.
        inventory: the schema itself, so that a difference can be told.
        content: how many rows each table had, and their digests, of all schemas in the dump.
        bytes: the dump's size.
        sha256: the dump's own digest, as hexadecimal digits.
        seconds: how long it took.
        verified_at: when it was last restored and found to be the same; None for never.
    """

    file: Path
    created_at: datetime
    database: str
    kind: str
    server_version: str
    revisions: tuple[str, ...]
    fingerprint: str
    schemas: tuple[str, ...] = ()
    inventory: Inventory = field(default_factory=lambda: Inventory({}), repr=False)
    content: Content
    bytes: int
    sha256: str
    seconds: float
    verified_at: datetime | None = None

    @property
    def manifest(self) -> Path:
        """Give the file of JSON beside the dump."""
        return self.file.with_name(self.file.name + ENDING)

    def to_json(self) -> dict[str, Any]:
        """Give what `json.dumps` takes; the file by its name alone."""
        return {
            "colonnade_backup": FORMAT,
            "file": self.file.name,
            "created_at": self.created_at.isoformat(),
            "database": self.database,
            "kind": self.kind,
            "server_version": self.server_version,
            "revisions": list(self.revisions),
            "fingerprint": self.fingerprint,
            "schemas": list(self.schemas),
            "inventory": self.inventory.to_json(),
            "tables": self.content.to_json(),
            "bytes": self.bytes,
            "sha256": self.sha256,
            "seconds": self.seconds,
            "verified_at": None if self.verified_at is None else self.verified_at.isoformat(),
        }

    @classmethod
    def from_json(cls, folder: Path, told: Mapping[str, Any]) -> Backup:
        """Give back what `to_json` gave, for a dump in this folder.

        Raises:
            BackupError: it isn't what `to_json` gives.
        """
        try:
            verified_at = told["verified_at"]
            return cls(
                file=folder / Path(str(told["file"])).name,
                created_at=datetime.fromisoformat(told["created_at"]),
                database=str(told["database"]),
                kind=str(told["kind"]),
                server_version=str(told["server_version"]),
                revisions=tuple(told["revisions"]),
                fingerprint=str(told["fingerprint"]),
                schemas=tuple(told["schemas"]),
                inventory=Inventory.from_json(told["inventory"]),
                content=Content.from_json(told["tables"]),
                bytes=int(told["bytes"]),
                sha256=str(told["sha256"]),
                seconds=float(told["seconds"]),
                verified_at=None if verified_at is None else datetime.fromisoformat(verified_at),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BackupError(f"a manifest in {folder} can't be read: {error!r}") from error

    @classmethod
    def of_file(cls, file: Path) -> Backup:
        """Give the backup whose dump this is.

        Raises:
            BackupError: there's no manifest beside it, or one that can't be read.
        """
        path = file.with_name(file.name + ENDING)
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BackupError(f"{path} can't be read: {error}") from error
        return cls.from_json(file.parent, told)

    def __str__(self) -> str:
        at = ", ".join(self.revisions) or "base"
        verified = "verified" if self.verified_at else "not verified yet"
        return (
            f"{self.file.name}: {self.database} at {at}, {self.created_at:%Y-%m-%d %H:%M:%S} UTC,"
            f" {self.content.rows:,} rows in {len(self.content.tables)} tables, {self.bytes:,} bytes,"
            f" {verified}"
        )


def list_backups(folder: str | os.PathLike[str], database: str | None = None) -> list[Backup]:
    """Give the backups in a folder, of one database or of all, the newest first.

    Files without a manifest aren't backups, nor are manifests without their file.
    """
    found = (_read(path) for path in Path(folder).absolute().glob(f"*{ENDING}"))
    backups = [each for each in found if each is not None and database in (None, each.database)]
    return sorted(backups, key=lambda backup: (backup.created_at, backup.file.name), reverse=True)


def prune_backups(
    folder: str | os.PathLike[str], *, keep: int, days: float = 0, database: str | None = None
) -> list[Backup]:
    """Delete old backups, and give those.

    Of each database the newest `keep` stay, all that are younger than `days`, and the last one that was
    restored and found good, however old.
    """
    gone = []
    youngest = datetime.now(UTC) - timedelta(days=days)
    for name in {backup.database for backup in list_backups(folder, database)}:
        backups = list_backups(folder, name)
        good = next((backup for backup in backups if backup.verified_at is not None), None)
        for backup in backups[max(keep, 1) :]:
            if backup.created_at < youngest and backup is not good:
                backup.manifest.unlink(missing_ok=True)  # first: a file without one is no backup
                backup.file.unlink(missing_ok=True)
                gone.append(backup)
    return gone


def check_file(backup: Backup) -> None:
    """See that the dump is, byte for byte, the one that was written.

    Raises:
        BackupError: it's gone, cut or changed.
    """
    try:
        size = backup.file.stat().st_size
        found = digest_of(backup.file) if size == backup.bytes else ""
    except OSError as error:
        raise BackupError(f"the backup {backup.file} can't be read: {error.strerror}") from error
    if size != backup.bytes:
        raise BackupError(f"the backup {backup.file} has {size:,} bytes, and had {backup.bytes:,}")
    if found != backup.sha256:
        raise BackupError(
            f"the backup {backup.file} was changed since it was taken: its sha256 is {found[:12]}…,"
            f" and was {backup.sha256[:12]}…"
        )


def digest_of(file: Path) -> str:
    """Give the file's sha256."""
    digest = sha256()
    with open(file, "rb") as opened:
        while piece := opened.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def write(backup: Backup) -> Backup:
    """Write the manifest, and give the backup."""
    with finished(backup.manifest) as unfinished:
        unfinished.write_text(json.dumps(backup.to_json(), indent=1) + "\n", encoding="utf-8")
    return backup


def verified(backup: Backup) -> Backup:
    """Give the backup as one that was just found good, which its manifest tells from now on."""
    known = replace(backup, verified_at=datetime.now(UTC))
    with suppress(OSError):  # in a folder that may only be read it's none the worse
        write(known)
    return known


@contextmanager
def finished(path: Path) -> Iterator[Path]:
    """Give another name to write to; once all is on the disk the file gets its own, else nothing is left."""
    unfinished = path.with_name(f".{path.name}{UNFINISHED}")
    try:
        yield unfinished
        _flush(unfinished)
        unfinished.replace(path)
        _flush(path.parent)
    except BaseException:
        for left in path.parent.glob(f"{unfinished.name}*"):
            left.unlink(missing_ok=True)
        raise


def sweep(folder: Path) -> None:
    """Delete what interrupted backups left behind a day ago or earlier."""
    for path in folder.glob(f".*{UNFINISHED}*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _STALE_S:
                path.unlink()


def _flush(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except PermissionError:  # Windows opens no folders
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> Backup | None:
    """Give the backup that a manifest tells of; None for another program's file, or without its dump."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(told, dict) or told.get("colonnade_backup") != FORMAT:
            return None
        backup = Backup.from_json(path.parent, told)
    except (OSError, ValueError, BackupError):
        return None
    return backup if backup.file.is_file() else None
