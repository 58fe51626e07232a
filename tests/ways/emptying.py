"""Empties tables, so that the next key is 1 again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from sqlalchemy import Connection, Engine, Table

# A Sequence that no column owns is not restarted with its table.
_SEQUENCES_ON_POSTGRESQL = """
SELECT quote_ident(sequencename) FROM pg_sequences
WHERE schemaname = 'public' AND sequencename LIKE 'ways%%'
"""
_SEQUENCES_ON_MARIADB = """
SELECT table_name FROM information_schema.tables
WHERE table_schema = database() AND table_type = 'SEQUENCE'
"""


def empty(engine: Engine, tables: Sequence[Table]) -> None:
    """Empty the tables and begin their numbers anew."""
    if tables:
        with engine.begin() as connection:
            _EMPTY[engine.dialect.name](connection, [_name(connection, table) for table in tables])


def _name(connection: Connection, table: Table) -> str:
    return connection.dialect.identifier_preparer.format_table(table)


def _sqlite(connection: Connection, names: Iterable[str]) -> None:
    for name in names:
        connection.exec_driver_sql(f"DELETE FROM {name}")
    if connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").scalar():
        connection.exec_driver_sql("DELETE FROM sqlite_sequence")


def _postgresql(connection: Connection, names: Iterable[str]) -> None:
    connection.exec_driver_sql(f"TRUNCATE {', '.join(names)} RESTART IDENTITY CASCADE")
    for (sequence,) in connection.exec_driver_sql(_SEQUENCES_ON_POSTGRESQL).all():
        connection.exec_driver_sql(f"ALTER SEQUENCE {sequence} RESTART")


def _mysql(connection: Connection, names: Iterable[str]) -> None:
    connection.exec_driver_sql("SET FOREIGN_KEY_CHECKS = 0")
    for name in names:
        connection.exec_driver_sql(f"DELETE FROM {name}")
        connection.exec_driver_sql(f"ALTER TABLE {name} AUTO_INCREMENT = 1")
    for (sequence,) in connection.exec_driver_sql(_SEQUENCES_ON_MARIADB).all():
        connection.exec_driver_sql(f"ALTER SEQUENCE {sequence} RESTART")
    connection.exec_driver_sql("SET FOREIGN_KEY_CHECKS = 1")


_EMPTY: Mapping[str, Callable[[Connection, Iterable[str]], None]] = {
    "sqlite": _sqlite,
    "postgresql": _postgresql,
    "mysql": _mysql,
}
