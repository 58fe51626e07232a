"""Conditions on text, as SQL of MySQL. Characters are told apart by code point.

Not with `=`: most collations hold 'a' and 'a ' for equal.
"""

from __future__ import annotations

from collections.abc import Sequence


def contains(text: str, part: str) -> str:
    """Tell whether the part is in the text."""
    return f"LOCATE({part}, {_exact(text)}) > 0"


def starts(text: str, part: str) -> str:
    """Tell whether the text starts with the part."""
    return f"LOCATE({part}, {_exact(text)}) = 1"


def ends(text: str, part: str) -> str:
    """Tell whether the text ends with the part."""
    return f"LOCATE({part}, RIGHT({_exact(text)}, CHAR_LENGTH({part}))) = 1"


def same(text: str, part: str) -> str:
    """Tell whether the two are equal."""
    return f"(LOCATE({part}, {_exact(text)}) = 1 AND CHAR_LENGTH({text}) = CHAR_LENGTH({part}))"


def folded(text: str, pairs: Sequence[tuple[str, str]]) -> str:
    """Give the text with each of these replaced: LOWER depends on the collation's own tables."""
    replaced = "".join(f", {one}, {other})" for one, other in pairs)
    return "REPLACE(" * len(pairs) + _exact(text) + replaced


def _exact(text: str) -> str:
    return f"CONVERT({text} USING utf8mb4) COLLATE utf8mb4_bin"
