"""Filters from a mapping: what they find is what the same rule finds in Python, on every database."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import ForeignKey, String, event
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.orm.exc import DetachedInstanceError

from colonnade import AsyncBaseRepository, AsyncDatabaseManager, BaseRepository, DatabaseManager
from colonnade.errors import EntityValidationError
from colonnade.models import Conventions, ExactDecimal, Json, to_dict
from tests.faces import Face


class Base(Conventions, DeclarativeBase): ...


class Author(Base):
    __tablename__ = "author"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    secret: Mapped[str | None] = mapped_column(info={"private": True})
    tales: Mapped[list[Tale]] = relationship(back_populates="author", order_by="Tale.id")


class Tale(Base):
    __tablename__ = "tale"

    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey(Author.id))
    title: Mapped[str | None] = mapped_column(String(40))
    pages: Mapped[int | None]
    price: Mapped[Decimal | None] = mapped_column(ExactDecimal(8, 2))
    extra: Mapped[Any] = mapped_column(Json, nullable=True)
    author: Mapped[Author | None] = relationship(back_populates="tales")


LETTERS = "aAsS\u00df\u1e9e\u017fiI\u0130\u0131\u03a3\u03c3\u03c2%_\\' \ufb01\U0001f98ak\u212a"
TEXT = st.text(alphabet=LETTERS, max_size=4)
PAGES = st.one_of(st.none(), st.integers(-3, 3))

RULES: dict[str, Any] = {
    "exact": lambda value, wanted: value == wanted,
    "ne": lambda value, wanted: value != wanted,
    "gt": lambda value, wanted: value is not None and value > wanted,
    "gte": lambda value, wanted: value is not None and value >= wanted,
    "lt": lambda value, wanted: value is not None and value < wanted,
    "lte": lambda value, wanted: value is not None and value <= wanted,
    "contains": lambda value, wanted: value is not None and wanted in value,
    "startswith": lambda value, wanted: value is not None and value.startswith(wanted),
    "endswith": lambda value, wanted: value is not None and value.endswith(wanted),
    "iexact": lambda value, wanted: value is not None and value.casefold() == wanted.casefold(),
    "icontains": lambda value, wanted: value is not None and wanted.casefold() in value.casefold(),
    "istartswith": lambda value, wanted: value is not None and value.casefold().startswith(wanted.casefold()),
    "iendswith": lambda value, wanted: value is not None and value.casefold().endswith(wanted.casefold()),
    "in": lambda value, wanted: value in wanted,
    "range": lambda value, wanted: value is not None and wanted[0] <= value <= wanted[1],
    "isnull": lambda value, wanted: (value is None) is wanted,
}


def _wanted(operator: str, value: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    if operator == "isnull":
        return st.booleans()
    if operator == "in":
        return st.lists(st.one_of(st.none(), value), max_size=4)
    return st.tuples(value, value) if operator == "range" else value


_ON_PAGES = ("exact", "ne", "gt", "gte", "lt", "lte", "in", "range", "isnull")
FILTERS = st.one_of(
    *(st.tuples(st.just("title"), st.just(one), _wanted(one, TEXT)) for one in RULES),
    *(st.tuples(st.just("pages"), st.just(one), _wanted(one, st.integers(-3, 3))) for one in _ON_PAGES),
)


@pytest.fixture(scope="module")
def everywhere(databases: Any) -> Iterator[list[BaseRepository[Tale]]]:
    """A repository on each database."""
    with ExitStack() as opened:
        urls = [opened.enter_context(databases.fresh(name)) for name in ("sqlite", "postgresql", "mysql")]
        managers = [opened.enter_context(DatabaseManager(url, metadata=Base.metadata)) for url in urls]
        for manager in managers:
            manager.initialize()
        yield [BaseRepository[Tale](manager) for manager in managers]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=st.lists(st.tuples(st.one_of(st.none(), TEXT), PAGES), max_size=5),
    asked=st.lists(FILTERS, min_size=1, max_size=2, unique_by=lambda one: one[:2]),
)
def test_filters_find_what_the_rule_finds(
    everywhere: list[BaseRepository[Tale]], rows: list[Any], asked: list[Any]
) -> None:
    filters = {f"{name}__{operator}": wanted for name, operator, wanted in asked}
    expected = [
        at
        for at, (title, pages) in enumerate(rows, 1)
        if all(RULES[op]({"title": title, "pages": pages}[name], wanted) for name, op, wanted in asked)
    ]
    for tales in everywhere:
        tales.delete_where(everything=True)
        tales.create_many(Tale(id=at, title=title, pages=pages) for at, (title, pages) in enumerate(rows, 1))
        assert [one.id for one in tales.find(filters=filters, order_by="id")] == expected, tales.db
        assert tales.count(filters=filters) == len(expected)


@pytest.fixture
def db(faced: Face, face_url: str) -> Iterator[Any]:
    """A manager with four tales of two authors, and one of nobody."""
    manager = faced.pick(DatabaseManager, AsyncDatabaseManager)(face_url, metadata=Base.metadata)
    with faced.entered(manager):
        faced.run(manager.initialize())
        face: Any = faced.pick(BaseRepository, AsyncBaseRepository)
        faced.run(face[Author](manager).create_many([Author(id=1, name="Ana"), Author(id=2, name="Bo")]))
        rows = [
            (1, "The Fox", 4, "1.25"),
            (1, "Straße", 8, "2.50"),
            (2, "fox trot", 2, None),
            (None, "x", 1, "3"),
        ]
        faced.run(
            face[Tale](manager).create_many(
                Tale(id=at, author_id=who, title=title, pages=pages, price=price and Decimal(price))
                for at, (who, title, pages, price) in enumerate(rows, 1)
            )
        )
        yield manager


@pytest.fixture
def tales(faced: Face, db: Any) -> Any:
    """The tales' repository."""
    face: Any = faced.pick(BaseRepository, AsyncBaseRepository)
    return face[Tale](db)


