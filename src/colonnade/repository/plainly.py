"""Which classes the direct path serves: an allowlist of what is alike through a Session and past it.

All that isn't known to be alike takes the Session: inheritance, expressions mapped as columns, composites,
eager relationships, instrumentation of one's own. Listeners are asked for at each call, not here.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Engine, Table
from sqlalchemy.orm import (
    ColumnProperty,
    MappedSQLExpression,
    Mapper,
    RelationshipProperty,
    Synonym,
    SynonymProperty,
)
from sqlalchemy.orm.interfaces import MANYTOONE

from colonnade.engine import internals

_LAZY = ("select", True, "raise", "raise_on_sql", "write_only", "dynamic")
"""How a relationship may be loaded: not with its owner."""


def reads_plainly(mapper: Mapper[Any], engine: Engine) -> bool:
    """Tell whether a row of this class is an object's columns, and nothing else happens as it's loaded."""
    return (
        type(mapper) is Mapper
        and not engine.get_execution_options()
        and isinstance(mapper.local_table, Table)
        and mapper.persist_selectable is mapper.local_table
        and mapper.inherits is None
        and mapper.polymorphic_on is None
        and not mapper.with_polymorphic
        and not mapper.always_refresh
        and internals.is_standard(mapper)
        and all(_is_plain(prop, mapper.local_table) for prop in mapper.attrs)
    )


def writes_plainly(mapper: Mapper[Any]) -> bool:
    """Tell whether writing an object of this class that reads plainly is one statement about its row."""
    table: Any = mapper.local_table
    return mapper.eager_defaults in (False, "auto") and table.implicit_returning and mapper.batch


def deletes_plainly(mapper: Mapper[Any]) -> bool:
    """Tell whether deleting an object that was just read leaves all others to the database."""
    return all(
        related.passive_deletes or (related.direction is MANYTOONE and not related.cascade.delete)
        for related in mapper.relationships
    )


def _is_plain(prop: Any, table: Table) -> bool:
    if type(prop) in (ColumnProperty, MappedSQLExpression):
        return (
            len(prop.columns) == 1 and isinstance(prop.columns[0], Column) and prop.columns[0].table is table
        )
    if isinstance(prop, RelationshipProperty):
        # SQLAlchemy has several classes of them; a class of somebody else's may do anything.
        return prop.lazy in _LAZY and type(prop).__module__ == RelationshipProperty.__module__
    return type(prop) in (Synonym, SynonymProperty)
