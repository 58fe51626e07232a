"""Pages by keyset: every row once, forward and back, on every database and driver; cursors that can't lie."""

from __future__ import annotations

import asyncio
import enum
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Double,
    Engine,
    Float,
    LargeBinary,
    Numeric,
    Select,
    String,
    TypeDecorator,
    create_engine,
    delete,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship
from sqlalchemy.schema import ForeignKey

from colonnade.errors import EntityValidationError
from colonnade.repository.cursor import Cursor, Maker, read_cursor, write_cursor
from colonnade.repository.order import order_clauses, page_ordering
from colonnade.repository.page import Page, make_page, page_request, page_statement

MOST_PAGES = 50
FEW = settings(max_examples=20, deadline=None)


class Base(DeclarativeBase):
    pass


class Colour(enum.Enum):
    RED = 1
    BLUE = 2
    GREEN = 3


class Cents(TypeDecorator[Any]):
    """A type whose Python values no cursor knows."""

    impl = String(20)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else str(value[0])

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else [value]


class Thing(Base):
    """A row of every plain type, most of them nullable, and with a composite key."""

    __tablename__ = "things"
    shelf: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    place: Mapped[str] = mapped_column(String(5), primary_key=True)
    number: Mapped[int | None]
    word: Mapped[str | None] = mapped_column(String(20))
    flag: Mapped[bool | None]
    ratio: Mapped[float | None] = mapped_column(Float)
    exact: Mapped[float | None] = mapped_column(Double)
    amount: Mapped[Decimal | None] = mapped_column(Numeric(12, 3))
    loose: Mapped[float | None] = mapped_column(Numeric(20, 12, asdecimal=False))
    moment: Mapped[datetime | None]
    aware: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    day: Mapped[date | None]
    hour: Mapped[time | None]
    span: Mapped[timedelta | None]
    colour: Mapped[Colour | None]
    token: Mapped[uuid.UUID | None]
    code: Mapped[bytes | None] = mapped_column(LargeBinary)
    cents: Mapped[Any] = mapped_column(Cents, nullable=True)
    level: Mapped[int] = mapped_column(default=0)


VALUES: dict[str, list[Any]] = {
    "number": [-5, 0, 7, 2**31 - 1],
    "word": ["", "a", "b", "zebra"],
    "flag": [False, True],
    "ratio": [0.1, -0.3, 1.23456789, 16777216.0],
    "exact": [0.1, 1 / 3, -1e300],
    "amount": [Decimal("0.125"), Decimal("-3.1"), Decimal("100000000.001")],
    "loose": [0.123456789012, 12345678.000000000001, -1.5],
    "moment": [datetime(2024, 1, 1), datetime(2024, 1, 1, 12, 30, 5)],
    "aware": [datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 2, 1, 8, tzinfo=UTC)],
    "day": [date(2024, 1, 1), date(1999, 12, 31)],
    "hour": [time(0, 0), time(23, 59, 59)],
    "span": [timedelta(0), timedelta(days=3, seconds=5)],
    "colour": list(Colour),
    "token": [uuid.UUID(int=1), uuid.UUID(int=2**127 + 5)],
    "code": [b"", b"\x00\xff", b"abc"],
    "cents": [[5], [70]],
}
LEVELS = [0, 1, 2]


def thing(shelf: int, place: str, choices: dict[str, Any]) -> dict[str, Any]:
    return {"shelf": shelf, "place": place, "level": 0, **dict.fromkeys(VALUES), **choices}


keys = st.tuples(st.integers(0, 3), st.sampled_from("abcd"))
contents = st.fixed_dictionaries(
    {"level": st.sampled_from(LEVELS)},
    optional={name: st.none() | st.sampled_from(values) for name, values in VALUES.items()},
)
tables = st.dictionaries(keys, contents, max_size=14)
orders = st.lists(
    st.tuples(st.sampled_from(["", "-"]), st.sampled_from([*VALUES, "level", "shelf", "place"])).map("".join),
    max_size=3,
).map(",".join)


def rows_of(table: dict[tuple[int, str], dict[str, Any]]) -> list[dict[str, Any]]:
    return [thing(shelf, place, content) for (shelf, place), content in table.items()]


