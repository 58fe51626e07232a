"""Models and rows that Hypothesis makes: columns out of a table of types with their values."""

from __future__ import annotations

import itertools
import string
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st
from sqlalchemy.orm import DeclarativeBase, mapped_column

from colonnade.models import ExactDecimal, Json, UTCDateTime
from colonnade.models.types import Duration, PortableUuid
from tests.ways.types_decorated import Bracketed, Cents, Folded, Lowered, Point, PointType
from tests.ways.types_everywhere import Colour, Tone

_numbers = itertools.count()
texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
documents = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
cents = st.decimals(-(10**6), 10**6, places=2)
seconds = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)).map(lambda at: at.replace(microsecond=0))
TYPES: dict[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "integer": (sa.Integer(), st.integers(-(2**31), 2**31 - 1)),
    "big": (sa.BigInteger(), st.integers(-(2**63), 2**63 - 1)),
    "boolean": (sa.Boolean(), st.booleans()),
    "double": (sa.Double(), st.floats(allow_nan=False, allow_infinity=False, width=32)),
    "numeric": (sa.Numeric(12, 2), cents),
    "numeric as float": (sa.Numeric(12, 2, asdecimal=False), cents),
    "exact": (ExactDecimal(12, 2), cents),
    "string": (sa.String(50), texts),
    "text": (sa.Text(), texts),
    "binary": (sa.LargeBinary(), st.binary(max_size=20)),
    "date": (sa.Date(), st.dates(date(1, 1, 1))),
    "time": (sa.Time(), st.times().map(lambda at: at.replace(microsecond=0))),
    "datetime": (sa.DateTime(), seconds),
    "instant": (UTCDateTime(), seconds.map(lambda at: at.replace(tzinfo=UTC))),
    "interval": (sa.Interval(), st.integers(0, 10**6).map(lambda n: timedelta(seconds=n))),
    "duration": (Duration(), st.timedeltas(timedelta(-(10**5)), timedelta(10**5))),
    "uuid": (sa.Uuid(), st.uuids()),
    "portable uuid": (PortableUuid(), st.uuids()),
    "json": (sa.JSON(), documents),
    "json or null": (sa.JSON(none_as_null=True), documents),
    "our json": (Json(), documents),
    "pickle": (sa.PickleType(), documents),
    "enum": (sa.Enum(Colour, native_enum=False, length=20), st.sampled_from(Colour)),
    "text enum": (sa.Enum(Tone, native_enum=False, length=20), st.sampled_from(Tone)),
    "folded": (Folded(), texts.filter(lambda text: len(text.casefold()) <= 50)),
    "bracketed": (Bracketed(), texts),
    "cents": (Cents(), cents),
    "lowered": (Lowered(50), texts),
    "point": (PointType(), st.builds(Point, st.integers(-99, 99), st.integers(-99, 99))),
}
KEY_TYPES: dict[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "integer": (sa.Integer(), st.integers(1, 2**31 - 1)),
    "string": (sa.String(50), st.text(string.ascii_lowercase, max_size=10)),
    "uuid": (sa.Uuid(), st.uuids()),
    "date": (sa.Date(), st.dates(date(1900, 1, 1))),
    "enum": (sa.Enum(Colour, native_enum=False, length=20), st.sampled_from(Colour)),
}
NAMES = ["a", "order", "Mixed", "with space", "100%", "a:b", "ünï", "select", "%s", "x(y)", "value", "q?"]


@dataclass(frozen=True)
class Column:
    """One column of a model: its type's name, its own, and what it's given when nothing else is."""

    type: str
    name: str
    default: str
    deferred: bool


@dataclass(frozen=True)
class Shape:
    """A model: its key's types, none for a number of the database's own, and its columns."""

    keys: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: tuple[dict[str, Any], ...]
    changes: tuple[dict[str, Any], ...]

    def model(self) -> Any:
        """A new class, on a base of its own."""
        base: Any = type("Base", (DeclarativeBase,), {})
        number = next(_numbers)
        body: dict[str, Any] = {"__tablename__": f"ways_generated_{number}", "__module__": __name__}
        for at, kind in enumerate(self.keys):
            body[f"k{at}"] = mapped_column(
                f"key {at}", KEY_TYPES[kind][0], primary_key=True, autoincrement=False
            )
        if not self.keys:
            body["k0"] = mapped_column("id", sa.Integer, primary_key=True)
        for at, column in enumerate(self.columns):
            body[f"c{at}"] = mapped_column(
                column.name, TYPES[column.type][0], deferred=column.deferred, **_default(column)
            )
        model = type(f"Generated{number}", (base,), body)
        globals()[model.__name__] = model  # where pickle looks for it
        return model


def _default(column: Column) -> dict[str, Any]:
    value = _DEFAULTS.get(column.type)
    if value is None or column.default == "none":
        return {}
    if column.default == "callable":
        return {"default": lambda: value}
    if column.default == "onupdate":
        return {"onupdate": value}
    return {"default": value}


_DEFAULTS: dict[str, Any] = {
    "integer": 7,
    "string": "default",
    "boolean": False,
    "numeric": Decimal("1.50"),
    "json": {"a": [1]},
    "date": date(2024, 1, 2),
    "time": time(1, 2),
    "cents": Decimal("2.25"),
}


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    """Models with rows whose keys are each there once."""
    keys = tuple(draw(st.lists(st.sampled_from(sorted(KEY_TYPES)), max_size=2)))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique_by=str.casefold))
    columns = tuple(
        Column(
            draw(st.sampled_from(sorted(TYPES))),
            name,
            draw(st.sampled_from(["none", "none", "scalar", "callable", "onupdate"])),
            draw(st.integers(0, 9)) == 0,
        )
        for name in names
    )
    key = st.tuples(*(KEY_TYPES[kind][1] for kind in keys))
    drawn = draw(st.lists(key, min_size=1, max_size=4, unique=bool(keys)))
    rows = tuple(
        {f"k{at}": part for at, part in enumerate(parts)} | draw(_values(columns)) for parts in drawn
    )
    changes = tuple(draw(st.lists(_values(columns), max_size=2)))
    return Shape(keys, columns, rows, changes)


def _values(columns: tuple[Column, ...]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {}, optional={f"c{at}": st.none() | TYPES[column.type][1] for at, column in enumerate(columns)}
    )
