"""Rows cut into batches that one statement can take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Column, Dialect

Rows = Sequence[tuple[Any, ...]]

_VALUE = 24
"""About how many bytes a value takes that is no text."""


def equations(
    columns: Sequence[Column[Any]], names: Sequence[str], dialect: Dialect, owner: str
) -> list[str]:
    """Give `owner` and each column as equal to the fresh value of that name, for SET and for WHERE."""
    format_column = dialect.identifier_preparer.format_column
    pairs = zip(columns, names, strict=True)
    return [f"{owner}{format_column(column)} = fresh.{name}" for column, name in pairs]


def in_batches(rows: Rows, most_rows: int, most_bytes: int) -> Iterator[Rows]:
    """Cut the rows into batches of at most so many; a row that alone is larger is one by itself."""
    if not rows:
        return
    fixed = _VALUE * len(rows[0])
    at_once = max(1, min(most_rows, most_bytes // fixed))
    for start in range(0, len(rows), at_once):
        part = rows[start : start + at_once]
        sizes = [fixed + sum(len(one) for one in row if isinstance(one, str | bytes)) for row in part]
        if sum(sizes) <= most_bytes:
            yield part
        else:
            yield from _by_size(part, sizes, most_bytes)


def _by_size(rows: Rows, sizes: Sequence[int], most_bytes: int) -> Iterator[Rows]:
    start = total = 0
    for at, size in enumerate(sizes):
        if total + size > most_bytes and at > start:
            yield rows[start:at]
            start, total = at, 0
        total += size
    yield rows[start:]
