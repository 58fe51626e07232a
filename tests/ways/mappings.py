"""Ways to map a class, and what a class may do beside holding columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.ext.hybrid import hybrid_method, hybrid_property
from sqlalchemy.orm import (
    Composite,
    DeclarativeBase,
    Mapped,
    MappedAsDataclass,
    column_property,
    composite,
    mapped_column,
    query_expression,
    reconstructor,
    registry,
    relationship,
    synonym,
    validates,
)

MADE: list[str] = []
"""What constructors, reconstructors and validators were called with, in order."""


class Base(DeclarativeBase): ...


class DataclassBase(MappedAsDataclass, DeclarativeBase): ...


class AsDataclass(DataclassBase):
    __tablename__ = "ways_as_dataclass"

    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(50), default=None)
    plays: Mapped[int] = mapped_column(default=5)
    tags: Mapped[list[int] | None] = mapped_column(sa.JSON, default_factory=lambda: [1])
    inserted: Mapped[str | None] = mapped_column(sa.String(50), init=False, insert_default="i")
    hidden: Mapped[str | None] = mapped_column(sa.String(50), init=False, repr=False, default="h")
    by_server: Mapped[str] = mapped_column(sa.String(50), init=False, server_default="s")


class FrozenKeywords(DataclassBase, kw_only=True, eq=False, unsafe_hash=False):
    __tablename__ = "ways_keywords"

    id: Mapped[int] = mapped_column(primary_key=True, default=None)
    name: Mapped[str | None] = mapped_column(sa.String(50))

    def __post_init__(self) -> None:
        MADE.append(f"post-init {self.name}")


mapping = registry()


class Imperative:
    """Mapped by hand."""

    name: Any
    number: Any

    def __init__(self, name: str | None = None) -> None:
        MADE.append(f"init {name}")
        self.name = name


IMPERATIVE = sa.Table(
    "ways_imperative",
    mapping.metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(50)),
    sa.Column("num", sa.Integer, default=3),
    sa.Column("left_out", sa.Integer, default=9),
)
mapping.map_imperatively(
    Imperative,
    IMPERATIVE,
    properties={"number": IMPERATIVE.c.num},
    exclude_properties=["left_out"],
)


class Acting(Base):
    """Constructor, reconstructor, validators, and methods of Python's that a class may have."""

    __tablename__ = "ways_acting"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(50))
    number: Mapped[int | None]

    def __init__(self, **values: Any) -> None:
        MADE.append(f"init {sorted(values)}")
        super().__init__(**values)
        self.scratch = "made"

    @reconstructor
    def on_load(self) -> None:
        MADE.append(f"reconstructed {self.id}")
        self.scratch = "loaded"

    @validates("name", "number")
    def check(self, key: str, value: Any) -> Any:
        MADE.append(f"validated {key}")
        if value == "bad":
            raise ValueError(f"{key} is bad")
        return value.strip() if isinstance(value, str) else value


class Constructed(Base):
    """Only a constructor that must not be called on loading."""

    __tablename__ = "ways_constructed"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(50))

    def __init__(self, **values: Any) -> None:
        MADE.append("constructed")
        super().__init__(**values)


class Intercepting(Base):
    """Attribute access of one's own."""

    __tablename__ = "ways_intercepting"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(50))

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_"):
            MADE.append(f"set {name}")
        super().__setattr__(name, value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Intercepting) and other.name == self.name

    def __hash__(self) -> int:
        return 1

    def __bool__(self) -> bool:
        return False

    def __len__(self) -> int:
        return 0

    def __iter__(self) -> Any:
        return iter(())


class Marked:
    """A mixin that is no base, with a slot."""

    __slots__ = ("mark",)


class Mixing(Marked, Base):
    __tablename__ = "ways_mixing"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(50))

    plain = "an attribute of the class"

    @property
    def upper(self) -> str | None:
        return self.name and self.name.upper()


@dataclass
class Size:
    width: int | None
    height: int | None


class Extended(Base):
    """Hybrids, synonyms, composites."""

    __tablename__ = "ways_extended"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(50))
    width: Mapped[int | None]
    height: Mapped[int | None]
    size: Composite[Size] = composite("width", "height")
    title: Mapped[str | None] = synonym("name")

    @hybrid_property
    def area(self) -> Any:
        return None if self.width is None or self.height is None else self.width * self.height

    @area.inplace.expression
    @classmethod
    def _area(cls) -> Any:
        return cls.width * cls.height

    @hybrid_method
    def wider(self, than: int) -> Any:
        return self.width is not None and self.width > than


