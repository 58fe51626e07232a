"""The database that a run of `env.py` is for, and how the connections that the file makes are kept to it.

On a rehearsal, whatever connects to the original during the run, and in its context only, is sent to the
copy: SQLAlchemy's `do_connect` event gives the arguments of each connection before it's made. A connection
that came from a pool filled earlier isn't seen there; so each one that is configured is asked which
database it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Engine, event, make_url
from sqlalchemy.engine.interfaces import Dialect as SQLAlchemyDialect

from colonnade.dialects.cursors import driver_of
from colonnade.errors import MigrationError

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

    from colonnade.engine.home import Home

__all__ = ["CONNECTION", "MEANT", "Target", "redirected"]

CONNECTION = "colonnade.connection"
"""The key of `config.attributes` by which our own `env.py` files are lent a connection."""
MEANT = "colonnade.url"
"""The key of `config.attributes` by which they know the database that the connection stands for."""

_DATABASE_KEYS = ("database", "dbname", "db")


class Target:
    """One database: `home` reaches it, `connection` is to it; `instead_of` is what it stands in for.

    All that must be asked of them is asked here: an `env.py` may have an event loop of its own, in which
    neither the connection nor the home's engine can be used.
    """

    def __init__(self, home: Home, connection: Connection, instead_of: Home | None = None) -> None:
        self.home = home
        self.connection = connection
        self.dialect = home.dialect
        self.original = None if instead_of is None else instead_of.engine.url
        self._engine = home.engine
        self._identity = self._identity_of(connection)

    def check(self, connection: Connection) -> None:
        """Refuse a connection to another database.

        Raises:
            MigrationError: it's to another database, or another kind of one.
        """
        if connection.dialect.name != self.connection.dialect.name or (
            self._identity_of(connection) != self._identity
        ):
            there = connection.engine.url.render_as_string()
            raise MigrationError(
                f"env.py connected to {there}, which isn't the database meant: {self.home!r}",
                remedy="Let env.py take its URL from the configuration's sqlalchemy.url",
            )

    def tell(self, config: Config) -> None:
        """Put into a configuration what `env.py` files read from it: the URL; our own also a connection.

        Under Alembic's own commands there's none, and files that look for one treat it in several ways.
        """
        named = config.get_main_option("sqlalchemy.url")
        config.set_main_option("sqlalchemy.url", self._url_like(named).replace("%", "%%"))
        config.attributes[CONNECTION] = self.connection
        config.attributes[MEANT] = self.original or self._engine.url

    def _url_like(self, named: str | None) -> str:
        """Give the URL, with the driver that the configuration had named: it belongs to the file's face."""
        url = self.url
        if named and "://" in named:
            wanted = make_url(named)
            if wanted.get_backend_name() == url.get_backend_name():
                url = url.set(drivername=wanted.drivername)
        return url.render_as_string(hide_password=False)

    @property
    def url(self) -> URL:
        """Give its URL, with the password."""
        return self._engine.url.set(password=self.home.settings.password_text())

    def is_made_by(self, dialect: SQLAlchemyDialect) -> bool:
        """Tell whether it's our own engine that connects with this dialect."""
        return dialect is self._engine.dialect

    def _identity_of(self, connection: Connection) -> tuple[str, ...]:
        driver = driver_of(connection)
        found = self.dialect.runner.identity(driver)
        if not connection.in_transaction():
            driver.rollback()  # the driver may have begun one to ask
        return found


_target: ContextVar[Target | None] = ContextVar("colonnade_migration_target", default=None)


@contextmanager
def redirected(target: Target) -> Iterator[None]:
    """Send to the target whatever connects, in this context, to what it stands in for."""
    if target.original is None:
        yield
        return
    before = _target.set(target)
    event.listen(Engine, "do_connect", _send_on)
    try:
        yield
    finally:
        event.remove(Engine, "do_connect", _send_on)
        _target.reset(before)


def _send_on(dialect: SQLAlchemyDialect, record: Any, arguments: list[Any], options: dict[str, Any]) -> None:
    target = _target.get()
    if target is None or target.original is None or target.is_made_by(dialect):
        return
    if dialect.name == target.connection.dialect.name and (
        _points_at(dialect, arguments, options, target.original)
    ):
        ours, by_name = dialect.create_connect_args(_for(dialect, target.url))
        arguments[:] = ours
        options.update(by_name)


def _points_at(
    dialect: SQLAlchemyDialect, arguments: Sequence[Any], options: dict[str, Any], url: URL
) -> bool:
    """Tell whether a connection is to the database of this name; servers have several names."""
    there, by_name = dialect.create_connect_args(_for(dialect, url))
    for key in _DATABASE_KEYS:
        if by_name.get(key) is not None:
            return bool(options.get(key) == by_name[key])
    return bool(arguments and there) and _as_path(arguments[0]) == _as_path(there[0])


def _for(dialect: SQLAlchemyDialect, url: URL) -> URL:
    return url.set(drivername=f"{url.get_backend_name()}+{dialect.driver}", query={})


def _as_path(value: Any) -> str:
    return os.path.realpath(str(value))
