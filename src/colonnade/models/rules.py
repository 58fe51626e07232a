"""What each column takes, told from its declaration: kind, length, members, whether NULL.

Columns come in, rules go out. What PostgreSQL enforces is the rule, on every database; a value that it would
cut in silence (spaces past a text's length) is refused as well. A type that nobody here knows has no
rule: its values are left to the database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Enum,
    Float,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Table,
    TextClause,
    Time,
    Uuid,
)
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.sql import operators
from sqlalchemy.types import TypeDecorator, TypeEngine

from colonnade.errors import (
    EntityValidationError,
    MissingValueError,
    NotAMemberError,
    UnfitValueError,
)
from colonnade.models.decimals import ExactDecimal
from colonnade.models.documents import Json
from colonnade.models.types import Duration, PortableUuid, TimeOfDay, UTCDateTime

__all__ = ["NEUTRAL", "PRIVATE", "Problem", "Rule", "rules_of_table"]

PRIVATE = "private"
"""The key in a column's `info` that keeps its values out of plain data, filters and messages."""

NEUTRAL = DefaultDialect()
"""For what a type says of values whatever the database."""

_BOUND = (UTCDateTime, Duration, TimeOfDay, ExactDecimal, Json)
"""Types that refuse by themselves what they can't keep, while a value is bound."""

Fits = Callable[[Any], bool]
FitAll = Callable[[Sequence[Any]], bool]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a value is refused: what the field takes, and the class of error that a database would raise."""

    text: str
    kind: type[EntityValidationError]
    constraint: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """What one column takes.

    `takes` says it in words; `kinds` are the Python types, `fits` tells whether a value of one of them
    does, and `fit_all` the same of many, none of them None. `required` tells that a new row needs a
    value, `bound` that the type itself refuses what doesn't fit.
    """

    takes: str = ""
    kinds: tuple[type, ...] = ()
    fits: Fits | None = None
    fit_all: FitAll | None = None
    members: frozenset[Any] | None = None
    constraint: str | None = None
    nullable: bool = True
    required: bool = False
    bound: bool = False

    def problem(self, value: Any) -> Problem | None:
        """Give what is wrong with a value; None where nothing is."""
        if value is None:
            return None if self.nullable else Problem("must have a value, and has none", MissingValueError)
        if not self.kinds and not self.bound:
            return None
        if self.kinds and not isinstance(value, self.kinds):
            return Problem(f"takes {self.takes}, not a value of type {type(value).__name__}", UnfitValueError)
        if self.bound:
            return self._problem_bound(value)
        if self.fits is None or self.fits(value):
            return None
        if self.members is not None and value not in self.members:
            return Problem(f"takes {self.takes}, not {value!r:.50}", NotAMemberError, self.constraint)
        return Problem(f"takes {self.takes}, {_excess(value)}", UnfitValueError)

    def allows(self, value: Any) -> bool:
        """Tell whether a value that isn't None passes, by what costs next to nothing."""
        if not self.kinds:
            return True
        return isinstance(value, self.kinds) and (self.fits is None or self.fits(value))

    def _problem_bound(self, value: Any) -> Problem | None:
        if self.fits is None:
            return None
        try:
            self.fits(value)
        except EntityValidationError as error:
            return Problem(f"is refused: {error}", type(error))
        return None


def rules_of_table(table: Any, columns: Iterable[Any]) -> Mapping[Any, Rule]:
    """Give the rule of each of these columns."""
    enumerated = dict(_enumerations(table)) if isinstance(table, Table) else {}
    return {column: _rule(column, enumerated.get(column)) for column in columns}


def _rule(column: Column[Any], enumerated: tuple[frozenset[Any], str | None] | None) -> Rule:
    takes, kinds, fits, fit_all, members = _of_type(column.type)
    constraint = None
    if isinstance(column.type, Enum) and enumerated is not None:
        constraint = enumerated[1]
    elif enumerated is not None and not isinstance(column.type, TypeDecorator):
        members, constraint = enumerated
        fits, fit_all = _both(fits, members.__contains__), _all_of(fit_all, members)
        takes = _one_of(members)
    given = not column.nullable and not column.type.should_evaluate_none
    return Rule(
        takes=takes,
        kinds=kinds,
        fits=fits,
        fit_all=fit_all,
        members=members,
        constraint=constraint,
        nullable=not given,
        required=given and not _filled(column),
        bound=isinstance(column.type, _BOUND),
    )


