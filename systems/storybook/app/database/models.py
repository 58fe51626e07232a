"""The library's tables: users, the characters they invent, stories about these, and images."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

from colonnade.models import CodePointString, Conventions, ExactDecimal, TimestampMixin

__all__ = ["Base", "Character", "Email", "Image", "Story", "User"]

AgeGroup = Literal["1-2", "3-5", "6-8", "9-12"]
Status = Literal["draft", "generating", "completed", "failed"]
Tone = Literal["whimsical", "educational", "adventurous", "calming"]
Lesson = Literal["kindness", "courage", "friendship", "honesty", "perseverance"]


class Base(Conventions, DeclarativeBase):
    """The base of this system's models, with a metadata of its own."""


class Email(TypeDecorator[str]):
    """An address without its case, in the table and in whatever it is compared with."""

    impl = CodePointString
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return value.casefold() if isinstance(value, str) else value

    def __repr__(self) -> str:
        return "CodePointString(length=254)"


class User(TimestampMixin, Base):
    """Somebody who writes stories; the password's hash is read only where it is asked for by name."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_without_case"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(50), unique=True)
    email: Mapped[str] = mapped_column(Email(254), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255), deferred=True, info={"private": True})
    first_name: Mapped[str | None] = mapped_column(String(100))
    last_name: Mapped[str | None] = mapped_column(String(100))
    is_admin: Mapped[bool] = mapped_column(default=False)

    characters: Mapped[list[Character]] = relationship(
        back_populates="user", cascade="all, delete-orphan", passive_deletes=True, order_by="Character.id"
    )
    stories: Mapped[list[Story]] = relationship(
        back_populates="user",
        cascade="all",
        passive_deletes=True,
        order_by="Story.id",
        overlaps="character,stories",
    )


class Character(TimestampMixin, Base):
    """Who a user's stories are about."""

    __tablename__ = "characters"
    __table_args__ = (UniqueConstraint("id", "user_id"),)  # what a story's foreign key refers to

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100), index=True)
    traits: Mapped[list[str]] = mapped_column(default=list)
    image_prompt: Mapped[str | None] = mapped_column(Text)
    image_path: Mapped[str | None] = mapped_column(String(500))
    generated_images: Mapped[list[str]] = mapped_column(default=list)

    user: Mapped[User] = relationship(back_populates="characters")
    stories: Mapped[list[Story]] = relationship(
        back_populates="character", passive_deletes=True, order_by="Story.id", overlaps="stories,user"
    )


class Story(TimestampMixin, Base):
    """A story of a user, about one of the same user's characters; `content` is a list of pages."""

    __tablename__ = "stories"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), index=True)
    character_id: Mapped[int] = mapped_column(index=True)
    title: Mapped[str] = mapped_column(String(200), index=True)
    content: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    age_group: Mapped[AgeGroup] = mapped_column()
    page_count: Mapped[int] = mapped_column(default=0)
    status: Mapped[Status] = mapped_column(default="draft", index=True)
    generation_cost: Mapped[Decimal] = mapped_column(ExactDecimal(10, 4), default=Decimal(0))
    moral_lesson: Mapped[Lesson | None] = mapped_column()
    story_tone: Mapped[Tone] = mapped_column()
    plan_used: Mapped[str | None] = mapped_column(Text)
    constraints: Mapped[dict[str, Any] | None] = mapped_column()

    user: Mapped[User] = relationship(back_populates="stories", overlaps="character,stories")
    character: Mapped[Character] = relationship(back_populates="stories", overlaps="stories,user")
    images: Mapped[list[Image]] = relationship(
        back_populates="story", passive_deletes=True, order_by="Image.grid_position, Image.id"
    )

    __table_args__ = (
        ForeignKeyConstraint([character_id, user_id], [Character.id, Character.user_id], ondelete="CASCADE"),
        CheckConstraint(page_count >= 0, name="page_count_not_negative"),
        CheckConstraint("generation_cost >= 0", name="generation_cost_not_negative"),
    )


class Image(TimestampMixin, Base):
    """A picture of a character, in a story or in none; its bytes are read only where they are asked for."""

    __tablename__ = "images"

    id: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[bytes] = mapped_column(deferred=True)
    format: Mapped[str] = mapped_column(String(10))
    story_id: Mapped[int | None] = mapped_column(ForeignKey(Story.id, ondelete="SET NULL"), index=True)
    character_id: Mapped[int] = mapped_column(ForeignKey(Character.id, ondelete="CASCADE"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), index=True)
    model_version: Mapped[str | None] = mapped_column(String(100))
    generation_cost: Mapped[Decimal] = mapped_column(ExactDecimal(10, 4), default=Decimal(0))
    grid_position: Mapped[int | None] = mapped_column()
    regeneration_count: Mapped[int] = mapped_column(default=0)

    story: Mapped[Story | None] = relationship(back_populates="images")
    character: Mapped[Character] = relationship()
    user: Mapped[User] = relationship()

    __table_args__ = (
        CheckConstraint("generation_cost >= 0", name="generation_cost_not_negative"),
        CheckConstraint("regeneration_count >= 0", name="regeneration_count_not_negative"),
    )
