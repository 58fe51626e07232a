"""`page()` while rows come and go: each row that stays, its key unchanged, is met exactly once."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Index, delete, insert
from sqlalchemy.orm import Mapped, mapped_column

from colonnade import BaseRepository, DatabaseManager
from colonnade.models import Base

MOST_PAGES = 1000
QUICK = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
LONG = settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))


class Track(Base):
    __tablename__ = "track"
    __table_args__ = (Index("ix_track_album_number", "album", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    album: Mapped[str | None]
    number: Mapped[int | None]
    rating: Mapped[int]


class Tracks(BaseRepository[Track]): ...


Row = tuple[str | None, int | None, int]
contents = st.tuples(
    st.sampled_from([None, "", "a", "B", "é"]), st.sampled_from([None, -1, 0, 7]), st.sampled_from([0, 1])
)
orders = st.lists(
    st.sampled_from([sign + name for name in ("album", "number", "rating", "id") for sign in ("", "-")]),
    max_size=4,
    unique_by=lambda part: part.removeprefix("-"),
)
STAYING = st.integers(0, 40).map(lambda number: 2 * number)
COMING = st.integers(0, 40).map(lambda number: 2 * number + 1)


@dataclass(frozen=True)
class Case:
    """Rows that stay, rows that are there at first and may go, and in which order they're asked for."""

    staying: dict[int, Row]
    others: dict[int, Row]
    order: list[str]
    limit: int
    back: bool

    @property
    def expected(self) -> list[int]:
        """The staying rows' keys in the order asked for, NULLs lowest, ties broken by the key."""
        names = [part.removeprefix("-") for part in self.order]
        last = "-" if self.order and self.order[-1].startswith("-") else ""
        ids = sorted(self.staying)
        for part in reversed([*self.order, *([] if "id" in names else [f"{last}id"])]):
            ids.sort(key=lambda id: self.rank(id, part.removeprefix("-")), reverse=part.startswith("-"))
        return ids

    def rank(self, id: int, name: str) -> Any:
        value = {"id": id, **dict(zip(("album", "number", "rating"), self.staying[id], strict=True))}[name]
        return (value is not None, value)


cases = st.builds(
    Case,
    st.dictionaries(STAYING, contents, max_size=25),
    st.dictionaries(COMING, contents, max_size=15),
    orders,
    st.integers(1, 6),
    st.booleans(),
)


@pytest.fixture
def tracks(sync_url: str) -> Iterator[Tracks]:
    """An empty repository."""
    with DatabaseManager(sync_url) as db:
        Base.metadata.create_all(db.engine, tables=[Base.metadata.tables["track"]])
        yield Tracks(db)


def fill(tracks: Tracks, case: Case) -> None:
    with tracks.db.session() as session:
        session.execute(delete(Track))
        rows = {**case.staying, **case.others}.items()
        if rows:
            session.execute(insert(Track), [values(id, row) for id, row in rows])


def values(id: int, row: Row) -> dict[str, Any]:
    return {"id": id, **dict(zip(("album", "number", "rating"), row, strict=True))}


def met(tracks: Tracks, case: Case, between: Callable[[], None]) -> list[int]:
    """Walk through the pages, back from the end or forward, and give the staying rows as they came."""
    page = tracks.page(order_by=case.order, limit=case.limit)
    if case.back:
        while page.next_cursor is not None:
            page = tracks.page(order_by=case.order, limit=case.limit, cursor=page.next_cursor)
    found = [page.items]
    for _ in range(MOST_PAGES):
        cursor = page.previous_cursor if case.back else page.next_cursor
        if cursor is None:
            pages = reversed(found) if case.back else found
            return [track.id for items in pages for track in items if track.id in case.staying]
        between()
        page = tracks.page(order_by=case.order, limit=case.limit, cursor=cursor)
        assert len(page.items) <= case.limit
        found.append(page.items)
    raise AssertionError("the walk goes round in circles")


def come_or_go(tracks: Tracks, id: int, row: Row) -> None:
    if not tracks.delete(id):
        tracks.create(Track(**values(id, row)))


def check(tracks: Tracks, how: settings) -> None:
    @how
    @given(cases, st.lists(st.lists(st.tuples(COMING, contents), max_size=4), max_size=20))
    def each_row_once(case: Case, changes: list[list[tuple[int, Row]]]) -> None:
        fill(tracks, case)
        waiting = iter(changes)

        def between() -> None:
            for id, row in next(waiting, []):
                come_or_go(tracks, id, row)

        assert met(tracks, case, between) == case.expected

    each_row_once()


def test_rows_that_stay_come_once_while_others_come_and_go(tracks: Tracks) -> None:
    check(tracks, QUICK)


@pytest.mark.long
def test_rows_that_stay_come_once_in_many_walks(tracks: Tracks) -> None:
    check(tracks, LONG)


def random_case(chance: random.Random) -> Case:
    def row() -> Row:
        number = chance.choice([None, *range(-5, 6)])
        return chance.choice([None, "", "a", "B", "é"]), number, chance.randrange(2)

    parts = chance.sample(["album", "number", "rating", "id"], chance.randint(0, 4))
    return Case(
        staying={id: row() for id in range(0, 600, 2)},
        others={id: row() for id in range(1, 600, 2) if chance.random() < 0.5},
        order=[chance.choice(["", "-"]) + part for part in parts],
        limit=chance.randint(3, 25),
        back=chance.random() < 0.5,
    )


@pytest.mark.parametrize("walks", [3, pytest.param(150, marks=pytest.mark.long)])
def test_rows_that_stay_come_once_beside_a_writer(tracks: Tracks, walks: int) -> None:
    for seed in range(walks):
        chance = random.Random(seed)
        case = random_case(chance)
        fill(tracks, case)
        writes = write_beside(tracks, chance, case)
        assert writes, f"no write came between the pages (seed {seed})"


def write_beside(tracks: Tracks, chance: random.Random, case: Case) -> int:
    """Walk while another thread writes, and give how often it did."""
    over = threading.Event()
    writes: list[int] = []
    failures: list[BaseException] = []

    def write() -> None:
        try:
            while not over.is_set():
                row = (chance.choice([None, "a", "é"]), chance.choice([None, 0, 3]), chance.randrange(2))
                tracks.db.run(come_or_go, tracks, 2 * chance.randrange(300) + 1, row)
                writes.append(1)
        except BaseException as error:  # noqa: BLE001 (raised below)
            failures.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert met(tracks, case, lambda: None) == case.expected
    finally:
        over.set()
        writer.join()
    assert not failures, failures
    return len(writes)
