"""What an `env.py` of ours calls: everything that such files otherwise copy from each other.

It runs under `AlembicManager`, which lends its connection, and under plain `alembic`, which doesn't.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from alembic import context
from sqlalchemy.util import greenlet_spawn

from colonnade.dialects.contract import dialect_named
from colonnade.engine.manager import AsyncDatabaseManager, DatabaseManager
from colonnade.errors import ConfigurationError
from colonnade.migrations.catalogue import without_own_tables
from colonnade.migrations.operating import register_operations
from colonnade.migrations.redirect import CONNECTION, MEANT
from colonnade.migrations.rendering import rendering
from colonnade.settings import DatabaseSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import URL, Connection, MetaData

__all__ = ["run_environment"]

register_operations()

DATABASE = "colonnade.database"
"""The key of `config.attributes` by which a revision knows the database, where several share a tree."""

_logger = logging.getLogger("colonnade.migrations")


def run_environment(
    target_metadata: MetaData | Sequence[MetaData] | Mapping[str, MetaData] | None = None,
    *,
    default_url: str = "app.db",
    **options: Any,
) -> None:
    """Carry out what Alembic was asked for, online or offline, with either kind of driver.

    The database is that of `-x url=…`, else the one of the manager that runs this, else the configuration's
    `sqlalchemy.url`, else the environment's `DATABASE_URL`; where none of them says anything, it's
    `default_url`, and a warning says so. `options` go to Alembic's `context.configure`.

    Several databases that share one history are named in the configuration, `databases = main, archive`, each
    with a section of its name and a `sqlalchemy.url` there. Each is gone through in turn, or the one of
    `-x database=…`; `target_metadata` may then be a mapping by these names. A revision finds the name in
    `config.attributes["colonnade.database"]`; it's None where there's one database.

    Raises:
        ConfigurationError: a URL that can't be used, or a database that isn't named.
        DatabaseConnectionError: the database can't be reached; nothing else is tried then.
    """
    if (lent := context.config.attributes.get(CONNECTION)) is not None and not _asked_url():
        name = _name_of(context.config.attributes[MEANT])
        _prepared(name)
        _online(lent, _arguments(_models_of(target_metadata, name), options))
        return
    for name in _names():
        settings = _settings(default_url, _prepared(name))
        arguments = _arguments(_models_of(target_metadata, name), options)
        if context.is_offline_mode():
            _offline(settings, arguments)
        else:
            _connected(settings, arguments)


def _arguments(target_metadata: Any, options: dict[str, Any]) -> dict[str, Any]:
    return {
        "target_metadata": target_metadata,
        "render_as_batch": True,
        "compare_server_default": True,
        **options,
        "include_object": without_own_tables(options.get("include_object")),
        "render_item": rendering(options.get("render_item")),
    }


def _databases() -> list[str]:
    """Give the names of the databases that share this tree; none where there's one without a name."""
    named = context.config.get_main_option("databases") or ""
    return [name.strip() for name in named.split(",") if name.strip()]


def _names() -> Sequence[str | None]:
    """Give the databases to go through."""
    known = _databases()
    asked = context.get_x_argument(as_dictionary=True).get("database")
    if asked is None:
        return (known if not _asked_url() else None) or [None]
    if asked not in known:
        raise ConfigurationError(
            f"there's no database {asked!r}", remedy=f"The configuration names {', '.join(known) or 'none'}"
        )
    return [str(asked)]


def _name_of(ours: URL) -> str | None:
    """Give the name of the database that a manager has, or that a trial is for."""
    for name in _databases():
        theirs = DatabaseSettings.of(_url_of(name)).sqlalchemy_url()
        if (theirs.host, theirs.port, theirs.database) == (ours.host, ours.port, ours.database):
            return name
    return None


def _url_of(name: str) -> str:
    url = context.config.get_section_option(name, "sqlalchemy.url")
    if not url:
        raise ConfigurationError(f"the database {name!r} has no sqlalchemy.url in a section [{name}]")
    return url


def _prepared(name: str | None) -> str | None:
    """Tell revisions which database it is, and give its URL where it has a name."""
    context.config.attributes[DATABASE] = name
    return None if name is None else _url_of(name)


def _models_of(target_metadata: Any, name: str | None) -> Any:
    if not isinstance(target_metadata, Mapping):
        return target_metadata
    if name not in target_metadata:
        raise ConfigurationError(
            f"target_metadata has nothing for the database {name!r}",
            remedy=f"It has {', '.join(map(repr, target_metadata))}",
        )
    return target_metadata[name]


def _settings(default_url: str, of_database: str | None) -> DatabaseSettings:
    named = _asked_url() or of_database or context.config.get_main_option("sqlalchemy.url")
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
