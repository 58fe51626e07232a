"""Primary keys: the values a user names a row by, and the conditions that find it.

A key is written as one value, as a tuple in the mapper's order, or as a mapping of
attribute name to value; single and composite keys of any type alike. Back it comes as
one value, or a tuple for a composite one.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, NoReturn, get_args

from sqlalchemy import ColumnElement, Row, tuple_
from sqlalchemy import Enum as EnumType
from sqlalchemy import inspect as sqlalchemy_inspect
from sqlalchemy.orm import InstanceState, QueryableAttribute
from sqlalchemy.types import TypeDecorator, TypeEngine

from colonnade.errors import EntityValidationError
from colonnade.models.fields import attribute_name, fields_of, mapper_of, refuse_name
from colonnade.models.validation import checked_updates

PARAMETERS_PER_STATEMENT = 10_000
"""Well under what any driver takes: SQLite 32,766, asyncpg 32,767, psycopg 65,535."""

# What a key of a plain type may be given as. The databases disagree about anything else: MySQL finds
# row 5 by '5abc' and every word by 0, SQLite converts, PostgreSQL refuses.
_ACCEPTED: dict[type, tuple[type, ...]] = {
    int: (int,),
    str: (str,),
    bytes: (bytes,),
    float: (int, float, Decimal),
    Decimal: (int, float, Decimal),
    uuid.UUID: (uuid.UUID,),
    datetime: (datetime,),
    date: (date,),
    time: (time,),
    timedelta: (timedelta,),
}


def key_criteria(model: type[Any], id: Any) -> tuple[ColumnElement[bool], ...]:
    """Give one condition for each column of the key; together they find one row.

    Raises:
        EntityValidationError: when `id` isn't a key of this class.
    """
    names, values = fields_of(model).key, _values(model, id)
    return tuple(getattr(model, name) == value for name, value in zip(names, values, strict=True))


def normal_key(model: type[Any], id: Any) -> Any:
    """Give the key in its plain form, as `key_of` gives it: one value, or a tuple for a composite key.

    Raises:
        EntityValidationError: when `id` isn't a key of this class.
    """
    return _plain(_values(model, id))


def key_values(model: type[Any], id: Any) -> tuple[Any, ...]:
    """Give the key's values as a tuple in the mapper's order, even a single one.

    Raises:
        EntityValidationError: when `id` isn't a key of this class.
    """
    return _values(model, id)


def has_integer_key(model: type[Any]) -> bool:
    """Tell whether the key is one whole number, as most are."""
    columns = mapper_of(model).primary_key
    return len(columns) == 1 and _kind(columns[0]) is int


def key_of(source: Any) -> Any:
    """Give the key of an entity, or of a row whose first element is one.

    That of a row in the database is the one it was read or written with; nothing is loaded.

    Raises:
        EntityValidationError: for an entity that has no key yet, and for what is no entity.
    """
    entity = source[0] if isinstance(source, Row) and len(source) else source
    state: Any = sqlalchemy_inspect(entity, raiseerr=False)
    if not isinstance(state, InstanceState):
        raise EntityValidationError(f"{type(entity).__name__} is not a mapped class, so it has no key")
    if state.identity is not None:
        return _plain(tuple(state.identity))
    model = state.mapper.class_
    values = tuple(state.dict.get(name) for name in fields_of(model).key)
    if None in values:
        raise EntityValidationError(
            f"this {model.__name__} has no key yet",
            entity=model.__name__,
            columns=fields_of(model).key,
            remedy="Create it first, or give it a key.",
        )
    return _plain(values)


def many_keys_criteria(model: type[Any], ids: Iterable[Any]) -> tuple[ColumnElement[bool], ...]:
    """Give conditions that find the rows of all these keys, each with as many as one statement can take.

    Keys that are given twice are asked for once; for no keys there are no conditions. Rows come
    back in any order: match them by `key_of` and `normal_key`.

    Raises:
        EntityValidationError: when one of them isn't a key of this class.
    """
    names = fields_of(model).key
    keys = list(dict.fromkeys(_values(model, id) for id in ids))
    size = PARAMETERS_PER_STATEMENT // len(names)
    return tuple(_in(model, keys[start : start + size]) for start in range(0, len(keys), size))


def split_row(model: type[Any], row: Mapping[Any, Any]) -> tuple[Any, dict[str, Any]]:
    """Split a mapping of field names to values into the key and the updates of one row.

    Raises:
        EntityValidationError: when a part of the key is missing, or a field can't be updated.
    """
    if not isinstance(row, Mapping):
        _refuse(model, row)
    names = fields_of(model).key
    named = {attribute_name(model, name): value for name, value in row.items()}
    key = {name: value for name, value in named.items() if name in names}
    updates = {name: value for name, value in named.items() if name not in names}
    return normal_key(model, key), checked_updates(model, updates)


def _values(model: type[Any], id: Any) -> tuple[Any, ...]:
    names = fields_of(model).key
    if isinstance(id, Mapping):
        values = _from_mapping(model, id)
    else:
        values = tuple(id) if isinstance(id, tuple) else (id,)
    if len(values) != len(names):
        _refuse(model, id)
    columns = mapper_of(model).primary_key
    values = tuple(_member(column.type, value) for column, value in zip(columns, values, strict=True))
    if not all(_fits(_kind(column), value) for column, value in zip(columns, values, strict=True)):
        _refuse(model, id)
    return values


def _from_mapping(model: type[Any], id: Mapping[Any, Any]) -> tuple[Any, ...]:
    names = fields_of(model).key
    given = {attribute_name(model, name): value for name, value in id.items()}
    for name in given:
        if name not in names:
            refuse_name(model, name, names)
    return tuple(given[name] for name in names if name in given)


def _member(type_: TypeEngine[Any], value: Any) -> Any:
    """Give the enumeration's member for the text that it is stored as; any other value as it is."""
    if not isinstance(type_, EnumType) or type_.enum_class is None or type(value) is not str:
        return value
    return dict(zip(type_.enums, type_.enum_class, strict=False)).get(value, value)


