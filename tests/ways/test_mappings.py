"""However a class is mapped, and whatever it does beside, both ways come to the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import literal
from sqlalchemy.orm import with_expression

from tests.ways import mappings
from tests.ways.conftest import ON_THREE, Both
from tests.ways.recording import Way
from tests.ways.walks import every_operation, some_operations

N, R = mappings.NAMED, mappings.RENAMED
GROUPS: dict[str, list[tuple[Any, Any, Any]]] = {
    "kinds of mapping": [
        (mappings.AsDataclass, [*N, {"plays": 1, "tags": None}], [*R, {"tags": [2]}]),
        (mappings.FrozenKeywords, N, R),
        (mappings.Imperative, N, [*R, {"number": 4}]),
        (mappings.Derived, [*N, {"common": "own"}], R),
        (mappings.TwoColumns, [{"name": "fox", "extra": "e"}], [{"extra": "f"}, {"name": "owl"}]),
    ],
    "acting classes": [
        (mappings.Acting, [*N, {"number": 1}], [*R, {"name": "bad"}, {"name": " x "}]),
        (mappings.Constructed, N, R),
        (mappings.Intercepting, N, R),
        (mappings.Mixing, N, R),
    ],
    "attributes that are no columns": [
        (mappings.Extended, mappings.SIZED, mappings.RESIZED),
        (
            mappings.OnlySynonyms,
            [{"name_": "a"}, {"title": "b"}, {"name": "c"}],
            [{"title": "d"}, {"name_": "e"}],
        ),
        (mappings.Calculating, mappings.NUMBERED, mappings.RENUMBERED),
        (mappings.Proxied, N, R),
    ],
    "inheritance": [
        (mappings.Typed, N, R),
        (mappings.Person, N, R),
        (mappings.Engineer, [*N, {"skill": "x"}], [{"skill": "y", "name": "z"}]),
        (mappings.Boss, [*N, {"team": "x"}], [{"team": "y", "name": "z"}]),
        (mappings.Concrete, N, R),
        (mappings.MoreConcrete, [*N, {"more": "x"}], [{"more": "y"}]),
    ],
}


def noting(scenario: Callable[[Way], None]) -> Callable[[Way], None]:
    """The same scenario, with a record of what the classes' own methods were called with."""

    def noted(way: Way) -> None:
        mappings.MADE.clear()
        scenario(way)
        way.look("calls of the class's methods", list(mappings.MADE))

    return noted


@pytest.mark.parametrize("group", GROUPS)
@ON_THREE
def test_mappings(both: Both, group: str) -> None:
    def scenario(way: Way) -> None:
        for model, rows, changes in GROUPS[group]:
            some_operations(model, rows, changes)(way)

    both(noting(scenario), mappings.ProxiedWord, *(model for model, _, _ in GROUPS[group]))


@ON_THREE
def test_every_operation_of_a_class_with_methods(both: Both) -> None:
    both(noting(every_operation(mappings.Acting, N, R)), mappings.Acting)


@ON_THREE
def test_rows_of_subclasses(both: Both) -> None:
    """Through the base's repository come objects of the classes that they are of."""

    def scenario(way: Way) -> None:
        people = [
            mappings.Person(name="p"),
            mappings.Engineer(name="e", skill="s"),
            mappings.Boss(name="b", team="t"),
        ]
        way.call("create_many", mappings.Person, people)
        for id in (1, 2, 3):
            way.call("get", mappings.Person, id)
            way.call("get", mappings.Boss, id)
        way.call("list", mappings.Person)
        way.call("page", mappings.Person, limit=2)
        way.call("count", mappings.Boss)
        way.call("update", mappings.Person, 2, {"name": "x"})
        way.call("delete", mappings.Person, 3)

    both(scenario, mappings.Person, mappings.Engineer)


@ON_THREE
def test_a_class_mapped_to_a_query(both: Both) -> None:
    def scenario(way: Way) -> None:
        way.call("create_many", mappings.Extended, [mappings.Extended(**row) for row in mappings.SIZED])
        way.call("get", mappings.Selected, 1)
        way.call("list", mappings.Selected)
        way.call("count", mappings.Selected)
        way.call("page", mappings.Selected, limit=1)

    both(scenario, mappings.Extended)


@ON_THREE
def test_expressions_asked_for(both: Both) -> None:
    def scenario(way: Way) -> None:
        way.call("create", mappings.Calculating, mappings.Calculating(number=3))
        asked = with_expression(mappings.Calculating.asked, mappings.Calculating.number + literal(1))
        way.call("get", mappings.Calculating, 1, load=asked)
        way.call("find", mappings.Calculating, load=[asked, "deferred_sum"])
        way.call("find", mappings.Calculating, order_by="-next_number")
        way.call("page", mappings.Calculating, order_by="next_number")

    both(scenario, mappings.Calculating)


@ON_THREE
def test_proxies_of_related_objects(both: Both) -> None:
    def scenario(way: Way) -> None:
        way.call("create", mappings.Proxied, mappings.Proxied(name="p", texts=["a", "b"]))
        way.call("get", mappings.Proxied, 1, load="words")
        way.call("find", mappings.Proxied, mappings.Proxied.texts.contains("a"))
        way.call("delete", mappings.Proxied, 1)

    both(scenario, mappings.Proxied, mappings.ProxiedWord)
