"""JSON that comes back as it went in, on every database."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sqlalchemy import JSON, Dialect

from colonnade.errors import EntityValidationError
from colonnade.models.storage import Plain

__all__ = ["Json"]


class Json(Plain[Any]):
    """What JSON can hold, and comes out as it went in: no NaN or infinity, keys are text.

    None is NULL. A change inside the value isn't noticed by the Session: assign a new one.
    """

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is not JSON.NULL:
            _check_json(value)
        return value

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        return self.impl_instance.coerce_compared_value(op, value)


def _check_json(value: Any) -> None:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise EntityValidationError(
                    f"the key {key!r} would become text in JSON", remedy="Use str keys."
                )
            _check_json(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _check_json(item)
    elif isinstance(value, float) and not math.isfinite(value):
        raise EntityValidationError(f"{value!r} has no form in JSON")
    elif not isinstance(value, str | int | float | bool | None):
        raise EntityValidationError(f"a {type(value).__name__} has no form in JSON")
