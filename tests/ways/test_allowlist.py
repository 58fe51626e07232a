"""Which way is taken: the direct one where it's known to be alike, the Session for all that isn't."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from tests.ways import mappings, relations, unknown
from tests.ways.conftest import ON_THREE
from tests.ways.keys import Automatic, Pair
from tests.ways.listening import Heard
from tests.ways.recording import Way
from tests.ways.test_listeners import listened

# What a call does, and the way that it must take: reads first.
CALLS: list[tuple[str, Any]] = [
    ("create", lambda model: (model(),)),
    ("get", lambda model: (1,)),
    ("get_one", lambda model: (1,)),
    ("find", lambda model: (model.id == 1,)),
    ("list", lambda model: ()),
    ("count", lambda model: ()),
    ("exists", lambda model: ()),
    ("page", lambda model: ()),
    ("update", lambda model: (1, {"value" if hasattr(model, "value") else "name": None})),
    ("delete", lambda model: (1,)),
]

SESSION_ONLY = [
    mappings.Person,
    mappings.Engineer,
    mappings.Boss,
    mappings.MoreConcrete,
    mappings.TwoColumns,
    mappings.Calculating,
    mappings.Extended,
    mappings.Acting,
    relations.Parent,
    relations.Joining,
    unknown.OwnlyMapped,
    unknown.WithOwnProperty,
    unknown.Refreshing,
]


def taken(way: Way, name: str, model: Any, *args: Any, **kwargs: Any) -> set[str]:
    """The ways that the statements of one call took."""
    way.taken.clear()
    way.call(name, model, *args, **kwargs)
    return set(way.taken) - {"engine"}


@ON_THREE
def test_a_plain_class_goes_directly(walked: Any) -> None:
    """Else all that's compared here would be the Session with itself."""
    ways: dict[str, dict[str, set[str]]] = {}

    def scenario(way: Way) -> None:
        ways[way.name] = {name: taken(way, name, Automatic, *args(Automatic)) for name, args in CALLS}

    walked(scenario, Automatic)
    assert ways["session"] == {name: {"session"} for name, _ in CALLS}
    assert ways["direct"] == {name: {"direct"} for name, _ in CALLS}


@pytest.mark.parametrize("model", SESSION_ONLY, ids=lambda model: model.__name__)
@ON_THREE
def test_what_is_not_known_takes_the_session(walked: Any, model: Any) -> None:
    ways: dict[str, set[str]] = {}

    def scenario(way: Way) -> None:
        for name, args in CALLS:
            ways[name] = taken(way, name, model, *args(model))

    walked(scenario, model)
    assert {name: way for name, way in ways.items() if way - {"session"}} == {}


@ON_THREE
def test_related_objects_take_the_session(walked: Any) -> None:
    ways: list[set[str]] = []

    def scenario(way: Way) -> None:
        lazy = relations.Lazy(leaves=[relations.Leaf()])
        ways.append(taken(way, "create", relations.Lazy, lazy))
        ways.append(taken(way, "create_many", relations.Lazy, [relations.Lazy(), relations.Lazy(leaves=[])]))

    walked(scenario, relations.Lazy, relations.Leaf)
    assert ways[2] == {"session"}


@ON_THREE
def test_listeners_take_the_session_while_they_are_there(walked: Any) -> None:
    ways: dict[str, list[set[str]]] = {"session": [], "direct": []}

    def nothing(*_: Any) -> None: ...

    def scenario(way: Way) -> None:
        noted = ways[way.name]
        noted.append(taken(way, "get", Heard, 1))
        with listened(Session, "do_orm_execute", nothing):
            noted.append(taken(way, "get", Heard, 1))
            noted.append(taken(way, "count", Heard))
        with listened(Heard, "load", nothing):
            noted.append(taken(way, "get", Heard, 1))
        with listened(Heard, "before_insert", nothing):
            noted.append(taken(way, "create", Heard, Heard(id=1)))
        with listened(Session, "before_flush", nothing):
            noted.append(taken(way, "delete", Heard, 1))
        noted.append(taken(way, "get", Heard, 1))

    walked(scenario, Heard)
    assert ways["direct"] == [{"direct"}, *[{"session"}] * 5, {"direct"}]


@ON_THREE
def test_cursor_hooks_take_core(walked: Any) -> None:
    """With tracing alone a call goes through SQLAlchemy's Core, where the hooks fire."""
    ways: dict[str, set[str]] = {}

    def nothing(*_: Any) -> None: ...

    def scenario(way: Way) -> None:
        event.listen(way.engine, "before_cursor_execute", nothing)
        for name, args in CALLS:
            ways[name] = taken(way, name, Automatic, *args(Automatic))

    walked(scenario, Automatic)
    assert ways == {name: {"core"} for name, _ in CALLS}


@ON_THREE
def test_an_open_session_is_never_passed_by(walked: Any) -> None:
    """In `db.session()` all goes through it, or its own writes would be unseen."""
    ways: list[set[str]] = []

    def scenario(way: Way) -> None:
        with way.face.entered(way.db.session()):
            ways.append(taken(way, "create", Pair, Pair(left=1, right="a")))
            ways.append(taken(way, "get", Pair, (1, "b")))
            ways.append(taken(way, "count", Pair))

    walked(scenario, Pair)
    assert ways == [{"session"}] * 6
