"""Several statements after one another, on psycopg's and asyncpg's own connections in autocommit."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Integer, any_, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine


def among(column: Any, kind: TypeEngine[Any], name: str) -> ColumnElement[bool] | None:
    """Compare with an array: one statement, prepared once, for any number of values."""
    if not isinstance(kind, Integer):
        return None
    equal: ColumnElement[bool] = column == any_(bindparam(name, type_=ARRAY(kind)))
    return equal


def begin(connection: Any) -> None:
    """Nothing: in READ COMMITTED each statement has a moment of its own, in a transaction too."""


def end(connection: Any) -> None:
    """Nothing, as `begin`."""
