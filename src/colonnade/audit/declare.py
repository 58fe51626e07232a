"""What a user declares about the auditing of a class or table, and what follows from it for each table.

    class Project(Base):
        __audit__ = Audit(exclude=["viewed_at"])

    tags = Table("tags", Base.metadata, …, info={"audit": Audit()})

A class's declaration is put into its table's `info` as the class is mapped.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from sqlalchemy import Column, MetaData, Table, event
from sqlalchemy.orm import Mapper

from colonnade.dialects.auditing import CAP, Audited, Catalogue
from colonnade.dialects.contract import AUDITED
from colonnade.errors import ConfigurationError
from colonnade.models.mixins import SoftDeleteMixin

__all__ = ["Audit", "audited_in", "entity_type_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """That changes of a class's rows are recorded by the database, and how.

    Args:
        exclude: columns that are left out; an UPDATE of nothing else isn't recorded.
        redact: columns of which it's recorded that they changed, and not to what.
        soft_delete: the column that marks a row as deleted: setting it is recorded as DELETE, and taking
            it back as CREATE. `SoftDeleteMixin`'s is found by itself; False for none.
        entity_type: what entries call it; the class's name in snake case without it, or the table's.
        cap: of a value with more bytes, length and digest are recorded in its place.

    Raises:
        ConfigurationError: for a name of columns that isn't a list of them, or a cap below 1,000 bytes.
    """

    exclude: Sequence[str] = ()
    redact: Sequence[str] = ()
    soft_delete: str | bool = True
    entity_type: str | None = None
    cap: int = CAP

    def __post_init__(self) -> None:
        for name in ("exclude", "redact"):
            given: Any = getattr(self, name)
            if isinstance(given, str):
                raise ConfigurationError(f"{name}={given!r} is one text: give a list of columns")
            object.__setattr__(self, name, tuple(given))
        if self.cap < 1000:
            raise ConfigurationError(f"cap={self.cap!r}: expected a number of bytes, at least 1000")


_soft_columns: WeakKeyDictionary[Table, Column[Any]] = WeakKeyDictionary()


_metadata: WeakSet[MetaData] = WeakSet()
"""Those in which classes are audited."""


@event.listens_for(Mapper, "after_mapper_constructed")
def _note_declared(mapper: Mapper[Any], class_: type[Any]) -> None:
    """Put what a class declares into its table's `info`, with the entity's type."""
    declared = getattr(class_, "__audit__", None)
    table = mapper.local_table
    if declared is None or not isinstance(table, Table) or (mapper.inherits and mapper.single):
        return
    if not isinstance(declared, Audit):
        raise ConfigurationError(f"{class_.__name__}.__audit__ is {declared!r}: expected Audit(…)")
    _metadata.add(table.metadata)
    table.info[AUDITED] = replace(declared, entity_type=declared.entity_type or _snake(class_.__name__))
    if issubclass(class_, SoftDeleteMixin) and declared.soft_delete is True:
        _soft_columns[table] = mapper.columns["deleted_at"]


def audited_in(metadata: MetaData) -> Catalogue:
    """Give what is recorded of each audited table of this metadata.

    Raises:
        ConfigurationError: for a column that isn't there, a key that is to be left out, a table without a
            primary key, or two tables with the same type of entity.
    """
    found: dict[Table, Audited] = {}
    types: dict[str, Table] = {}
    for table in metadata.tables.values():
        declared = table.info.get(AUDITED)
        if declared is None:
            continue
        one = found[table] = _resolved(table, declared)
        if types.setdefault(one.entity_type, table) is not table:
            raise ConfigurationError(
                f"{table.name} and {types[one.entity_type].name} are both audited as {one.entity_type!r}",
                remedy="Give one of them Audit(entity_type=…)",
            )
    return found


def audited_of_type(entity_type: str, metadata: Iterable[MetaData] = ()) -> Audited:
    """Give what is recorded of the table whose rows entries call by this name.

    Raises:
        ConfigurationError: where none is audited by that name, or more than one in different metadata.
    """
    found = [
        one
        for each in {*metadata} or {*_metadata}
        for one in audited_in(each).values()
        if one.entity_type == entity_type
    ]
    if len(found) != 1:
        text = "no table is" if not found else "more than one table is"
        raise ConfigurationError(f"{text} audited as {entity_type!r} here", entity=entity_type)
    return found[0]


def audited_table(model: Any) -> Audited:
    """Give what is recorded of a class's or a table's rows.

    Raises:
        ConfigurationError: for one that isn't audited.
    """
    entity_type_of(model)
    table = model if isinstance(model, Table) else model.__table__
    return audited_in(table.metadata)[table]


def entity_type_of(model: Any) -> str:
    """Give what entries call a class or a table.

    Raises:
        ConfigurationError: for one that isn't audited.
    """
    table = model if isinstance(model, Table) else getattr(model, "__table__", None)
    declared = table.info.get(AUDITED) if isinstance(table, Table) else None
    if table is None or declared is None:
        name = getattr(model, "__name__", repr(model))
        raise ConfigurationError(f"{name} isn't audited", remedy="Declare __audit__ = Audit()")
    return declared.entity_type or str(table.name)


def _resolved(table: Table, declared: Any) -> Audited:
    if not isinstance(declared, Audit):
        raise ConfigurationError(f"info[{AUDITED!r}] of {table.name} is {declared!r}: expected Audit(…)")
    if not table.primary_key.columns:
        raise ConfigurationError(f"{table.name} can't be audited: nothing tells its rows apart without a key")
    excluded, redacted = _columns(table, declared.exclude), _columns(table, declared.redact)
    if taken := [column.name for column in table.primary_key if column in excluded | redacted]:
        raise ConfigurationError(f"{taken[0]} is in the key of {table.name}: its log can't be without it")
    return Audited(
        table,
        declared.entity_type or table.name,
        tuple(column for column in table.columns if column not in excluded),
        frozenset(column.name for column in redacted),
        _soft_column(table, declared),
        declared.cap,
    )


def _soft_column(table: Table, declared: Audit) -> Column[Any] | None:
    if isinstance(declared.soft_delete, str):
        (column,) = _columns(table, [declared.soft_delete])
        return column
    return _soft_columns.get(table) if declared.soft_delete else None


def _columns(table: Table, names: Iterable[str]) -> set[Column[Any]]:
    found = set()
    for name in names:
        column = next((one for one in table.columns if name in (one.key, one.name)), None)
        if column is None:
            near = difflib.get_close_matches(name, [one.name for one in table.columns], 1)
            hint = f"; perhaps {near[0]}" if near else ""
            raise ConfigurationError(f"{table.name} has no column {name!r} to audit otherwise{hint}")
        found.add(column)
    return found


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