class OnlySynonyms(Base):
    """Hybrids and synonyms, and nothing that is loaded with a row."""

    __tablename__ = "ways_only_synonyms"

    id: Mapped[int] = mapped_column(primary_key=True)
    name_: Mapped[str | None] = mapped_column("name", sa.String(50))
    title: Mapped[str | None] = synonym("name_")

    @hybrid_property
    def shout(self) -> Any:
        return f"{self.name_}!"

    @property
    def name(self) -> str | None:
        return self.name_

    @name.setter
    def name(self, value: str | None) -> None:
        self.name_ = value


class Calculating(Base):
    """Attributes that are SQL."""

    __tablename__ = "ways_calculating"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(50))
    number: Mapped[int | None]
    asked: Mapped[int | None] = query_expression()
    preset: Mapped[int] = query_expression(default_expr=sa.literal(4))


Calculating.next_number = column_property(Calculating.number + 1)
Calculating.deferred_sum = column_property(
    sa.select(sa.func.sum(Calculating.number)).scalar_subquery(), deferred=True
)


class TwoColumns(Base):
    """One attribute for two columns of one value."""

    __table__ = sa.join(
        sa.Table(
            "ways_front",
            Base.metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("name", sa.String(50)),
        ),
        sa.Table(
            "ways_back",
            Base.metadata,
            sa.Column("front_id", sa.ForeignKey("ways_front.id"), primary_key=True),
            sa.Column("extra", sa.String(50)),
        ),
    )
    id = column_property(__table__.left.c.id, __table__.right.c.front_id)


class Selected(Base):
    """Mapped to a query."""

    __table__ = (
        sa.select(Extended.__table__.c.id, Extended.__table__.c.name)
        .where(Extended.__table__.c.width > 1)
        .subquery()
    )
    __mapper_args__ = {"primary_key": [__table__.c.id]}  # noqa: RUF012


def proxied_word(text: str) -> Any:
    return ProxiedWord(text=text)


class Proxied(Base):
    """Values of related objects as if they were one's own."""

    __tablename__ = "ways_proxied"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(50))
    words: Mapped[list[ProxiedWord]] = relationship(cascade="all, delete-orphan", order_by="ProxiedWord.id")
    texts: AssociationProxy[list[str]] = association_proxy("words", "text", creator=proxied_word)


class ProxiedWord(Base):
    __tablename__ = "ways_proxied_word"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("ways_proxied.id"))
    text: Mapped[str | None] = mapped_column(sa.String(50))


class Abstract(Base):
    """A base of a user's own, without a table."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(primary_key=True)
    common: Mapped[str] = mapped_column(sa.String(50), default="common")


class Derived(Abstract):
    __tablename__ = "ways_derived"

    name: Mapped[str | None] = mapped_column(sa.String(50))


class Typed(Base):
    """A class whose discriminator nobody inherits from yet."""

    __tablename__ = "ways_typed"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "typed"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    name: Mapped[str | None] = mapped_column(sa.String(50))


class Person(Base):
    __tablename__ = "ways_person"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    name: Mapped[str | None] = mapped_column(sa.String(50))


class Engineer(Person):
    """Joined: a table of its own beside its base's."""

    __tablename__ = "ways_engineer"
    __mapper_args__ = {"polymorphic_identity": "engineer"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(sa.ForeignKey("ways_person.id"), primary_key=True)
    skill: Mapped[str | None] = mapped_column(sa.String(50))


class Boss(Person):
    """Single: in its base's table."""

    __mapper_args__ = {"polymorphic_identity": "boss"}  # noqa: RUF012

    team: Mapped[str | None] = mapped_column(sa.String(50))


class Concrete(Base):
    __tablename__ = "ways_concrete"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(50))


class MoreConcrete(Concrete):
    __tablename__ = "ways_more_concrete"
    __mapper_args__ = {"concrete": True}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(50))
    more: Mapped[str | None] = mapped_column(sa.String(50))


NAMED: list[dict[str, Any]] = [{"name": "fox"}, {"name": None}, {"name": "owl "}]
RENAMED: list[dict[str, Any]] = [{"name": "hen"}, {"name": None}]
SIZED: list[dict[str, Any]] = [
    {"name": "fox", "width": 2, "height": 3},
    {},
    {"title": "by synonym", "size": Size(4, 5)},
]
RESIZED: list[dict[str, Any]] = [{"width": 7}, {"title": "other"}, {"size": Size(1, 1)}, {"area": 3}]
NUMBERED: list[dict[str, Any]] = [{"name": "fox", "number": 1}, {"number": None}, {}]
RENUMBERED: list[dict[str, Any]] = [{"number": 4}, {"name": "owl"}, {"next_number": 3}, {"asked": 1}]