@pytest.fixture
def engine(sync_url: str) -> Iterator[Engine]:
    made = create_engine(sync_url)
    Base.metadata.create_all(made)
    yield made
    Base.metadata.drop_all(made)
    made.dispose()


def fill(session: Session, rows: list[dict[str, Any]]) -> None:
    session.execute(delete(Thing))
    if rows:
        session.execute(insert(Thing), rows)


def page_of(
    session: Session, order_by: Any, limit: int, cursor: str | None = None, model: Any = Thing
) -> Page[Any]:
    request = page_request(model, order_by, limit=limit, cursor=cursor)
    return make_page(request, session.execute(page_statement(select(model), request)).all())


def key(row: Any) -> tuple[int, str]:
    return row.shelf, row.place


def whole(session: Session, order_by: str) -> list[tuple[int, str]]:
    statement = select(Thing).order_by(*order_clauses(page_ordering(Thing, order_by or ())))
    return [key(row) for row in session.scalars(statement)]


def forward(session: Session, order_by: Any, limit: int, model: Any = Thing) -> Iterator[Page[Any]]:
    page = page_of(session, order_by, limit, model=model)
    yield page
    for _ in range(MOST_PAGES):
        if page.next_cursor is None:
            return
        page = page_of(session, order_by, limit, page.next_cursor, model)
        yield page
    raise AssertionError("the walk goes round in circles")


def backward(session: Session, order_by: Any, limit: int, cursor: str | None) -> Iterator[Page[Any]]:
    for _ in range(MOST_PAGES):
        if cursor is None:
            return
        page = page_of(session, order_by, limit, cursor)
        yield page
        cursor = page.previous_cursor
    raise AssertionError("the walk goes round in circles")


# Every row once


