"""What an entry holds of a row, as it's read: the same on every database.

As text, `changes` may have forms that only their database needs. They're taken back here, so that `changes`
has a document as the document that it is, and text as text; what JSON has no form for stays tagged.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Dialect

from colonnade.models.documents import Json

__all__ = ["Changes", "is_unknown"]

UNKNOWN = ("$redacted", "$cut")
"""Tags of what was not kept."""


class Changes(Json):
    """What changed, by column."""

    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return plain(value)


def plain(value: Any) -> Any:
    """Give what stands in an entry with the forms of its database taken back."""
    if type(value) is list:
        return [plain(inner) for inner in value]
    if type(value) is not dict:
        return value
    if len(value) == 1:
        ((tag, inner),) = value.items()
        if tag == "$utf8" and isinstance(inner, str):
            return bytes.fromhex(inner).decode("utf-8", "replace")
        if tag == "$text":
            return _document(plain(inner))
        if tag in ("$json", "$bytes", "$float", *UNKNOWN):
            return value
    return {name: plain(inner) for name, inner in value.items()}


def _document(text: Any) -> Any:
    try:
        found = json.loads(text, parse_constant=_refused)
    except (TypeError, ValueError):
        return {"$text": text}
    is_strange = found is None or '"$' in text or "u0024" in text
    return {"$json": found} if is_strange else found


def _refused(constant: str) -> Any:
    raise ValueError(constant)


def is_unknown(value: Any) -> bool:
    """Tell whether a value was redacted or cut, so that it can't be told from the log."""
    return isinstance(value, Mapping) and len(value) == 1 and next(iter(value)) in UNKNOWN
