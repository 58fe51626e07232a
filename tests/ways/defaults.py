"""Defaults of each kind, and what the database makes by itself."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

CALLS: list[str] = []
"""Each call of a default, in order."""


class Base(DeclarativeBase): ...


def called() -> str:
    CALLS.append("default")
    return f"called {CALLS.count('default')}"


def of_context(context: Any) -> str:
    given = context.get_current_parameters()
    kind = "insert" if context.isinsert else "update" if context.isupdate else "neither"
    CALLS.append(f"{kind} of {context.current_column.name} with {sorted(given)}")
    return f"{given.get('name')} in context"


def on_update() -> str:
    CALLS.append("onupdate")
    return f"updated {CALLS.count('onupdate')}"


class Defaulting:
    """Columns with a default of each kind that Python or one statement serves."""

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(50))
    number: Mapped[int | None]

    @declared_attr
    def scalar(cls) -> Mapped[int]:
        return mapped_column(default=5)

    @declared_attr
    def falsy(cls) -> Mapped[int | None]:
        return mapped_column(default=0)

    @declared_attr
    def by_call(cls) -> Mapped[str | None]:
        return mapped_column(sa.String(50), default=called)

    @declared_attr
    def by_context(cls) -> Mapped[str | None]:
        return mapped_column(sa.String(50), default=of_context, onupdate=of_context)

    @declared_attr
    def by_sql(cls) -> Mapped[str | None]:
        return mapped_column(sa.String(50), default=sa.func.lower("SQL"))

    @declared_attr
    def by_literal(cls) -> Mapped[int | None]:
        return mapped_column(default=sa.literal(1) + 2)

    @declared_attr
    def by_insert_default(cls) -> Mapped[str | None]:
        return mapped_column(sa.String(50), insert_default="inserted")

    @declared_attr
    def typed(cls) -> Mapped[dict[str, Any] | None]:
        return mapped_column(sa.JSON, default=lambda: {"a": 1})

    @declared_attr
    def by_server(cls) -> Mapped[str]:
        return mapped_column(sa.String(50), server_default="it's 100% :x")

    @declared_attr
    def by_server_sql(cls) -> Mapped[int]:
        return mapped_column(server_default=sa.text("7"))

    @declared_attr
    def whole_by_server(cls) -> Mapped[float]:
        return mapped_column(sa.Double, server_default=sa.text("2"))

    @declared_attr
    def now_by_server(cls) -> Mapped[Any]:
        return mapped_column(sa.DateTime, server_default=sa.func.now())

    @declared_attr
    def by_both(cls) -> Mapped[str]:
        return mapped_column(sa.String(50), default="client", server_default="server")

    @declared_attr
    def fetched(cls) -> Mapped[str | None]:
        return mapped_column(
            sa.String(50), server_default=sa.FetchedValue(), server_onupdate=sa.FetchedValue()
        )

    @declared_attr
    def updated(cls) -> Mapped[str | None]:
        return mapped_column(sa.String(50), onupdate="updated")

    @declared_attr
    def updated_by_call(cls) -> Mapped[str | None]:
        return mapped_column(sa.String(50), default="new", onupdate=on_update)

    @declared_attr
    def updated_by_sql(cls) -> Mapped[str | None]:
        return mapped_column(sa.String(50), onupdate=sa.func.lower("UPDATED"))


class Defaulted(Defaulting, Base):
    __tablename__ = "ways_defaulted"


class EagerlyDefaulted(Defaulting, Base):
    __tablename__ = "ways_eagerly_defaulted"
    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012


class LazilyDefaulted(Defaulting, Base):
    __tablename__ = "ways_lazily_defaulted"
    __mapper_args__ = {"eager_defaults": False}  # noqa: RUF012


class WithoutReturning(Defaulting, Base):
    __tablename__ = "ways_without_returning"
    __table_args__ = {"implicit_returning": False}  # noqa: RUF012


DEFAULTED: list[dict[str, Any]] = [
    {"name": "fox"},
    {},
    {"scalar": None, "by_call": None, "name": None},
    {
        "scalar": 1,
        "falsy": None,
        "by_call": "given",
        "by_context": "given",
        "by_sql": "given",
        "by_literal": None,
        "typed": None,
        "by_server": "given",
        "by_server_sql": 8,
        "by_both": "given",
        "fetched": "given",
        "updated": "given",
        "updated_by_call": None,
    },
    {"by_server": None},
    {"by_server": sa.func.lower("EXPRESSION"), "number": sa.literal(3) * 4},
]
DEFAULTED_CHANGES: list[dict[str, Any]] = [
    {"name": "owl"},
    {"number": 3, "scalar": 9},
    {"updated": "by hand", "updated_by_call": "by hand", "by_context": "by hand"},
    {"updated_by_call": None, "updated_by_sql": None},
    {"by_server": "changed", "now_by_server": sa.func.now()},
    {"number": Defaulted.number + 1},
    {"fetched": "fetched"},
]


class Served(Base):
    """What the database makes, and no function of Python's."""

    __tablename__ = "ways_served"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(50))
    by_sql: Mapped[str | None] = mapped_column(sa.String(50), default=sa.func.lower("SQL"))
    by_server: Mapped[str] = mapped_column(sa.String(50), server_default="it's 100% :x")
    by_server_sql: Mapped[int] = mapped_column(server_default=sa.text("7"))
    doubled: Mapped[int | None] = mapped_column(sa.Computed("by_server_sql * 2", persisted=True))
    price: Mapped[Decimal] = mapped_column(sa.Numeric(8, 2), server_default="1.50")
    at: Mapped[datetime] = mapped_column(server_default="2026-01-01 00:00:00")


