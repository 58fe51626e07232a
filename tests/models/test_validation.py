"""Validation by the declaration: one rule on every database, for objects, dicts and rows in bulk."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import CheckConstraint, SmallInteger, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from colonnade import AsyncBaseRepository, AsyncDatabaseManager, BaseRepository, DatabaseManager
from colonnade.errors import (
    CheckViolationError,
    DatabaseError,
    EntityValidationError,
    MissingValueError,
    NotAMemberError,
    NotNullViolationError,
    UnfitValueError,
    ValueRejectedError,
)
from colonnade.models import Conventions, ExactDecimal, validate
from tests.faces import Face


class Base(Conventions, DeclarativeBase): ...


class Tone(enum.Enum):
    LOW = "low"
    HIGH = "high"


class Toy(Base):
    __tablename__ = "toy"
    __table_args__ = (CheckConstraint("age IS NULL OR age IN ('1-2', '3-5')", name="age"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(3))
    size: Mapped[int | None] = mapped_column(SmallInteger)
    tone: Mapped[Tone | None]
    kind: Mapped[Literal["soft", "hard"]] = mapped_column(default="soft")
    age: Mapped[str | None] = mapped_column(String(10))
    price: Mapped[Decimal | None] = mapped_column(ExactDecimal(6, 2))
    made: Mapped[datetime | None]
    pin: Mapped[str | None] = mapped_column(String(4), info={"private": True})


REFUSED: list[tuple[dict[str, Any], str, type[DatabaseError], type[DatabaseError]]] = [
    ({"code": "seven"}, "code", UnfitValueError, ValueRejectedError),
    ({"code": "a\0"}, "code", UnfitValueError, ValueRejectedError),
    ({"code": "abc "}, "code", UnfitValueError, ValueRejectedError),
    ({"code": 7}, "code", UnfitValueError, ValueRejectedError),
    ({"code": None}, "code", MissingValueError, NotNullViolationError),
    ({"size": 2**15}, "size", UnfitValueError, ValueRejectedError),
    ({"size": "1"}, "size", UnfitValueError, ValueRejectedError),
    ({"size": 1.5}, "size", UnfitValueError, ValueRejectedError),
    ({"tone": "MIDDLE"}, "tone", NotAMemberError, CheckViolationError),
    ({"kind": "Soft"}, "kind", NotAMemberError, CheckViolationError),
    ({"kind": "soft "}, "kind", NotAMemberError, CheckViolationError),
    ({"age": "6-8"}, "age", NotAMemberError, CheckViolationError),
    ({"price": Decimal("1.005")}, "price", EntityValidationError, EntityValidationError),
    ({"made": datetime(2024, 1, 1)}, "made", EntityValidationError, EntityValidationError),
]


@pytest.fixture
def toys(faced: Face, face_url: str) -> Iterator[Any]:
    """A repository whose table is there."""
    with faced.entered(
        faced.pick(DatabaseManager, AsyncDatabaseManager)(face_url, metadata=Base.metadata)
    ) as db:
        faced.run(db.initialize())
        face: Any = faced.pick(BaseRepository, AsyncBaseRepository)
        yield face[Toy](db)


@pytest.mark.parametrize(("values", "field", "kind", "database_kind"), REFUSED)
def test_what_is_refused_names_the_field(values: Any, field: str, kind: Any, database_kind: Any) -> None:
    data = {"code": "fox", **values}
    for given_data in (data, Toy(**data), [{"code": "owl"}, data]):
        with pytest.raises(kind) as caught:
            validate(Toy, given_data)
        assert isinstance(caught.value, EntityValidationError)
        assert isinstance(caught.value, database_kind)
        assert (caught.value.entity, caught.value.columns) == ("Toy", (field,))
        assert f"{field} of Toy" in str(caught.value)


def test_every_field_at_fault_is_named_and_private_values_are_not_shown() -> None:
    with pytest.raises(EntityValidationError) as caught:
        validate(Toy, {"size": "big", "pin": "12345"})
    assert set(caught.value.columns) == {"code", "size", "pin"}
    assert "12345" not in str(caught.value)


def test_what_is_given_back_makes_the_row() -> None:
    assert validate(Toy, {"code": "fox"}) == {"code": "fox"}
    assert validate(Toy, {"size": 1}, partial=True) == {"size": 1}
    assert validate(Toy, [{"code": "fox"}]) == [{"code": "fox"}]
    with pytest.raises(EntityValidationError, match="Did you mean 'code'"):
        validate(Toy, {"cod": "fox"})
    with pytest.raises(EntityValidationError, match="a mapping or a Toy"):
        validate(Toy, 7)


def test_every_way_to_write_refuses_alike_and_writes_nothing(faced: Face, toys: Any) -> None:
    kept = faced.run(toys.create(Toy(code="owl")))
    for values, field, kind, _ in REFUSED:
        made = {"code": "fox", **values}
        ways = [
            lambda made=made: toys.create(Toy(**made)),
            lambda made=made: toys.create_many([Toy(code="a"), Toy(**made), Toy(code="b")]),
            lambda values=values: toys.update(kept.id, values),
            lambda values=values: toys.update_many([{"id": kept.id, **values}]),
            lambda values=values: toys.update_where(values, Toy.id == kept.id),
            lambda made=made: toys.upsert(Toy(id=kept.id, **made)),
        ]
        for way in ways:
            with pytest.raises(kind) as caught:
                faced.run(way())
            assert caught.value.columns == (field,)
    assert faced.run(toys.count()) == 1
    assert faced.run(toys.get(kept.id)).code == "owl"


def test_a_refusal_leaves_the_open_session_as_it_was(faced: Face, toys: Any) -> None:
    kept = faced.run(toys.create(Toy(code="owl")))
    with faced.entered(toys.db.session()):
        for call in (
            lambda: toys.create(Toy(code="seven")),
            lambda: toys.create_many([Toy(code="a"), Toy()]),
            lambda: toys.update(kept.id, {"kind": "Soft"}),
        ):
            with pytest.raises(EntityValidationError):
                faced.run(call())
        held = faced.run(toys.get(kept.id))
        held.code = "seven"
        with pytest.raises(EntityValidationError):
            faced.run(toys.save(held))
        faced.run(toys.create(Toy(code="new")))
    assert sorted(toy.code for toy in faced.run(toys.find())) == ["new", "owl"]


_TEXT = st.text(alphabet="aß 1\0Ω🦊", max_size=5)


@pytest.fixture(scope="module")
def postgresql(databases: Any) -> Iterator[BaseRepository[Toy]]:
    """The database whose rule it is."""
    with (
        databases.fresh("postgresql") as url,
        DatabaseManager(url, metadata=Base.metadata) as db,
    ):
        db.initialize()
        yield BaseRepository[Toy](db)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    code=st.one_of(st.none(), _TEXT),
    size=st.one_of(st.none(), st.integers(-(2**16), 2**16)),
    kind=st.sampled_from(["soft", "hard", "Soft", "soft ", "odd"]),
    age=st.one_of(st.none(), st.sampled_from(["1-2", "3-5", "3-5 ", "6-8"])),
)
def test_postgresql_takes_what_passes_and_refuses_the_rest(
    postgresql: BaseRepository[Toy], code: Any, size: Any, kind: Any, age: Any
) -> None:
    values = {"code": code, "size": size, "kind": kind, "age": age}
    try:
        validate(Toy, values)
        passes = True
    except EntityValidationError:
        passes = False
    table: Any = Toy.__table__
    taken, kept = True, None
    try:
        with postgresql.db.session() as session:
            session.execute(table.delete())
            session.execute(table.insert().values(**values))
            kept = session.execute(table.select()).mappings().one()
    except DatabaseError:
        taken = False
    except LookupError:  # SQLAlchemy reads no member that the enumeration hasn't
        taken = False
    # What it would cut in silence counts as refused.
    assert passes is (taken and kept is not None and (kept["code"], kept["kind"]) == (code, kind))
