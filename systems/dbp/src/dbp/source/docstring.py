"""What a docstring says: `[Function intent]` and its kin, or plain prose."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dbp.source.header import items_in

__all__ = ["Description", "described", "documented_parameters"]

_SECTION = re.compile(r"^[ \t]*\[([A-Za-z][\w -]*)\][ \t]*$", re.MULTILINE)
_INTENT = re.compile(r"(function|class|method|class method|module|source file) intent")
# Where a description ends and the lists of arguments and results begin, in Google's and NumPy's forms.
_LISTS = re.compile(
    r"^[ \t]*(Args|Arguments|Parameters|Returns|Yields|Raises|Attributes|Examples?):?[ \t]*$", re.MULTILINE
)
_ARGUMENTS = re.compile(r"^([ \t]*)(?:Args|Arguments):[ \t]*\n((?:\1[ \t]+.*\n|[ \t]*\n)+)", re.MULTILINE)
_ARGUMENT = re.compile(r"(\*{0,2}\w+(?:\s*,\s*\*{0,2}\w+)*)\s*(?:\([^)]*\))?\s*:(?:\s|$)")
_FIELD = re.compile(r"^[ \t]*:param\s+(?:[\w\[\]., ]+\s)?(\*{0,2}\w+):", re.MULTILINE)


@dataclass(frozen=True)
class Description:
    """A docstring's parts; None or empty where it says nothing."""

    intent: str | None = None
    implementation_details: str | None = None
    design_principles: tuple[str, ...] = ()
    design_decisions: tuple[str, ...] = ()


NOTHING = Description()


def described(docstring: str | None) -> Description:
    """Give the parts of a docstring: its sections in any order, or its first paragraph and the rest."""
    if not docstring or not docstring.strip():
        return NOTHING
    marks = list(_SECTION.finditer(docstring)) if "[" in docstring else []
    if not any(_INTENT.fullmatch(mark[1].lower()) for mark in marks):
        return _plain(docstring)
    sections = {}
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        body = docstring[mark.end() : following.start() if following else len(docstring)]
        name = mark[1].lower()
        sections["intent" if _INTENT.fullmatch(name) else name] = _without_lists(body)
    return Description(
        intent=sections.get("intent") or None,
        implementation_details=sections.get("implementation details") or None,
        design_principles=tuple(items_in(sections.get("design principles", ""))),
        design_decisions=tuple(items_in(sections.get("design decisions", ""))),
    )


def documented_parameters(docstring: str) -> list[str] | None:
    r"""Give the names under `Args:` or behind `:param`, as they stand; None where it lists none.

    >>> documented_parameters("Copy.\n\nArgs:\n    source: whence\n    *more: too\n")
    ['source', '*more']
    """
    if found := _ARGUMENTS.search(f"{docstring}\n"):
        lines = [line for line in found[2].splitlines() if line.strip()]
        depth = min(len(line) - len(line.lstrip()) for line in lines)
        named = [_ARGUMENT.match(line[depth:]) for line in lines if not line[depth : depth + 1].isspace()]
        if not all(named):
            return None  # prose, or a form that isn't known here
        return [name.strip() for match in named if match for name in match[1].split(",")]
    return _FIELD.findall(docstring) or None


def _plain(docstring: str) -> Description:
    intent, _, rest = docstring.strip().partition("\n\n")
    return Description(intent=intent.strip(), implementation_details=rest.strip() or None)


def _without_lists(text: str) -> str:
    found = _LISTS.search(text)
    return (text[: found.start()] if found else text).strip()