def test_a_walk_forward_and_back_is_the_whole_list(engine: Engine) -> None:
    @FEW
    @given(tables, orders, st.integers(1, 5))
    def check(table: dict[Any, Any], order: str, limit: int) -> None:
        order_by = order or ()
        with Session(engine) as session:
            fill(session, rows_of(table))
            expected = whole(session, order)
            there = list(forward(session, order_by, limit))
            assert [key(row) for page in there for row in page.items] == expected
            assert len(there) == max(1, -(-len(expected) // limit))
            assert [page.previous_cursor is None for page in there] == [True] + [False] * (len(there) - 1)
            back = list(backward(session, order_by, limit, there[-1].previous_cursor))
            pages = [[key(row) for row in page.items] for page in [there[-1], *back]]
            assert pages == [[key(row) for row in page.items] for page in reversed(there)]
            assert all(page.next_cursor for page in back)

    check()


def test_nulls_are_lowest_and_ties_are_broken_by_the_key(engine: Engine) -> None:
    portable = ["number", "word", "flag", "moment", "amount", "colour", "level"]

    def rank(row: dict[str, Any], name: str) -> Any:
        value = row[name]
        return (value is not None, value.name if isinstance(value, Colour) else value)

    def sort(rows: list[dict[str, Any]], order: list[str]) -> list[tuple[int, str]]:
        last = "-" if order and order[-1].startswith("-") else ""
        for part in reversed([*order, f"{last}shelf", f"{last}place"]):
            name = part.removeprefix("-")
            rows = sorted(rows, key=lambda row: rank(row, name), reverse=part.startswith("-"))
        return [(row["shelf"], row["place"]) for row in rows]

    @FEW
    @given(
        tables,
        st.lists(
            st.sampled_from([sign + name for name in portable for sign in ("", "-")]),
            max_size=3,
            unique_by=lambda part: part.removeprefix("-"),
        ),
    )
    def check(table: dict[Any, Any], order: list[str]) -> None:
        with Session(engine) as session:
            fill(session, rows_of(table))
            found = [key(row) for page in forward(session, order, 4) for row in page.items]
            assert found == sort(rows_of(table), order)

    check()


def test_rows_that_stay_are_met_once_while_others_come_and_go(engine: Engine) -> None:
    @FEW
    @given(
        tables,
        tables,
        orders,
        st.integers(1, 4),
        st.lists(st.tuples(keys, contents), max_size=8),
        st.booleans(),
    )
    def check(
        staying: dict[Any, Any],
        others: dict[Any, Any],
        order: str,
        limit: int,
        changes: list[Any],
        back: bool,
    ) -> None:
        pending = [(place, content) for place, content in changes if place not in staying]
        with Session(engine) as session:
            fill(session, rows_of({**others, **staying}))
            expected = [place for place in whole(session, order) if place in staying]
            pages = list(forward(session, order or (), limit))
            page = pages[-1] if back else pages[0]
            met = [key(row) for row in page.items]
            for _ in range(MOST_PAGES):
                cursor = page.previous_cursor if back else page.next_cursor
                if cursor is None:
                    break
                if pending:
                    come_or_go(session, *pending.pop())
                page = page_of(session, order or (), limit, cursor)
                met = (
                    [key(row) for row in page.items] + met if back else met + [key(row) for row in page.items]
                )
            assert [place for place in met if place in staying] == expected

    check()


def come_or_go(session: Session, place: tuple[int, str], content: dict[str, Any]) -> None:
    there = (Thing.shelf == place[0], Thing.place == place[1])
    if session.scalar(select(Thing.shelf).where(*there)) is None:
        session.execute(insert(Thing), [thing(*place, content)])
    else:
        session.execute(delete(Thing).where(*there))


def samples() -> list[dict[str, Any]]:
    """Rows with every value of every column twice, and with NULLs."""
    most = max(map(len, VALUES.values()))
    return [
        thing(
            shelf,
            "abcde"[number],
            {name: [*values, None][number % (len(values) + 1)] for name, values in VALUES.items()},
        )
        for shelf in (1, 2)
        for number in range(most + 1)
    ]


def pages_of_every_order(connection: Connection) -> dict[str, bool]:
    with Session(connection) as session:
        fill(session, samples())
        found = {}
        for order in [sign + name for name in VALUES for sign in ("", "-")]:
            there = list(forward(session, order, 3))
            back = [there[-1], *backward(session, order, 3, there[-1].previous_cursor)]
            met = [key(row) for page in there for row in page.items]
            found[order] = (
                met == whole(session, order) == [key(row) for page in reversed(back) for row in page.items]
            )
        return found


def test_every_type_survives_the_asynchronous_drivers(async_url: str) -> None:
    async def walk() -> dict[str, bool]:
        made = create_async_engine(async_url)
        try:
            async with made.connect() as connection:
                await connection.run_sync(Base.metadata.create_all)
                return await connection.run_sync(pages_of_every_order)
        finally:
            await made.dispose()

    assert [order for order, right in asyncio.run(walk()).items() if not right] == []


def test_every_type_survives_the_synchronous_drivers(engine: Engine) -> None:
    with engine.connect() as connection:
        assert [order for order, right in pages_of_every_order(connection).items() if not right] == []


# Single cases


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    written: Mapped[datetime] = mapped_column(server_default=text("CURRENT_TIMESTAMP"))
    price: Mapped[Decimal] = mapped_column(Numeric(10, 2), default=Decimal(0))
    hidden: Mapped[int] = mapped_column(default=0, deferred=True)
    notes: Mapped[list[Note]] = relationship()


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))


@pytest.fixture
def session() -> Iterator[Session]:
    made = create_engine("sqlite://")
    Base.metadata.create_all(made)
    with Session(made) as opened:
        opened.execute(insert(Post), [{"id": number, "hidden": -number} for number in range(1, 8)])
        yield opened
    made.dispose()


def ids(session: Session, order_by: Any = (), limit: int = 2) -> list[int]:
    return [row.id for page in forward(session, order_by, limit, Post) for row in page.items]


def test_a_page_that_holds_all_has_no_neighbours(session: Session) -> None:
    page = page_of(session, (), 7, model=Post)
    assert (page.next_cursor, page.previous_cursor) == (None, None)
    assert [post.id for post in page.items] == [1, 2, 3, 4, 5, 6, 7]


def test_no_rows_are_one_empty_page(session: Session) -> None:
    session.execute(delete(Post))
    assert page_of(session, (), 5, model=Post) == Page([], None, None)


def test_the_statement_keeps_its_criteria_and_loads(session: Session) -> None:
    session.execute(insert(Note), [{"post_id": 4}, {"post_id": 4}, {"post_id": 6}])
    request = page_request(Post, "-id", limit=2)
    wanted: Select[Any] = select(Post).where(Post.id.in_([2, 4, 6])).options(joinedload(Post.notes))
    page = make_page(request, session.execute(page_statement(wanted, request)).unique().all())
    assert [(post.id, len(post.notes)) for post in page.items] == [(6, 1), (4, 2)]
    assert page.next_cursor


