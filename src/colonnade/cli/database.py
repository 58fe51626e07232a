"""From a command's options to a manager of its migration tree, open for one block."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import typer

from colonnade.cli.output import note

if TYPE_CHECKING:
    from sqlalchemy import MetaData

    from colonnade.cli.configuration import Configuration
    from colonnade.cli.options import Where
    from colonnade.dialects.contract import Connect
    from colonnade.engine.manager import DatabaseManager
    from colonnade.migrations import AlembicManager
    from colonnade.migrations.tree import Tree
    from colonnade.settings import DatabaseSettings

__all__ = ["Place", "Use", "database_name", "managed", "models_of", "opened", "url_of"]

_FOLDER = "migrations"


Use = Literal["tree", "read", "write"]
"""What a command does: it looks at the tree alone, at the database as well, or it changes that."""


@contextmanager
def opened(
    where: Where, use: Use = "tree", *, models: bool = False, lock_timeout: float | None = None
) -> Iterator[AlembicManager]:
    """Give the manager of a migration tree and its database.

    What only reads can't write: no file is made either. With `models` the configured models are imported.
    What the tree's own code prints goes to standard error.

    Raises:
        ConfigurationError: there's no such tree, database or module.
    """
    from colonnade.migrations import AlembicManager, MigrationOptions

    place = Place.of(where)
    settings = place.settings(use)
    options = MigrationOptions(**place.configuration.options)
    if lock_timeout is not None:
        options = replace(options, lock_timeout_s=lock_timeout)
    with redirect_stdout(sys.stderr):
        manager = AlembicManager(
            settings,
            script_location=place.script_location,
            config=place.file,
            target_metadata=_metadata(place.configuration) if models else None,
            options=options,
        )
        try:
            yield manager
        finally:
            manager.db.close()


def url_of(settings: DatabaseSettings) -> str:
    """Give the database's URL, without password or how it was opened."""
    url = settings.sqlalchemy_url()
    return str(url if _connect(settings).file_of(url) is None else url.set(query={}))


@contextmanager
def managed(where: Where, use: Use) -> Iterator[DatabaseManager]:
    """Give a manager of the database, with the metadata of the configured models.

    What only reads can't write: no file is made either.

    Raises:
        ConfigurationError: there's no such database or module.
    """
    from colonnade.engine.manager import DatabaseManager

    place = Place.of(where)
    settings = place.settings(use)
    with redirect_stdout(sys.stderr):
        db = DatabaseManager(settings, metadata=_metadata(place.configuration))
        try:
            yield db
        finally:
            db.close()


def database_name(settings: DatabaseSettings) -> str:
    """Give what a person calls the database: its name on the server, or its file's."""
    url = settings.sqlalchemy_url()
    file = _connect(settings).file_of(url)
    return file.name if file is not None else url.database or ""


@dataclass(frozen=True)
class Place:
    """The options and the configuration, taken together."""

    where: Where
    configuration: Configuration

    @classmethod
    def of(cls, where: Where) -> Place:
        """Read the configuration, and let the application's modules be found."""
        from colonnade.cli.configuration import read_configuration

        configuration = read_configuration(where.config)
        folder = str(configuration.folder / configuration.prepend_sys_path)
        if folder not in sys.path:
            sys.path.insert(0, folder)
        return cls(where, configuration)

    @property
    def file(self) -> Path | None:
        return None if self.where.script_location else self.configuration.file

    @property
    def script_location(self) -> str | None:
        named = self.configuration.script_location
        if self.where.script_location or self.file is not None:
            return self.where.script_location
        if named is not None and ":" in named:  # a package's folder
            return named
        return str(self.configuration.folder / (named or _FOLDER))

    @property
    def tree(self) -> Tree:
        from colonnade.migrations.tree import Tree

        return Tree(self.script_location, self.file)

    def settings(self, use: Use = "write") -> DatabaseSettings:
        """Give where the database is, for this use; a default one is said on standard error.

        Raises:
            ConfigurationError: its URL can't be used.
            DatabaseConnectionError: it's to be read, and isn't there.
        """
        settings = self._named(said=use != "tree")
        if use == "read":
            return replace(settings, url=_connect(settings).read_only(settings.sqlalchemy_url()))
        return settings

    def _named(self, *, said: bool) -> DatabaseSettings:
        from colonnade.errors import ConfigurationError
        from colonnade.settings import DatabaseSettings

        if self.where.url is not None:
            try:
                return DatabaseSettings.of(self.where.url)
            except ConfigurationError as error:
                raise typer.BadParameter(str(error), param_hint="--url") from error
        if self.configuration.url is not None:
            return self._from_folder(DatabaseSettings.of(self.configuration.url))
        if self.file is not None and (named := self.tree.url) and not named.startswith(_PLACEHOLDER):
            return DatabaseSettings.of(named)
        default = self._from_folder(DatabaseSettings(self.configuration.default_url))
        settings = DatabaseSettings.from_environment(default_url=str(default.url))
        if settings == default and said:
            note(f"no database was named: using {default.url} (name one with --url or DATABASE_URL)")
        return settings

    def _from_folder(self, settings: DatabaseSettings) -> DatabaseSettings:
        """Let a relative path of the configuration start from its folder."""
        url = settings.sqlalchemy_url()
        file = _connect(settings).file_of(url)
        if file is None or file.is_absolute() or self.configuration.folder == Path.cwd():
            return settings
        return replace(settings, url=url.set(database=str(self.configuration.folder / file)))


_PLACEHOLDER = "driver://"
"""What `alembic init` writes for a URL."""


def _connect(settings: DatabaseSettings) -> Connect:
    from colonnade.dialects.contract import dialect_named

    return dialect_named(settings.sqlalchemy_url().get_backend_name()).connect


def models_of(where: Where) -> MetaData | None:
    """Give the metadata of the configured models; None where none are configured.

    Raises:
        ConfigurationError: they can't be imported.
    """
    with redirect_stdout(sys.stderr):
        return _metadata(Place.of(where).configuration)


def _metadata(configuration: Configuration) -> MetaData | None:
    """Import the configured models, and give their metadata."""
    from sqlalchemy import MetaData

    from colonnade.errors import ConfigurationError

    if configuration.models is None:
        return None
    module, _, name = configuration.models.partition(":")
    try:
        found: Any = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigurationError(
            f"the models {configuration.models!r} can't be imported: {error}",
            remedy="Write tool.colonnade.models as package.module:Base",
        ) from error
    metadata = getattr(found, "metadata", found)
    if not isinstance(metadata, MetaData):
        raise ConfigurationError(f"{configuration.models!r} is neither a declarative base nor a MetaData")
    return metadata
