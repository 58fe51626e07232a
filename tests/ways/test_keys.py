"""Primary keys of each kind, by either way: given, generated, composite; and what is no key."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.databases import Driver
from tests.ways import keys
from tests.ways.conftest import ON_THREE, Both
from tests.ways.recording import Way
from tests.ways.walks import every_operation, key_names, some_operations

NO_KEYS: list[Any] = [
    None,
    "5",
    "abc",
    1.0,
    1.5,
    True,
    Decimal("1"),
    2**63,
    -(2**63),
    b"1",
    [],
    (),
    (1,),
    (1, "a"),
    (1, "a", 2),
    {"id": 1},
    {"left": 1, "right": "a"},
    {"left": 1},
    {"nothing": 1},
    {},
    date(2024, 1, 2),
    uuid.UUID(int=1),
    keys.Suit.HEARTS,
    "HEARTS",
    object,
]


@pytest.mark.parametrize(
    "cases", [keys.NUMBERED, keys.TYPED, keys.OTHERS], ids=["numbered", "typed", "others"]
)
def test_keys(both: Both, cases: keys.Keyed) -> None:
    def scenario(way: Way) -> None:
        keys.NEXT[0] = 0
        for model, rows, missing in cases:
            changes = keys.VALUES if "value" in model.__table__.c else []
            walk = every_operation if model in (keys.Automatic, keys.Pair) else some_operations
            walk(model, rows, changes, missing)(way)

    both(scenario, *(model for model, _, _ in cases))


def test_a_key_that_is_numbered_in_part(both: Both, driver: Driver) -> None:
    if driver.database == "sqlite":
        pytest.skip("SQLite numbers no part of a key")
    both(
        some_operations(keys.HalfAutomatic, keys.HALF_AUTOMATIC, keys.VALUES, (99, "z")),
        keys.HalfAutomatic,
    )


@ON_THREE
def test_what_is_no_key(both: Both) -> None:
    models = (keys.Automatic, keys.Worded, keys.Pair, keys.ByUuid, keys.BySuit)

    def scenario(way: Way) -> None:
        for model in models:
            _use_as_keys(way, model)

    both(scenario, *models)


def _use_as_keys(way: Way, model: Any) -> None:
    for key in NO_KEYS:
        way.call("get", model, key)
        way.call("get_one", model, key)
    for key in NO_KEYS[:12]:
        way.call("update", model, key, {"value": 1})
        way.call("delete", model, key)
        way.call("get_many", model, [key])
        way.call("delete_many", model, [key])
        way.call("update_many", model, [{key_names(model)[0]: key, "value": 1}])
