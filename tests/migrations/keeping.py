"""A stand-in for the runner of an upgrade: operations that keep, on a connection as they are to find it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic.operations import BatchOperations, Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from colonnade.dialects.contract import dialect_named
from colonnade.migrations.catalogue import take_inventory
from colonnade.migrations.inventory import Inventory, compare


@contextmanager
def upgrading(
    connection: Connection, foreign_keys_hold: bool = True, hearing: bool = True
) -> Iterator[Operations]:
    """Give operations that keep, in a transaction where the database has one for them; undone on an error."""
    is_sqlite = connection.dialect.name == "sqlite"
    begin = "BEGIN IMMEDIATE" if is_sqlite else "BEGIN"
    if is_sqlite:
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    connection.exec_driver_sql(begin)
    try:
        yield operations_on(connection, hearing)
    except BaseException:
        connection.exec_driver_sql("ROLLBACK")
        raise
    connection.exec_driver_sql("COMMIT")
    if is_sqlite:
        assert connection.exec_driver_sql("PRAGMA integrity_check").all() == [("ok",)]
    if is_sqlite and foreign_keys_hold:
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


def operations_on(connection: Connection, hearing: bool = True) -> Operations:
    """Give the operations of one context, which keep; with their batches heard, or not."""
    context = MigrationContext.configure(connection)
    operations = Operations(context)
    heard = operations if hearing else None
    dialect_named(connection.dialect.name).changes.keeping(context, heard)
    return operations


def changes(before: Inventory, connection: Connection) -> list[str]:
    """Give a sentence for each difference, counters and counts of rows among them."""
    found = compare(before, take_inventory(connection, with_rows=True))
    return [change.sentence for change in (*found.changes, *found.counters, *found.rows)]


def inventory(connection: Connection) -> Inventory:
    """Take the inventory, with the rows counted."""
    return take_inventory(connection, with_rows=True)


def values(connection: Connection, table: str, columns: str) -> list[tuple[object, ...]]:
    """Give the values of all rows in SQLite with their storage classes, in the order of their numbers."""
    each = [name.strip() for name in columns.split(",")]
    asked = ", ".join(f"{name}, typeof({name})" for name in each)
    rows = connection.exec_driver_sql(f"SELECT {asked} FROM {table} ORDER BY 1, 2")
    return [tuple(row) for row in rows]


@contextmanager
def batch_on(connection: Connection, table: str, **keywords: Any) -> Iterator[BatchOperations]:
    """Give a batch on a table, in an upgrade of its own."""
    with upgrading(connection) as op, op.batch_alter_table(table, **keywords) as batch:
        yield batch
