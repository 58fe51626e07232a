"""Pages, streams and loaded relationships, by either way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import event, literal_column
from sqlalchemy.orm import selectinload

from colonnade import AsyncDatabaseManager, DatabaseManager
from tests.faces import Face
from tests.ways.conftest import Both, on
from tests.ways.recording import Way, differences, report
from tests.ways.relations import Book, Child, Created, Lazy, Leaf, Node, Parent, Shelf

ORDERS = ("id", "-id", "name", "-name,id", "name,-id")


def leaves(way: Way) -> None:
    way.call("create", Lazy, Lazy(name="p", leaves=[Leaf(name=name) for name in ("b", None, "a", "b", "é")]))
    way.call("create", Lazy, Lazy(name="q", leaves=[Leaf(), Leaf(name="a")]))
    way.call("create", Leaf, Leaf(name="alone"))
    way.call("create", Lazy, Lazy(name="empty"))


def turned(way: Way, *criteria: Any, **how: Any) -> None:
    """Turn the pages to the end, and back to the start."""
    page = way.call("page", Leaf, *criteria, limit=3, **how)
    while page is not None and page.next_cursor is not None:
        page = way.call("page", Leaf, *criteria, limit=3, cursor=page.next_cursor, **how)
    while page is not None and page.previous_cursor is not None:
        page = way.call("page", Leaf, *criteria, limit=3, cursor=page.previous_cursor, **how)


@pytest.mark.parametrize("order_by", ORDERS)
def test_pages_in_any_order(both: Both, order_by: str) -> None:
    def scenario(way: Way) -> None:
        leaves(way)
        turned(way, order_by=order_by)
        turned(way, Leaf.lazy_id == 1, order_by=order_by)
        turned(way, Leaf.lazy_id == 2, order_by=order_by)

    both(scenario, Lazy, Leaf)


def test_pages_that_meet_criteria(both: Both) -> None:
    """Statements of one shape, with other values each time; and those that are no template."""

    def scenario(way: Way) -> None:
        leaves(way)
        for name in ("a", "b", "nowhere", "é"):
            way.call("page", Leaf, Leaf.name == name, Leaf.id > 1, limit=1)
            way.call("page", Leaf, Leaf.name.in_([name, "a"]), limit=2)
            way.call("page", Leaf, Leaf.name.like(f"{name}%"), limit=2, load="lazy")
        way.call("page", Leaf, Leaf.name.is_(None), limit=1)
        way.call("page", Leaf, Leaf.lazy.has(Lazy.name == "p"), limit=1)
        way.call("page", Leaf, Leaf.name == 7, limit=1)
        for limit in (1, 2, 8, 0, -1):
            way.call("page", Leaf, limit=limit)
        way.call("page", Leaf, cursor="nonsense")
        for order_by in ("", "()", "nothing", "lazy", (), [], Leaf.name):
            way.call("page", Leaf, order_by=order_by)

    both(scenario, Lazy, Leaf)


def test_pages_with_relationships(both: Both) -> None:
    def scenario(way: Way) -> None:
        leaves(way)
        for load in ("leaves", Lazy.leaves, "leaves.lazy", selectinload(Lazy.leaves), "nothing"):
            page = way.call("page", Lazy, limit=2, load=load)
            if page is not None:
                page = way.call("page", Lazy, limit=2, load=load, cursor=page.next_cursor)
                way.live_on(page.items[0], {"leaves": []})
                way.call("page", Lazy, limit=2, load=load, cursor=page.previous_cursor)
        way.call("page", Lazy, Lazy.id > 9, load="leaves")
        turned(way, order_by="-name", load="lazy")

    both(scenario, Lazy, Leaf)


INSTANTS = (
    "2026-03-29 02:30:00.5",
    "2026-03-29 02:30:00.000001+05:30",
    "1800-01-01 00:00:00",
    "9999-12-31 23:59:59.999999-12",
    "0044-03-15 00:00:00 BC",
    "infinity",
)


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "UTC"])
@on("postgresql", "psycopg_async", "asyncpg")
def test_instants_of_a_server_in_another_zone(
    walked: Callable[..., list[Way]], faced: Face, zone: str
) -> None:
    """Psycopg gives instants in the server's zone, and none for those that Python hasn't."""

    def manager(url: str) -> Any:
        there = f"{url}?{urlencode({'options': f'-c TimeZone={zone}'})}"
        return faced.pick(DatabaseManager, AsyncDatabaseManager)(there)

    def scenario(way: Way) -> None:
        for name in INSTANTS:
            way.call("create", Created, Created(name=name, created_at=datetime(2026, 1, 1, tzinfo=UTC)))
        for turn in ("valid", "all"):
            keys = range(1, 4 if turn == "valid" else len(INSTANTS) + 1)
            for key in keys:
                instant = literal_column(f"timestamptz '{INSTANTS[key - 1]}'")
                way.call("update_where", Created, {"created_at": instant}, Created.id == key)
            for key in keys:
                way.call("get", Created, key)
                way.call("update", Created, key, {})
            way.call("find", Created, order_by="id")
            way.call("page", Created, order_by="-created_at", limit=2)
            page = way.call("page", Created, Created.id < 4, order_by="created_at", limit=1)
            if page is not None:
                way.call("page", Created, order_by="created_at", limit=1, cursor=page.next_cursor)
        way.call("delete_where", Created, everything=True)

    lines = differences(*walked(scenario, Created, manager=manager))
    if lines:
        pytest.fail(report(lines), pytrace=False)


def test_loaded_relationships(both: Both) -> None:
    def scenario(way: Way) -> None:
        leaves(way)
        for load in ("leaves", Lazy.leaves, ["leaves"], "leaves.lazy", selectinload(Lazy.leaves), "nothing"):
            way.call("get", Lazy, 1, load=load)
            way.call("get", Lazy, 9, load=load)
            way.call("get_many", Lazy, [3, 2, 9, 1], load=load)
            way.call("find", Lazy, order_by="-id", load=load)
            way.call("find", Lazy, Lazy.id > 9, load=load)
        for load in ("lazy", Leaf.lazy, "lazy.leaves", Leaf.lazy.and_(Lazy.name == "p")):
            way.call("find", Leaf, order_by="id", load=load)
            way.call("first", Leaf, Leaf.lazy_id.is_(None), load=load)
        found = way.call("find", Leaf, order_by="id", load="lazy")
        way.look("one object for one row", found[0].lazy is found[1].lazy)
        found = way.call("get", Lazy, 1, load="leaves")
        way.look("each one's state", [one.__dict__.keys() - {"_sa_instance_state"} for one in found.leaves])
        way.live_on(found, {"leaves": []})
        way.live_on(way.call("get", Lazy, 2, load="leaves").leaves[0], {"lazy": None})

    both(scenario, Lazy, Leaf)


def test_what_only_a_session_loads(both: Both) -> None:
    """A class met twice, an eager one, one that refers to itself."""

    def scenario(way: Way) -> None:
        way.call("create", Node, Node(id=1, nodes=[Node(id=2), Node(id=3)]))
        way.call("find", Node, order_by="id", load="nodes.nodes")
        way.call("find", Node, order_by="id", load=("nodes", "parent"))
        way.call("create", Parent, Parent(name="p", children=[Child(name="c")]))
        way.call("find", Parent, load="children")
        way.call("find", Parent, load="raising")
        way.call("find", Child, load="parent.children")

    both(scenario, Node, Parent, Child)


@pytest.mark.parametrize("include_deleted", [False, True])
def test_loaded_rows_that_are_marked_as_deleted(both: Both, include_deleted: bool) -> None:
    def scenario(way: Way) -> None:
        way.call("create", Shelf, Shelf(id=1, books=[Book(name="a"), Book(name="b")]))
        way.call("create", Shelf, Shelf(id=2, books=[Book(name="c")]))
        way.call("delete", Book, 1)
        way.call("delete", Shelf, 2)
        how = {"include_deleted": include_deleted}
        way.call("find", Shelf, order_by="id", load="books", **how)
        for book in way.call("find", Book, order_by="id", load="shelf", **how):
            way.look("its shelf", book.shelf is None)
        way.call("page", Book, limit=1, **how)
        way.call("stream", Book, order_by="id", **how)
        way.live_on(way.call("get", Shelf, 1, load="books", **how), {"name": "n"})

    both(scenario, Shelf, Book)


def test_streams(both: Both) -> None:
    def scenario(way: Way) -> None:
        leaves(way)
        for batch in (1, 2, 7, 1000):
            way.call("stream", Leaf, batch=batch, order_by="-id")
        way.call("stream", Leaf, Leaf.name == "a", order_by="id")
        way.call("stream", Leaf, Leaf.lazy.has(Lazy.name == "p"), order_by="id", load="lazy")
        way.call("stream", Leaf, Leaf.name == "nowhere")
        way.call("stream", Leaf, batch=0)

    both(scenario, Lazy, Leaf)


def test_listeners_of_what_is_loaded_are_heard(both: Both) -> None:
    heard: list[str] = []

    def note(target: Any, context: Any) -> None:
        heard.append(type(target).__name__)

    def scenario(way: Way) -> None:
        heard.clear()
        leaves(way)
        way.call("find", Lazy, order_by="id", load="leaves")
        event.listen(Leaf, "load", note)
        try:
            way.call("find", Lazy, order_by="id", load="leaves")
            way.call("page", Leaf, limit=2)
            way.call("stream", Leaf, order_by="id")
        finally:
            event.remove(Leaf, "load", note)
        way.look("heard", list(heard))

    both(scenario, Lazy, Leaf)


def test_which_way_they_go(walked: Any) -> None:
    """So that what is compared above are two ways."""
    ways: dict[str, list[str]] = {}

    def scenario(way: Way) -> None:
        leaves(way)
        for operation, model, how in (
            ("page", Leaf, {"order_by": "name"}),
            ("page", Leaf, {"load": "lazy"}),
            ("find", Lazy, {"load": "leaves"}),
            ("find", Leaf, {"load": "lazy.leaves"}),
            ("find", Leaf, {"load": "lazy"}),
            ("stream", Leaf, {}),
        ):
            way.taken.clear()
            way.call(operation, model, **how)
            ways[f"{way.name}, {operation} {how}"] = sorted(set(way.taken))

    walked(scenario, Lazy, Leaf)
    assert {name: taken for name, taken in ways.items() if name.startswith("direct")} == {
        "direct, page {'order_by': 'name'}": ["direct"],
        "direct, page {'load': 'lazy'}": ["direct"],
        "direct, find {'load': 'leaves'}": ["direct"],
        "direct, find {'load': 'lazy.leaves'}": ["session"],
        "direct, find {'load': 'lazy'}": ["direct"],
        "direct, stream {}": ["core"],
    }
