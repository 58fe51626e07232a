"""What a statement gave, kept so that a later run can be given the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from colonnade.migrations.exact import decode, encode

__all__ = ["MOST_CHARACTERS", "Given", "error_of", "given_again", "kept_error", "taken"]

MOST_CHARACTERS = 1_000_000
"""The size of a result, as JSON, above which it isn't kept."""

_ROWS_AT_ONCE = 500


class Given:
    """A cursor, as far as SQLAlchemy's results use one, over rows that were read already, and what's left."""

    arraysize = 1

    def __init__(
        self,
        cursor: Any,
        description: Sequence[Any] | None,
        rows: Sequence[Any],
        rowcount: int,
        lastrowid: int | None,
        rest: Any = None,
    ) -> None:
        self.description = description
        self.rowcount = rowcount
        self.lastrowid = lastrowid
        self._cursor = cursor
        self._rows: Iterator[Any] = iter(rows)
        self._rest = rest

    def fetchone(self) -> Any:
        """Give the next row, or None."""
        row = next(self._rows, None)
        return self._rest.fetchone() if row is None and self._rest is not None else row

    def fetchmany(self, size: int | None = None) -> list[Any]:
        """Give the next rows, at most so many."""
        wanted = size or self.arraysize
        rows = list(islice(self._rows, wanted))
        if self._rest is not None and len(rows) < wanted:
            rows += self._rest.fetchmany(wanted - len(rows))
        return rows

    def fetchall(self) -> list[Any]:
        """Give all rows that are left."""
        return [*self._rows, *([] if self._rest is None else self._rest.fetchall())]

    def close(self) -> None:
        """Close the driver's cursor."""
        self._cursor.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


def taken(cursor: Any) -> tuple[Given, str | None]:
    """Read the rows that a cursor has, up to a size; give a cursor over them, and the result to be kept.

    The result is None where it's too much, or has a value whose type isn't known.
    """
    description = _columns(cursor.description)
    lastrowid = getattr(cursor, "lastrowid", None)
    kept = {"rowcount": cursor.rowcount, "lastrowid": lastrowid if isinstance(lastrowid, int) else None}
    if description is None:
        return Given(cursor, None, (), cursor.rowcount, lastrowid), json.dumps(kept)
    rows, texts, size = [], [], 0
    rest = cursor
    while size <= MOST_CHARACTERS:
        some = cursor.fetchmany(_ROWS_AT_ONCE)
        rows += some
        try:
            texts += [json.dumps(encode(tuple(row))["value"]) for row in some]
        except TypeError:
            break
        size = sum(map(len, texts))
        if len(some) < _ROWS_AT_ONCE:
            rest = None
            break
    given = Given(cursor, cursor.description, rows, cursor.rowcount, lastrowid, rest)
    if rest is not None or size > MOST_CHARACTERS:
        return given, None
    kept["description"] = description
    return given, json.dumps(kept)[:-1] + f', "rows": [{", ".join(texts)}]}}'


def given_again(cursor: Any, result: str) -> Given:
    """Give a cursor over what was kept."""
    kept = json.loads(result)
    named = kept.get("description")
    description = None if named is None else [(name, code, *(None,) * 5) for name, code in named]
    rows = [tuple(map(decode, row)) for row in kept.get("rows", ())]
    return Given(cursor, description, rows, kept["rowcount"], kept["lastrowid"])


def kept_error(error: BaseException) -> str | None:
    """Give a driver's error as JSON; None where it has something in it that can't be kept."""
    try:
        return json.dumps({"error": type(error).__name__, "arguments": encode(list(error.args))["value"]})
    except TypeError:
        return None


def error_of(result: str, driver: Any) -> BaseException:
    """Give the driver's error that was kept."""
    kept = json.loads(result)
    kind: type[BaseException] = getattr(driver, kept["error"], driver.DatabaseError)
    return kind(*map(decode, kept["arguments"]))


def _columns(description: Sequence[Any] | None) -> list[list[Any]] | None:
    if description is None:
        return None
    return [[each[0], each[1] if isinstance(each[1], int) else None] for each in description]
