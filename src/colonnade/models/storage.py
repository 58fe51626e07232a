"""How a type asks the dialect's `types.py` what its database keeps a value as."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from colonnade.dialects.contract import Types, known_dialect

__all__ = ["Plain", "stored_as", "types_of"]

_T = TypeVar("_T")


def types_of(dialect: Dialect) -> Types | None:
    """Give the dialect's types; None for a database that has no folder, whose types are SQLAlchemy's own."""
    known = known_dialect(dialect.name)
    return None if known is None else known.types


def stored_as(dialect: Dialect, kind: Callable[[Types], TypeEngine[Any]], otherwise: Any) -> TypeEngine[Any]:
    """Give the dialect's type of that kind."""
    types = types_of(dialect)
    return dialect.type_descriptor(kind(types) if types else otherwise)


class Plain(TypeDecorator[_T]):
    """A type without arguments, shown so: migrations quote it."""

    impl: Any

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"
