"""Conditions on text, as SQL of SQLite. Characters are told apart by code point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

CASEFOLD = "colonnade_casefold"
"""A function that each of our connections has: `str.casefold`, which SQLite has nothing like."""


def casefold(text: Any) -> Any:
    """Give text without its case; anything else as it is."""
    return text.casefold() if isinstance(text, str) else text


def contains(text: str, part: str) -> str:
    """Tell whether the part is in the text."""
    return f"instr({text}, {part}) > 0"


def starts(text: str, part: str) -> str:
    """Tell whether the text starts with the part."""
    return f"substr({text}, 1, length({part})) = {part}"


def ends(text: str, part: str) -> str:
    """Tell whether the text ends with the part."""
    # With a start of 0, for an empty part, substr() would count from before the first character.
    return f"(length({part}) = 0 AND {text} IS NOT NULL OR substr({text}, -length({part})) = {part})"


def same(text: str, part: str) -> str:
    """Tell whether the two are equal."""
    return f"{text} = {part}"


def folded(text: str, pairs: Sequence[tuple[str, str]]) -> str:
    """Give the text without its case."""
    return f"{CASEFOLD}({text})"
