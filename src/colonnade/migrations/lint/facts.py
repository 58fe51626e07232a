"""What a live database tells of its rows, asked once each; it's only read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, inspect, select, table
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from colonnade.dialects.statements import verbatim

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Facts"]


class Facts:
    """Counts of a database's rows, by table and condition."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tables = frozenset(inspect(connection).get_table_names())
        self._counts: dict[tuple[str, str | None], int | None] = {}

    def count(self, name: str, where: str | None = None) -> int | None:
        """Count the rows of a table, those that meet a condition; None where that can't be told."""
        key = (name, where)
        if key not in self._counts:
            self._counts[key] = self._counted(name, where) if name in self._tables else None
        return self._counts[key]

    def _counted(self, name: str, where: str | None) -> int | None:
        statement = select(func.count()).select_from(table(name))
        if where is not None:
            statement = statement.where(verbatim(where))
        try:
            with self._connection.begin_nested():
                return self._connection.scalar(statement)
        except (DBAPIError, SQLAlchemyError):  # the column comes with an earlier step, say
            return None

    def quoted(self, name: str) -> str:
        """Give a name as a condition has it."""
        return self._connection.dialect.identifier_preparer.quote(name)
