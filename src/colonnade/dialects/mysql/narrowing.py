"""Which values a column can't keep under another type.

In strict mode the server refuses some of them and cuts the others without a word; without it, it cuts all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from colonnade.dialects.mysql.columns import ColumnText, type_name

_BITS = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64}
_BYTES = {"tinytext": 255, "text": 65_535, "mediumtext": 16_777_215}
_BYTES |= {"tinyblob": 255, "blob": 65_535, "mediumblob": 16_777_215}
_NUMBERS = (*_BITS, "decimal", "float", "double", "bit", "year")
_TEMPORAL = ("date", "datetime", "timestamp", "time")
_CHARACTERS = ("char", "varchar", "tinytext", "text", "mediumtext", "longtext")


def narrowing(was: ColumnText, now: ColumnText) -> str:
    """Give the condition in SQL that a value would be another one; nothing where all fit."""
    name = f"`{was.name.replace('`', '``')}`"
    old, new = was.pieces["type"], now.pieces["type"]
    if _normal(old) == _normal(new) and was.pieces.get("charset") == now.pieces.get("charset"):
        return ""
    conditions = [each for each in _conditions(name, was, now) if each]
    return f"{name} IS NOT NULL AND ({' OR '.join(conditions)})" if conditions else ""


def _conditions(name: str, was: ColumnText, now: ColumnText) -> Iterable[str]:
    old, new = was.type, now.type
    text = now.pieces["type"]
    if new in _BITS:
        yield from _of_integers(name, old, *_range(text))
    elif new == "decimal":
        yield from _of_decimals(name, old, text)
    elif new in ("float", "double"):
        yield from _of_floats(name, was, new)
    elif new == "year":
        yield f"CAST({name} AS CHAR) NOT REGEXP '^(0000|19[0-9][0-9]|20[0-9][0-9]|21[0-4][0-9]|215[0-5])$'"
    elif new in _TEMPORAL:
        yield from _of_instants(name, old, new, text)
    elif new in ("enum", "set"):
        yield from _of_labels(name, was, now)
    elif new in _CHARACTERS:
        yield from _of_texts(name, was, now)
    elif new in ("binary", "varbinary", *_BYTES):
        yield from _of_bytes(name, new, text)


def _of_integers(name: str, old: str, low: int, high: int) -> Iterable[str]:
    if old in (*_BITS, "year", "bit"):
        yield f"{name} + 0 < {low} OR {name} + 0 > {high}"
    elif old in _NUMBERS:
        yield f"{name} <> ROUND({name}) OR {name} < {low} OR {name} > {high}"
    else:  # '007' isn't 7: what's written otherwise than the number would be is lost
        number = f"CAST({name} AS DECIMAL(65, 0))"
        yield f"CAST({name} AS BINARY) <> CAST(CAST({number} AS CHAR) AS BINARY)"
        yield f"{number} < {low} OR {number} > {high}"


def _of_decimals(name: str, old: str, text: str) -> Iterable[str]:
    precision, scale = _digits(text)
    value = name
    if old not in _NUMBERS:
        yield _not_a_number(name)
        value = f"CAST({name} AS DECIMAL(65, 30))"
    # Not with two casts compared: in a WHERE, MariaDB 10.11 takes those of one text for equal.
    yield f"{value} <> ROUND({value}, {scale}) OR ABS({value}) >= 1{'0' * (precision - scale)}"
    yield f"{name} < 0" if "unsigned" in text.lower() else ""


def _of_floats(name: str, was: ColumnText, new: str) -> Iterable[str]:
    if was.type not in _NUMBERS:
        yield _not_a_number(name)
    elif was.type in ("float", "double"):
        yield f"{name} <> CAST({name} AS {new})" if was.type != new else ""
    else:  # compared as they are, both would be rounded first
        scale = _digits(was.pieces["type"])[1] if was.type == "decimal" else 0
        yield f"{name} <> CAST(CAST({name} AS {new}) AS DECIMAL(65, {scale}))"


def _not_a_number(name: str) -> str:
    return f"CAST({name} AS CHAR) NOT REGEXP '^-?(0|[1-9][0-9]*)([.][0-9]+)?$'"


def _of_instants(name: str, old: str, new: str, text: str) -> Iterable[str]:
    digits = "".join(re.findall(r"\d+", text)) or "0"
    cast = "DATE" if new == "date" else f"{'TIME' if new == 'time' else 'DATETIME'}({digits})"
    if old not in _TEMPORAL:
        # A text without digits behind the second is the same with them.
        there = f"CAST(CAST({name} AS {cast}) AS CHAR)"
        tail = f"TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM {there}))" if digits != "0" else there
        yield f"{there} IS NULL OR (CAST({name} AS CHAR) <> {there} AND CAST({name} AS CHAR) <> {tail})"
    elif (old == "time") != (new == "time"):
        yield "TRUE"  # the other half isn't there
    else:
        yield f"{name} <> CAST({name} AS {cast})"
    if new == "timestamp":
        yield f"COALESCE(UNIX_TIMESTAMP(CAST({name} AS DATETIME)), 0) = 0"


def _of_labels(name: str, was: ColumnText, now: ColumnText) -> Iterable[str]:
    kept = _labels(now.pieces["type"])
    plain = f"CONVERT({name} USING utf8mb4) COLLATE utf8mb4_bin"
    if now.type == "enum":
        yield f"{plain} NOT IN ({', '.join(kept)})"
    elif was.type == "set":
        gone = [label for label in _labels(was.pieces["type"]) if label not in kept]
        yield " OR ".join(f"FIND_IN_SET({label}, {plain}) > 0" for label in gone)
    else:
        yield f"{plain} NOT IN ('', {', '.join(kept)})"


def _of_texts(name: str, was: ColumnText, now: ColumnText) -> Iterable[str]:
    is_text = was.type in (*_CHARACTERS, "enum", "set")
    value = name if is_text else f"CAST({name} AS CHAR)"
    length = re.search(r"\((\d+)\)", now.pieces["type"])
    if now.type in ("char", "varchar"):
        yield f"CHAR_LENGTH({value}) > {length[1] if length else 1}"
    elif now.type in _BYTES:
        yield f"LENGTH({value}) > {_BYTES[now.type]}"
    if now.type == "char" and was.type != "char":
        yield f"{value} LIKE '% '"
    charset = re.search(r"(?i)CHARACTER SET (\w+)", now.pieces.get("charset", ""))
    if charset and is_text and was.pieces.get("charset", "").lower() != charset[0].lower():
        there = f"CONVERT(CONVERT({name} USING {charset[1]}) USING utf8mb4)"
        yield f"CAST({there} AS BINARY) <> CAST(CONVERT({name} USING utf8mb4) AS BINARY)"


def _of_bytes(name: str, new: str, text: str) -> Iterable[str]:
    length = re.search(r"\((\d+)\)", text)
    if new == "binary":  # what's shorter is filled up
        yield f"LENGTH({name}) <> {length[1] if length else 1}"
    elif new == "varbinary":
        yield f"LENGTH({name}) > {length[1] if length else 1}"
    else:
        yield f"LENGTH({name}) > {_BYTES[new]}"


def _range(text: str) -> tuple[int, int]:
    bits = _BITS[type_name(text)]
    if "unsigned" in text.lower():
        return 0, 2**bits - 1
    return -(2 ** (bits - 1)), 2 ** (bits - 1) - 1


def _digits(text: str) -> tuple[int, int]:
    """Give a decimal's digits, all and those behind the point."""
    given = [int(each) for each in re.findall(r"\d+", text)]
    return (given[0] if given else 10), (given[1] if len(given) > 1 else 0)


def _labels(text: str) -> list[str]:
    """Give the labels of an enum or a set, each with its quotes."""
    return re.findall(r"'(?:[^'\\]|\\.|'')*'", text)


def _normal(text: str) -> str:
    return re.sub(r"\s+", "", text.lower().replace(type_name(text), "", 1)) + type_name(text)
