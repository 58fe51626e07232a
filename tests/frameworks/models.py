"""A shelf of recordings, small enough to be read at a glance, for the three applications."""

from __future__ import annotations

from sqlalchemy import ForeignKeyConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from colonnade import AsyncBaseRepository, BaseRepository, RepositoryOperations, operation
from colonnade.models import Conventions


class Base(Conventions, DeclarativeBase):
    """A base of its own, so that no other test's tables are made with these."""


class Reel(Base):
    __tablename__ = "reel"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(unique=True)
    takes: Mapped[list[Take]] = relationship(back_populates="reel")


class Take(Base):
    """Its foreign key is checked at the commit, where the database can do that."""

    __tablename__ = "take"
    __table_args__ = (
        ForeignKeyConstraint(["reel_id"], ["reel.id"], deferrable=True, initially="DEFERRED").ddl_if(
            dialect=("sqlite", "postgresql")
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reel_id: Mapped[int]
    reel: Mapped[Reel] = relationship(back_populates="takes")


class ReelOperations(RepositoryOperations[Reel]):
    @operation
    def titled(self, title: str) -> Reel:
        """The reel of this title; an error when there's none."""
        return self.one(Reel.title == title)


class ReelRepository(ReelOperations, BaseRepository[Reel]): ...


class AsyncReelRepository(ReelOperations, AsyncBaseRepository[Reel]): ...