def test_related_sparse_asked_by_text_and_counted_up(faced: Face, db: Any, tales: Any) -> None:
    run = faced.run

    def ids(filters: Any) -> list[int]:
        return [one.id for one in run(tales.find(filters=filters, order_by="id"))]

    assert ids({"author.name": "Ana"}) == [1, 2]
    assert ids({"author.name__istartswith": "b", "title__icontains": "FOX"}) == [3]
    assert ids({"author__isnull": True}) == [4]
    authors: Any = faced.pick(BaseRepository, AsyncBaseRepository)[Author](db)
    # One tale has to meet both.
    both = {"tales.title__icontains": "fox", "tales.pages__gt": 3}
    assert [one.name for one in run(authors.find(filters=both))] == ["Ana"]
    [sparse] = run(tales.find(filters={"id": 1}, fields="title"))
    assert to_dict(sparse) == {"id": 1, "title": "The Fox"}
    with pytest.raises(DetachedInstanceError):
        assert sparse.pages
    page = run(tales.query("title__icontains=fox&order=-pages,id&limit=1&load=author&price__lte=9"))
    assert [one.id for one in page.items] == [1]
    assert page.items[0].author.name == "Ana"
    page = run(tales.query({"id__in": "1,2,3", "limit": "2", "fields": "title"}))
    page = run(tales.query({"id__in": "1,2,3", "limit": "2", "fields": "title", "cursor": page.next_cursor}))
    assert [to_dict(one) for one in page.items] == [{"id": 3, "title": "fox trot"}]
    figures = {"tales": "count", "most": "pages__max", "cost": "price__sum", "mean": "price__avg"}
    assert run(tales.aggregate(figures, group_by="author_id")) == [
        {"author_id": None, "tales": 1, "most": 1, "cost": Decimal(3), "mean": Decimal(3)},
        {"author_id": 1, "tales": 2, "most": 8, "cost": Decimal("3.75"), "mean": Decimal("1.875")},
        {"author_id": 2, "tales": 1, "most": 2, "cost": None, "mean": None},
    ]
    assert run(tales.aggregate({"n": "pages__sum"}, filters={"author.name": "Ana"})) == [{"n": 12}]


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ({"titel": "x"}, "Did you mean 'title'"),
        ({"title__icontain": "x"}, "Did you mean 'icontains'"),
        ({"author.nam": "x"}, "Did you mean 'name'"),
        ({"auhtor.name": "x"}, "Did you mean 'author'"),
        ({"author.secret__startswith": "a"}, "no field 'secret'"),
        ({"author__name": "x"}, "author.name"),
        ({"pages__icontains": "x"}, "is no text"),
        ({"pages": "1"}, "is a number"),
        ({"pages__gt": None}, "isnull"),
        ({"pages__gt": [1]}, "one value"),
        ({"pages__range": [1]}, "two values"),
        ({"pages__in": 1}, "a list of values"),
        ({"pages__in": range(10_001)}, "10000 are allowed"),
        ({"pages__isnull": "yes"}, "True or False"),
        ({"title__icontains": "ab" * 101}, "200 characters"),
        ({"title": "a\0"}, "no database can hold"),
        ({"title": "\ud800"}, "no database can hold"),
        ({"extra": {"a": 1}}, "JSON"),
        ({"author.tales.author.tales.author.name": "x"}, "4 are allowed"),
        ({"pages": 2**40}, "32 bits"),
        ({f"f{at}": 1 for at in range(51)}, "50 are allowed"),
        ({"author": 1}, "is a relationship"),
        ([("title", "x")], "a mapping"),
        ({7: "x"}, "not a field"),
        ({"title": Tale.title}, "one value"),
    ],
)
def test_what_is_refused_says_what_to_do(filters: Any, said: str) -> None:
    with (
        DatabaseManager("sqlite://", metadata=Base.metadata) as db,
        pytest.raises(EntityValidationError, match=said),
    ):
        BaseRepository[Tale](db).find(filters=filters)


