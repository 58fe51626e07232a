"""One small class whose key and code are both unique, so that random writes often clash."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from colonnade import AsyncBaseRepository, BaseRepository
from colonnade.models import Base


class Item(Base):
    __tablename__ = "item"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[int] = mapped_column(unique=True)
    note: Mapped[str | None]


class Items(BaseRepository[Item]): ...


class AsyncItems(AsyncBaseRepository[Item]): ...
