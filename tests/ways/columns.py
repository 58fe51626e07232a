"""Columns out of the ordinary: deferred, named otherwise, quoted, in schemas, in many constraints."""

from __future__ import annotations

import os
from functools import cache
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    defer,
    deferred,
    load_only,
    mapped_column,
    undefer,
    undefer_group,
)

from colonnade.models import Conventions


class Base(DeclarativeBase): ...


class Deferring(Base):
    __tablename__ = "ways_deferring"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(50))
    notes: Mapped[str | None] = deferred(mapped_column(sa.String(50)))
    first: Mapped[str | None] = mapped_column(sa.String(50), deferred=True, deferred_group="both")
    second: Mapped[int | None] = mapped_column(deferred=True, deferred_group="both", default=2)
    raising: Mapped[str | None] = mapped_column(
        sa.String(50), deferred=True, deferred_raiseload=True, server_default="r"
    )


DEFERRING: list[dict[str, Any]] = [
    {"name": "fox", "notes": "n", "first": "f", "second": 1, "raising": "given"},
    {},
    {"notes": None},
]
DEFERRING_CHANGES: list[dict[str, Any]] = [{"name": "owl"}, {"notes": "m", "second": 3}, {"raising": "s"}]
LOADS: list[Any] = [
    "notes",
    ("notes", "first"),
    Deferring.raising,
    undefer(Deferring.second),
    undefer_group("both"),
    defer(Deferring.name),
    load_only(Deferring.name),
    "nothing",
]


class Otherwise(Base):
    """Attributes and columns that have each other's names, and keys of their own."""

    __tablename__ = "ways otherwise"

    key: Mapped[int] = mapped_column("id", primary_key=True)
    id: Mapped[str | None] = mapped_column("key", sa.String(50))
    name: Mapped[str | None] = mapped_column("title", sa.String(50))
    title: Mapped[str | None] = mapped_column("name", sa.String(50), server_default="t")
    keyed: Mapped[int | None] = mapped_column("number", key="other_key")


OTHERWISE: list[dict[str, Any]] = [{"id": "a", "name": "n", "title": "t", "keyed": 1}, {}, {"name": None}]
OTHERWISE_CHANGES: list[dict[str, Any]] = [{"id": "b", "name": "m"}, {"keyed": 2, "title": "u"}]


class Quoted(Base):
    """Names that must be quoted, and such as a driver may take for parameters."""

    __tablename__ = "Select"

    Id: Mapped[int] = mapped_column("Id", primary_key=True)
    order: Mapped[str | None] = mapped_column(sa.String(50))
    select: Mapped[int | None]
    MixedCase: Mapped[str | None] = mapped_column(sa.String(50), server_default="m")
    with_spaces: Mapped[str | None] = mapped_column("with spaces", sa.String(50))
    percent: Mapped[int | None] = mapped_column("100%")
    format_: Mapped[int | None] = mapped_column("%s", default=4)
    named_format: Mapped[int | None] = mapped_column("%(x)s")
    colon: Mapped[str | None] = mapped_column("a:b", sa.String(50))
    question: Mapped[int | None] = mapped_column("what?")
    quote: Mapped[int | None] = mapped_column('quo"te')
    apostrophe: Mapped[int | None] = mapped_column("apos'trophe")
    dollar: Mapped[int | None] = mapped_column("$1")
    brackets: Mapped[int | None] = mapped_column("a[1](b)")
    ünï: Mapped[str | None] = mapped_column("ünï", sa.String(50))
    dot: Mapped[int | None] = mapped_column("a.b")
    self_: Mapped[int | None] = mapped_column("self")


QUOTED: list[dict[str, Any]] = [
    {"order": "%s :x", "select": 1, "with_spaces": "w", "percent": 2, "colon": "c", "ünï": "ü", "self_": 3},
    {"format_": 1, "named_format": 2, "question": 3, "quote": 4, "apostrophe": 5, "dollar": 6, "brackets": 7},
    {"dot": 1},
]
QUOTED_CHANGES: list[dict[str, Any]] = [
    {"order": "o", "percent": 5, "colon": "d", "ünï": "u", "question": 9, "brackets": 8, "self_": 4},
    {"MixedCase": "n", "format_": 7, "named_format": 8, "with_spaces": None, "dot": 3, "quote": 1},
]


class Described(Base):
    """Column and mapper options that mean nothing to SQL."""

    __tablename__ = "ways_described"
    __mapper_args__ = {"confirm_deleted_rows": False, "batch": False}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True, info={"x": 1}, comment="the key")
    kept: Mapped[str | None] = mapped_column(sa.String(50), active_history=True)
    name: Mapped[str | None] = mapped_column(sa.String(50), index=True, doc="a name")


DESCRIBED: list[dict[str, Any]] = [{"kept": "k", "name": "n"}, {}]
DESCRIBED_CHANGES: list[dict[str, Any]] = [{"kept": "l"}, {"name": "m", "kept": None}]


SHELF = f"ways_shelf_{os.getpid()}"
"""A second schema; on MySQL it's a database beside those of other runs."""


class SchemaBase(DeclarativeBase): ...


class InSchema(SchemaBase):
    __tablename__ = "ways_in_schema"
    __table_args__ = {"schema": SHELF}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(50), server_default="n")


class TranslatedBase(DeclarativeBase): ...


class Translated(TranslatedBase):
    """In a schema that an execution option of the engine names."""

    __tablename__ = "ways_translated"
    __table_args__ = {"schema": "tenant"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(50), server_default="n")


@cache
def translated_to(schema: str | None) -> sa.Table:
    """The table of `Translated` as it really is."""
    return Translated.metadata.tables["tenant.ways_translated"].to_metadata(
        sa.MetaData(), schema=cast(str, schema)
    )


class ConstrainedBase(Conventions, DeclarativeBase): ...


class Owner(ConstrainedBase):
    __tablename__ = "ways_owner"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Constrained(ConstrainedBase):
    """One constraint of each kind."""

    __tablename__ = "ways_constrained"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(10))
    code: Mapped[str | None] = mapped_column(sa.String(10), unique=True)
    left: Mapped[int | None]
    right: Mapped[int | None]
    plays: Mapped[int] = mapped_column(sa.CheckConstraint("plays >= 0", name="plays_positive"), default=0)
    small: Mapped[int | None] = mapped_column(sa.SmallInteger)
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ways_owner.id"))
    __table_args__ = (sa.UniqueConstraint("left", "right"),)


VIOLATIONS: list[dict[str, Any]] = [
    {"name": None},
    {"name": "x", "code": "taken"},
    {"name": "x", "left": 1, "right": 2},
    {"name": "x", "plays": -1},
    {"name": "x", "plays": None},
    {"name": "x", "owner_id": 99},
    {"name": "x" * 50},
    {"name": "x", "small": 2**15},
    {"name": "x", "small": 2**40},
    {"name": "x", "small": 2**70},
    {"name": "x", "plays": "many"},
    {"name": 5},
    {"name": "x", "code": b"bytes"},
    {"name": "x", "code": object()},
    {"name": "x", "code": ["a", "list"]},
    {"name": "x\x00y"},
    {"name": "\udfff"},
    {"name": "x", "plays": sa.text("nonsense(")},
    {"name": "x", "plays": sa.func.no_such_function()},
    {"name": sa.null()},
]
