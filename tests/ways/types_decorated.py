"""Types that a user makes: decorators, SQL around a value, coercion, values that tell of changes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.mutable import Mutable, MutableDict, MutableList, MutableSet
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator, UserDefinedType


class Base(DeclarativeBase): ...


class Folded(TypeDecorator[str]):
    """Changes what goes in."""

    impl = sa.String(50)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else value.casefold()


class Bracketed(TypeDecorator[str]):
    """Changes what comes out, and None, too."""

    impl = sa.String(50)
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return f"[{value}]"


class Cents(TypeDecorator[Decimal]):
    """Another type in Python than in the database."""

    impl = sa.Integer
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else int(value * 100)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else Decimal(value) / 100

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        return self


class Unnoticed(TypeDecorator[str]):
    """Has NULL written for empty text, by a literal too, and no cache key."""

    impl = sa.String(50)
    cache_ok = False

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return value or None

    def process_literal_param(self, value: Any, dialect: Any) -> Any:
        return value or ""


class Raised(sa.String):
    """Puts SQL around the parameter."""

    def bind_expression(self, bindvalue: Any) -> Any:
        return sa.func.upper(bindvalue, type_=self)


class Lowered(sa.String):
    """Puts SQL around the column."""

    def column_expression(self, colexpr: Any) -> Any:
        return sa.func.lower(colexpr, type_=self)


class Wrapped(TypeDecorator[str]):
    """Both at once, in a decorator."""

    impl = sa.String(50)
    cache_ok = True

    def bind_expression(self, bindparam: Any) -> Any:
        return sa.func.trim(bindparam)

    def column_expression(self, column: Any) -> Any:
        return sa.func.upper(column, type_=self)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else f"{value}!"


@dataclass
class Point:
    x: int
    y: int


class PointType(TypeDecorator[Point]):
    """An object of a class of one's own."""

    impl = sa.String(50)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else json.dumps([value.x, value.y])

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else Point(*json.loads(value))

    @property
    def sort_key_function(self) -> Any:  # type: ignore[override]
        return lambda value: (value.x, value.y)


class Angle(UserDefinedType[float]):
    """A type from nothing."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "VARCHAR(20)"

    def bind_processor(self, dialect: Any) -> Any:
        return lambda value: None if value is None else f"{value}°"

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        return lambda value: None if value is None else float(value.removesuffix("°"))


class ByDialect(TypeDecorator[int]):
    """Kept as text on one database and as a number on the others."""

    impl = sa.Integer
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> Any:
        return dialect.type_descriptor(sa.String(20) if dialect.name == "sqlite" else sa.Integer())

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return str(value) if dialect.name == "sqlite" and value is not None else value

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else int(value)


class JsonSet(TypeDecorator[frozenset[str]]):
    """A decorator over JSON."""

    impl = sa.JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else sorted(value)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else frozenset(value)


class Failing(TypeDecorator[int]):
    """Refuses some values, both ways."""

    impl = sa.Integer
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        if value == 13:
            raise ValueError("no thirteen")
        return value

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        if value == 14:
            raise LookupError("no fourteen")
        return value


class Decorated(Base):
    __tablename__ = "ways_decorated"

    id: Mapped[int] = mapped_column(primary_key=True)
    folded = mapped_column(Folded)
    bracketed = mapped_column(Bracketed)
    cents = mapped_column(Cents)
    unnoticed = mapped_column(Unnoticed)
    raised = mapped_column(Raised(50))
    lowered = mapped_column(Lowered(50))
    wrapped = mapped_column(Wrapped)
    point = mapped_column(PointType)
    angle = mapped_column(Angle)
    by_dialect = mapped_column(ByDialect)
    tags = mapped_column(JsonSet)
    failing = mapped_column(Failing)
    varied = mapped_column(
        sa.String(20).with_variant(sa.Text, "postgresql").with_variant(sa.CHAR(9), "sqlite")
    )


DECORATED: list[dict[str, Any]] = [
    {
        "folded": "FOX",
        "bracketed": "b",
        "cents": Decimal("1.25"),
        "unnoticed": "",
        "raised": "raised",
        "lowered": "LOWERED",
        "wrapped": " wrapped ",
        "point": Point(1, 2),
        "angle": 1.5,
        "by_dialect": 12,
        "tags": frozenset({"b", "a"}),
        "failing": 1,
        "varied": "v",
    },
    {},
    dict.fromkeys("folded bracketed cents raised wrapped point tags".split()),
]
DECORATED_CHANGES: list[dict[str, Any]] = [
    {
        "folded": "OWL",
        "bracketed": "[b]",
        "cents": Decimal("3"),
        "raised": "again",
        "lowered": "AGAIN",
        "wrapped": " x ",
        "point": Point(3, 4),
        "by_dialect": 0,
    },
    {"folded": None, "bracketed": None, "cents": None, "raised": None, "point": None, "tags": None},
    {"failing": 13},
    {"cents": Decorated.cents + Decimal("1")},
]
FAILING: list[dict[str, Any]] = [{"failing": 12}, {"failing": 13}, {"failing": 14}]


class Counted(Mutable):
    """A value of one's own that tells of its changes."""

    def __init__(self, value: int) -> None:
        self.value = value

    @classmethod
    def coerce(cls, key: str, value: Any) -> Any:
        return value if isinstance(value, cls | None) else cls(int(value))

    def add(self) -> None:
        self.value += 1
        self.changed()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Counted) and other.value == self.value

    __hash__ = None  # type: ignore[assignment]

    def __getstate__(self) -> dict[str, Any]:
        return {"value": self.value}


class CountedType(TypeDecorator[Counted]):
    impl = sa.Integer
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else value.value

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else Counted(value)


class Changing(Base):
    __tablename__ = "ways_changing"

    id: Mapped[int] = mapped_column(primary_key=True)
    settings = mapped_column(MutableDict.as_mutable(sa.JSON))
    items = mapped_column(MutableList.as_mutable(sa.PickleType))
    marks = mapped_column(MutableSet.as_mutable(sa.PickleType))
    counted = mapped_column(Counted.as_mutable(CountedType))


CHANGING: list[dict[str, Any]] = [
    {"settings": {"a": 1}, "items": [1], "marks": {"x"}, "counted": 4},
    {},
    dict.fromkeys("settings items marks counted".split()),
]
CHANGING_CHANGES: list[dict[str, Any]] = [
    {"settings": {"b": [2]}, "items": [3], "marks": set(), "counted": Counted(2)},
    {"settings": None, "items": None},
]
