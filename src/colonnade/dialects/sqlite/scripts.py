"""A migration as a script for SQLite: what a trial sends, as its tracing writes it with the values in place.

Alembic can't write one where a table is rebuilt: that takes a look at the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection

EMPTY = "sqlite://"
"""An original for the trial that is nowhere."""
BEGIN = ("PRAGMA foreign_keys=OFF", "PRAGMA legacy_alter_table=ON", "BEGIN IMMEDIATE")
"""As a run by Colonnade begins: a rebuilt table keeps its children, and the views that name it."""
END = ("COMMIT", "PRAGMA legacy_alter_table=OFF")

_LEFT_OUT = re.compile(
    r"\s*(--|(select|values|pragma|begin|commit|savepoint|release|rollback)\b)", re.IGNORECASE
)


@contextmanager
def traced(connection: DBAPIConnection) -> Iterator[list[str]]:
    """Give a list that each statement that changes something is added to, while the block lasts.

    What a trigger does, and what reads, isn't in it. Floats have the 15 digits that SQLite writes.
    """
    sent: list[str] = []

    def note(statement: str) -> None:
        if not _LEFT_OUT.match(statement):
            sent.append(statement)

    driver: Any = connection
    driver.set_trace_callback(note)
    try:
        yield sent
    finally:
        driver.set_trace_callback(None)
