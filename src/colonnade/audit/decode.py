"""From an entry's JSON to the values that a row's attributes would have, and from a key to its text.

What the log holds is what the database stored. It's given the form in which the driver hands such a value
over, and then to the column's own type, which makes of it what it makes of a row that is read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from hashlib import md5
from typing import TYPE_CHECKING, Any
from uuid import UUID

from colonnade.audit.values import is_unknown
from colonnade.dialects.auditing import KEY_LENGTH, Audited, bare
from colonnade.dialects.contract import dialect_named

if TYPE_CHECKING:
    from sqlalchemy import Column, Dialect

__all__ = ["Decoder", "key_text"]

Convert = Callable[[Any], Any]


class Decoder:
    """Reads entries about one table, on one database."""

    def __init__(self, audited: Audited, dialect: Dialect) -> None:
        self.audited = audited
        self._columns = {column.name: _converting(column, dialect) for column in audited.columns}

    def value(self, name: str, said: Any) -> Any:
        """Give a column's value; of one that the table lacks by now, what the log says."""
        convert = self._columns.get(name)
        return said if convert is None else convert(said)

    def row(self, image: Mapping[str, Any]) -> dict[str, Any]:
        """Give the values of a row by column, without those that weren't kept."""
        return {
            name: self.value(name, said)
            for name, said in image.items()
            if name in self._columns and not is_unknown(said)
        }


def key_text(audited: Audited, values: Sequence[Any], dialect: Dialect) -> str:
    """Give the text by which entries know a key."""
    parts = []
    for column, value in zip(audited.keys, values, strict=True):
        process = column.type.dialect_impl(dialect).bind_processor(dialect)
        parts.append(_as_json(value if process is None else process(value)))
    text = f"[{','.join(parts)}]"
    if len(text) <= KEY_LENGTH or not dialect_named(dialect.name).audit.SHORTENS_KEYS:
        return text
    return f"{text[: KEY_LENGTH - 40]}#{md5(text.encode(), usedforsecurity=False).hexdigest()}"


def _as_json(value: Any) -> str:
    if isinstance(value, bytes):
        return json.dumps({"$bytes": value.hex()}, separators=(",", ":"))
    if isinstance(value, datetime):
        return json.dumps(value.isoformat())
    if isinstance(value, Decimal | UUID) or not isinstance(value, bool | int | float | str):
        value = str(value)
    return json.dumps(value, ensure_ascii=False)


def _converting(column: Column[Any], dialect: Dialect) -> Convert:
    raw, told = dialect_named(dialect.name).audit.reading(bare(column, dialect))
    process = column.type.dialect_impl(dialect).result_processor(dialect, told)

    def convert(said: Any) -> Any:
        value = None if said is None else raw(_untagged(said))
        return value if process is None else process(value)

    return convert


def _untagged(said: Any) -> Any:
    if type(said) is dict and len(said) == 1:
        ((tag, inner),) = said.items()
        if tag == "$bytes":
            return bytes.fromhex(inner)
        if tag == "$float":
            return float(inner)
    return said
