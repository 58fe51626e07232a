"""What kind of statement a text is, by its first words: what a database does by itself depends on it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sqlalchemy import TextClause, text

from colonnade.dialects.values import Kind

__all__ = ["kind_of", "plain", "verbatim"]

_COMMENT = re.compile(r"(?:\s|\(|--[^\n]*(?:\n|$)|/\*(?![!M]).*?\*/)+", re.DOTALL)
_QUOTED = re.compile(r"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"]|\"\")*\"|`(?:[^`]|``)*`", re.DOTALL)
_WRITES = re.compile(r"\b(insert|update|delete|merge|replace)\b")


def kind_of(
    statement: str, first_words: Mapping[str, Kind], patterns: Sequence[tuple[re.Pattern[str], Kind]] = ()
) -> Kind:
    """Give the kind of the first pattern that the plain text has at its start, else its first word's.

    A word that isn't known is `opaque`. A common table expression reads unless a word in it writes.
    """
    text = plain(statement)
    for pattern, kind in patterns:
        if pattern.match(text):
            return kind
    word = re.match(r"\w*", text)
    first = word[0] if word else ""
    if first in ("with", "explain"):
        return "change" if _WRITES.search(text) else "read"
    return first_words.get(first, "opaque")


def plain(statement: str) -> str:
    """Give the text in small letters, without comments at its start and without what is quoted in it."""
    start = _COMMENT.match(statement)
    return _QUOTED.sub("''", statement[start.end() if start else 0 :]).lower()


def verbatim(statement: str) -> TextClause:
    """Give a statement that's sent as it stands: no colon or percent sign begins a parameter."""
    return text(statement.replace(":", "\\:"))
