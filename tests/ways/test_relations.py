"""Related objects at create, loading of each kind, cascades, and our mixins, by either way."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import joinedload, selectinload

from tests.ways import relations
from tests.ways.conftest import ON_THREE, Both
from tests.ways.recording import Way
from tests.ways.relations import Book, Child, Forbidding, Held, Joining, Lazy, Leaf, Node, Parent, Shelf
from tests.ways.walks import every_operation, some_operations

MIXED = (
    relations.Versioned,
    relations.Lettered,
    relations.ServerVersioned,
    relations.Hidden,
    relations.Stamped,
    relations.Created,
)


@ON_THREE
def test_related_objects(both: Both) -> None:
    def scenario(way: Way) -> None:
        family = Parent(name="p", children=[Child(name="a"), Child(name="b")])
        way.call("create", Parent, family)
        way.call("create", Child, Child(name="c", parent=Parent(name="q")))
        way.call("create", Child, Child(name="alone"))
        way.call("create_many", Parent, [Parent(name="r", children=[Child()]), Parent(children=[])])
        way.call("create", Joining, Joining(child_id=1))
        for load in (
            (),
            "children",
            "children.parent",
            selectinload(Parent.children),
            joinedload(Parent.children),
        ):
            way.call("get", Parent, 1, load=load)
            way.call("find", Parent, load=load, order_by="id")
        way.call("get", Child, 1)
        way.call("get", Child, 1, load=Child.parent)
        way.call("get", Joining, 1)
        way.call("find", Child, Child.parent.has(Parent.name == "p"), order_by="id")
        way.call("find", Parent, Parent.children.any(Child.name == "c"))
        way.call("update", Child, 1, {"parent_id": 2})
        way.call("update", Child, 2, {"parent_id": None})
        way.call("update", Child, 2, {"parent": None})
        way.live_on(way.call("get", Child, 1), {"parent": None})
        way.live_on(way.call("get", Parent, 1, load="children"), {"children": []})
        way.call("delete", Child, 3)
        way.call("delete", Parent, 2)
        way.call("delete_many", Parent, [1, 3])

    both(scenario, Parent, Child, Joining)


@ON_THREE
def test_classes_with_relationships_that_wait(both: Both) -> None:
    def scenario(way: Way) -> None:
        some_operations(Lazy, relations.NAMED, relations.RENAMED)(way)
        some_operations(Leaf, relations.NAMED, relations.RENAMED)(way)
        some_operations(Node, relations.NAMED, relations.RENAMED)(way)
        way.call("create", Lazy, Lazy(id=50, leaves=[Leaf(name="a"), Leaf(name="b")]))
        way.call("delete", Lazy, 50)
        way.call("create", Node, Node(id=60, nodes=[Node(id=61)], parent=Node(id=59)))
        way.call("delete", Node, 60)
        way.call("create", Leaf, Leaf(id=70, lazy=None))
        way.call("create", Leaf, Leaf(id=71, lazy_id=99))

    both(scenario, Lazy, Leaf, Node)


@ON_THREE
def test_deleting_what_others_hold(both: Both) -> None:
    def scenario(way: Way) -> None:
        way.call("create", Forbidding, Forbidding(id=1))
        way.call("create", Held, Held(owner_id=1))
        way.call("delete", Forbidding, 1)
        way.call("delete_many", Forbidding, [1])
        way.call("delete", Held, 1)
        way.call("delete", Forbidding, 1)

    both(scenario, Forbidding, Held)


@ON_THREE
def test_mixins(both: Both) -> None:
    def scenario(way: Way) -> None:
        for model in MIXED:
            some_operations(model, relations.NAMED, relations.RENAMED)(way)

    both(scenario, *MIXED)


@pytest.mark.parametrize("model", [relations.AllMixed])
@ON_THREE
def test_every_operation_of_all_mixins(both: Both, model: Any) -> None:
    def scenario(way: Way) -> None:
        every_operation(model, relations.NAMED, relations.RENAMED)(way)
        way.call("create", model, model(id=70, name="hidden"))
        way.call("delete", model, 70)
        for how in ({}, {"include_deleted": True}):
            way.call("get", model, 70, **how)
            way.call("get_many", model, [70], **how)
            way.call("find", model, order_by="id", **how)
            way.call("count", model, **how)
            way.call("exists", model, model.id == 70, **how)
            way.call("page", model, **how)
            way.call("list_and_count", model, **how)
        way.call("update", model, 70, {"name": "gone"})
        way.call("delete", model, 70, hard=True)

    both(scenario, model)


@ON_THREE
def test_related_rows_that_are_marked_as_deleted(both: Both) -> None:
    """Lazy loads leave them out, or don't, whichever way the object came."""

    def scenario(way: Way) -> None:
        way.call("create", Shelf, Shelf(id=1, books=[Book(name="a"), Book(name="b")]))
        way.call("create", Shelf, Shelf(id=2, books=[Book(name="c")]))
        way.call("delete", Book, 1)
        way.call("delete", Shelf, 2)
        for how in ({}, {"include_deleted": True}, {"load": "books"}):
            for id in (1, 2):
                way.call("find", Shelf, Shelf.id == id, **how)
                got = way.call("get", Shelf, id, **how)
                if got is not None:
                    way.live_on(got, {"name": "n"})
            for id in (1, 3):
                got = way.call("get", Book, id, **{name: how[name] for name in how if name != "load"})
                if got is not None:
                    way.live_on(got, {"name": "n"})

    both(scenario, Shelf, Book)


@pytest.mark.parametrize("include_deleted", [False, True])
@ON_THREE
def test_related_rows_that_are_read_anew(both: Both, include_deleted: bool) -> None:
    """`refresh` of a relationship, and what is loaded along with an expired object."""

    def scenario(way: Way) -> None:
        way.call("create", Shelf, Shelf(id=1, books=[Book(name="a"), Book(name="b")]))
        way.call("delete", Book, 1)
        for name, args in (("get", (1,)), ("find", ())):
            got = way.call(name, Shelf, *args, include_deleted=include_deleted)
            shelf = got[0] if isinstance(got, list) else got

            def refresh(session: Any, shelf: Shelf = shelf) -> list[Any]:
                session.add(shelf)
                session.refresh(shelf, ["books"])
                refreshed = [book.name for book in shelf.books]
                session.expire(shelf)
                session.refresh(shelf, ["name", "books"])
                refreshed += [book.name for book in shelf.books]
                session.expire_all()
                return refreshed + [book.name for book in shelf.books]

            way.look("refreshed", way.in_session(refresh))

    both(scenario, Shelf, Book)


@ON_THREE
def test_a_stale_version(both: Both) -> None:
    def scenario(way: Way) -> None:
        made = way.call("create", relations.Versioned, relations.Versioned(name="a"))
        way.call("update", relations.Versioned, 1, {"name": "b"})
        made.name = "c"
        way.call("save", relations.Versioned, made)
        way.call("update_many", relations.Versioned, [{"id": 1, "name": "d"}])
        way.call("upsert_many", relations.Versioned, [relations.Versioned(id=1, name="e", version=1)])
        way.call("delete", relations.Versioned, 1)

    both(scenario, relations.Versioned)
