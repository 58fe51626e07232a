"""A file, function or class that is told of, and is gone."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterator
from urllib.parse import unquote

from dbp.consistency.finding import Edit, Finding
from dbp.consistency.snapshot import Snapshot, Stored
from dbp.database.models import InconsistencyType, Severity

__all__ = ["files_named", "names_told"]

_LINK = re.compile(r"\[[^\]\n]*\]\(<?([^)\s>#]+)")
_PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)+\.(?:py|pyi|md|rst|toml|cfg|ini|json|ya?ml|txt|sql|sh)")
_CALL = re.compile(r"([A-Za-z_][\w.]*)\((.*)\)")
_QUALIFIED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_CLASS = re.compile(r"(?:[A-Z][a-z0-9]+){2,}")
_ITEM = re.compile(r"\s*[-*]\s")


def files_named(snapshot: Snapshot) -> Iterator[Finding]:
    """Find links, paths in backticks and dependencies of the code base that lead nowhere."""
    for document in snapshot.prose:
        for number, line in enumerate(document.lines, start=1):
            for target in _LINK.findall(line):
                if ":" not in target and not target.startswith("/"):
                    yield from _unless_there(snapshot, document, number, unquote(target))
    for document, number, text in snapshot.spans():
        if _PATH.fullmatch(text) and not _is_end_of_one(snapshot, text):
            yield from _unless_there(snapshot, document, number, text)
    for document in snapshot.documents.values():
        for each in document.listed:
            if each["kind"] == "codebase" and not snapshot.exists(each["dependency"], document.path):
                yield _listed_in_vain(document, each["dependency"])


def names_told(snapshot: Snapshot) -> Iterator[Finding]:
    """Find functions and classes in backticks that no file of the code has."""
    for document, number, text in snapshot.spans():
        called = _CALL.fullmatch(text.removeprefix("def ").strip())
        name = called[1] if called else text
        if _is_gone(snapshot, name, called=bool(called)):
            kind = "function" if called or "." in name else "class"
            yield Finding(
                Severity.MAJOR,
                InconsistencyType.DOC_TO_CODE,
                f"{document.path} tells of the {kind} {name}, which no file defines",
                f"Take {name} out of {document.path}, line {number}, or name what has taken its place",
                (document.path,),
                _without_item(document, number),
            )


def _is_gone(snapshot: Snapshot, name: str, *, called: bool) -> bool:
    """Tell whether a name is one of the project's, and isn't there; of others nothing is known here."""
    if "." not in name:
        if called:
            return not _is_known(snapshot, name)
        return bool(_CLASS.fullmatch(name)) and not snapshot.is_mentioned(name)
    if not _QUALIFIED.fullmatch(name):
        return False
    last = name.rpartition(".")[2]
    if homes := snapshot.classes.get(name.split(".")[-2]):
        return not any(home.has_word(last) for home in homes) and not snapshot.is_mentioned(last)
    module = snapshot.linker.resolve("", name)
    if module is None or name.replace(".", "/") + ".py" == module:
        return False
    told = _beyond_module(module, name)
    return bool(told) and not snapshot.documents[module].has_word(told)


def _beyond_module(module: str, name: str) -> str:
    """Give the first part of a dotted name that isn't the module's own path; empty for a module."""
    stem = module.removesuffix(".py").removesuffix(".pyi").removesuffix("/__init__")
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        if stem.endswith("/".join(parts[:count])):
            return parts[count] if count < len(parts) else ""
    return ""


def _is_known(snapshot: Snapshot, name: str) -> bool:
    return (
        keyword.iskeyword(name)
        or hasattr(builtins, name)
        or name in snapshot.functions
        or name in snapshot.classes
        or snapshot.is_mentioned(name)
    )


def _is_end_of_one(snapshot: Snapshot, path: str) -> bool:
    return any(each == path or each.endswith(f"/{path}") for each in snapshot.documents)


def _unless_there(snapshot: Snapshot, document: Stored, number: int, target: str) -> Iterator[Finding]:
    if not snapshot.exists(target, document.path):
        prose = target.endswith((".md", ".rst", ".txt"))
        yield Finding(
            Severity.MAJOR,
            InconsistencyType.DOC_TO_DOC if prose else InconsistencyType.DOC_TO_CODE,
            f"{document.path} names {target}, which isn't there",
            f"Mend or take out the reference in {document.path}, line {number}",
            (document.path,),
            _without_item(document, number),
        )


def _listed_in_vain(document: Stored, target: str) -> Finding:
    number = next((n for n, line in enumerate(document.lines, 1) if line.rstrip().endswith(target)), 0)
    return Finding(
        Severity.MAJOR,
        InconsistencyType.DOC_TO_DOC if target.endswith(".md") else InconsistencyType.DOC_TO_CODE,
        f"the header of {document.path} depends on {target}, which isn't there",
        f"Take {target} out of the [Dependencies] of {document.path}",
        (document.path,),
        Edit(document.path, number, document.lines[number - 1], "") if number else None,
    )


def _without_item(document: Stored, number: int) -> Edit | None:
    """Give the edit that takes a list item of one line out; no other line can go by itself."""
    line = document.lines[number - 1]
    following = document.lines[number] if number < len(document.lines) else ""
    if not _ITEM.match(line) or (following.strip() and not _ITEM.match(following)):
        return None
    return Edit(document.path, number, line, "")
