"""Two small classes for the engine's and the repository's tests."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from colonnade import AsyncBaseRepository, BaseRepository, RepositoryOperations, operation
from colonnade.models import Base, CreatedAtMixin, TimestampMixin


class Shelf(TimestampMixin, Base):
    __tablename__ = "shelf"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    room: Mapped[str | None]
    books: Mapped[list[Book]] = relationship(back_populates="shelf", passive_deletes=True)


class Book(CreatedAtMixin, Base):
    __tablename__ = "book"

    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelf.id", ondelete="CASCADE"))
    title: Mapped[str]
    pages: Mapped[int | None]
    shelf: Mapped[Shelf] = relationship(back_populates="books")


class ShelfOperations(RepositoryOperations[Shelf]):
    @operation
    def named(self, name: str) -> Shelf | None:
        """The shelf with this name."""
        return self.first(Shelf.name == name)

    @operation
    def create_pair(self, first: str, second: str) -> list[Shelf]:
        """Two shelves, or none."""
        return [self.create(Shelf(name=first)), self.create(Shelf(name=second))]

    @operation
    def move_to(self, id: int, room: str) -> None:
        """Change a shelf as an object, without naming an operation that writes."""
        self.get_one(id).room = room

    @operation
    def first_title(self, id: int) -> str:
        """The first book's title, through a lazily loaded relationship."""
        return self.get_one(id).books[0].title


class ShelfRepository(ShelfOperations, BaseRepository[Shelf]): ...


class AsyncShelfRepository(ShelfOperations, AsyncBaseRepository[Shelf]): ...
