"""Classes that do what nobody can foresee: subclasses of SQLAlchemy's own parts."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import ColumnProperty, DeclarativeBase, Mapped, Mapper, mapped_column


class OwnMapper(Mapper[Any]):
    """A mapper of a user's own."""


class MapperBase(DeclarativeBase):
    __mapper_cls__ = OwnMapper


class OwnlyMapped(MapperBase):
    __tablename__ = "ways_ownly_mapped"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(50))


class OwnProperty(ColumnProperty[Any]):
    """A property of a user's own."""

    inherit_cache = True


class Base(DeclarativeBase): ...


class WithOwnProperty(Base):
    __tablename__ = "ways_own_property"

    id: Mapped[int] = mapped_column(primary_key=True)


WithOwnProperty.name = OwnProperty(sa.Column("name", sa.String(50)))


class Refreshing(Base):
    __tablename__ = "ways_refreshing"
    __mapper_args__ = {"always_refresh": True}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(50))