PIECES = [
    "title",
    "pages",
    "author",
    "author.name",
    "id",
    "secret",
    "__",
    "__icontains",
    "__in",
    "__class__",
    "__init__",
    ".",
    "..",
    "-",
    ",",
    "'",
    '"',
    ";",
    "--",
    "/*",
    "*/",
    "(",
    ")",
    "=",
    "&",
    "%",
    "%s",
    "%(x)s",
    ":x",
    "?",
    "$1",
    "\\",
    "\0",
    "\n",
    "\t",
    " ",
    "NULL",
    "1=1",
    " OR 1=1",
    "; DROP TABLE tale",
    "' OR ''='",
    "SELECT",
    "sleep(9)",
    "\u202e",
    "\u200b",
    "ﬁ",
    "İ",
    "\ud800",
    "💥",
    "a" * 300,
    "9" * 300,
    "1e999",
    "NaN",
    "__proto__",
    "order",
    "limit",
    "fields",
    "load",
    "cursor",
    "{}",
    "[]",
    "{0.__class__}",
    "true",
    "-1",
    "0x10",
]


def test_hostile_strings_are_errors_or_values(everywhere: list[BaseRepository[Tale]]) -> None:
    chance = random.Random(8)
    strings = ["".join(chance.choices(PIECES, k=chance.randint(1, 4))) for _ in range(200)]
    for tales in everywhere:
        tales.delete_where(everything=True)
        tales.create(Tale(id=1, title="fox"))
        sent: list[str] = []
        event.listen(tales.db.engine, "before_cursor_execute", lambda *told: sent.append(told[2]))  # noqa: B023
        for text in strings:
            for ask in (
                lambda: tales.find(filters={text: text}),  # noqa: B023
                lambda: tales.find(filters={"title__icontains": text, "title__ne": text}),  # noqa: B023
                lambda: tales.find(order_by=text),  # noqa: B023
                lambda: tales.find(fields=text),  # noqa: B023
                lambda: tales.query(text),  # noqa: B023
                lambda: tales.query({"title": text}),  # noqa: B023
                lambda: tales.query({"order": text}),  # noqa: B023
                lambda: tales.aggregate({"n": text}, group_by=text),  # noqa: B023
            ):
                try:
                    ask()
                except EntityValidationError as error:
                    assert str(error)
        assert not [statement for statement in sent if "DROP" in statement or "sleep" in statement]
        assert tales.count() == 1
