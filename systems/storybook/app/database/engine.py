"""The engine: where the library's database is, and how its connections are set up.

On SQLite Colonnade turns foreign keys on, keeps a write-ahead log and waits for locks; what this adds is the
size of the page cache. All of it is told to connections of this engine alone.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Engine, event

from app.database.models import Base
from colonnade import AsyncDatabaseManager, DatabaseManager, DatabaseSettings

__all__ = ["CACHE_KIB", "DEFAULT_URL", "SCRIPTS", "make_async_manager", "make_manager", "settings_for"]

DEFAULT_URL = "sqlite:///./storybook.db"
CACHE_KIB = 64_000
"""How many KiB of pages an SQLite connection may keep in memory."""

SCRIPTS = Path(__file__).with_name("migrations")
"""The migrations' folder. It's no package: `app.database.migrations` is the module of that name."""

OnStart = Literal["upgrade", "check", "ignore"]


def settings_for(url: str | None = None) -> DatabaseSettings:
    """Give settings for the URL, else `DATABASE_URL`, else `DEFAULT_URL`; the rest is the environment's.

    Raises:
        ConfigurationError: for a URL or a variable that can't be used.
    """
    chosen = url or os.environ.get("DATABASE_URL") or DEFAULT_URL
    return DatabaseSettings.from_environment({**os.environ, "DATABASE_URL": chosen})


def make_manager(
    url: str | DatabaseSettings | None = None, *, on_start: OnStart | None = None
) -> DatabaseManager:
    """Give the library's manager; it connects when it's first used, and is to be closed.

    What its start does about migrations is `on_start`: by default an SQLite file is brought up to
    date, and of another database it's checked that it is.

    Raises:
        ConfigurationError: for a URL that can't be used.
    """
    db = DatabaseManager(
        _settings(url), metadata=Base.metadata, script_location=str(SCRIPTS), on_start=on_start
    )
    _enlarge_cache(db.engine)
    return db


def make_async_manager(
    url: str | DatabaseSettings | None = None, *, on_start: OnStart | None = None
) -> AsyncDatabaseManager:
    """Give the same for asynchronous code."""
    db = AsyncDatabaseManager(
        _settings(url), metadata=Base.metadata, script_location=str(SCRIPTS), on_start=on_start
    )
    _enlarge_cache(db.engine.sync_engine)
    return db


def _settings(url: str | DatabaseSettings | None) -> DatabaseSettings:
    return url if isinstance(url, DatabaseSettings) else settings_for(url)


def _enlarge_cache(engine: Engine) -> None:
    """Give each SQLite connection of this engine its cache; other databases are told nothing."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_cache)


def _set_cache(connection: Any, record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
    cursor.close()
