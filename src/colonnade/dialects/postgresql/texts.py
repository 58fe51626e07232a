"""Conditions on text, as SQL of PostgreSQL. Characters are told apart by code point."""

from __future__ import annotations

from collections.abc import Sequence


def contains(text: str, part: str) -> str:
    """Tell whether the part is in the text."""
    return f"strpos({text}, {part}) > 0"


def starts(text: str, part: str) -> str:
    """Tell whether the text starts with the part."""
    return f"starts_with({text}, {part})"


def ends(text: str, part: str) -> str:
    """Tell whether the text ends with the part."""
    return f"right({text}, length({part})) = {part}"


def same(text: str, part: str) -> str:
    """Tell whether the two are equal."""
    return f"{text} = {part}"


def folded(text: str, pairs: Sequence[tuple[str, str]]) -> str:
    """Give the text with each of these replaced: neither `lower` nor ICU fold case as Python does."""
    return "replace(" * len(pairs) + text + "".join(f", {one}, {other})" for one, other in pairs)
