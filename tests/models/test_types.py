"""Values come back as they went in, compare and sort alike, and what would be changed is refused."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, cast, create_engine, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from colonnade.errors import ConfigurationError, EntityValidationError
from colonnade.models import ExactDecimal, utcnow
from tests.models.shapes import Base, Colour, Everything, Status

LIMITS: dict[str, list[Any]] = {
    "at": [
        datetime(1000, 1, 1, tzinfo=UTC),
        datetime(2024, 2, 29, 23, 59, 59, 999999, UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, UTC),
    ],
    "day": [date(1000, 1, 1), date(9999, 12, 31)],
    "hour": [time(0), time(23, 59, 59, 999999), time(0, 0, 0, 1)],
    "took": [
        timedelta(0),
        timedelta(microseconds=-1),
        timedelta(days=-3, microseconds=1),
        timedelta(days=10**7),
    ],
    "ratio": [0.1, 0.1 + 0.2, 5e-300, 1.7976931348623157e308, -0.0, 16777217.0],
    "price": [
        Decimal("0.10"),
        Decimal("-9999999999999999.99"),
        Decimal("9999999999999999.99"),
        Decimal("1E+3"),
    ],
    "name": ["", " ", "a ", "FÖX", "\U0001f600", "x" * 255, "%s :a '\"\\", "a\nb\t"],
    "title": ["y" * 40],
    "body": ["", "z" * 70_000],
    "data": [b"", b"\0\xff", bytes(70_000)],
    "blob": [bytes(70_000)],
    "measure": [0.1, 16777217.0],
    "tags": [{}, {"a": [1, None, 0.1, True, {"é": "\0"}]}, {"n": 1e300, "big": 2**60}],
    "items": [[], ["a", "a "]],
    "key": [UUID(int=0), UUID(int=2**128 - 1), UUID("0123456789abcdef0123456789abcdef")],
    "colour": list(Colour),
    "status": list(Status),
    "kind": ["big", "small"],
    "flag": [True, False],
}


@pytest.fixture
def engine(sync_url: str) -> Iterator[Engine]:
    engine = create_engine(sync_url)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def _back(engine: Engine, **values: Any) -> Everything:
    with Session(engine) as session:
        session.add(row := Everything(**values))
        session.commit()
        session.refresh(row)
        return row


def test_limits_come_back(engine: Engine) -> None:
    with Session(engine) as session:
        _limits_come_back(session)


async def _asynchronously(url: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session:
        await session.run_sync(_limits_come_back)
    await engine.dispose()


def test_limits_come_back_through_asynchronous_drivers(async_url: str) -> None:
    asyncio.run(_asynchronously(async_url))


def _limits_come_back(session: Session) -> None:
    rows = [(name, value, Everything(**{name: value})) for name in LIMITS for value in LIMITS[name]]
    session.add_all(row for _, _, row in rows)
    session.commit()
    for name, value, row in rows:
        back = getattr(row, name)
        assert back == value and isinstance(back, type(value)), name
        found = select(Everything.id).where(getattr(Everything, name) == value)
        assert name in ("tags", "items") or row.id in session.scalars(found).all(), name


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.fixed_dictionaries(
        {
            "at": st.datetimes(datetime(1000, 1, 3), datetime(9999, 12, 30), timezones=st.timezones()),
            "hour": st.times(),
            "took": st.timedeltas(timedelta(days=-(10**8)), timedelta(days=10**8)),
            "ratio": st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False),
            "price": st.decimals(-(10**15), 10**15, places=2),
            "body": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
            "data": st.binary(),
            "key": st.uuids(),
            "tags": st.dictionaries(st.text(), st.floats(allow_nan=False, allow_infinity=False) | st.text()),
        }
    )
)
def test_any_value_comes_back(engine: Engine, values: dict[str, Any]) -> None:
    row = _back(engine, **values)
    # A local time that the clocks' change doubles is equal to no instant in another zone, in Python.
    values["at"] = values["at"].astimezone(UTC)
    assert {name: getattr(row, name) for name in values} == values


def test_the_same_order_everywhere(engine: Engine) -> None:
    words = ["FÖX", "a", "B", "é", "a ", "fox", "Fox ", "\U0001f600", "\uffee", "A", "", "ab"]
    keys = [UUID(int=n << 96 | (99 - n)) for n in (3, 1, 2)]
    prices = [Decimal(n) for n in ("10", "9.5", "-3", "100.25")]
    with Session(engine) as session:
        session.add_all(Everything(name=word, title=word, body=word) for word in words)
        session.add_all(Everything(key=key) for key in keys)
        session.add_all(Everything(price=price) for price in prices)
        session.commit()
        for column in (Everything.name, Everything.title, Everything.body):
            assert session.scalars(
                select(column).where(column.is_not(None)).order_by(column)
            ).all() == sorted(words)
            assert session.scalars(select(column).where(column == "a")).all() == ["a"]
            assert set(session.scalars(select(column).where(column < "a"))) == {w for w in words if w < "a"}
        by_key = select(Everything.key).where(Everything.key.is_not(None)).order_by(Everything.key)
        assert session.scalars(by_key).all() == sorted(keys)
        by_price = select(Everything.price).where(Everything.price > Decimal(9)).order_by(Everything.price)
        assert session.scalars(by_price).all() == [Decimal("9.5"), Decimal(10), Decimal("100.25")]
        assert session.scalar(select(func.sum(Everything.price))) == Decimal("116.75")


def test_instants_compare_and_other_zones_are_converted(engine: Engine) -> None:
    noon = datetime(2025, 6, 1, 12, tzinfo=UTC)
    row = _back(engine, at=noon.astimezone(timezone(timedelta(hours=5, minutes=30))))
    assert row.at is not None and row.at == noon and row.at.tzinfo is UTC
    with Session(engine) as session:
        for before, count in ((noon, 0), (noon + timedelta(microseconds=1), 1)):
            at = before.astimezone(timezone(timedelta(hours=-8)))
            assert session.scalar(select(func.count()).where(Everything.at < at)) == count


def test_the_databases_own_clock(engine: Engine) -> None:
    with Session(engine) as session:
        if engine.name != "sqlite":
            session.execute(
                text({"postgresql": "SET TIME ZONE 5"}.get(engine.name, "SET time_zone = '+05:00'"))
            )
        now = session.scalar(select(utcnow()))
    assert now is not None and abs(datetime.now(UTC) - now) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"at": datetime(2025, 1, 1)}, "no time zone"),
        ({"at": datetime.min.replace(tzinfo=timezone(timedelta(hours=1)))}, "outside the years"),
        ({"at": date(2025, 1, 1)}, "not a datetime"),
        ({"hour": time(1, tzinfo=UTC)}, "has a zone"),
        ({"price": Decimal("0.001")}, "doesn't fit"),
        ({"price": Decimal(10) ** 16}, "doesn't fit"),
        ({"price": Decimal("NaN")}, "not a number"),
        ({"price": 0.1}, "not a Decimal"),
        ({"took": timedelta.max}, "64 bits"),
        ({"tags": {"a": [math.nan]}}, "no form in JSON"),
        ({"tags": {1: "a"}}, "str keys"),
        ({"tags": {"at": date(2025, 1, 1)}}, "no form in JSON"),
    ],
)
def test_what_would_be_changed_is_refused(sqlite_url: str, values: dict[str, Any], says: str) -> None:
    engine = create_engine(sqlite_url)
    Base.metadata.create_all(engine)
    with Session(engine) as session, pytest.raises(EntityValidationError, match=says):
        session.add(Everything(**values))
        session.flush()
    engine.dispose()


def test_decimals_are_not_multiplied_in_sql() -> None:
    with pytest.raises(EntityValidationError, match="not multiply"):
        _ = Everything.price * 2
    with pytest.raises(EntityValidationError, match="not multiply"):
        _ = 2 * Everything.price
    with pytest.raises(ConfigurationError, match="18"):
        ExactDecimal(19, 2)


def test_none_is_null_in_json(engine: Engine) -> None:
    row = _back(engine, tags=None)
    with Session(engine) as session:
        assert session.scalars(select(Everything.id).where(Everything.tags.is_(None))).all() == [row.id]


def test_json_is_reached_into(engine: Engine) -> None:
    row = _back(engine, tags={"a": {"b": "x"}, "n": 3})
    with Session(engine) as session:
        inside = select(Everything.id).where(
            Everything.tags[("a", "b")].as_string() == "x", Everything.tags["n"].as_integer() == 3
        )
        assert session.scalars(inside).all() == [row.id]


def test_text_as_it_is_stored(engine: Engine) -> None:
    _back(engine, colour=Colour.RED, status=Status.OUT, kind="big", name="Fox")
    with engine.connect() as connection:
        stored = connection.execute(text("SELECT colour, status, kind FROM everything")).one()
        assert tuple(stored) == ("RED", "published", "big")
        assert connection.scalar(text("SELECT count(*) FROM everything WHERE name = 'fox'")) == 0
        assert connection.scalar(text("SELECT count(*) FROM everything WHERE colour = 'red'")) == 0
        assert connection.scalar(select(cast(Everything.status, Everything.name.type))) == "published"
