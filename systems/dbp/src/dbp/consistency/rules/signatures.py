"""A signature that differs from the documented one."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Sequence

from dbp.consistency.finding import Edit, Finding
from dbp.consistency.snapshot import Defined, Snapshot, Stored
from dbp.database.models import InconsistencyType, Severity
from dbp.source.docstring import documented_parameters

__all__ = ["in_docstrings", "in_prose"]

# At the start of a heading, of a list item or of a table's row: elsewhere it's an example of a call.
_TOLD = re.compile(
    r"(?:#{1,6}|[-*+]|\d+\.|\|)\s+(?:\*\*)?`(?:async )?(?:def )?([A-Za-z_][\w.]*)\(([^`]*)\)[^`]*`"
)
_PARAMETER = re.compile(r"(\*{0,2}[A-Za-z_]\w*)\s*(?::[^=]*)?(?:=.*)?")


def in_docstrings(snapshot: Snapshot) -> Iterator[Finding]:
    """Find arguments that a docstring tells of and the function doesn't have."""
    for document in snapshot.python:
        if "Args:" in document.content or "Arguments:" in document.content or ":param" in document.content:
            yield from _in_docstrings_of(document)


def in_prose(snapshot: Snapshot) -> Iterator[Finding]:
    """Find signatures in Markdown that differ from the function's, where there's one of the name."""
    for document in snapshot.prose:
        for number, line in enumerate(document.lines, start=1):
            if not (told := _TOLD.match(line.lstrip())):
                continue
            homes = snapshot.functions.get(told[1], ())
            names = _names(told[2])
            if len(homes) == 1 and names is not None and names != _comparable(homes[0][1]):
                yield _differing(document, number, told, *homes[0])


def _in_docstrings_of(document: Stored) -> Iterator[Finding]:
    defined = {(each.name.rpartition(".")[2], each.start_line): each for each in document.functions}
    for node in _functions_in(document.content):
        function = defined.get((node.name, node.lineno))
        told = documented_parameters(ast.get_docstring(node) or "")
        if function is None or told is None:
            continue
        names = [name.lstrip("*") for name in function.parameter_names]
        unknown = [name for name in told if name.lstrip("*") not in [*names, "self", "cls"]]
        missing = [name for name in names if name not in {each.lstrip("*") for each in told}]
        for name in unknown:
            only = len(unknown) == len(missing) == 1
            yield Finding(
                Severity.MAJOR,
                InconsistencyType.DOC_TO_CODE,
                f"the docstring of {function.name} in {document.path} tells of the argument {name},"
                " which it doesn't have",
                f"Name the argument as the signature does: {', '.join(names) or 'there are none'}",
                (document.path,),
                _renamed(document, node, name, missing[0]) if only else None,
            )


def _functions_in(content: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # told of by the index as a file that isn't Python
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _renamed(
    document: Stored, node: ast.FunctionDef | ast.AsyncFunctionDef, old: str, new: str
) -> Edit | None:
    first = node.body[0]
    for number in range(first.lineno, (first.end_lineno or first.lineno) + 1):
        line = document.lines[number - 1]
        if re.match(rf"\s*(:param\s.*)?{re.escape(old)}\b.*:", line):
            return Edit(document.path, number, line, re.sub(rf"\b{re.escape(old)}\b", new, line, count=1))
    return None


def _names(text: str) -> list[str] | None:
    """Give the parameters' names of a signature; None for what is rather a call, or leaves something out."""
    names = []
    for part in _split(text):
        if part in ("*", "/", "self", "cls"):
            continue
        found = _PARAMETER.fullmatch(part)
        if not found:
            return None
        names.append(found[1])
    return names


def _split(text: str) -> list[str]:
    """Split at the commas that stand in no bracket."""
    parts, depth = [""], 0
    for char in text:
        depth += (char in "([{") - (char in ")]}")
        if char == "," and not depth:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts if part.strip()]


def _comparable(function: Defined) -> Sequence[str]:
    return function.parameter_names


def _differing(
    document: Stored, number: int, told: re.Match[str], home: Stored, function: Defined
) -> Finding:
    line = document.lines[number - 1]
    own = [each for each in function.parameters or () if each not in ("self", "cls")]
    signature = ", ".join(own)
    return Finding(
        Severity.MAJOR,
        InconsistencyType.DOC_TO_CODE,
        f"{document.path} documents {told[1]}({told[2]}), and {home.path} has {told[1]}({signature})",
        f"Document the signature that {home.path} has, in {document.path}, line {number}",
        (document.path, home.path),
        Edit(
            document.path, number, line, line.replace(f"{told[1]}({told[2]})", f"{told[1]}({signature})", 1)
        ),
    )
