"""Values of statements and rows as JSON, and back, with their types."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from typing import Any
from uuid import UUID

__all__ = ["decode", "digest_of", "encode"]

_PLAIN = (str, int, float, bool, type(None))
_BY_TEXT: tuple[type, ...] = (
    *(Decimal, UUID),
    *(IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network),
)
_BY_ISO: tuple[Any, ...] = (datetime, date, time)
_GROUPS: tuple[type, ...] = (tuple, list, set, frozenset)
_KEY = "of"


def encode(value: Any) -> Any:
    """Give what `json.dumps` takes and `decode` turns back into an equal value of the same type.

    Raises:
        TypeError: for a type that isn't known here.
    """
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind in _BY_TEXT:
        return {_KEY: kind.__name__, "value": str(value)}
    if kind in _BY_ISO:
        return {_KEY: kind.__name__, "value": value.isoformat()}
    if kind is timedelta:
        return {_KEY: "timedelta", "value": [value.days, value.seconds, value.microseconds]}
    if isinstance(value, bytes | bytearray | memoryview):
        return {_KEY: "bytes", "value": b64encode(bytes(value)).decode()}
    if kind in _GROUPS:
        return {_KEY: kind.__name__, "value": [encode(each) for each in value]}
    if kind is dict:
        return {_KEY: "dict", "value": [[encode(key), encode(each)] for key, each in value.items()]}
    if isinstance(value, str):  # quoted_name, and the like
        return str(value)
    raise TypeError(f"no exact form for a {kind.__module__}.{kind.__qualname__}")


def decode(value: Any) -> Any:
    """Give the value that was encoded."""
    return _DECODERS[value[_KEY]](value["value"]) if isinstance(value, dict) else value


def _group(kind: Any) -> Callable[[Any], Any]:
    return lambda values: kind(decode(each) for each in values)


_DECODERS: dict[str, Callable[[Any], Any]] = {
    **{kind.__name__: kind for kind in _BY_TEXT},
    **{kind.__name__: kind.fromisoformat for kind in _BY_ISO},
    **{kind.__name__: _group(kind) for kind in _GROUPS},
    "timedelta": lambda parts: timedelta(*parts),
    "bytes": b64decode,
    "dict": lambda pairs: {decode(key): decode(each) for key, each in pairs},
}


def digest_of(statement: str, parameters: Any) -> str:
    """Give 64 hexadecimal digits that differ where the text or a parameter does."""
    text = json.dumps([statement, _said(parameters)])
    return sha256(text.encode()).hexdigest()


def _said(value: Any) -> Any:
    """Give the exact form; of what has something in it whose type isn't known here its `repr`."""
    try:
        return encode(value)
    except TypeError:
        return repr(value)
