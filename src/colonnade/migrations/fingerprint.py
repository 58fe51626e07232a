"""One short text for a whole schema: equal schemas have one, different ones don't.

In it is every clause of every thing in an inventory, the order of columns too, since `SELECT *` and an INSERT
without names depend on it. Not in it: where numberings stand, rows, owners and grants, and the order in
which things were made. The server's own spelling is in it: two major versions of PostgreSQL may write an
expression differently, so fingerprints are for one server, or two of one version.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

from colonnade.migrations.catalogue import take_inventory
from colonnade.migrations.inventory import Inventory

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["FORMAT", "fingerprint", "fingerprint_of"]

FORMAT = "1"
"""What the text starts with; it changes when the same schema would be given another text."""


def fingerprint(
    connection: Connection, schemas: Sequence[str] = (), *, without: Iterable[str] | None = None
) -> str:
    """Give the fingerprint of the schema that a connection sees; see `take_inventory` for the arguments.

    Raises:
        MigrationError: the account may not see all of it, or there is no such schema.
    """
    return fingerprint_of(take_inventory(connection, schemas, without=without))


def fingerprint_of(inventory: Inventory) -> str:
    """Give `1:` and 64 hexadecimal digits, the same on every version of Python."""
    items = [[*key, sorted(inventory.items[key].clauses.items())] for key in sorted(inventory.items)]
    text = json.dumps(items, ensure_ascii=True, separators=(",", ":"))
    return f"{FORMAT}:{sha256(text.encode()).hexdigest()}"
