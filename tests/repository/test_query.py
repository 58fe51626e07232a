"""What a query is asked with: keys, names, updates, criteria, orders, loads. Nothing here sends a statement
but the few tests that show on SQLite that what was made finds what it should.
"""

from __future__ import annotations

import enum
import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import (
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    String,
    create_engine,
    desc,
    exists,
    func,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    column_property,
    composite,
    joinedload,
    mapped_column,
    relationship,
    synonym,
)

from colonnade.errors import EntityValidationError
from colonnade.models.fields import field, validate_updates
from colonnade.repository.filters import filter_criteria
from colonnade.repository.keys import (
    PARAMETERS_PER_STATEMENT,
    key_criteria,
    key_of,
    many_keys_criteria,
    normal_key,
    split_row,
)
from colonnade.repository.order import order_clauses, ordering, page_ordering
from colonnade.repository.query import check_page_limit, check_window, criteria, load_options


def _name(value: Any) -> str:
    """Give the name of a test by its value: the same in each process."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


class Base(DeclarativeBase):
    pass


class Mood(enum.Enum):
    SAD = 1
    GLAD = 2


class Span:
    def __init__(self, start: int, end: int) -> None:
        self.start, self.end = start, end

    def __composite_values__(self) -> tuple[int, int]:
        return self.start, self.end


class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    books: Mapped[list[Book]] = relationship(back_populates="author")
    drafts: Mapped[list[Book]] = relationship(lazy="dynamic", viewonly=True)


class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    title: Mapped[str] = mapped_column("book_title", String(50))
    subtitle: Mapped[str | None] = mapped_column(String(50))
    mood: Mapped[Mood | None]
    blurb: Mapped[str | None] = mapped_column(String(50), deferred=True)
    first: Mapped[int] = mapped_column(default=0)
    last: Mapped[int] = mapped_column(default=0)
    length: Mapped[int] = mapped_column(Computed("last - first"))
    span: Mapped[Span] = composite(first, last)
    name = synonym("title")
    author: Mapped[Author] = relationship(back_populates="books")
    pages: Mapped[list[Leaf]] = relationship(back_populates="book")
    shout = column_property(func.upper(title))

    @hybrid_property
    def label(self) -> str:
        return f"{self.title}!"

    @label.inplace.expression
    @classmethod
    def _label(cls) -> Any:
        return cls.title + "!"


class Leaf(Base):
    __tablename__ = "leaves"
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    words: Mapped[int] = mapped_column(default=0)
    book: Mapped[Book] = relationship(back_populates="pages")


class Token(Base):
    __tablename__ = "tokens"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)


class Word(Base):
    __tablename__ = "words"
    text: Mapped[str] = mapped_column(String(20), primary_key=True)


class Day(Base):
    __tablename__ = "days"
    at: Mapped[datetime] = mapped_column(primary_key=True)


class Feeling(Base):
    __tablename__ = "feelings"
    mood: Mapped[Mood] = mapped_column(primary_key=True)
    note: Mapped[str | None] = mapped_column(String(50))


class Remark(Base):
    __tablename__ = "remarks"
    __table_args__ = (ForeignKeyConstraint(["book", "page"], ["leaves.book_id", "leaves.number"]),)
    id: Mapped[int] = mapped_column(primary_key=True)
    book: Mapped[int]
    page: Mapped[int]


@pytest.fixture
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as opened:
        opened.add_all([Author(id=number, name=f"a{number}") for number in (1, 2, 3)])
        opened.add_all([Book(id=number, author_id=number, title=f"t{number}") for number in (1, 2, 3)])
        opened.add_all([Leaf(book_id=1, number=number, words=number) for number in range(5)])
        opened.flush()
        opened.expunge_all()
        yield opened
    engine.dispose()


def refused(call: Any, *arguments: Any) -> str:
    with pytest.raises(EntityValidationError) as caught:
        call(*arguments)
    return str(caught.value)


# Keys


@pytest.mark.parametrize("id", [2, (2,), {"id": 2}, {Book.id: 2}], ids=_name)
def test_a_single_key_is_written_in_every_form(session: Session, id: Any) -> None:
    assert session.scalars(select(Book).where(*key_criteria(Book, id))).one().title == "t2"
    assert normal_key(Book, id) == 2


@pytest.mark.parametrize(
    "id", [(1, 3), {"number": 3, "book_id": 1}, {Leaf.number: 3, "book_id": 1}], ids=_name
)
def test_a_composite_key_is_a_tuple_or_a_mapping(session: Session, id: Any) -> None:
    assert session.scalars(select(Leaf).where(*key_criteria(Leaf, id))).one().words == 3
    assert normal_key(Leaf, id) == (1, 3)


@pytest.mark.parametrize(
    ("model", "id"),
    [
        (Book, None), (Book, "5"), (Book, True), (Book, 5.0), (Book, (1, 2)), (Book, ()), (Book, {}),
        (Book, 2**63), (Leaf, 1), (Leaf, (1,)), (Leaf, (1, None)), (Leaf, {"book_id": 1}),
        (Token, "6ba7b8109dad11d180b400c04fd430c8"), (Word, 0), (Day, "2024-01-01"), (Feeling, 1),
    ],
)  # fmt: skip
def test_what_is_no_key_is_refused_with_the_keys_names(model: type[Any], id: Any) -> None:
    message = refused(key_criteria, model, id)
    for column in model.__table__.primary_key:
        assert f"{column.key} ({column.type.python_type.__name__})" in message


def test_a_wrong_name_in_a_key_is_named() -> None:
    assert "Leaf has no field 'numbre'. Did you mean 'number'?" in refused(
        key_criteria, Leaf, {"book_id": 1, "numbre": 2}
    )


def test_keys_of_every_type_are_taken() -> None:
    some = uuid.uuid4()
    assert normal_key(Token, some) == some
    assert normal_key(Word, "fox") == "fox"
    assert normal_key(Day, datetime(2024, 1, 1, tzinfo=UTC)) == datetime(2024, 1, 1, tzinfo=UTC)
    assert normal_key(Feeling, Mood.SAD) is Mood.SAD


def test_the_key_of_an_entity_and_of_its_row(session: Session) -> None:
    row = session.execute(select(Leaf, Leaf.words).where(Leaf.number == 4)).one()
    assert key_of(row) == key_of(row[0]) == (1, 4)
    assert key_of(Book(id=7)) == 7
    session.expire_all()
    with_nothing_loaded = row[0]
    assert key_of(with_nothing_loaded) == (1, 4)


def test_an_entity_without_a_key_and_no_entity_have_none() -> None:
    assert "this Leaf has no key yet" in refused(key_of, Leaf(book_id=1))
    assert "int is not a mapped class" in refused(key_of, 5)


@pytest.mark.parametrize(
    ("model", "ids", "found"),
    [(Book, [3, 1, 3, 9], {3, 1}), (Leaf, [(1, 2), {"book_id": 1, "number": 0}, (2, 2)], {(1, 2), (1, 0)})],
)
def test_many_keys_are_found_at_once(session: Session, model: Any, ids: list[Any], found: set[Any]) -> None:
    (criterion,) = many_keys_criteria(model, ids)
    assert {key_of(entity) for entity in session.scalars(select(model).where(criterion))} == found


def test_many_keys_are_split_below_the_drivers_limits(session: Session) -> None:
    parts = many_keys_criteria(Leaf, [(1, number) for number in range(PARAMETERS_PER_STATEMENT)])
    assert len(parts) == 2
    found = [leaf for part in parts for leaf in session.scalars(select(Leaf).where(part))]
    assert len(found) == 5
    assert many_keys_criteria(Leaf, []) == ()


def test_a_row_is_split_into_key_and_updates() -> None:
    assert split_row(Leaf, {"words": 5, "number": 2, Leaf.book_id: 1}) == ((1, 2), {"words": 5})
    assert "primary key is book_id (int), number (int)" in refused(split_row, Leaf, {"number": 2, "words": 1})
    assert "is not a key of Leaf" in refused(split_row, Leaf, [("number", 2)])


# Names and updates


def test_a_field_is_found_by_name_synonym_or_hybrid() -> None:
    assert field(Book, "title") is Book.title
    assert field(Book, "name") is Book.title
    assert str(field(Book, "label")) == str(Book.label)


def test_an_unknown_field_is_named_with_the_nearest() -> None:
    with pytest.raises(EntityValidationError) as caught:
        field(Author, "nmae")
    assert str(caught.value) == "Author has no field 'nmae'. Did you mean 'name'? Its fields are: id, name."
    assert (caught.value.entity, caught.value.columns) == ("Author", ("nmae",))
    assert "Did you mean 'subtitle'?" in refused(field, Book, "subtitel")
    assert "has no field 'book_title'" in refused(field, Book, "book_title")
    assert "is not a mapped class" in refused(field, int, "real")


def test_a_relationship_is_no_field() -> None:
    assert "'author' is a relationship of Book" in refused(field, Book, "author")


def test_updates_are_names_to_values_and_expressions() -> None:
    raised = Leaf.words + 1
    assert validate_updates(Leaf, {"words": raised}) == {"words": raised}
    assert validate_updates(Book, {"name": "x", Book.subtitle: None}) == {"title": "x", "subtitle": None}
    assert validate_updates(Book, {}) == {}


def test_the_given_updates_are_left_alone() -> None:
    given = {"words": 1}
    validate_updates(Leaf, given)["words"] = 2
    assert given == {"words": 1}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("id", "it is the primary key"),
        ("titel", "Did you mean 'title'?"),
        ("author", "it is a relationship. Set its foreign key"),
        ("length", "the database computes it"),
        ("span", "it is made of columns. Set first, last."),
        ("shout", "it is a SQL expression"),
        ("label", "it is a SQL expression"),
        (Author.name, "is not a field of Book"),
        (5, "is not a field of Book"),
    ],
    ids=_name,
)
def test_what_cant_be_updated_is_refused_with_its_reason(name: Any, reason: str) -> None:
    assert reason in refused(validate_updates, Book, {"title": "x", name: 1})


def test_updates_given_twice_or_as_no_mapping_are_refused() -> None:
    assert "'title' of Book is given twice" in refused(validate_updates, Book, {"title": "x", "name": "y"})
    assert "not list" in refused(validate_updates, Book, [("title", "x")])


# Criteria, filters, windows


def test_conditions_pass_as_they_are() -> None:
    given = (
        Book.id == 1,
        Book.title.like("a%") | Book.mood.is_(None),
        true(),
        Book.pages.any(),
        func.odd(Book.id),
    )
    assert criteria(Book, given) == given


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (False, "Two Python values were compared"),
        ("title = 'x'", "title = 'x' (str) is none"),
        (None, "None (NoneType) is none"),
        (5, "5 (int) is none"),
        (Book.title, "Book.title"),
        (Book.author, "Book.author"),
        (Book, "Book.id == 1"),
        (select(Book), "or statement.exists()"),
    ],
    ids=_name,
)  # fmt: skip
def test_what_is_no_condition_is_refused(given: Any, said: str) -> None:
    message = refused(criteria, Book, [Book.id == 1, given])
    assert message.startswith("a criterion is a SQL condition")
    assert said in message


def test_filters_are_equal_null_or_one_of_several(session: Session) -> None:
    def found(filters: dict[str, Any]) -> list[int]:
        return sorted(session.scalars(select(Book.id).where(*filter_criteria(Book, filters))))

    assert found({"title": "t2"}) == [2]
    assert found({"subtitle": None, "id": [1, 3]}) == [1, 3]
    assert found({"id": ()}) == []
    assert found({}) == [1, 2, 3]
    assert "no field 'titel'" in refused(filter_criteria, Book, {"titel": 1})


def test_windows_are_whole_numbers_from_zero_and_pages_from_one() -> None:
    check_window(0, None)
    check_window(5, 0)
    check_page_limit(1)
    bad: list[tuple[Any, Any]] = [(-1, 5), (0, -1), (None, 5), (0, True), (0, "5"), (0, 2**63), (1.5, 5)]
    for skip, limit in bad:
        assert "is a whole number from 0 up" in refused(check_window, skip, limit)
    assert refused(check_page_limit, 0) == "limit is a whole number from 1 up, not 0"


# Order


def sent(orders: Any) -> str:
    return str(select(Book.id).order_by(*order_clauses(orders))).partition("ORDER BY ")[2]


TITLE_DOWN_ID = "books.book_title DESC, books.id ASC"


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ((), ""),
        ("-title,id", TITLE_DOWN_ID),
        (" -title , id ", TITLE_DOWN_ID),
        ("-name,id", TITLE_DOWN_ID),
        (["-title", Book.id], TITLE_DOWN_ID),
        ((Book.title.desc(), Book.id.asc()), TITLE_DOWN_ID),
        ((desc("title"), Book.__table__.c.id), TITLE_DOWN_ID),
        (Book.title, "books.book_title ASC"),
        ("subtitle", "books.subtitle IS NOT NULL ASC, books.subtitle ASC"),
        ("-subtitle", "books.subtitle IS NOT NULL DESC, books.subtitle DESC"),
        (Book.subtitle.desc().nulls_last(), "books.subtitle DESC NULLS LAST"),
        (text("book_title desc"), "book_title desc"),
        (func.length(Book.title), "length(books.book_title) IS NOT NULL ASC, length(books.book_title) ASC"),
        (func.random().desc(), "random() IS NOT NULL DESC, random() DESC"),
        ("title,-title", "books.book_title ASC, books.book_title DESC"),
    ],
    ids=_name,
)
def test_an_order_is_sent_as_asked_with_nulls_lowest(asked: Any, expected: str) -> None:
    assert sent(ordering(Book, asked)) == expected


@pytest.mark.parametrize("asked", ["label", "-label", Book.label, "shout"], ids=_name)
def test_expressions_of_the_class_are_ordered_by_name(session: Session, asked: Any) -> None:
    found = list(session.scalars(select(Book.id).order_by(*order_clauses(ordering(Book, asked)))))
    assert found == ([3, 2, 1] if asked == "-label" else [1, 2, 3])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("titel", "Did you mean 'title'?"),
        ("title,", "no field ''"),
        ("--title", "no field '-title'"),
        (5, "can't be ordered by 5 (int)"),
        ([None], "can't be ordered by None"),
        ([["title"]], "can't be ordered by ['title'] (list)"),
        (b"title", "can't be ordered by"),
        ("author", "is a relationship"),
        (Book.author, "is a relationship"),
        ("span", "can't be ordered by"),
        (select(Book), "can't be ordered by"),
    ],
    ids=_name,
)
def test_what_rows_cant_be_ordered_by_is_refused(asked: Any, said: str) -> None:
    assert said in refused(ordering, Book, asked)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ((), "book_id,number"),
        ("-words", "-words,-book_id,-number"),
        ("-words,number", "-words,number,book_id"),
        ("words,-words", "words,book_id,number"),
        ((Leaf.number.desc(), "book_id"), "-number,book_id"),
    ],
    ids=_name,
)
def test_a_pages_order_is_made_total_by_the_key(asked: Any, expected: str) -> None:
    assert ",".join(map(str, page_ordering(Leaf, asked))) == expected


@pytest.mark.parametrize(
    "asked",
    ["label", "shout", func.length(Book.title), text("title"), Book.title.nulls_last(), Author.name],
    ids=_name,
)
def test_a_page_is_ordered_by_the_entitys_columns_alone(asked: Any) -> None:
    assert "a page is ordered by columns of Book alone" in refused(page_ordering, Book, asked)


def test_orders_are_values() -> None:
    assert ordering(Book, "-title") == ordering(Book, Book.title.desc())
    assert ordering(Book, "title") != ordering(Book, "-title")


# Loading


DEEP = joinedload(Book.author).selectinload(Author.books).selectinload(Book.pages)


@pytest.mark.parametrize(
    "load",
    ["author.books.pages", ["author", "author.books", "author.books.pages"], DEEP],
    ids=["path", "paths", "option"],
)  # fmt: skip
def test_paths_are_loaded_to_their_end(session: Session, load: Any) -> None:
    book = session.scalars(select(Book).where(Book.id == 1).options(*load_options(Book, load))).unique().one()
    session.expunge_all()
    assert len(book.author.books[0].pages) == 5


@pytest.mark.parametrize("load", ["blurb", Book.blurb, ("author", Book.blurb)], ids=_name)
def test_deferred_columns_are_loaded(session: Session, load: Any) -> None:
    book = session.scalars(select(Book).where(Book.id == 1).options(*load_options(Book, load))).one()
    session.expunge_all()
    assert book.blurb is None


def test_a_collection_is_loaded_with_a_limit_on_the_rows(session: Session) -> None:
    narrow = Book.pages.and_(Leaf.number > 2)
    found = session.scalars(
        select(Book).order_by(Book.id).limit(2).options(*load_options(Book, narrow))
    ).all()
    session.expunge_all()
    assert [len(book.pages) for book in found] == [2, 0]


@pytest.mark.parametrize(
    ("load", "said"),
    [
        ("autor", "Book has no field 'autor'. Did you mean 'author'?"),
        ("author.boks", "Author has no field 'boks'. Did you mean 'books'?"),
        ("title.books", "Book has no field 'title'"),
        ("author.drafts", "Author.drafts is a dynamic relationship"),
        ("label", "Book has no field 'label'"),
        (Leaf.book, "is not a field of Book"),
        ([5], "5 is not a field of Book"),
    ],
    ids=_name,
)
def test_what_cant_be_loaded_is_refused(load: Any, said: str) -> None:
    assert said in refused(load_options, Book, load)


def test_a_criterion_of_another_table_is_refused_and_one_in_a_subquery_is_not() -> None:
    class Base(DeclarativeBase):
        pass

    class Author(Base):
        __tablename__ = "author"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]

    class Book(Base):
        __tablename__ = "book"
        id: Mapped[int] = mapped_column(primary_key=True)
        pages: Mapped[int]
        author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
        author: Mapped[Author] = relationship()

    with pytest.raises(EntityValidationError, match=r"author\.name"):
        criteria(Book, [Author.name == "Ursula"])
    with pytest.raises(EntityValidationError, match=r"author\.id"):
        criteria(Book, [Book.author_id == Author.id])
    kept = [
        Book.author.has(Author.name == "Ursula"),
        Book.author_id.in_(select(Author.id).where(Author.name == "Ursula")),
        exists().where(Author.id == Book.author_id),
        Book.author == Author(id=1),
    ]
    assert len(criteria(Book, kept)) == 4
    with pytest.raises(EntityValidationError, match="pages of Book is a number"):
        filter_criteria(Book, {"pages": "1abc"})
    for wrong in (Book.pages == "1abc", Book.pages.in_([1, "2"]), or_(Book.id == 1, Book.pages > "7")):
        with pytest.raises(EntityValidationError, match="pages of Book is a number"):
            criteria(Book, [wrong])
    assert len(filter_criteria(Book, {"pages": [1, 2]})) == 1
