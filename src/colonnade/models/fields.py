"""The names of a mapped class: what each stands for, and what may be set through it.

Names come in as users write them; attributes of the class go out. The names are
collected once per class, so that a look-up costs a dictionary's access.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NoReturn
from weakref import WeakKeyDictionary

from sqlalchemy import Column
from sqlalchemy import inspect as sqlalchemy_inspect
from sqlalchemy.exc import NoInspectionAvailable
from sqlalchemy.ext.hybrid import HybridExtensionType
from sqlalchemy.orm import ColumnProperty, Mapper, QueryableAttribute

from colonnade.errors import EntityValidationError

FEW = 12
"""A class with at most as many names has all of them listed in the error about a wrong one."""


@dataclass(frozen=True, slots=True)
class Fields:
    """The names of one mapped class, by what they stand for.

    `key` is the primary key in the mapper's order; `columns` are the attributes that hold
    one column each, the key among them; `settable` those of them that an update may name;
    `version` the one that counts the updates.
    """

    key: tuple[str, ...]
    columns: tuple[str, ...]
    settable: frozenset[str]
    generated: frozenset[str]
    version: str | None
    synonyms: Mapping[str, str]
    relationships: frozenset[str]
    expressions: frozenset[str]
    composites: Mapping[str, tuple[str, ...]]


# Names only are kept, so that a class that is dropped takes its entry with it.
_known: WeakKeyDictionary[type[Any], Fields] = WeakKeyDictionary()


def fields_of(model: type[Any]) -> Fields:
    """Give the names of a mapped class.

    Raises:
        EntityValidationError: when the class isn't mapped.
    """
    found = _known.get(model)
    if found is None:
        found = _known[model] = _collect(mapper_of(model))
    return found


def mapper_of(model: type[Any]) -> Mapper[Any]:
    """Give the mapper of a class.

    Raises:
        EntityValidationError: when the class isn't mapped.
    """
    try:
        mapper = sqlalchemy_inspect(model)
    except NoInspectionAvailable:
        mapper = None
    if not isinstance(mapper, Mapper):
        raise EntityValidationError(
            f"{model!r} is not a mapped class", remedy="Give a class of a declarative base."
        )
    return mapper


def field(model: type[Any], name: str) -> QueryableAttribute[Any]:
    """Give the attribute of this name: a column, a synonym of one, or a SQL expression (hybrid).

    Raises:
        EntityValidationError: for a name that the class hasn't, and for a relationship.
    """
    fields = fields_of(model)
    if name in fields.relationships:
        raise EntityValidationError(
            f"{name!r} is a relationship of {model.__name__}, and a column is needed here",
            entity=model.__name__,
            columns=[name],
            remedy=f"Use its foreign key, or a criterion such as {model.__name__}.{name}.has(...).",
        )
    name = fields.synonyms.get(name, name)
    if name not in fields.columns and name not in fields.expressions and name not in fields.composites:
        refuse_name(model, name, [*fields.columns, *fields.synonyms, *fields.expressions, *fields.composites])
    attribute: QueryableAttribute[Any] = getattr(model, name)
    return attribute


def validate_updates(model: type[Any], updates: Mapping[Any, Any]) -> dict[str, Any]:
    """Give the updates as a dict of attribute name to value, each name one that may be set.

    A name is text or an attribute of the class; a synonym is replaced by the name it stands
    for; values are left as they are, SQL expressions among them. Empty stays empty.

    Raises:
        EntityValidationError: for an unknown name, a part of the primary key, a relationship,
            a composite, a computed column, a SQL expression, a name given twice, or no mapping.
    """
    if not isinstance(updates, Mapping):
        raise EntityValidationError(
            f"updates are a mapping of field names to values, not {type(updates).__name__}",
            entity=model.__name__,
        )
    if updates.keys() <= fields_of(model).settable:
        return dict(updates)
    result: dict[str, Any] = {}
    for name, value in updates.items():
        settable = _settable(model, attribute_name(model, name))
        if settable in result:
            raise EntityValidationError(
                f"{settable!r} of {model.__name__} is given twice", entity=model.__name__, columns=[settable]
            )
        result[settable] = value
    return result


def is_sql(value: object) -> bool:
    """Tell a SQL expression from a value."""
    return hasattr(value, "__clause_element__") or hasattr(value, "self_group")


def attribute_name(model: type[Any], name: object) -> str:
    """Give the name, written as text or as an attribute of the class.

    Raises:
        EntityValidationError: for anything else, and for an attribute of another class.
    """
    if isinstance(name, str):
        return name
    if isinstance(name, QueryableAttribute) and mapper_of(model).isa(name.parent.mapper):
        return name.key
    raise EntityValidationError(
        f"{name!s} is not a field of {model.__name__}",
        entity=model.__name__,
        remedy=f"Write the field's name as text, or as {model.__name__}.name.",
    )


def attributes_of_columns(model: type[Any], columns: Collection[str]) -> set[str]:
    """Give the attributes that hold the columns with these names in the database."""
    mapper = mapper_of(model)
    return {
        name
        for name in fields_of(model).columns
        if any(column.name in columns for column in mapper.column_attrs[name].columns)
    }


def refuse_name(model: type[Any], name: str, known: Collection[str]) -> NoReturn:
    """Raise the error about a name that the class hasn't, with the nearest one that it has."""
    near = get_close_matches(name, known, n=1)
    remedy = f"Did you mean {near[0]!r}?" if near else ""
    if len(known) <= FEW:
        remedy = f"{remedy} Its fields are: {', '.join(known)}.".strip()
    raise EntityValidationError(
        f"{model.__name__} has no field {name!r}", entity=model.__name__, columns=[name], remedy=remedy
    )


