"""Comparing whole schemas: what one database has otherwise, even where Alembic's comparison is blind."""

from colonnade import DatabaseManager
from colonnade.migrations.catalogue import take_inventory
from colonnade.migrations.inventory import Difference, Inventory, compare


def inventory_of(db: DatabaseManager) -> Inventory:
    """Give what the database's catalogue says of its schema."""
    with db.home.connection("deferred") as connection:
        return take_inventory(connection)


def schemas_differ(made: DatabaseManager, migrated: DatabaseManager) -> Difference:
    """Give what the second database has otherwise."""
    return compare(inventory_of(made), inventory_of(migrated))
