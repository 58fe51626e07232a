"""Where the index's own database stands, so that it isn't taken for a document."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import make_url

__all__ = ["belongs_to", "sqlite_file"]


def sqlite_file(url: str) -> Path | None:
    """Give the file of an SQLite URL; None for one in memory and for another database."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return None
    return Path(parsed.database).resolve()


def belongs_to(url: str) -> Callable[[Path], bool]:
    """Give a test for the files of an SQLite database: itself, its companions and its backups."""
    database = sqlite_file(url)

    def belongs(path: Path) -> bool:
        if database is None or path.parent != database.parent:
            return False
        return path == database or path.name.startswith((f"{database.name}-", f"{database.name}."))

    return belongs