def _settable(model: type[Any], name: str) -> str:
    fields = fields_of(model)
    name = fields.synonyms.get(name, name)
    if name in fields.settable:
        return name
    reason, remedy = _why_not(model, name, fields)
    raise EntityValidationError(
        f"{name!r} of {model.__name__} can't be updated: {reason}",
        entity=model.__name__,
        columns=[name],
        remedy=remedy,
    )


def _why_not(model: type[Any], name: str, fields: Fields) -> tuple[str, str]:
    if name in fields.key:
        return "it is the primary key", "Create a new row, and delete this one."
    if name in fields.relationships:
        return "it is a relationship", "Set its foreign key, or change the object in a session."
    if name == fields.version:
        return "it counts the updates by itself", "To refuse an older state, save() the object that was read."
    if name in fields.generated:
        return "the database computes it", "Set the columns that it is computed from."
    if name in fields.composites:
        return "it is made of columns", f"Set {', '.join(fields.composites[name])}."
    if name in fields.expressions:
        return "it is a SQL expression", "Set the columns that it is computed from."
    refuse_name(model, name, sorted(fields.settable | fields.synonyms.keys()))


def _collect(mapper: Mapper[Any]) -> Fields:
    columns = {key: prop for key, prop in mapper.column_attrs.items() if _is_column(prop)}
    key = tuple(mapper.get_property_by_column(column).key for column in mapper.primary_key)
    generated = frozenset(name for name, prop in columns.items() if prop.columns[0].computed is not None)
    counter = mapper.version_id_col
    version = None if counter is None else mapper.get_property_by_column(counter).key
    hybrids = {
        name
        for name, descriptor in mapper.all_orm_descriptors.items()
        if descriptor.extension_type is HybridExtensionType.HYBRID_PROPERTY
    }
    return Fields(
        key=key,
        columns=tuple(columns),
        settable=frozenset(columns) - frozenset(key) - generated - {version},
        generated=generated,
        version=version,
        synonyms={name: synonym.name for name, synonym in mapper.synonyms.items()},
        relationships=frozenset(mapper.relationships.keys()),
        expressions=frozenset(hybrids | (mapper.column_attrs.keys() - columns.keys())),
        composites={
            name: tuple(part.key for part in composite.props) for name, composite in mapper.composites.items()
        },
    )


def _is_column(prop: ColumnProperty[Any]) -> bool:
    return isinstance(prop.columns[0], Column)
