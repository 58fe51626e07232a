"""Entities as plain data and back: what JSON can hold, exactly, whatever the column's type.

`to_dict` shows what is loaded and loads nothing; `from_dict` makes a new object of it. Instants, dates, times
and UUIDs are text as ISO has it, decimals text, bytes base64, durations whole microseconds, members of an
enumeration the text that is stored; floats that are no numbers are "NaN", "Infinity" and "-Infinity".
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum as PythonEnum
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    JSON,
    Boolean,
    Date,
    DateTime,
    Enum,
    Float,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    Time,
    Uuid,
    inspect,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

from colonnade.errors import EntityValidationError, SerializationFormatError
from colonnade.models.decimals import ExactDecimal
from colonnade.models.documents import Json
from colonnade.models.fields import fields_of, mapper_of, refuse_name
from colonnade.models.rules import NEUTRAL
from colonnade.models.types import Duration, PortableUuid, TimeOfDay, UTCDateTime
from colonnade.models.validation import rules_of

__all__ = ["from_dict", "from_plain", "from_text", "to_dict"]

T = TypeVar("T")
_MICROSECOND = timedelta(microseconds=1)


def to_dict(entity: Any, *, fields: Iterable[str] | str | None = None) -> dict[str, Any]:
    """Give what is loaded of an entity as plain data, related entities nested, in the order of the class.

    What isn't loaded is left out, and so are columns marked `info={"private": True}` and whatever leads back
    to an entity that this one is nested in. `fields` names the only ones to give, "id,title" or a list.

    Raises:
        EntityValidationError: for a name that the class hasn't, and for what is no entity.
    """
    state: Any = inspect(entity, raiseerr=False)
    if state is None or not hasattr(state, "mapper") or isinstance(entity, type):
        raise EntityValidationError(f"a {type(entity).__name__} is no entity")
    wanted = None if fields is None else _names(state.class_, fields)
    return _shown(entity, (), wanted)


def from_dict(Model: type[T], data: Mapping[str, Any]) -> T:
    """Make a new object of the class from plain data, as `to_dict` gives it, or of Python's own values.

    Related entities are made of what is nested; one that comes twice, by its key, is one object. Columns that
    the database computes are left to it. What is missing is left to defaults, and asked for when
    the object is written.

    Raises:
        EntityValidationError: for unknown names, with the nearest real ones; for what a field doesn't take.
        SerializationFormatError: for text that isn't what the field's type is written as.
    """
    made: T = _made(Model, data, {})
    return made


def from_plain(type_: TypeEngine[Any], value: Any) -> Any:
    """Give the value that plain data stands for in a column of this type; a value of its own as it is.

    Raises:
        ValueError: where it stands for none.
    """
    if _is_foreign(type_) and isinstance(value, str | int | float | list | dict):
        decorator: Any = type_
        kept = from_plain(decorator.impl_instance, value)
        reads = type(decorator).process_result_value is not TypeDecorator.process_result_value
        return decorator.process_result_value(kept, NEUTRAL) if reads else kept
    read = _reader(type_)
    return value if value is None or read is None else read(value)


def to_plain(type_: TypeEngine[Any], value: Any) -> Any:
    """Give a column's value as JSON has it, of which `from_plain` makes the same value again."""
    return _plain(type_, value)


def from_text(type_: TypeEngine[Any], text: str) -> Any:
    """Give the value that text stands for, as a query string has it.

    Raises:
        ValueError: where it stands for none.
    """
    kind = _kind(type_)
    if isinstance(kind, Boolean):
        return _TRUTHS[text.lower()]
    if isinstance(kind, Duration | Integer):
        return from_plain(type_, int(text))
    if isinstance(kind, Float):
        return float(text)
    return from_plain(type_, text)


_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


def _names(model: type[Any], given: Iterable[str] | str) -> set[str]:
    names = [one.strip() for one in given.split(",")] if isinstance(given, str) else list(given)
    fields = fields_of(model)
    known = {*fields.columns, *fields.relationships} - rules_of(model).private
    for name in names:
        if name not in known:
            refuse_name(model, str(name), sorted(known))
    return set(names)


def _shown(entity: Any, above: tuple[int, ...], wanted: set[str] | None = None) -> dict[str, Any]:
    state: Any = inspect(entity)
    fields, private = fields_of(state.class_), rules_of(state.class_).private
    above = (*above, id(entity))
    shown: dict[str, Any] = {}
    for name in (*fields.columns, *sorted(fields.relationships)):
        if name not in state.dict or name in private or (wanted is not None and name not in wanted):
            continue
        value = state.dict[name]
        if name not in fields.relationships:
            shown[name] = _plain(_type(state.mapper, name), value)
        elif id(value) not in above:
            shown[name] = _shown_related(value, above)
    return shown


def _shown_related(value: Any, above: tuple[int, ...]) -> Any:
    if value is None:
        return None
    if isinstance(value, Mapping):
        return {key: _shown(one, above) for key, one in value.items() if id(one) not in above}
    if isinstance(value, list | set | tuple):
        return [_shown(one, above) for one in value if id(one) not in above]
    return _shown(value, above)


def _type(mapper: Any, name: str) -> TypeEngine[Any]:
    found: TypeEngine[Any] = mapper.column_attrs[name].columns[0].type
    return found


