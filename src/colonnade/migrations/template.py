"""What an `env.py` of ours calls: everything that such files otherwise copy from each other.

It runs under `AlembicManager`, which lends its connection, and under plain `alembic`, which doesn't.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from alembic import context
from sqlalchemy.util import greenlet_spawn

from colonnade.dialects.contract import dialect_named
from colonnade.engine.manager import AsyncDatabaseManager, DatabaseManager
from colonnade.migrations import touching as _touching  # its operations and comparisons register themselves
from colonnade.migrations.catalogue import without_own_tables
from colonnade.migrations.redirect import CONNECTION
from colonnade.migrations.rendering import rendering
from colonnade.settings import DatabaseSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, MetaData

__all__ = ["run_environment"]

assert _touching

_logger = logging.getLogger("colonnade.migrations")


def run_environment(
    target_metadata: MetaData | Sequence[MetaData] | None = None,
    *,
    default_url: str = "app.db",
    **options: Any,
) -> None:
    """Carry out what Alembic was asked for, online or offline, with either kind of driver.

    The database is that of `-x url=…`, else the one of the manager that runs this, else the configuration's
    `sqlalchemy.url`, else the environment's `DATABASE_URL`; where none of them says anything, it's
    `default_url`, and a warning says so. `options` go to Alembic's `context.configure`.

    Raises:
        ConfigurationError: a URL that can't be used.
        DatabaseConnectionError: the database can't be reached; nothing else is tried then.
    """
    arguments = {
        "target_metadata": target_metadata,
        "render_as_batch": True,
        "compare_server_default": True,
        **options,
        "include_object": without_own_tables(options.get("include_object")),
        "render_item": rendering(options.get("render_item")),
    }
    if context.is_offline_mode():
        _offline(_settings(default_url), arguments)
    elif (lent := context.config.attributes.get(CONNECTION)) is not None and not _asked_url():
        _online(lent, arguments)
    else:
        _connected(_settings(default_url), arguments)


def _settings(default_url: str) -> DatabaseSettings:
    named = _asked_url() or context.config.get_main_option("sqlalchemy.url")
    if named:
        return DatabaseSettings.of(named)
    settings = DatabaseSettings.from_environment(default_url=default_url)
    if settings == DatabaseSettings(default_url):
        _logger.warning("no database was named: using %s", settings.url)
    return settings


def _asked_url() -> str | None:
    url = context.get_x_argument(as_dictionary=True).get("url")
    return url or None


def _offline(settings: DatabaseSettings, arguments: dict[str, Any]) -> None:
    url = settings.sqlalchemy_url()
    dialect = dialect_named(url.get_backend_name())
    url, _ = dialect.connect.engine_arguments(url, settings, "sync")
    context.configure(url=url, literal_binds=True, dialect_opts={"paramstyle": "named"}, **arguments)
    with context.begin_transaction():
        context.run_migrations()


def _online(connection: Connection, arguments: dict[str, Any]) -> None:
    context.configure(connection=connection, **arguments)
    with context.begin_transaction():
        context.run_migrations()


def _connected(settings: DatabaseSettings, arguments: dict[str, Any]) -> None:
    """Make a connection, with a driver of the face that the URL's belongs to, and use it."""
    if _is_asynchronous(settings):
        manager: Any = AsyncDatabaseManager(settings)
        asyncio.run(greenlet_spawn(_used, manager, arguments))
    else:
        _used(DatabaseManager(settings), arguments)


def _used(manager: Any, arguments: dict[str, Any]) -> None:
    try:
        with manager.home.engine.connect() as connection:
            _online(connection, arguments)
    finally:
        manager.home.dispose()


def _is_asynchronous(settings: DatabaseSettings) -> bool:
    url = settings.sqlalchemy_url()
    drivers = dialect_named(url.get_backend_name()).connect.DRIVERS
    named = url.drivername.partition("+")[2]
    if named:
        return named in drivers["async"] and named not in drivers["sync"]
    return False
