"""Empty SQLite files for trials: each in a folder of its own among the temporary files.

A lock file in the folder is held while the database is in use; the system frees it with its process.
"""

from __future__ import annotations

import re
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout
from sqlalchemy import URL

from colonnade.dialects import connecting
from colonnade.dialects.cursors import ask, driver_of
from colonnade.dialects.sqlite.connect import file_of
from colonnade.errors import ScratchDatabaseError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from colonnade.dialects.contract import Connecting
    from colonnade.settings import DatabaseSettings

_FILE, _LOCK = "scratch.db", "lock"
# What can't be changed once there are tables.
_LASTING = ("encoding", "page_size", "auto_vacuum")
# Options that say how the original is opened, and would keep the new file from being written.
_OF_THE_FILE = frozenset({"immutable", "mode", "nolock", "vfs", "uri"})


@contextmanager
def lent(
    settings: DatabaseSettings, name: str, connect: Connecting, schemas: Sequence[str]
) -> Iterator[DatabaseSettings]:
    """Make a file like this database, and remove its folder at the end; an SQLite file has one schema."""
    folder = _folder(name)
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise ScratchDatabaseError(
            f"no folder for a trial can be made in {folder.parent}: {error.strerror}",
            remedy="Name another place in TMPDIR, or an empty file of your own as scratch_url",
        ) from error
    try:
        with FileLock(folder / _LOCK):
            _make(folder / _FILE, _lasting(settings, connect))
            yield replace(settings, url=located(settings.sqlalchemy_url(), folder / _FILE))
    finally:
        rmtree(folder, ignore_errors=True)


def abandoned(settings: DatabaseSettings, pattern: str, connect: Connecting) -> Sequence[str]:
    """Give the names of folders whose lock nobody holds."""
    folders = (each for each in _folder("").glob("*") if re.fullmatch(pattern, each.name))
    return [folder.name for folder in folders if not _is_held(folder)]


def drop(settings: DatabaseSettings, name: str, connect: Connecting) -> bool:
    """Remove a folder; false where it isn't this account's."""
    rmtree(_folder(name), ignore_errors=True)
    return not _folder(name).exists()


def contents(connection: Connection) -> Sequence[str]:
    """Name the tables, views and whatever else has a name."""
    asked = r"SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite\_%' ESCAPE '\'"
    return [f"{kind} {name}" for kind, name in ask(driver_of(connection), asked)]


def standing(connection: Connection) -> Sequence[str]:
    """Nothing: an empty file has nothing."""
    return ()


def clear(connection: Connection, standing: Sequence[str]) -> None:
    """Put an empty database in the place of what is there."""
    target = connecting.raw(driver_of(connection))
    with closing(sqlite3.connect(":memory:")) as empty:
        (row,) = ask(target, "PRAGMA page_size")
        empty.execute(f"PRAGMA page_size={row[0]}")
        empty.execute("VACUUM")
        empty.backup(target)


def located(url: URL, path: Path) -> URL:
    """Give the URL of another file, with what its options say of the driver."""
    return url.set(database=str(path)).difference_update_query(_OF_THE_FILE)


def path_of(settings: DatabaseSettings) -> Path | None:
    """Give the path of the database's file; None for one in memory."""
    file = file_of(settings.sqlalchemy_url())
    return None if file is None else file.absolute()


def _folder(name: str) -> Path:
    return Path(tempfile.gettempdir()) / name


def _lasting(settings: DatabaseSettings, connect: Connecting) -> dict[str, str]:
    path = path_of(settings)
    if path is None or not path.exists():  # to look would be to make it
        return {}
    with connect(settings) as connection:
        driver = driver_of(connection)
        return {name: str(ask(driver, f"PRAGMA {name}")[0][0]) for name in _LASTING}


def _make(path: Path, lasting: dict[str, str]) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for name, value in lasting.items():
            connection.execute(f"PRAGMA {name}='{value}'")
        # The first table writes them down; a file that is merely emptied forgets them.
        connection.execute("CREATE TABLE first (id INTEGER)")
        connection.execute("DROP TABLE first")


def _is_held(folder: Path) -> bool:
    try:
        with FileLock(folder / _LOCK, timeout=0):
            return False
    except (Timeout, OSError):  # another account's can't be opened
        return True