def _kind(column: ColumnElement[Any]) -> type:
    """Give the type of the column's values in Python: a decorated type's is its type argument."""
    kind: type = column.type.python_type
    if kind is not object:
        return kind
    for base in type(column.type).__mro__:
        for generic in base.__dict__.get("__orig_bases__", ()):
            argument = next(iter(get_args(generic)), None)
            if isinstance(argument, type) and isinstance(column.type, TypeDecorator):
                return argument
    return object


def _fits(kind: type, value: Any) -> bool:
    if value is None:
        return False
    if issubclass(kind, Enum):
        return isinstance(value, kind)
    if kind not in _ACCEPTED:
        return True
    if kind is date and isinstance(value, datetime):
        return False
    # sqlite3 raises a bare OverflowError for an integer of more than 64 bits.
    too_large = isinstance(value, int) and not -(2**63) <= value < 2**63
    return isinstance(value, _ACCEPTED[kind]) and not isinstance(value, bool) and not too_large


def _refuse(model: type[Any], id: Any) -> NoReturn:
    names = fields_of(model).key
    columns = mapper_of(model).primary_key
    wanted = ", ".join(
        f"{name} ({_kind(column).__name__})" for name, column in zip(names, columns, strict=True)
    )
    single = f"Give the value, or {{{names[0]!r}: value}}."
    several = f"Give a tuple in this order, or a mapping of {', '.join(names)} to their values."
    raise EntityValidationError(
        f"{id!r:.200} is not a key of {model.__name__}, whose primary key is {wanted}",
        entity=model.__name__,
        columns=names,
        remedy=single if len(names) == 1 else several,
    )


def _plain(values: tuple[Any, ...]) -> Any:
    return values[0] if len(values) == 1 else values


def _in(model: type[Any], keys: list[tuple[Any, ...]]) -> ColumnElement[bool]:
    attributes: list[QueryableAttribute[Any]] = [getattr(model, name) for name in fields_of(model).key]
    if len(attributes) == 1:
        return attributes[0].in_([value for (value,) in keys])
    return tuple_(*attributes).in_(keys)