def _is_foreign(type_: TypeEngine[Any]) -> bool:
    """Tell whether a user's own type says what is stored, which is then what plain data shows."""
    if not isinstance(type_, TypeDecorator) or isinstance(type_, tuple(kind for kind, _ in _OURS)):
        return False
    return type(type_).process_bind_param is not TypeDecorator.process_bind_param


def _plain(type_: TypeEngine[Any], value: Any) -> Any:
    if value is not None and _is_foreign(type_):
        decorator: Any = type_
        return _plain(decorator.impl_instance, decorator.process_bind_param(value, NEUTRAL))
    if isinstance(value, PythonEnum):
        return _stored(type_, value)
    if value is None or isinstance(value, bool | str | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else _NO_NUMBERS[str(value)]
    for kind, write in _WRITERS:
        if isinstance(value, kind):
            return write(value)
    return value


def _stored(type_: TypeEngine[Any], member: PythonEnum) -> Any:
    known = _kind(type_)
    if isinstance(known, Enum) and known.enum_class is not None:
        by_member = dict(zip(known.enum_class, known.enums, strict=False))
        return by_member.get(member, member.name)
    return member.value


_NO_NUMBERS = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}

_WRITERS: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (datetime | date | time, lambda value: value.isoformat()),
    (Decimal | UUID, str),
    (timedelta, lambda value: value // _MICROSECOND),
    (bytes | bytearray | memoryview, lambda value: base64.b64encode(value).decode()),
)


def _made(model: type[Any], data: Any, known: dict[Any, Any]) -> Any:
    if not isinstance(data, Mapping):
        raise SerializationFormatError(
            f"a {model.__name__} is made of a mapping, not of a {type(data).__name__}", entity=model.__name__
        )
    mapper, fields = mapper_of(model), fields_of(model)
    values: dict[str, Any] = {}
    for given, value in data.items():
        name = fields.synonyms.get(given, given)
        if name in fields.columns:
            if name not in fields.generated:
                values[name] = _read(model, name, value)
        elif name not in fields.relationships:
            refuse_name(model, str(given), [*fields.columns, *fields.synonyms, *sorted(fields.relationships)])
    rules_of(model).explain(values)
    key = (mapper.base_mapper, *(values.get(name) for name in fields.key))
    if None not in key and key in known:
        return known[key]
    entity = known[key] = model(**values)
    for name in fields.relationships:
        if name in data:
            setattr(entity, name, _made_related(mapper.relationships[name], data[name], known))
    return entity


def _made_related(prop: Any, value: Any, known: dict[Any, Any]) -> Any:
    target = prop.mapper.class_
    if not prop.uselist:
        return None if value is None else _made(target, value, known)
    made = prop.collection_class() if prop.collection_class else []
    if isinstance(value, Mapping):
        return {key: _made(target, one, known) for key, one in value.items()}
    if not isinstance(value, list | tuple):
        raise SerializationFormatError(
            f"{prop.key} of {prop.parent.class_.__name__} is a list, not a {type(value).__name__}",
            entity=prop.parent.class_.__name__,
            columns=[prop.key],
        )
    entities = [_made(target, one, known) for one in value]
    return set(entities) if isinstance(made, set) else entities


def _read(model: type[Any], name: str, value: Any) -> Any:
    try:
        return from_plain(_type(mapper_of(model), name), value)
    except (ValueError, TypeError, KeyError, ArithmeticError) as error:
        shown = type(value).__name__ if name in rules_of(model).private else repr(value)[:50]
        raise SerializationFormatError(
            f"{name} of {model.__name__} can't be read from {shown}", entity=model.__name__, columns=[name]
        ) from error


def _kind(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    if isinstance(type_, TypeDecorator) and not isinstance(type_, tuple(kind for kind, _ in _OURS)):
        return type_.impl_instance
    return type_


def _reader(type_: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    kind = _kind(type_)
    for known, read in (*_OURS, *_READERS):
        if isinstance(kind, known):
            return read(kind) if known in _BY_TYPE else read
    return None


def _from(kind: type, read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: read(value) if isinstance(value, kind) else value


def _decimal(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return Decimal(value)
    except InvalidOperation as error:
        raise ValueError(value) from error


def _float(value: Any) -> Any:
    if isinstance(value, str):
        if value not in _NO_NUMBERS.values():
            raise ValueError(value)
        return float(value)
    return float(value) if type(value) is int else value


def _bytes(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise ValueError(value) from error


def _duration(value: Any) -> Any:
    return value * _MICROSECOND if isinstance(value, int) else value


def _member(type_: Enum) -> Callable[[Any], Any]:
    members = type_.enum_class
    if members is None:
        return lambda value: value
    by_text = dict(zip(type_.enums, members, strict=False))
    return lambda value: by_text.get(value, value) if isinstance(value, str) else value


_OURS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (UTCDateTime, _from(str, datetime.fromisoformat)),
    (Duration, _duration),
    (TimeOfDay, _from(str, time.fromisoformat)),
    (PortableUuid, _from(str, UUID)),
    (ExactDecimal, _decimal),
    (Json, lambda value: value),
)

_READERS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (JSON, lambda value: value),
    (Enum, _member),
    (DateTime, _from(str, datetime.fromisoformat)),
    (Date, _from(str, date.fromisoformat)),
    (Time, _from(str, time.fromisoformat)),
    (Interval, _duration),
    (Uuid, lambda type_: _from(str, UUID) if type_.as_uuid else lambda value: value),
    (LargeBinary, _bytes),
    (Float, _float),
    (Numeric, _decimal),
)

_BY_TYPE = (Enum, Uuid)
