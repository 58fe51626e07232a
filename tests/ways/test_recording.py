"""The comparison sees a difference, and says where it is."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm.attributes import set_committed_value

from tests.ways import snapshots
from tests.ways.columns import Deferring
from tests.ways.conftest import ON_ONE
from tests.ways.keys import Automatic
from tests.ways.recording import Way, differences


def tamper_value(entity: Any) -> None:
    set_committed_value(entity, "value", True)


def tamper_history(entity: Any) -> None:
    entity.value = 2


def tamper_loaded(entity: Any) -> None:
    del entity.__dict__["value"]


@pytest.mark.parametrize(
    "tamper, told",
    [
        (tamper_value, "value: value"),
        (tamper_history, "state.modified"),
        (tamper_history, "value: history"),
        (tamper_loaded, "state.unloaded"),
        (tamper_loaded, "value: read"),
    ],
)
@ON_ONE
def test_a_difference_is_found(walked: Any, tamper: Callable[[Any], None], told: str) -> None:
    def scenario(way: Way) -> None:
        made = way.call("create", Automatic, Automatic(value=1))
        if way.name == "direct":
            tamper(made)
        way.look("tampered", snapshots.of_entity(made))

    lines = differences(*walked(scenario, Automatic))
    assert any(line.startswith(f"1 tampered: {told}") for line in lines), lines


@ON_ONE
def test_another_row_is_found(walked: Any) -> None:
    def scenario(way: Way) -> None:
        way.call("create", Automatic, Automatic(value=1 if way.name == "direct" else 2))

    assert any(
        "rows of ways_automatic: [0].value" in line for line in differences(*walked(scenario, Automatic))
    )


@ON_ONE
def test_what_is_the_same_is_no_difference(walked: Any) -> None:
    def scenario(way: Way) -> None:
        way.call("get", Deferring, 1)

    assert differences(*walked(scenario, Deferring)) == []


@pytest.mark.parametrize(
    "one, other",
    [(1, True), (1, 1.0), (1.0, Decimal("1")), ("1", 1), (0.0, -0.0), ([1], (1,)), (b"a", bytearray(b"a"))],
)
def test_values_of_two_types_are_shown_differently(one: Any, other: Any) -> None:
    assert snapshots.shown(one) != snapshots.shown(other)
