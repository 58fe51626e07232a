"""Models that Hypothesis makes: whatever the columns, keys, names, defaults and rows, nobody can tell."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.databases import Driver
from tests.ways.conftest import Both, Ground
from tests.ways.generated import Shape, shapes
from tests.ways.walks import some_operations

CHECKS: Any = list(HealthCheck)
SOME = {"sqlite": 20, "postgresql": 5, "mysql": 3}


def compare(both: Both, ground: Ground, shape: Shape) -> None:
    """Go both ways with this model, and drop its table."""
    model: Any = shape.model()
    missing = ("none",) * len(shape.keys) if len(shape.keys) > 1 else 2**30
    try:
        both(some_operations(model, shape.rows, shape.changes, missing), model)
    finally:
        ground.unmake(model.metadata)


def how(examples: int, **more: Any) -> settings:
    return settings(max_examples=examples, deadline=None, database=None, suppress_health_check=CHECKS, **more)


def test_generated_models(both: Both, ground: Ground, driver: Driver) -> None:
    @how(SOME[driver.database], derandomize=True)
    @given(shapes())
    def check(shape: Shape) -> None:
        compare(both, ground, shape)

    check()


@pytest.mark.long
def test_many_generated_models(both: Both, ground: Ground, driver: Driver) -> None:
    @how(500 if driver.database == "sqlite" else 100)
    @given(shapes())
    def check(shape: Shape) -> None:
        compare(both, ground, shape)

    check()
