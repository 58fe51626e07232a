"""What goes wrong goes wrong in the same way: class, fields, words, log, and the table afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tests.ways import columns, keys
from tests.ways.columns import Constrained, Owner
from tests.ways.conftest import ON_THREE, Both
from tests.ways.recording import Way
from tests.ways.snapshots import of_entity


def fill(way: Way) -> None:
    way.call("create", Owner, Owner(id=1, name="owner"))
    way.call("create", Constrained, Constrained(id=1, name="one", code="taken", left=1, right=2, owner_id=1))
    way.call("create", Constrained, Constrained(id=2, name="two"))


def test_each_violation(both: Both) -> None:
    def scenario(way: Way) -> None:
        fill(way)
        for number, values in enumerate(
            columns.VIOLATIONS, 10
        ):  # keys given: what a refusal uses up isn't seen
            entity = Constrained(id=number, **values)
            way.call("create", Constrained, entity)
            way.call("create", Constrained, entity)  # what was refused can be tried again
            way.call("update", Constrained, 2, values)
            way.call(
                "create_many", Constrained, [Constrained(id=8, name="first"), Constrained(id=9, **values)]
            )
            way.call("update_many", Constrained, [{"id": 1, "name": "first"}, {"id": 2, **values}])
        way.call("create", Constrained, Constrained(id=1, name="same key"))
        way.call("delete", Owner, 1)
        way.call("delete_many", Owner, [1])
        way.call("upsert_many", Constrained, [Constrained(id=1, name="upserted"), Constrained(name=None)])

    both(scenario, Constrained, Owner)


@ON_THREE
def test_a_refused_object_is_usable(both: Both) -> None:
    """Mended, it's created; its key is its own again."""

    def scenario(way: Way) -> None:
        fill(way)
        entity = Constrained(name="x", code="taken")
        way.call("create", Constrained, entity)
        way.look("refused", of_entity(entity))
        entity.code = "free"
        way.call("create", Constrained, entity)
        way.live_on(entity, {"name": "y"})

    both(scenario, Constrained, Owner)


BAD_INPUT: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("create", (None,), {}),
    ("create", ({"name": "x"},), {}),
    ("create", (Owner(name="another class"),), {}),
    ("create_many", ([None],), {}),
    ("create_many", (None,), {}),
    ("create_many", ([],), {}),
    ("update", (1, {"nothing": 1}), {}),
    ("update", (1, {"id": 2}), {}),
    ("update", (1, {1: 2}), {}),
    ("update", (1, None), {}),
    ("update", (1, []), {}),
    ("update", (99, {}), {}),
    ("update", (1, {Constrained.name: "by attribute"}), {}),
    ("update", (1, {Owner.name: "of another class"}), {}),
    ("update", (1, {"name": Constrained.name}), {}),
    ("update", (1, {"owner_id": Owner.id}), {}),
    ("update_many", ([{"name": "keyless"}],), {}),
    ("update_many", ([{"id": 1, "nothing": 1}],), {}),
    ("update_many", ([{"id": 99, "name": "x"}],), {}),
    ("update_many", ([{"id": 1}, {"id": 1, "name": "twice"}],), {}),
    ("update_many", ([],), {}),
    ("delete", (None,), {}),
    ("delete_many", ([None],), {}),
    ("delete_many", ([],), {}),
    ("delete_many", ([1, 1],), {}),
    ("upsert_many", ([Constrained(name="no key")],), {}),
    ("upsert_many", ([],), {}),
    ("get", (), {}),
    ("get", (1,), {"load": "nothing"}),
    ("get", (1,), {"for_update": True}),
    ("get", (1,), {"nothing": 1}),
    ("get_many", (None,), {}),
    ("get_many", ([],), {}),
    ("get_many", ([1, 1, 99, 1],), {}),
    ("list", (-1,), {}),
    ("list", (0, -1), {}),
    ("list", (0, 0), {}),
    ("list", ("1",), {}),
    ("list", (2**63,), {}),
    ("list_and_count", (5, 0), {}),
    ("find", (True,), {}),
    ("find", ("name = 'x'",), {}),
    ("find", (Constrained.name,), {}),
    ("find", (Owner.name == "x",), {}),
    ("find", (Constrained.plays == "many",), {}),
    ("find", (text("nonsense("),), {}),
    ("find", (text("plays = :missing"),), {}),
    ("find", (Constrained.name.in_([]),), {"order_by": "id"}),
    ("find", (Constrained.name.in_(["one", "two"]),), {"order_by": "-id"}),
    ("find", (Constrained.name.like("%o%"), Constrained.plays >= 0), {"order_by": "name,-id"}),
    ("find", (~Constrained.code.is_(None) | (Constrained.name == "two"),), {"order_by": "id"}),
    ("find", (), {"filters": {"nothing": 1}}),
    ("find", (), {"filters": {"id": [1, 2], "code": None}}),
    ("find", (), {"filters": {"name": {"one"}}}),
    ("find", (), {"filters": {"plays": "many"}}),
    ("find", (), {"order_by": "nothing"}),
    ("find", (), {"order_by": 5}),
    ("find", (), {"order_by": text("nonsense(")}),
    ("find", (), {"limit": -1}),
    ("find", (), {"skip": 1.5}),
    ("find", (), {"limit": 0}),
    ("find", (), {"for_update": True}),
    ("first", (Constrained.name == "nobody",), {}),
    ("one", (), {}),
    ("one", (Constrained.name == "nobody",), {}),
    ("exists", (False,), {}),
    ("exists", (Constrained.small / 0 == 1,), {}),
    ("count", (Constrained.name == 5,), {}),
    ("page", (), {"limit": 0}),
    ("page", (), {"limit": 1, "cursor": "nonsense"}),
    ("page", (), {"limit": 1, "cursor": ""}),
    ("page", (), {"limit": 1, "cursor": 5}),
    ("page", (), {"order_by": "code,name", "limit": 1}),
    ("page", (), {"order_by": "nothing"}),
    ("stream", (), {"batch": 0}),
    ("stream", (Constrained.name == "nobody",), {}),
    ("stream", (text("nonsense("),), {}),
]


