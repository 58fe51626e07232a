"""What becomes of a column's values under another type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import types

from colonnade.dialects.sqlite.pieces import ColumnPieces, quoted

if TYPE_CHECKING:
    from sqlalchemy import Dialect
    from sqlalchemy.types import TypeEngine

# SQLAlchemy keeps these as text, though SQLite takes the names of their types for those of numbers.
_KEPT_AS_TEXT = (types.Date, types.DateTime, types.Time, types.Interval, types.JSON)


@dataclass(frozen=True)
class Conversion:
    """How a value is carried over, and the condition that it's not what it was; empty where it always is."""

    was: str
    asked: str
    expression: str
    loses: str


def conversion_of(column: ColumnPieces, asked: TypeEngine[Any], dialect: Dialect) -> Conversion:
    """Tell what becomes of this column's values; those that can't be undone without loss are lost.

    '007' as 7, 'abc' as 0 and 1.5 as 1 are lost, '12' as 12 is not.
    """
    was, text = column.of_kind("type"), asked.compile(dialect=dialect)
    name, old, new = quoted(column.name), affinity(was), affinity(text)
    if old == new:
        return Conversion(was, text, name, "")
    if isinstance(asked, _KEPT_AS_TEXT) or issubclass(asked._type_affinity or types.NullType, _KEPT_AS_TEXT):
        # Stored as it is, a text that reads as a number becomes one in such a column.
        reads_as_number = f"typeof({name}) = 'text' AND CAST({name} AS TEXT) = CAST({name} AS NUMERIC)"
        return Conversion(was, text, name, f"{reads_as_number} AND {_differs(name, 'NUMERIC')}")
    return Conversion(was, text, f"CAST({name} AS {new})", f"{name} IS NOT NULL AND {_differs(name, new)}")


def affinity(declared: str) -> str:
    """Give the affinity of a declared type (https://sqlite.org/datatype3.html, 3.1)."""
    name = declared.upper()
    if "INT" in name:
        return "INTEGER"
    if any(word in name for word in ("CHAR", "CLOB", "TEXT")):
        return "TEXT"
    if "BLOB" in name or not name.strip():
        return "BLOB"
    if any(word in name for word in ("REAL", "FLOA", "DOUB")):
        return "REAL"
    return "NUMERIC"


def _differs(name: str, new: str) -> str:
    """Give the condition that a value, there and back again, is another one."""
    there = f"CAST({name} AS {new})"
    back = " ".join(f"WHEN '{kind}' THEN CAST({there} AS {kind})" for kind in ("integer", "real", "text"))
    return f"(CASE typeof({name}) {back} ELSE CAST({there} AS BLOB) END) COLLATE BINARY IS NOT {name}"
