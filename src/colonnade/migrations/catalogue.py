"""Taking the inventory of a database that is open."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, table

from colonnade.dialects.contract import dialect_named
from colonnade.migrations.inventory import Inventory
from colonnade.migrations.run import MigrationRun

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["count_rows", "own_tables", "take_inventory", "without_own_tables"]

ALEMBIC_TABLE = "alembic_version"
_OWN_TRIGGERS = re.compile(r"(Z_)?(audit_(evict_|cascade_)?(insert|update|delete|truncate)|touch)_")
"""How the triggers are called that Colonnade makes with a table, by its model and not by a revision."""


def own_tables() -> frozenset[str]:
    """Give the names of the tables that are Colonnade's, and Alembic's, and no part of a user's schema."""
    return frozenset(MigrationRun.metadata.tables) | {ALEMBIC_TABLE}


def without_own_tables(theirs: Callable[..., bool] | None) -> Callable[..., bool]:
    """Give an `include_object` for Alembic that leaves these tables out: no model has them, and they stay."""

    def include(item: Any, name: str | None, kind: str, reflected: bool, compared: Any) -> bool:
        if kind == "table" and name in own_tables():
            return False
        return theirs is None or theirs(item, name, kind, reflected, compared)

    return include


def take_inventory(
    connection: Connection,
    schemas: Sequence[str] = (),
    *,
    without: Iterable[str] | None = None,
    with_rows: bool = False,
) -> Inventory:
    """Read everything that the schemas have; the connection's own schema where none is named.

    It only reads, and leaves the transaction open. `without` names tables to leave out, in place of
    Colonnade's and Alembic's own. Counting rows reads every table from end to end.

    Raises:
        MigrationError: the account may not see all of it, or there is no such schema.
    """
    items = dialect_named(connection.dialect.name).inventory.read(connection, schemas)
    left_out = own_tables() if without is None else frozenset(without)
    inventory = Inventory.of(items).without(left_out, _OWN_TRIGGERS if left_out else None)
    if not with_rows:
        return inventory
    return Inventory(
        inventory.items,
        inventory.counters,
        inventory.environment,
        count_rows(connection, inventory.tables(), schemas),
    )


def count_rows(
    connection: Connection, tables: Iterable[str], schemas: Sequence[str] = ()
) -> Mapping[str, int]:
    """Count the rows of these tables, named as in an inventory of these schemas."""
    return {name: _count(connection, name, schemas) for name in tables}


def _count(connection: Connection, name: str, schemas: Sequence[str]) -> int:
    schema = next((each for each in schemas[1:] if name.startswith(f"{each}.")), None)
    plain = name if schema is None else name.removeprefix(f"{schema}.")
    source = table(plain, schema=schema or next(iter(schemas), None))
    return connection.scalar(select(func.count()).select_from(source)) or 0
