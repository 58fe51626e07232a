"""Relationships loaded and written in each way, and the mixins of `colonnade.models`."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import (
    DeclarativeBase,
    DynamicMapped,
    Mapped,
    WriteOnlyMapped,
    mapped_column,
    relationship,
)

from colonnade.models import Conventions, SoftDeleteMixin, TimestampMixin, VersionMixin
from colonnade.models.mixins import CreatedAtMixin


class Base(DeclarativeBase): ...


class Parent(Base):
    """One relationship of each kind of loading."""

    __tablename__ = "ways_parent"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(50))
    children: Mapped[list[Child]] = relationship(
        back_populates="parent", cascade="all, delete-orphan", order_by="Child.id"
    )
    selected: Mapped[list[Child]] = relationship(lazy="selectin", viewonly=True, order_by="Child.id")
    raising: Mapped[list[Child]] = relationship(lazy="raise", viewonly=True)
    dynamic: DynamicMapped[Child] = relationship(viewonly=True)


class Child(Base):
    __tablename__ = "ways_child"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ways_parent.id"))
    name: Mapped[str | None] = mapped_column(sa.String(50))
    parent: Mapped[Parent | None] = relationship(back_populates="children")


class Joining(Base):
    __tablename__ = "ways_joining"

    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ways_child.id"))
    name: Mapped[str | None] = mapped_column(sa.String(50))
    child: Mapped[Child | None] = relationship(lazy="joined")


class Lazy(Base):
    """Nothing but relationships that wait."""

    __tablename__ = "ways_lazy"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(50))
    leaves: Mapped[list[Leaf]] = relationship(back_populates="lazy", passive_deletes=True, order_by="Leaf.id")
    written: WriteOnlyMapped[Leaf] = relationship(viewonly=True)


class Leaf(Base):
    __tablename__ = "ways_leaf"

    id: Mapped[int] = mapped_column(primary_key=True)
    lazy_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ways_lazy.id", ondelete="CASCADE"))
    name: Mapped[str | None] = mapped_column(sa.String(50))
    lazy: Mapped[Lazy | None] = relationship(back_populates="leaves")


class Forbidding(Base):
    __tablename__ = "ways_forbidding"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(50))
    held: Mapped[list[Held]] = relationship(passive_deletes="all")


class Held(Base):
    __tablename__ = "ways_held"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ways_forbidding.id"))


class Node(Base):
    """A row that refers to its own table."""

    __tablename__ = "ways_node"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ways_node.id"))
    name: Mapped[str | None] = mapped_column(sa.String(50))
    nodes: Mapped[list[Node]] = relationship(back_populates="parent")
    parent: Mapped[Node | None] = relationship(back_populates="nodes", remote_side=id)


class OurBase(Conventions, DeclarativeBase): ...


class Versioned(VersionMixin, OurBase):
    __tablename__ = "ways_versioned"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]


def next_letter(version: str | None) -> str:
    return chr(ord(version) + 1) if version else "a"


class Lettered(OurBase):
    """A version that a function of one's own makes."""

    __tablename__ = "ways_lettered"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    letter: Mapped[str] = mapped_column()
    __mapper_args__ = {"version_id_col": letter, "version_id_generator": next_letter}  # noqa: RUF012


class ServerVersioned(OurBase):
    """A version that one counts by oneself."""

    __tablename__ = "ways_server_versioned"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012


class Hidden(SoftDeleteMixin, OurBase):
    __tablename__ = "ways_hidden"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]


class Stamped(TimestampMixin, OurBase):
    __tablename__ = "ways_stamped"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]


class Created(CreatedAtMixin, OurBase):
    __tablename__ = "ways_created"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]


class Shelf(SoftDeleteMixin, OurBase):
    __tablename__ = "ways_shelf"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    books: Mapped[list[Book]] = relationship(back_populates="shelf", order_by="Book.id")


class Book(SoftDeleteMixin, OurBase):
    __tablename__ = "ways_book"

    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ways_shelf.id"))
    name: Mapped[str | None]
    shelf: Mapped[Shelf | None] = relationship(back_populates="books")


class AllMixed(VersionMixin, SoftDeleteMixin, TimestampMixin, OurBase):
    __tablename__ = "ways_all_mixed"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]


NAMED: list[dict[str, Any]] = [{"name": "fox"}, {}, {"name": "owl"}]
RENAMED: list[dict[str, Any]] = [{"name": "hen"}, {"name": None}]
