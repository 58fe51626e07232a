"""Entities as plain data and back: what JSON holds, and exactly the same again."""

from __future__ import annotations

import enum
import json
import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import ForeignKey, LargeBinary, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from colonnade.errors import EntityValidationError, SerializationFormatError
from colonnade.models import Conventions, ExactDecimal, Json, from_dict, to_dict


class Base(Conventions, DeclarativeBase): ...


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Backwards(TypeDecorator[str]):
    """A type of a user's own: text kept back to front, as bytes."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else value[::-1].encode()

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else value.decode()[::-1]


class Thing(Base):
    __tablename__ = "thing"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("thing.id"))
    text: Mapped[str | None]
    number: Mapped[float | None]
    exact: Mapped[Decimal | None] = mapped_column(ExactDecimal(12, 4))
    at: Mapped[datetime | None]
    day: Mapped[date | None]
    clock: Mapped[time | None]
    long: Mapped[timedelta | None]
    token: Mapped[uuid.UUID | None]
    data: Mapped[bytes | None]
    colour: Mapped[Colour | None]
    flag: Mapped[bool | None]
    extra: Mapped[Any] = mapped_column(Json, nullable=True)
    odd: Mapped[str | None] = mapped_column(Backwards)
    secret: Mapped[str | None] = mapped_column(info={"private": True})
    children: Mapped[list[Thing]] = relationship(back_populates="parent", order_by="Thing.id")
    parent: Mapped[Thing | None] = relationship(back_populates="children", remote_side="Thing.id")


_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=6,
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": _TEXT,
    "number": st.floats(allow_nan=False),
    "exact": st.decimals(-(10**6), 10**6, places=4),
    "at": st.datetimes(timezones=st.just(UTC)),
    "day": st.dates(),
    "clock": st.times(),
    "long": st.timedeltas(timedelta(days=-(10**6)), timedelta(days=10**6)),
    "token": st.uuids(),
    "data": st.binary(max_size=20),
    "colour": st.sampled_from(Colour),
    "flag": st.booleans(),
    "extra": _JSON,
    "odd": _TEXT,
}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.fixed_dictionaries({}, optional={name: st.none() | one for name, one in VALUES.items()}))
def test_what_goes_through_json_is_the_same_again(values: dict[str, Any]) -> None:
    shown = json.dumps(to_dict(Thing(**values)), allow_nan=False)
    made = from_dict(Thing, json.loads(shown))
    for name, value in values.items():
        assert getattr(made, name) == value
        assert type(getattr(made, name)) is type(value)
    assert json.dumps(to_dict(made), allow_nan=False) == shown


def test_related_entities_are_nested_and_a_way_back_is_cut() -> None:
    top = Thing(id=1, text="top", children=[Thing(id=2, children=[Thing(id=3)]), Thing(id=4)])
    shown = to_dict(top)
    assert [one["id"] for one in shown["children"]] == [2, 4]
    assert shown["children"][0]["children"][0] == {"id": 3}
    again = from_dict(Thing, json.loads(json.dumps(shown)))
    assert to_dict(again) == shown
    assert again.children[0].parent is again
    assert to_dict(top.children[0])["parent"]["children"] == [{"id": 4}]
    loop = Thing(id=9)
    loop.parent = loop
    assert to_dict(loop) == {"id": 9, "children": []}


def test_one_entity_that_comes_twice_is_one_object() -> None:
    made = from_dict(Thing, {"id": 1, "children": [{"id": 2}], "parent": {"id": 2}})
    assert made.parent is made.children[0]


def test_private_columns_are_left_out_and_fields_chosen() -> None:
    thing = Thing(id=1, text="a", secret="s")
    assert to_dict(thing) == {"id": 1, "text": "a"}
    assert to_dict(thing, fields="text") == {"text": "a"}
    with pytest.raises(EntityValidationError, match="no field 'secret'"):
        to_dict(thing, fields=["secret"])
    with pytest.raises(EntityValidationError, match="no entity"):
        to_dict({"id": 1})


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"at": "soon"}, "at of Thing can't be read from 'soon'"),
        ({"token": "x"}, "token of Thing"),
        ({"exact": "x"}, "exact of Thing"),
        ({"data": "é"}, "data of Thing"),
        ({"number": "big"}, "number of Thing"),
        ({"children": {"id": 1}}, "children of Thing|made of a mapping"),
        ({"children": 7}, "is a list"),
        ({"parent": [1]}, "made of a mapping"),
        ([1], "made of a mapping"),
    ],
)
def test_what_cannot_be_read_is_named(data: Any, said: str) -> None:
    with pytest.raises(SerializationFormatError, match=said):
        from_dict(Thing, data)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"txt": "x"}, "Did you mean 'text'"),
        ({"text": 1}, "text of Thing takes text"),
        ({"colour": "GREEN"}, "one of 'BLUE', 'RED'"),
        ({"at": "2024-01-01T00:00:00"}, "time zone"),
    ],
)
def test_what_a_field_does_not_take_is_refused(data: Any, said: str) -> None:
    with pytest.raises(EntityValidationError, match=said):
        from_dict(Thing, data)
