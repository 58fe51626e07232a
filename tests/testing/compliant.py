"""Small models, one for each kind of key and mixin, and what the cases are told about them."""

import uuid
from typing import ClassVar

from sqlalchemy import ForeignKey, Integer
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from colonnade import AsyncBaseRepository, BaseRepository
from colonnade.models import Conventions, SoftDeleteMixin, TimestampMixin, VersionMixin
from colonnade.testing.compliance import RepositoryCases


class Base(Conventions, DeclarativeBase):
    pass


class Den(Base):
    __tablename__ = "den"

    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[str]
    foxes: Mapped[list["Fox"]] = relationship(back_populates="den")


class Fox(Base):
    __tablename__ = "fox"

    id: Mapped[int] = mapped_column(primary_key=True)
    den_id: Mapped[int] = mapped_column(ForeignKey("den.id"))
    name: Mapped[str] = mapped_column(unique=True)
    age: Mapped[int | None]
    den: Mapped[Den] = relationship(back_populates="foxes")


class Seat(SoftDeleteMixin, TimestampMixin, Base):
    __tablename__ = "seat"

    row: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    note: Mapped[str | None]


class Ticket(VersionMixin, SoftDeleteMixin, TimestampMixin, Base):
    __tablename__ = "ticket"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    price: Mapped[int]


class FoxCases(RepositoryCases[Fox]):
    repository = BaseRepository[Fox]
    async_repository = AsyncBaseRepository[Fox]
    changes: ClassVar = {"age": 7}
    upsert_on = ("name",)

    def stored_first(self) -> list[Den]:
        return [Den(place="bank")]

    def new(self, number: int) -> Fox:
        return Fox(name=f"fox {number}", den_id=self.parents[0].id, age=None if number % 2 else number)


class SeatCases(RepositoryCases[Seat]):
    repository = BaseRepository[Seat]
    async_repository = AsyncBaseRepository[Seat]
    changes: ClassVar = {"note": "taken"}

    def new(self, number: int) -> Seat:
        return Seat(row="ab"[number % 2], number=number, note=None if number % 3 else "free")


class TicketCases(RepositoryCases[Ticket]):
    repository = BaseRepository[Ticket]
    async_repository = AsyncBaseRepository[Ticket]
    changes: ClassVar = {"price": 12}

    def new(self, number: int) -> Ticket:
        return Ticket(id=uuid.uuid5(uuid.NAMESPACE_OID, str(number)), price=number)