def test_times_that_the_database_wrote_are_paged_by(session: Session) -> None:
    # SQLite's CURRENT_TIMESTAMP has no fraction, and as text it is lower than the same time with one.
    assert ids(session, "written") == [1, 2, 3, 4, 5, 6, 7]
    assert ids(session, "-written") == [7, 6, 5, 4, 3, 2, 1]


def test_decimals_that_hold_more_than_their_scale_are_paged_by(session: Session) -> None:
    session.execute(text("UPDATE posts SET price = 0.125 + id % 2"))
    assert ids(session, "price") == [2, 4, 6, 1, 3, 5, 7]


def test_objects_that_the_session_has_had_for_longer_lose_no_row(session: Session) -> None:
    held = session.scalars(select(Post)).all()
    session.connection().execute(update(Post).values(written=text("'2024-01-0' || (8 - id)")))
    assert {post.written for post in held} != {datetime(2024, 1, 1)}
    assert ids(session, "written") == [7, 6, 5, 4, 3, 2, 1]


def test_a_deferred_column_is_paged_by(session: Session) -> None:
    assert ids(session, "hidden") == [7, 6, 5, 4, 3, 2, 1]


def test_the_way_back_from_an_empty_page_skips_nothing(session: Session) -> None:
    first = page_of(session, (), 3, model=Post)
    session.execute(delete(Post).where(Post.id > 3))
    end = page_of(session, (), 3, first.next_cursor, model=Post)
    assert (end.items, end.next_cursor) == ([], None)
    back = page_of(session, (), 3, end.previous_cursor, model=Post)
    assert [post.id for post in back.items] == [1, 2, 3]
    assert (back.previous_cursor, back.next_cursor) == (None, None)


def test_the_way_on_from_an_empty_page_skips_nothing(session: Session) -> None:
    second = page_of(session, (), 3, page_of(session, (), 3, model=Post).next_cursor, model=Post)
    session.execute(delete(Post).where(Post.id < 4))
    start = page_of(session, (), 3, second.previous_cursor, model=Post)
    assert (start.items, start.previous_cursor) == ([], None)
    on = page_of(session, (), 3, start.next_cursor, model=Post)
    assert [post.id for post in on.items] == [4, 5, 6]
    assert on.previous_cursor is None
    assert on.next_cursor is not None


def test_a_page_is_a_value(session: Session) -> None:
    page = page_of(session, (), 3, model=Post)
    with pytest.raises(AttributeError):
        page.items = []  # type: ignore[misc]


@pytest.mark.parametrize("limit", [0, -1, None, True, "5", 2**63])
def test_a_page_has_at_least_one_row(limit: Any) -> None:
    with pytest.raises(EntityValidationError, match="limit is a whole number from 1 up"):
        page_request(Post, limit=limit)


# Cursors

ORDER = "number,-word"
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.text(max_size=20),
    st.floats(allow_nan=False),
    st.decimals(allow_nan=False),
    st.binary(max_size=20),
    st.datetimes(timezones=st.none() | st.just(UTC)),
    st.dates(),
    st.times(),
    st.timedeltas(),
    st.uuids(),
)


def maker_of(*kinds: type) -> Maker:
    return Maker("Thing", "things", ORDER, kinds, tuple(True for _ in kinds))


@given(st.lists(values, min_size=1, max_size=4), st.sampled_from(["after", "from", "before", "up_to"]))
def test_a_cursor_comes_back_as_it_was(found: list[Any], direction: Any) -> None:
    maker = maker_of(*[object] * len(found))
    cursor = Cursor(direction, tuple(found))
    written = write_cursor(cursor, maker)
    read = read_cursor(written, maker)
    assert read == cursor
    assert [type(value) for value in read.values] == [type(value) for value in found]
    assert written.replace("-", "").replace("_", "").isalnum()


@given(st.data())
def test_a_changed_cursor_is_the_same_or_refused(data: Any) -> None:
    maker = maker_of(int, str)
    cursor = Cursor("after", (5, "some text"))
    good = write_cursor(cursor, maker)
    changed = list(good)
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(changed)))
        end = data.draw(st.integers(start, len(changed)))
        changed[start:end] = data.draw(st.text(max_size=3) | st.sampled_from(["A", "-", "=", "+", "\n"]))
    with suppress(EntityValidationError):
        assert read_cursor("".join(changed), maker) == cursor


