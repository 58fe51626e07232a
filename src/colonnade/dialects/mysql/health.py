"""What may surprise about a schema on this database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import String

if TYPE_CHECKING:
    from sqlalchemy import Column, Dialect, MetaData


def warnings(metadata: MetaData, dialect: Dialect) -> list[str]:
    """Name the text columns that compare by the server's default collation, and what that means."""
    names = [
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if _compares_loosely(column, dialect)
    ]
    if not names:
        return []
    return [
        f"text in {', '.join(names)} compares by the server's default collation, for which 'fox', 'Fox ' "
        "and 'FÖX' may be one: give the columns a binary collation, or use colonnade.models.Base"
    ]


def _compares_loosely(column: Column[object], dialect: Dialect) -> bool:
    implementation = column.type.dialect_impl(dialect)
    if not isinstance(column.type.python_type, type) or column.type.python_type is not str:
        return False
    ddl = column.type.compile(dialect=dialect)
    return isinstance(getattr(implementation, "impl", implementation), String) and "_bin" not in ddl
