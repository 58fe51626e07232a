"""Each column type comes back the same, by either way."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ways import types_everywhere as everywhere
from tests.ways.conftest import Both
from tests.ways.walks import every_operation

GENERIC = [
    pytest.param(everywhere.Numbers, everywhere.NUMBERS, everywhere.NUMBER_CHANGES, id="numbers"),
    pytest.param(everywhere.Texts, everywhere.TEXTS, everywhere.TEXT_CHANGES, id="texts"),
    pytest.param(everywhere.Times, everywhere.TIMES, everywhere.TIME_CHANGES, id="times"),
    pytest.param(everywhere.Numbers, everywhere.NAN_ROWS, [], id="no numbers"),
]


@pytest.mark.parametrize("model, rows, changes", GENERIC)
def test_generic_types(both: Both, model: Any, rows: Any, changes: Any) -> None:
    both(every_operation(model, rows, changes), model)
