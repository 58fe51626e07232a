"""Which mapped class stands for a table: errors name `Clip`, not `clip`.

Registries become known when a repository is made for one of their classes, and from the
objects of the session in which an error arose.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from weakref import WeakSet

from sqlalchemy import Table
from sqlalchemy.orm import Mapper, Session, class_mapper, object_mapper, registry

if TYPE_CHECKING:
    from sqlalchemy import MetaData

_registries: WeakSet[registry] = WeakSet()


def remember(model: type) -> None:
    """Make the class, and all that are mapped beside it, known to errors.

    Raises:
        sqlalchemy.orm.exc.UnmappedClassError: for a class that isn't mapped.
    """
    _registries.add(class_mapper(model, configure=False).registry)


def remember_objects(session: Session) -> None:
    """Make the classes known whose objects the session holds."""
    for state in (session.new, session.deleted, session.identity_map.values()):
        for entity in state:
            _registries.add(object_mapper(entity).registry)


def known_registries() -> int:
    """Count the registries that are known: with one more, a table may have a class that it had not."""
    return len(_registries)


def entity_of(table: Table | None, name: str | None) -> str | None:
    """Give the name of the class mapped to the table, or the table's where there's none.

    `name` stands for a table that isn't in the metadata in use.
    """
    if table is None and name is None:
        return None
    wanted = table.name if table is not None else name
    mappers = [mapper for mapper in _mappers() if _table_of(mapper) is table] if table is not None else []
    mappers = mappers or [mapper for mapper in _mappers() if _named(mapper, wanted)]
    return mappers[0].class_.__name__ if mappers else wanted


def known_tables(metadata: MetaData | None, table: Table | None) -> Mapping[str, Table]:
    """Give all tables that are known, by name: the statement's own metadata goes before the given one."""
    tables: dict[str, Table] = {}
    for known in _registries:
        tables.update(known.metadata.tables)
    if metadata is not None:
        tables.update(metadata.tables)
    if table is not None:
        tables.update(table.metadata.tables)
    return tables


def _mappers() -> Iterator[Mapper[object]]:
    """Give the mappers that a table may be named after: with single-table inheritance the root class only."""
    for known in list(_registries):
        for mapper in known.mappers:
            if mapper.inherits is None or mapper.inherits.local_table is not mapper.local_table:
                yield mapper


def _table_of(mapper: Mapper[object]) -> Table | None:
    return mapper.local_table if isinstance(mapper.local_table, Table) else None


def _named(mapper: Mapper[object], name: str | None) -> bool:
    table = _table_of(mapper)
    return table is not None and table.name == name