def _filled(column: Column[Any]) -> bool:
    """Tell whether somebody else gives a new row its value: a default, a numbering, the database."""
    numbered = column.table is not None and column is column.table.autoincrement_column
    return (
        numbered
        or column.default is not None
        or column.server_default is not None
        or column.identity is not None
        or column.computed is not None
    )


_Described = tuple[str, tuple[type, ...], Fits | None, FitAll | None, frozenset[Any] | None]
_NOTHING: _Described = ("", (), None, None, None)


def _of_type(type_: TypeEngine[Any]) -> _Described:
    """Describe what a type takes: in words, as Python types, as tests of one value and of many."""
    if getattr(type_, "_variant_mapping", None):
        return _NOTHING
    if isinstance(type_, _BOUND):
        return "", (), lambda value: _bind(type_, value), None, None
    if isinstance(type_, TypeDecorator):
        changes = type(type_).process_bind_param is not TypeDecorator.process_bind_param
        if changes or type(type_).bind_processor is not TypeDecorator.bind_processor:
            return _processed_text(type_) if changes and isinstance(type_.impl_instance, String) else _NOTHING
        return _UUIDS if isinstance(type_, PortableUuid) else _of_type(type_.impl_instance)
    if type(type_).__module__.startswith("sqlalchemy.dialects") or _is_foreign(type_):
        return _NOTHING
    if isinstance(type_, Enum):
        return _enum(type_)
    if isinstance(type_, String):
        return _text(type_.length)
    for kind, describe in _DESCRIBED:
        if isinstance(type_, kind):
            return describe(type_)
    return _NOTHING


def _processed_text(type_: TypeDecorator[Any]) -> _Described:
    """Describe text that a user's own type makes of whatever it's given: the text made has to fit."""
    text: Any = type_.impl_instance
    takes, _, inner, fit_all, _ = _text(text.length)

    def fits(value: Any) -> bool:
        try:
            made = type_.process_bind_param(value, NEUTRAL)
        except Exception:  # noqa: BLE001 (it's met again when the value is bound, and told there)
            return True
        return not isinstance(made, str) or inner is None or inner(made)

    return f"what becomes {takes}", (object,), fits, fit_all, None


def _is_foreign(type_: TypeEngine[Any]) -> bool:
    """Tell whether a class of the user's own says how values are bound."""
    own = type(type_)
    return not own.__module__.startswith(("sqlalchemy.", "colonnade.")) and "bind_processor" in own.__dict__


def _bind(type_: Any, value: Any) -> bool:
    type_.process_bind_param(value, NEUTRAL)
    return True


def _enum(type_: Enum) -> _Described:
    if not type_.native_enum and not type_.create_constraint:
        return _text(type_.length)
    stored = frozenset(type_.enums)
    if type_.enum_class is None:
        return _one_of(stored), (str,), stored.__contains__, stored.issuperset, stored
    allowed = stored | frozenset(type_.enum_class)
    kinds = (str, type_.enum_class)
    return _one_of(stored), kinds, allowed.__contains__, stored.issuperset, allowed


def _text(length: int | None) -> _Described:
    takes = "text without NUL" if length is None else f"text of at most {length} characters, without NUL"
    if length is None:
        return takes, (str,), lambda value: "\0" not in value and _encodes(value), _no_nul, None
    return (
        takes,
        (str,),
        lambda value: len(value) <= length and "\0" not in value and _encodes(value),
        lambda values: max(map(len, values), default=0) <= length and _no_nul(values),
        None,
    )


def _no_nul(values: Sequence[str]) -> bool:
    together = "".join(values)
    return "\0" not in together and _encodes(together)


