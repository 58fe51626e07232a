"""A cursor: a place in an ordered list, as text that an application hands out and takes back.

It holds the values of the row that it stands at, as the database gave them, and on which side
of it the next rows lie. It is URL-safe and opaque, but neither secret nor signed: whoever has one
can read the values in it. A check sum finds damage, two finger prints find a cursor of
another entity or another order.
"""

from __future__ import annotations

import json
import uuid
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from hashlib import blake2b
from typing import Any, Literal, NoReturn, get_args

from colonnade.errors import EntityValidationError

Direction = Literal["after", "from", "before", "up_to"]
"""Which rows: beyond the place, or with it ("from"); ahead of it, or with it ("up_to")."""

VERSION = b"\x01"
LONGEST = 64 * 1024
"""A longer text is refused unread."""

_encoded = json.JSONEncoder(separators=(",", ":")).encode
_DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
_BY_NUMBER: dict[Any, Direction] = dict(enumerate(_DIRECTIONS))

# What a driver may give for a column, by the type that Python code sees in it: SQLite keeps times as
# text and decimals as floats, MySQL booleans as integers and times as spans.
_DRIVERS_TYPES: dict[type, tuple[type, ...]] = {
    bool: (bool, int),
    int: (int,),
    str: (str,),
    float: (float, int, Decimal),
    Decimal: (Decimal, int, float),
    bytes: (bytes,),
    datetime: (datetime, str),
    date: (date, str),
    time: (time, timedelta, str),
    timedelta: (timedelta, datetime, str),
    uuid.UUID: (uuid.UUID, str, bytes),
}

_READERS: dict[str, Callable[[str], Any]] = {
    "f": float,
    "n": Decimal,
    "x": bytes.fromhex,
    "t": datetime.fromisoformat,
    "d": date.fromisoformat,
    "h": time.fromisoformat,
    "s": lambda text: timedelta(*(int(part) for part in text.split(" "))),
    "u": uuid.UUID,
}


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place, by the values of an order's keys, and the rows that are wanted from there."""

    direction: Direction
    values: tuple[Any, ...]

    @property
    def backward(self) -> bool:
        return self.direction in ("before", "up_to")

    @property
    def inclusive(self) -> bool:
        return self.direction in ("from", "up_to")


@dataclass(frozen=True)
class Maker:
    """What a cursor is made for: an entity with its tables, and an order with its columns' types.

    `kinds` are the types that Python code sees in the columns; `nullable` tells which may be None.
    """

    entity: str
    tables: str
    order: str
    kinds: tuple[type, ...]
    nullable: tuple[bool, ...]

    @cached_property
    def prints(self) -> bytes:
        """What tells cursors of other entities and other orders."""
        return _digest(f"{self.entity} {self.tables}".encode(), 4) + _digest(self.order.encode(), 4)


def write_cursor(cursor: Cursor, maker: Maker) -> str:
    """Give the cursor as text.

    Raises:
        EntityValidationError: when a value is of a type that can't stand in a cursor.
    """
    values = "".join([f",{_json(value, maker)}" for value in cursor.values])
    body = maker.prints + f"[{_DIRECTIONS.index(cursor.direction)}{values}]".encode()
    return urlsafe_b64encode(VERSION + _digest(body, 6) + body).rstrip(b"=").decode()


def read_cursor(text: str, maker: Maker) -> Cursor:
    """Give the cursor that the text holds.

    Raises:
        EntityValidationError: when it isn't a cursor, was altered or cut short, or was made by another
            version, for another entity or another order, or holds values that its columns can't.
    """
    raw = _decoded(text, maker)
    version, digest, prints, content = raw[:1], raw[1:7], raw[7:15], raw[15:]
    if version != VERSION:
        _refuse(maker, "isn't a cursor of this version")
    if digest != _digest(prints + content, 6):
        _refuse(maker, "was altered or cut short")
    if prints != maker.prints:
        if prints[:4] != maker.prints[:4]:
            _refuse(maker, f"was made for another entity than {maker.entity}")
        _refuse(maker, f"was made for another order than {maker.order!r}")
    return _checked(_parsed(content, maker), maker)


def _decoded(text: str, maker: Maker) -> bytes:
    if not isinstance(text, str):
        _refuse(maker, f"is text, not {type(text).__name__}")
    if len(text) > LONGEST:
        _refuse(maker, "is too long to be one")
    try:
        raw = b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        _refuse(maker, "isn't one: it holds other characters, or was cut short")
    if len(raw) <= 15:
        _refuse(maker, "was cut short")
    return raw


def _parsed(content: bytes, maker: Maker) -> Cursor:
    try:
        direction, *values = json.loads(content)
        return Cursor(_BY_NUMBER[direction], tuple([_read(value) for value in values]))
    # RecursionError and the rest: only a forged one, with a right check sum, gets as far as this.
    except (ValueError, TypeError, LookupError, ArithmeticError, RecursionError):
        _refuse(maker, "holds no place")


def _checked(cursor: Cursor, maker: Maker) -> Cursor:
    if len(cursor.values) != len(maker.kinds):
        _refuse(maker, "holds another number of values than its order")
    for value, kind, nullable in zip(cursor.values, maker.kinds, maker.nullable, strict=True):
        if not (nullable if value is None else _possible(value, kind)):
            _refuse(maker, "holds a value of another type than its column's")
    return cursor


def _possible(value: Any, kind: type) -> bool:
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return False
    return kind not in _DRIVERS_TYPES or type(value) in _DRIVERS_TYPES[kind]


def _json(value: Any, maker: Maker) -> str:
    if type(value) is int:  # as most are; an encoder takes ten times as long
        return str(value)
    return _encoded(_written(value, maker))


def _written(value: Any, maker: Maker) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    tagged = _tagged(value)
    if tagged is None:
        raise EntityValidationError(
            f"a {type(value).__name__} can't stand in a cursor",
            entity=maker.entity,
            remedy=f"Order pages of {maker.entity} by other columns than these: {maker.order}.",
        )
    return tagged


def _tagged(value: Any) -> list[str] | None:
    match value:
        case float():
            return ["f", repr(value)]
        case Decimal():
            return ["n", str(value)]
        case bytes() | bytearray() | memoryview():
            return ["x", bytes(value).hex()]
        case datetime():
            return ["t", value.isoformat()]
        case date():
            return ["d", value.isoformat()]
        case time():
            return ["h", value.isoformat()]
        case timedelta():
            return ["s", f"{value.days} {value.seconds} {value.microseconds}"]
        case uuid.UUID():
            return ["u", value.hex]
        case _:
            return None


def _read(value: Any) -> Any:
    if isinstance(value, list):
        tag, text = value
        return _READERS[tag](text)
    if value is None or isinstance(value, bool | int | str):
        return value
    raise ValueError("no value of a cursor")


def _digest(content: bytes, size: int) -> bytes:
    return blake2b(content, digest_size=size).digest()


def _refuse(maker: Maker, reason: str) -> NoReturn:
    raise EntityValidationError(
        f"this cursor {reason}", entity=maker.entity, remedy="Start again without a cursor."
    )