@ON_THREE
def test_bad_input(both: Both) -> None:
    def scenario(way: Way) -> None:
        fill(way)
        for operation, args, kwargs in BAD_INPUT:
            way.call(operation, Constrained, *args, **kwargs)

    both(scenario, Constrained, Owner)


@ON_THREE
def test_what_is_stored_or_held_already(both: Both) -> None:
    def scenario(way: Way) -> None:
        fill(way)
        stored = way.call("get", Constrained, 2)
        way.call("create", Constrained, stored)
        way.call("create_many", Constrained, [Constrained(name="x"), stored])
        way.call("upsert_many", Constrained, [stored])
        twice = Constrained(name="twice")
        way.call("create_many", Constrained, [twice, twice])

        def pending(session: Any) -> None:
            session.add(held)
            way.look("pending elsewhere", of_entity(held, deep=False))

        held = Constrained(name="held")
        way.in_session(pending)
        way.call("create", Constrained, held)

    both(scenario, Constrained, Owner)


def test_a_table_that_is_not_there(both: Both) -> None:
    class Unmade(DeclarativeBase): ...

    class Missing(Unmade):
        __tablename__ = "ways_missing"
        id: Mapped[int] = mapped_column(primary_key=True)

    def scenario(way: Way) -> None:
        way.call("get", Missing, 1)
        way.call("find", Missing)
        way.call("count", Missing)
        way.call("page", Missing)
        way.call("stream", Missing)
        way.call("update", Missing, 1, {})
        way.call("delete", Missing, 1)
        way.call("delete_many", Missing, [1])

    both(scenario)


@pytest.mark.parametrize("model", [keys.Automatic])
def test_a_table_that_has_other_columns(both: Both, model: Any) -> None:
    class Unmade(DeclarativeBase): ...

    class Other(Unmade):
        __tablename__ = model.__tablename__
        id: Mapped[int] = mapped_column(primary_key=True)
        missing: Mapped[int | None]

    def scenario(way: Way) -> None:
        way.call("create", model, model(id=1))
        way.call("get", Other, 1)
        way.call("list", Other)
        way.call("count", Other)
        # An UPDATE or DELETE that names no such column, and reads none, would find nothing wrong.
        way.call("create", Other, Other(missing=1))

    both(scenario, model)
