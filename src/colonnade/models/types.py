"""Column types that behave alike on every database: same values, same order, nothing rounded.

Each asks the dialect's `types.py` how its database keeps the value. What a database would round, cut or
reinterpret in silence is refused with `EntityValidationError` before it's sent.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import (
    TEXT,
    VARCHAR,
    BigInteger,
    DateTime,
    Dialect,
    Double,
    Enum,
    Float,
    LargeBinary,
    String,
    Text,
    Time,
    Unicode,
    UnicodeText,
    Uuid,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import TypeClause
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from colonnade.errors import EntityValidationError
from colonnade.models.decimals import ExactDecimal
from colonnade.models.documents import Json
from colonnade.models.storage import Plain, stored_as, types_of

__all__ = [
    "Bytes",
    "CodePointEnum",
    "CodePointString",
    "CodePointText",
    "Duration",
    "ExactDecimal",
    "Json",
    "LongKey",
    "PortableUuid",
    "TimeOfDay",
    "UTCDateTime",
    "portable",
    "utcnow",
]

DEFAULT_LENGTH = 255


class UTCDateTime(Plain[datetime]):
    """An instant, in microseconds: an aware datetime in UTC comes out, whatever zone went in.

    A naive datetime is refused, since nothing tells which instant it means.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return stored_as(dialect, lambda types: types.timestamp(), DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        instant = _in_utc(value)
        types = types_of(dialect)
        return instant if types is None or types.TIMESTAMP_HAS_ZONE else instant.replace(tzinfo=None)

    def bind_processor(self, dialect: Dialect) -> Any:
        """Do as `process_bind_param` before the dialect's own type does, in one step where it's in UTC."""
        types = types_of(dialect)
        convert = super().bind_processor(dialect)
        if types is None or convert is None or type(self) is not UTCDateTime:
            return convert
        if types.TIMESTAMP_IS_TEXT:
            return _or_else(lambda value: value.isoformat(" ", "microseconds")[:26], convert)
        if types.TIMESTAMP_HAS_ZONE and self.impl_instance.bind_processor(dialect) is None:
            return _or_else(lambda value: value, convert)
        return convert

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return _as_utc(value)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        """Do as `process_result_value` behind the dialect's own type does, in one step for each value."""
        types = types_of(dialect)
        if types is None or type(self) is not UTCDateTime:
            return super().result_processor(dialect, coltype)
        convert = self.impl_instance.result_processor(dialect, coltype)
        if convert is None:
            return _as_utc
        if types.TIMESTAMP_IS_TEXT:
            return _text_as_utc(convert)
        return super().result_processor(dialect, coltype)


_EPOCH = datetime(1970, 1, 1)
_EPOCH_UTC = _EPOCH.replace(tzinfo=UTC)


def _as_utc(value: datetime | str | None) -> datetime | None:
    if isinstance(value, str):  # the direct path asks for it so where the driver's own way takes long
        value = datetime.fromisoformat(value)
    if value is None or value.tzinfo is UTC:
        return value
    if value.tzinfo is not None:
        return value.astimezone(UTC)
    # A sum takes a tenth of what `replace` takes, and forgets nothing but a fold.
    return value.replace(tzinfo=UTC) if value.fold else _EPOCH_UTC + (value - _EPOCH)


def _or_else(from_utc: Callable[[datetime], Any], convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Give what does the one with instants in UTC, as most are, and the other with all else."""
    return lambda value: (
        from_utc(value) if type(value) is datetime and value.tzinfo is UTC else convert(value)
    )


def _text_as_utc(convert: Callable[[Any], datetime | None]) -> Callable[[Any], datetime | None]:
    """Give what reads an instant from text as `convert` does, and gives it in UTC."""
    read = datetime.fromisoformat

    def converted(value: Any) -> datetime | None:
        # In the form that is written here, read together with its zone: half the time of adding that later.
        if type(value) is str and len(value) == 26:
            try:
                instant = read(value + "+00:00")
            except ValueError:
                pass
            else:
                if instant.tzinfo is UTC:
                    return instant
        return _as_utc(convert(value))

    return converted


def _in_utc(value: object) -> datetime:
    if type(value) is datetime and value.tzinfo is UTC:  # as most are
        return value
    if not isinstance(value, datetime):
        raise EntityValidationError(
            f"{value!r} is not a datetime", remedy="Pass a datetime with a time zone."
        )
    if value.tzinfo is None or value.utcoffset() is None:
        raise EntityValidationError(
            f"the datetime {value.isoformat()} has no time zone",
            remedy="Use datetime.now(UTC), or give it the zone it was meant in: value.replace(tzinfo=…).",
        )
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise EntityValidationError(f"{value.isoformat()} is outside the years 1 to 9999 in UTC") from error


class utcnow(FunctionElement[datetime]):
    """The present instant as the database's clock has it, as a `server_default` or in a statement.

    In microseconds; on SQLite in milliseconds, with three zeros. One instant throughout a statement.
    """

    type = UTCDateTime()
    name = "utcnow"
    inherit_cache = True


@compiles(utcnow)
def _utcnow(element: utcnow, compiler: Any, **context: Any) -> str:
    types = types_of(compiler.dialect)
    return types.UTC_NOW if types else "CURRENT_TIMESTAMP"


class CodePointString(String):
    """Text up to a length (255 where none is given) that compares and sorts by code point.

    Case, accents and trailing spaces count. SQLite and PostgreSQL then lower only ASCII letters.
    """

    def __init__(self, length: int | None = DEFAULT_LENGTH, collation: str | None = None) -> None:
        super().__init__(length or DEFAULT_LENGTH, collation)


class CodePointText(Text):
    """Text of any length that compares and sorts by code point."""


class CodePointEnum(Enum):
    """Members of an enumeration, kept as text with a CHECK; they sort by their text."""


class Bytes(LargeBinary):
    """Bytes of any length."""


@compiles(CodePointString)
@compiles(CodePointText)
@compiles(CodePointEnum)
def _text(type_: String, compiler: Any, **context: Any) -> str:
    length = None if isinstance(type_, Text) else type_.length
    types = types_of(compiler.dialect)
    # `CAST(x AS type COLLATE y)` is no SQL: a cast names the bare type.
    if types is None or isinstance(context.get("type_expression"), TypeClause):
        return str(compiler.process(String(length) if length else Text(), **context))
    return str(compiler.process(types.text(length, compiler.dialect), **context))


@compiles(Bytes)
def _bytes(type_: Bytes, compiler: Any, **context: Any) -> str:
    types = types_of(compiler.dialect)
    return str(compiler.process(types.binary() if types else LargeBinary(), **context))


class Duration(Plain[timedelta]):
    """A timedelta, kept as whole microseconds: exact, and compared, sorted and summed in SQL.

    Beyond 292,000 years it is refused.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if not isinstance(value, timedelta):
            raise EntityValidationError(f"{value!r} is not a timedelta")
        microseconds = value // timedelta(microseconds=1)
        if not -(2**63) <= microseconds < 2**63:
            raise EntityValidationError(f"{value} is longer than 64 bits of microseconds")
        return microseconds

    def process_result_value(self, value: Any, dialect: Dialect) -> timedelta | None:
        return None if value is None else timedelta(microseconds=int(value))


class TimeOfDay(Plain[time]):
    """A time of day with microseconds and without a zone; one with a zone is refused."""

    impl = Time
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return stored_as(dialect, lambda types: types.time_of_day(), Time())

    def process_bind_param(self, value: time | None, dialect: Dialect) -> time | None:
        if value is not None and value.tzinfo is not None:
            raise EntityValidationError(
                f"the time {value.isoformat()} has a zone, which can't be kept", remedy="Use a datetime."
            )
        return value


class PortableUuid(Plain[UUID]):
    """A UUID that sorts by its digits."""

    impl = Uuid
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return stored_as(dialect, lambda types: types.uuid(), Uuid())


class LongKey(Plain[int]):
    """An integer key of 64 bits that the database numbers by itself."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return stored_as(dialect, lambda types: types.long_key(), BigInteger())


def _stored_members(members: type[enum.Enum]) -> list[str]:
    by_value = issubclass(members, str)
    return [str(member.value) if by_value else member.name for member in members]


_ENUM = Enum(enum.Enum, native_enum=False, create_constraint=True, values_callable=_stored_members)

TYPES: dict[Any, Any] = {
    str: CodePointString(),
    bytes: Bytes(),
    float: Double(),
    Decimal: ExactDecimal(),
    datetime: UTCDateTime(),
    time: TimeOfDay(),
    timedelta: Duration(),
    UUID: PortableUuid(),
    dict: Json(),
    list: Json(),
    enum.Enum: _ENUM,
    Literal: _ENUM,
}
"""The type of a column by its annotation. An Enum's member is kept by its name, a str Enum's by its value."""

_REPLACED: Mapping[type[TypeEngine[Any]], Callable[[Any], TypeEngine[Any]]] = {
    **dict.fromkeys((String, Unicode, VARCHAR), lambda type_: _collated(type_, CodePointString)),
    **dict.fromkeys((Text, UnicodeText, TEXT), lambda type_: _collated(type_, CodePointText)),
    LargeBinary: lambda type_: Bytes(type_.length),
    # MySQL's FLOAT is of single precision, and loses 0.1.
    Float: lambda type_: Double() if type_.precision is None and not type_.asdecimal else type_,
    Enum: lambda type_: type_ if type_.native_enum else _adapted(type_, CodePointEnum),
}


def portable(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """Give the type that means the same on all databases, for one of SQLAlchemy's generic ones.

    A collation that was asked for, a dialect's own type and a TypeDecorator stay as they are.
    """
    replace = _REPLACED.get(type(type_))
    return replace(type_) if replace else type_


def _collated(type_: String, kind: type[String]) -> TypeEngine[Any]:
    return type_ if type_.collation else _adapted(type_, kind)


def _adapted(type_: Any, kind: type[TypeEngine[Any]]) -> TypeEngine[Any]:
    # `adapt` and no constructor: it keeps all arguments, and what `with_variant` added.
    adapted: TypeEngine[Any] = type_.adapt(kind)
    return adapted