class Computing(Base):
    __tablename__ = "ways_computing"

    id: Mapped[int] = mapped_column(sa.Identity(start=5), primary_key=True)
    number: Mapped[int | None]
    doubled: Mapped[int | None] = mapped_column(sa.Computed("number * 2", persisted=True))
    increased: Mapped[int | None] = mapped_column(sa.Computed("number + 1", persisted=True))


COMPUTING: list[dict[str, Any]] = [{"number": 3}, {}, {"number": None}, {"doubled": 4, "number": 1}]
COMPUTING_CHANGES: list[dict[str, Any]] = [
    {"number": 10},
    {"number": None},
    {"number": Computing.number + 1},
    {"doubled": 3},
]


class VirtualBase(DeclarativeBase): ...


class Virtual(VirtualBase):
    """A column that is computed when it's read; PostgreSQL 15 has none."""

    __tablename__ = "ways_virtual"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int | None]
    doubled: Mapped[int | None] = mapped_column(sa.Computed("number * 2", persisted=False))


class SequenceBase(DeclarativeBase): ...


class Numbered(SequenceBase):
    """Numbers from a sequence, in the key and beside it; SQLite has none."""

    __tablename__ = "ways_numbered"

    id: Mapped[int] = mapped_column(sa.Sequence("ways_id_seq", start=10), primary_key=True)
    place: Mapped[int | None] = mapped_column(sa.Sequence("ways_place_seq", start=100, increment=5))
    name: Mapped[str | None] = mapped_column(sa.String(20))


class AlwaysBase(DeclarativeBase): ...


class Always(AlwaysBase):
    """An identity that takes no value of one's own; only PostgreSQL."""

    __tablename__ = "ways_always"

    id: Mapped[int] = mapped_column(sa.Identity(always=True), primary_key=True)
    place: Mapped[str] = mapped_column(
        sa.Uuid, server_default=sa.text("'00000000-0000-0000-0000-000000000005'")
    )
    name: Mapped[str | None]


NAMED: list[dict[str, Any]] = [{"name": "fox"}, {}, {"id": 50, "name": "own"}]
NAME_CHANGES: list[dict[str, Any]] = [{"name": "owl"}, {"name": None}]
