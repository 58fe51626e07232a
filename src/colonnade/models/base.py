"""The base of mapped classes: names for every constraint, and types that behave alike.

`Base` is enough for an application. One that shares its process with another, and their table names meet,
makes a base of its own: `class Base(Conventions, DeclarativeBase): ...`.
"""

from __future__ import annotations

from typing import Any, ClassVar, get_origin, is_typeddict

from sqlalchemy import CheckConstraint, Column, Enum, MetaData, Table, event, inspect
from sqlalchemy.orm import DeclarativeBase, TypeResolve

from colonnade.errors import ConfigurationError
from colonnade.models.documents import Json
from colonnade.models.types import TYPES, portable

__all__ = ["Base", "Conventions", "InternalBase", "conventional_metadata", "internal_metadata"]

_MARK = "colonnade_conventions"


def _rule(constraint: CheckConstraint, table: Table) -> str:
    """The name that a CHECK was given, else its columns."""
    if constraint.name:
        return str(constraint.name)
    columns = "_".join(column.name for column in constraint.columns)
    if not columns:
        raise ConfigurationError(
            f"a CHECK of the table {table.name} has neither a name nor columns", remedy="Give it name=…."
        )
    return columns


# SQLAlchemy puts a given name into the pattern where the pattern says "constraint_name", as our token does.
NAMES: dict[str, Any] = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name_or_columns)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
    "constraint_name_or_columns": _rule,
}


def conventional_metadata(schema: str | None = None) -> MetaData:
    """Give a MetaData whose constraints get names, and whose tables get types that behave alike."""
    return MetaData(schema=schema, naming_convention=NAMES, info={_MARK: True})


def _json_of_generics(resolve: TypeResolve) -> Json | None:
    """SQLAlchemy finds `dict` in its map, but not `dict[str, Any]`, nor a TypedDict."""
    known = resolve.registry.type_annotation_map
    asked = (resolve.raw_pep_695_type, resolve.raw_pep_593_type, resolve.resolved_type)
    if any(type_ in known for type_ in asked if type_ is not None):
        return None
    found: Any = resolve.resolved_type
    return Json() if get_origin(found) in (dict, list) or is_typeddict(found) else None


class Conventions:
    """What makes a declarative base ours: mixed into one, it brings names, types and a short repr.

    A base that sets `metadata` keeps its own names for constraints.
    """

    metadata: ClassVar[MetaData]
    type_annotation_map: ClassVar[dict[Any, Any]]

    def __init_subclass__(cls, **keywords: Any) -> None:
        if DeclarativeBase in cls.__bases__:
            if "metadata" not in cls.__dict__:
                cls.metadata = conventional_metadata()
            cls.metadata.info[_MARK] = True
            cls.type_annotation_map = {**TYPES, **cls.__dict__.get("type_annotation_map", {})}
        super().__init_subclass__(**keywords)
        if DeclarativeBase in cls.__bases__:
            event.listen(cls, "resolve_type_annotation", _json_of_generics)

    def __repr__(self) -> str:
        """The class and the primary key; never the row, and nothing is loaded for it."""
        state: Any = inspect(self)
        keys = [state.mapper.get_property_by_column(column).key for column in state.mapper.primary_key]
        values = state.identity or [state.dict.get(key) for key in keys]
        shown = ", ".join(f"{key}={value!r}" for key, value in zip(keys, values, strict=True))
        return f"{type(self).__name__}({shown})"


class Base(Conventions, DeclarativeBase):
    """The declarative base of an application's models."""


class InternalBase(Conventions, DeclarativeBase):
    """The base of Colonnade's own tables, apart from the application's metadata."""


internal_metadata: MetaData = InternalBase.metadata
"""The metadata of Colonnade's own tables."""


@event.listens_for(Column, "before_parent_attach")
def _make_portable(column: Column[Any], table: Table) -> None:
    # A listener on every Column is the one way to see those of plain Tables too; without our mark they pass.
    if not table.metadata.info.get(_MARK):
        return
    if isinstance(column.type, Enum):
        _name_check(column.type, column.name)
    column.type = portable(column.type)


def _name_check(type_: Enum, column_name: str) -> None:
    # SQLAlchemy names the CHECK after the class: the second column with this Enum would have the same.
    if type_.enum_class is None or type_.name == type_.enum_class.__name__.lower():
        type_.name = type_.name if type_.native_enum else column_name


@event.listens_for(Column, "after_parent_attach")
def _move_checks(column: Column[Any], table: Table) -> None:
    """Make a column's CHECKs the table's: MariaDB (10.11) takes no name for one that stands in a column."""
    if not table.metadata.info.get(_MARK):
        return
    for check in [found for found in column.constraints if isinstance(found, CheckConstraint)]:
        column.constraints.discard(check)
        table.append_constraint(
            CheckConstraint(check.sqltext, name=check.name or column.name, info=check.info)
        )