def test_every_exchanged_letter_is_seen() -> None:
    maker = maker_of(int, str)
    cursor = Cursor("after", (5, "text"))
    good = write_cursor(cursor, maker)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for place in range(len(good)):
        for letter in letters:
            with suppress(EntityValidationError):
                assert read_cursor(good[:place] + letter + good[place + 1 :], maker) == cursor


@pytest.mark.parametrize("added", ["!", "!!!!", "\n", " ", "\x00", "ä", "%3D"])
def test_letters_that_no_cursor_has_are_refused(added: str) -> None:
    good = cursor_for(Post, "id", 5)
    for bad in (good + added, good[:9] + added + good[9:]):
        with pytest.raises(EntityValidationError, match="this cursor isn't one"):
            page_request(Post, "id", limit=1, cursor=bad)


@given(st.text() | st.binary().map(lambda raw: urlsafe_b64encode(raw).decode()))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(EntityValidationError, match="this cursor"):
        page_request(Thing, limit=5, cursor=text)


def test_every_cut_of_a_cursor_is_refused() -> None:
    maker = maker_of(int)
    good = write_cursor(Cursor("after", (5,)), maker)
    for length in range(len(good)):
        with pytest.raises(EntityValidationError, match="this cursor"):
            read_cursor(good[:length], maker)


def cursor_for(model: Any, order_by: str, *found: Any) -> str:
    return write_cursor(Cursor("after", found), page_request(model, order_by, limit=1).maker)


@pytest.mark.parametrize(
    ("model", "order_by", "said"),
    [
        (Note, "id", "was made for another entity than Note"),
        (Post, "-id", "was made for another order than '-id'"),
        (Post, "price", "was made for another order than 'price,id'"),
    ],
    ids=str,
)
def test_a_cursor_of_another_entity_or_order_is_refused(model: Any, order_by: str, said: str) -> None:
    with pytest.raises(EntityValidationError) as caught:
        page_request(model, order_by, limit=1, cursor=cursor_for(Post, "id", 5))
    assert said in str(caught.value)
    assert "Start again without a cursor" in str(caught.value)
    assert caught.value.entity == model.__name__


@pytest.mark.parametrize(
    ("order_by", "found"),
    [
        ("id", ("5",)), ("id", (True,)), ("id", (None,)), ("id", (5.0,)), ("id", (2**64,)),
        ("id", ()), ("id", (1, 2)),
        ("price", ("cheap", 1)), ("written", (5, 1)), ("written", (b"x", 1)),
    ],
    ids=str,
)  # fmt: skip
def test_values_that_a_column_cant_hold_are_refused(order_by: str, found: tuple[Any, ...]) -> None:
    with pytest.raises(EntityValidationError, match="this cursor holds"):
        page_request(Post, order_by, limit=1, cursor=cursor_for(Post, order_by, *found))


@pytest.mark.parametrize(
    "content", [b"[" * 10_000, b"{}", b"[9,5]", b'[0,["f","x"]]', b'[0,["?","x"]]', b"[0,1.5]"]
)
def test_a_forged_cursor_is_refused(content: bytes) -> None:
    raw = urlsafe_b64decode(cursor_for(Post, "id", 5) + "==")
    body = raw[7:15] + content
    forged = urlsafe_b64encode(raw[:1] + blake2b(body, digest_size=6).digest() + body).decode()
    with pytest.raises(EntityValidationError, match="this cursor holds no place"):
        page_request(Post, "id", limit=1, cursor=forged)


def test_bytes_an_older_version_and_a_long_text_are_refused() -> None:
    good = cursor_for(Post, "id", 5)
    for bad, said in [
        (good.encode(), "is text"),
        ("C" + good[1:], "isn't a cursor of this version"),
        (good * 9999, "too long"),
    ]:
        with pytest.raises(EntityValidationError, match=said):
            page_request(Post, "id", limit=1, cursor=bad)  # type: ignore[arg-type]


def test_a_value_that_no_cursor_can_hold_is_refused() -> None:
    with pytest.raises(EntityValidationError, match="a list can't stand in a cursor"):
        cursor_for(Post, "id", [5])
