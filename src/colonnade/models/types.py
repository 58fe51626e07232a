"""Column types that behave alike on every database: same values, same order, nothing rounded.

Each asks the dialect's `types.py` how its database keeps the value. What a database would round, cut or
reinterpret in silence is refused with `EntityValidationError` before it's sent.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import (
    JSON,
    TEXT,
    VARCHAR,
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    Double,
    Enum,
    Float,
    LargeBinary,
    Numeric,
    String,
    Text,
    Time,
    Unicode,
    UnicodeText,
    Uuid,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import operators
from sqlalchemy.sql.expression import TypeClause
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from colonnade.dialects.contract import FOLDERS, Types, dialect_named
from colonnade.errors import ConfigurationError, EntityValidationError

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


def _types_of(dialect: Dialect) -> Types | None:
    return dialect_named(dialect.name).types if dialect.name in FOLDERS else None


def _stored_as(dialect: Dialect, kind: Callable[[Types], TypeEngine[Any]], otherwise: Any) -> TypeEngine[Any]:
    types = _types_of(dialect)
    return dialect.type_descriptor(kind(types) if types else otherwise)


class UTCDateTime(TypeDecorator[datetime]):
    """An instant, in microseconds: an aware datetime in UTC comes out, whatever zone went in.

    A naive datetime is refused, since nothing tells which instant it means.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return _stored_as(dialect, lambda types: types.timestamp(), DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        instant = _in_utc(value)
        types = _types_of(dialect)
        return instant if types is None or types.TIMESTAMP_HAS_ZONE else instant.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _in_utc(value: object) -> datetime:
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


class utcnow(FunctionElement[datetime]):  # noqa: N801
    """The present instant as the database's clock has it, as a `server_default` or in a statement.

    In microseconds; on SQLite in milliseconds, with three zeros. One instant throughout a statement.
    """

    type = UTCDateTime()
    name = "utcnow"
    inherit_cache = True


@compiles(utcnow)
def _utcnow(element: utcnow, compiler: Any, **context: Any) -> str:
    types = _types_of(compiler.dialect)
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
    types = _types_of(compiler.dialect)
    # `CAST(x AS type COLLATE y)` is no SQL: a cast names the bare type.
    if types is None or isinstance(context.get("type_expression"), TypeClause):
        return str(compiler.process(String(length) if length else Text(), **context))
    return str(compiler.process(types.text(length, compiler.dialect), **context))


@compiles(Bytes)
def _bytes(type_: Bytes, compiler: Any, **context: Any) -> str:
    types = _types_of(compiler.dialect)
    return str(compiler.process(types.binary() if types else LargeBinary(), **context))


class _DecimalComparator(Numeric.Comparator[Decimal]):
    """Refuses in SQL what would mean something else on a database that keeps scaled whole numbers."""

    def operate(self, op: Any, *other: Any, **keywords: Any) -> ColumnElement[Any]:
        self._check(op, other)
        return super().operate(op, *other, **keywords)

    def reverse_operate(self, op: Any, other: Any, **keywords: Any) -> ColumnElement[Any]:
        self._check(op, (other,))
        return super().reverse_operate(op, other, **keywords)

    def _check(self, op: Any, others: tuple[Any, ...]) -> None:
        if op in (operators.mul, operators.truediv, operators.floordiv, operators.mod):
            raise EntityValidationError(
                f"{self.expr} is an exact decimal: it can be added and compared in SQL, not multiplied or divided",
                remedy="Read the values and calculate in Python.",
            )
        mine: Any = self.type
        for other in others:
            if isinstance(other, ColumnElement) and getattr(other.type, "scale", mine.scale) != mine.scale:
                raise EntityValidationError(f"{self.expr} and {other} are decimals of different scale")


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal of up to `precision` digits, `scale` of them after the point; nothing is ever rounded.

    A value that doesn't fit is refused, and so is a float. Compares, sorts and adds up exactly in SQL. SQLite
    has no decimals: there the column holds whole numbers (1.50 with a scale of 2 is 150), which raw SQL
    and `avg` see as they are.

    Raises:
        ConfigurationError: for more digits than 18, which is what 64 bits hold.
    """

    impl = Numeric
    cache_ok = True
    comparator_factory = _DecimalComparator

    def __init__(self, precision: int = 18, scale: int = 6) -> None:
        if not 0 <= scale <= precision <= 18:
            raise ConfigurationError(f"ExactDecimal({precision}, {scale}): 0 <= scale <= precision <= 18")
        super().__init__(precision, scale)
        self.precision = precision
        self.scale = scale

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        numeric = Numeric(self.precision, self.scale)
        return _stored_as(dialect, lambda types: types.decimal(self.precision, self.scale), numeric)

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        exact = self._fitting(value)
        types = _types_of(dialect)
        return int(exact.scaleb(self.scale)) if types and types.DECIMAL_IS_INTEGER else exact

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        types = _types_of(dialect)
        number = value if isinstance(value, Decimal) else Decimal(str(value))
        return number.scaleb(-self.scale, Context(prec=60)) if types and types.DECIMAL_IS_INTEGER else number

    def _fitting(self, value: object) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, Decimal | int):
            raise EntityValidationError(f"{value!r} is not a Decimal", remedy="Pass Decimal('…') or an int.")
        exact = Context(prec=self.precision, traps=[Inexact, InvalidOperation])
        try:
            return Decimal(value).quantize(Decimal(1).scaleb(-self.scale), context=exact)
        except DecimalException as error:
            raise EntityValidationError(
                f"{value} doesn't fit into {self.precision} digits with {self.scale} after the point",
                remedy="Round it first, as the application means it.",
            ) from error


class Duration(TypeDecorator[timedelta]):
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


class TimeOfDay(TypeDecorator[time]):
    """A time of day with microseconds and without a zone; one with a zone is refused."""

    impl = Time
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return _stored_as(dialect, lambda types: types.time_of_day(), Time())

    def process_bind_param(self, value: time | None, dialect: Dialect) -> time | None:
        if value is not None and value.tzinfo is not None:
            raise EntityValidationError(
                f"the time {value.isoformat()} has a zone, which can't be kept", remedy="Use a datetime."
            )
        return value


class PortableUuid(TypeDecorator[UUID]):
    """A UUID that sorts by its digits."""

    impl = Uuid
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return _stored_as(dialect, lambda types: types.uuid(), Uuid())


class LongKey(TypeDecorator[int]):
    """An integer key of 64 bits that the database numbers by itself."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return _stored_as(dialect, lambda types: types.long_key(), BigInteger())


class Json(TypeDecorator[Any]):
    """What JSON can hold, and comes out as it went in: no NaN or infinity, keys are text.

    None is NULL. A change inside the value isn't noticed by the Session: assign a new one.
    """

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is not JSON.NULL:
            _check_json(value)
        return value

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        return self.impl_instance.coerce_compared_value(op, value)


def _check_json(value: Any) -> None:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise EntityValidationError(
                    f"the key {key!r} would become text in JSON", remedy="Use str keys."
                )
            _check_json(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _check_json(item)
    elif isinstance(value, float) and not math.isfinite(value):
        raise EntityValidationError(f"{value!r} has no form in JSON")
    elif not isinstance(value, str | int | float | bool | None):
        raise EntityValidationError(f"a {type(value).__name__} has no form in JSON")


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
"""The type of a column by its annotation. A member of an Enum is kept by its name, of a str Enum by its value."""

_REPLACED: Mapping[type[TypeEngine[Any]], Callable[[Any], TypeEngine[Any]]] = {
    **dict.fromkeys((String, Unicode, VARCHAR), lambda type_: _collated(type_, CodePointString)),
    **dict.fromkeys((Text, UnicodeText, TEXT), lambda type_: _collated(type_, CodePointText)),
    LargeBinary: lambda type_: Bytes(type_.length),
    # MySQL's FLOAT is of single precision, and loses 0.1.
    Float: lambda type_: Double() if type_.precision is None and not type_.asdecimal else type_,
    Enum: lambda type_: type_ if type_.native_enum else type_.adapt(CodePointEnum),
}


def portable(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """Give the type that means the same on all databases, for one of SQLAlchemy's generic ones.

    A collation that was asked for, a dialect's own type and a TypeDecorator stay as they are.
    """
    return _REPLACED.get(type(type_), lambda same: same)(type_)


def _collated(type_: String, kind: type[CodePointString] | type[CodePointText]) -> TypeEngine[Any]:
    return type_ if type_.collation else type_.adapt(kind)