def _encodes(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which is no character
        return False
    return True


def _integer(bits: int) -> _Described:
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    return (
        f"a whole number of {bits} bits",
        (int,),
        lambda value: low <= value <= high,
        lambda values: not values or (low <= min(values) and max(values) <= high),
        None,
    )


def _float(_: Any = None) -> _Described:
    return "a number that a float holds", (int, float, Decimal), _floats, None, None


def _floats(value: Any) -> bool:
    try:
        float(value)
    except OverflowError:
        return False
    return True


def _numeric(type_: Numeric[Any]) -> _Described:
    precision, scale = type_.precision, type_.scale or 0
    if precision is None:
        return "a number", (int, float, Decimal), None, None, None
    limit = Decimal(1).scaleb(precision - scale)
    step = Decimal(1).scaleb(-scale)

    def fits(value: Any) -> bool:
        number = Decimal(value) if not isinstance(value, float) else Decimal(repr(value))
        if number.is_infinite():
            return False
        if number.is_nan() or abs(number) < limit - step:
            return True
        if abs(number) >= limit:
            return False
        return abs(number.quantize(step, ROUND_HALF_EVEN, Context(prec=2000))) < limit

    takes = f"a number of {precision} digits, {scale} of them after the point"
    return takes, (int, float, Decimal), fits, lambda values: all(map(fits, values)), None


_UUIDS: _Described = ("a UUID", (UUID,), None, None, None)


def _plain(takes: str, *kinds: type) -> Callable[[Any], _Described]:
    return lambda _: (takes, kinds, None, None, None)


_DESCRIBED: tuple[tuple[type[TypeEngine[Any]], Callable[[Any], _Described]], ...] = (
    (Boolean, lambda _: ("true or false", (bool, int), lambda value: value in (0, 1), None, None)),
    (SmallInteger, lambda _: _integer(16)),
    (BigInteger, lambda _: _integer(64)),
    (Integer, lambda _: _integer(32)),
    (Float, _float),
    (Numeric, _numeric),
    (DateTime, _plain("a datetime", date)),
    (Date, _plain("a date", date)),
    (Time, _plain("a time", time)),
    (Interval, _plain("a timedelta", timedelta)),
    (LargeBinary, _plain("bytes", bytes, bytearray, memoryview)),
    (Uuid, lambda type_: _UUIDS if type_.as_uuid else ("a UUID as text", (str,), None, None, None)),
)


def _both(first: Fits | None, second: Fits) -> Fits:
    return second if first is None else lambda value: second(value) and first(value)


def _all_of(first: FitAll | None, members: frozenset[Any]) -> FitAll:
    return lambda values: members.issuperset(values) and (first is None or first(values))


def _one_of(members: Iterable[Any]) -> str:
    return f"one of {', '.join(sorted(map(repr, members)))}"


def _excess(value: Any) -> str:
    if isinstance(value, str):
        if "\0" in value:
            return "and this has a NUL"
        return f"and this has {len(value)}" if _encodes(value) else "and this has half a surrogate pair"
    return f"and {value!r:.50} is none"


def _enumerations(table: Table) -> Iterator[tuple[Column[Any], tuple[frozenset[Any], str | None]]]:
    """Give the columns that a CHECK lists the values of, with the values and the CHECK's name."""
    rules = [*table.constraints, *(one for column in table.columns for one in column.constraints)]
    for check in rules:
        if not isinstance(check, CheckConstraint):
            continue
        found = _enumerated(table, check.sqltext)
        if found is not None:
            name = NEUTRAL.identifier_preparer.format_constraint(check)
            yield found[0], (found[1], None if name is None else name.strip('"'))


def _enumerated(table: Table, condition: Any) -> tuple[Column[Any], frozenset[Any]] | None:
    if isinstance(condition, TextClause):
        return _read_text(table, condition.text)
    if getattr(condition, "operator", None) is not operators.in_op or not isinstance(condition.left, Column):
        return None
    listed = getattr(condition.right, "value", None)
    if not isinstance(listed, list | tuple):
        element = getattr(condition.right, "element", condition.right)
        listed = [getattr(one, "value", None) for one in getattr(element, "clauses", ())]
    if not listed or any(not isinstance(one, str | int) for one in listed):
        return None
    return condition.left, frozenset(listed)


_NAME = r"[\"`\[]?(?P<name{0}>\w+)[\"`\]]?"
_LITERAL = r"(?:'(?:[^']|'')*'|-?\d+)"
_IN_LIST = re.compile(
    rf"\s*(?:{_NAME.format('_or')}\s+IS\s+NULL\s+OR\s+)?{_NAME.format('')}"
    rf"\s+IN\s*\(\s*(?P<list>{_LITERAL}(?:\s*,\s*{_LITERAL})*)\s*\)\s*",
    re.IGNORECASE,
)


def _read_text(table: Table, text: str) -> tuple[Column[Any], frozenset[Any]] | None:
    """Read `name IN ('a', 'b')`, with `name IS NULL OR` in front or not; None for anything else."""
    found = _IN_LIST.fullmatch(text)
    column = (
        None if found is None else next((one for one in table.columns if one.name == found["name"]), None)
    )
    if found is None or column is None or found["name_or"] not in (None, found["name"]):
        return None
    literals = re.findall(_LITERAL, found["list"])
    return column, frozenset(
        one[1:-1].replace("''", "'") if one.startswith("'") else int(one) for one in literals
    )
