"""The managers for dbp's configuration, and the component that owns one in an application.

Schema work is AlembicManager's: `initialize` brings the database up to the newest revision.

component = DatabaseComponent()
component.initialize(dependencies={"config": config})
DocumentRepository(component).get_by_path("src/dbp/database/models.py")
component.shutdown()
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import colonnade
from colonnade.errors import ConfigurationError
from dbp.database.alembic_manager import SCRIPTS
from dbp.database.configuration import configuration_in, settings_for
from dbp.database.models import Base

_SCHEMA: dict[str, Any] = {
    "metadata": Base.metadata,
    "script_location": str(SCRIPTS),
    "on_start": "upgrade",
}

__all__ = ["AsyncDatabaseComponent", "AsyncDatabaseManager", "DatabaseComponent", "DatabaseManager"]


class DatabaseManager(colonnade.DatabaseManager):
    """One database with dbp's tables, synchronously.

    Args:
        config: a configuration, a URL, a path or settings; without it `initialize` looks for one.
    """

    def __init__(self, config: Any = None) -> None:
        super().__init__(None if config is None else settings_for(config), **_SCHEMA)
        self._configured = config is not None

    def initialize(self, context: Any = None, dependencies: Mapping[str, Any] | None = None) -> None:
        """Prove the connection and bring the schema up.

        The configuration is `dependencies["config"]`, else `context.config`, else what the manager was made
        with, else the environment, else the default SQLite file, with a warning that names it.

        Raises:
            ConfigurationError: for a configuration that can't be used, or another one than is in use.
            DatabaseConnectionError: when the database can't be reached.
        """
        config = configuration_in(context, dependencies)
        super().initialize(dependencies=_chosen(config, configured=self._configured))
        self._configured = True


class AsyncDatabaseManager(colonnade.AsyncDatabaseManager):
    """One database with dbp's tables, asynchronously; takes what `DatabaseManager` takes."""

    def __init__(self, config: Any = None) -> None:
        super().__init__(None if config is None else settings_for(config), **_SCHEMA)
        self._configured = config is not None

    async def initialize(self, context: Any = None, dependencies: Mapping[str, Any] | None = None) -> None:
        """Do what `DatabaseManager.initialize` does."""
        config = configuration_in(context, dependencies)
        await super().initialize(dependencies=_chosen(config, configured=self._configured))
        self._configured = True


def _chosen(config: Any, *, configured: bool) -> dict[str, Any] | None:
    return None if config is None and configured else {"config": settings_for(config)}


class DatabaseComponent:
    """Owns the manager of an application: made when it starts, closed when it ends.

    Repositories take the component in place of a manager. Thread-safe.
    """

    def __init__(self) -> None:
        self._manager: DatabaseManager | None = None
        self._lock = threading.Lock()

    @property
    def is_initialized(self) -> bool:
        """Whether there is a manager."""
        return self._manager is not None

    def initialize(self, context: Any = None, dependencies: Mapping[str, Any] | None = None) -> None:
        """Make and initialize the manager, as `DatabaseManager.initialize` does; when there's one, nothing.

        Raises:
            ConfigurationError: for a configuration that can't be used.
            DatabaseConnectionError: when the database can't be reached; there's no manager then.
        """
        with self._lock:
            if self._manager is None:
                manager = DatabaseManager()
                try:
                    manager.initialize(context, dependencies)
                except BaseException:
                    manager.close()
                    raise
                self._manager = manager

    def get_manager(self) -> DatabaseManager:
        """Give the manager.

        Raises:
            ConfigurationError: before `initialize` and after `shutdown`.
        """
        if self._manager is None:
            raise _not_initialized()
        return self._manager

    def shutdown(self) -> None:
        """Close the manager's connections; without a manager nothing happens."""
        with self._lock:
            manager, self._manager = self._manager, None
            if manager is not None:
                manager.close()


class AsyncDatabaseComponent:
    """Does what `DatabaseComponent` does, on the asynchronous face, in one event loop."""

    def __init__(self) -> None:
        self._manager: AsyncDatabaseManager | None = None

    @property
    def is_initialized(self) -> bool:
        """Whether there is a manager."""
        return self._manager is not None

    async def initialize(self, context: Any = None, dependencies: Mapping[str, Any] | None = None) -> None:
        """Do what `DatabaseComponent.initialize` does."""
        if self._manager is None:
            manager = AsyncDatabaseManager()
            try:
                await manager.initialize(context, dependencies)
            except BaseException:
                await manager.close()
                raise
            self._manager = manager

    def get_manager(self) -> AsyncDatabaseManager:
        """Give the manager.

        Raises:
            ConfigurationError: before `initialize` and after `shutdown`.
        """
        if self._manager is None:
            raise _not_initialized()
        return self._manager

    async def shutdown(self) -> None:
        """Do what `DatabaseComponent.shutdown` does."""
        manager, self._manager = self._manager, None
        if manager is not None:
            await manager.close()


def _not_initialized() -> ConfigurationError:
    return ConfigurationError("the database component isn't initialized", remedy="Call initialize() first")
