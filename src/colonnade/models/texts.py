"""Conditions on text that mean the same on every database, with and without case.

Without case the rule is `str.casefold`: both sides are compared as Python folds them, so that 'STRASSE' has
'ß' in it and 'Σ' is 'ς'. Only SQLite can be given that function. Elsewhere the characters that fold to
something in the part looked for are replaced in the text; all others could not be met anyway.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Boolean, ColumnElement, String, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ClauseElement
from sqlalchemy.sql.functions import FunctionElement

from colonnade.dialects.contract import known_dialect

__all__ = ["Contains", "EndsWith", "Same", "StartsWith", "folded", "replacements"]


class _Match(FunctionElement[bool]):
    """A condition on a text and a part."""

    type = Boolean()
    inherit_cache = True
    how = ""


class Contains(_Match):
    """Whether the part is in the text."""

    name = "text_contains"
    how = "contains"
    inherit_cache = True


class StartsWith(_Match):
    """Whether the text starts with the part."""

    name = "text_starts"
    how = "starts"
    inherit_cache = True


class EndsWith(_Match):
    """Whether the text ends with the part."""

    name = "text_ends"
    how = "ends"
    inherit_cache = True


class Same(_Match):
    """Whether the two are equal."""

    name = "text_same"
    how = "same"
    inherit_cache = True


class _Folded(FunctionElement[str]):
    """The text with its first replaced by its second, its third by its fourth, and so on."""

    type = String()
    name = "text_folded"
    inherit_cache = True


def folded(text: ColumnElement[Any], part: str) -> ColumnElement[str]:
    """Give the text without its case, as far as it matters to somebody who looks for this part."""
    pairs = [literal(one, String()) for pair in replacements(part) for one in pair]
    return _Folded(text, *pairs)


def replacements(part: str) -> list[tuple[str, str]]:
    """Give the characters whose folding has something of the part's in it, each with its folding."""
    wanted = set(part.casefold())
    return [(one, whole) for one, whole in _foldings() if not wanted.isdisjoint(whole)]


@cache
def _foldings() -> Sequence[tuple[str, str]]:
    """Give every character that isn't its own folding, as the running Python's Unicode has it."""
    characters = map(chr, range(sys.maxunicode + 1))
    return [(one, whole) for one in characters if (whole := one.casefold()) != one]


@compiles(_Match)
def _match(element: _Match, compiler: Any, **context: Any) -> str:
    text, part = (_processed(one, compiler, context) for one in element.clauses)
    known = known_dialect(compiler.dialect.name)
    if known is None:  # SQLAlchemy's own, which only shows what a statement is like
        return f"{element.name}({text}, {part})"
    sql: str = getattr(known.texts, element.how)(text, part)
    return sql


@compiles(_Folded)
def _replaced(element: _Folded, compiler: Any, **context: Any) -> str:
    # Written out in one go: a nest of functions that deep is more than SQLAlchemy can walk through.
    text, *others = (_processed(one, compiler, context) for one in element.clauses)
    known = known_dialect(compiler.dialect.name)
    if known is None:
        return f"{element.name}({text})"
    return known.texts.folded(text, list(zip(others[::2], others[1::2], strict=True)))


def _processed(clause: ClauseElement, compiler: Any, context: Any) -> str:
    return str(compiler.process(clause, **context))
