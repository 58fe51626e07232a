"""Fresh, empty databases for tests, each with a name of its own, gone at the end.

`Databases` lends them out: SQLite files in a folder, databases on the servers that
`servers.find_servers` finds. Whatever a test left behind, open connections and half
transactions too, is swept away when the database is given back.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from shutil import rmtree

from sqlalchemy import URL, Connection, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from colonnade.testing.servers import Server, find_servers

DATABASES = ("sqlite", "postgresql", "mysql")
"""Every kind of database that is lent out."""

# What dropping the schemas would leave in a PostgreSQL database: such a one isn't used again.
_LEFTOVERS = """
SELECT EXISTS (SELECT FROM pg_extension WHERE extname <> 'plpgsql')
    OR EXISTS (SELECT FROM pg_event_trigger)
    OR EXISTS (SELECT FROM pg_largeobject_metadata)
    OR EXISTS (SELECT FROM pg_publication)
    OR EXISTS (SELECT FROM pg_db_role_setting JOIN pg_database ON pg_database.oid = setdatabase
               WHERE datname = current_database())
"""
_END_OTHER_SESSIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_OWN_SCHEMAS = "SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema$'"
_SESSIONS_ON_MYSQL = text("SELECT id FROM information_schema.processlist WHERE db = :name")


class Databases:
    """Lends fresh databases until it's closed. Belongs to one thread."""

    def __init__(self, folder: Path, servers: Mapping[str, Server] | None = None) -> None:
        self._folder = folder
        self._servers = find_servers() if servers is None else servers
        self._idle: list[str] = []

    @contextmanager
    def fresh(self, database: str) -> Iterator[str]:
        """Lend one empty database: its URL, which names no driver, while the block lasts.

        Raises:
            ConfigurationError: there's no server for it in this run.
        """
        lend = {"sqlite": self._sqlite, "postgresql": self._postgresql, "mysql": self._mysql}[database]
        yield from lend()

    def _sqlite(self) -> Iterator[str]:
        folder = self._folder / _new_name()
        folder.mkdir()
        try:
            yield f"sqlite:///{folder / 'test.db'}"
        finally:
            rmtree(folder, ignore_errors=True)

    def _postgresql(self) -> Iterator[str]:
        # Making a database costs 29 ms and dropping it 27, sweeping one 6 (PostgreSQL 15): so they are kept.
        server = self._servers["postgresql"].url
        name = self._idle.pop() if self._idle else _create(server)
        try:
            yield _plain(server.set(database=name))
        finally:
            if _sweep(server.set(database=name)):
                self._idle.append(name)
            else:
                _do(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _mysql(self) -> Iterator[str]:
        server = self._servers["mysql"].url
        name = _create(server)
        try:
            yield _plain(server.set(database=name))
        finally:
            _end_sessions_on_mysql(server, name)
            _do(server, f"DROP DATABASE IF EXISTS {name}")

    def close(self) -> None:
        """Drop what was kept for reuse, and stop what was started."""
        for name in self._idle:
            _do(self._servers["postgresql"].url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self._idle.clear()
        for server in self._servers.values():
            server.close()


def _new_name() -> str:
    return f"colonnade_test_{os.getpid()}_{token_hex(4)}"


def _plain(url: URL) -> str:
    return url.set(drivername=url.get_backend_name()).render_as_string(hide_password=False)


@contextmanager
def _connected(url: URL) -> Iterator[Connection]:
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection


def _do(url: URL, statement: str) -> None:
    with _connected(url) as connection:
        connection.exec_driver_sql(statement)


def _create(server: URL) -> str:
    name = _new_name()
    _do(server, f"CREATE DATABASE {name}")
    return name


def _sweep(url: URL) -> bool:
    """Empty a PostgreSQL database; False where it's gone, or holds what only dropping it removes."""
    try:
        with _connected(url) as connection:
            connection.exec_driver_sql(_END_OTHER_SESSIONS)
            if connection.exec_driver_sql(_LEFTOVERS).scalar():
                return False
            for schema in connection.exec_driver_sql(_OWN_SCHEMAS).scalars().all():
                connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
    except OperationalError:
        return False
    return True


def _end_sessions_on_mysql(server: URL, name: str) -> None:
    # DROP DATABASE would wait a day for the metadata lock of a transaction that a test left open.
    with _connected(server) as connection:
        for session in connection.execute(_SESSIONS_ON_MYSQL, {"name": name}).scalars().all():
            with suppress(OperationalError):  # 1094: it has just ended by itself
                connection.exec_driver_sql(f"KILL {session}")
