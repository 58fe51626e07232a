"""What Python code says of itself, read with `ast`: functions, classes, imports, and the docstring."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from dbp.source.docstring import described

__all__ = ["Module", "parse_module"]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Module:
    """What one file defines and uses.

    `functions` and `classes` are rows of the tables of these names, in the order of their lines. `imports`
    are dotted names, with the dots of relative ones in front; `deferred` those that a function or a type
    checker alone imports. `bases` are the imported names that classes derive from.
    """

    docstring: str | None = None
    functions: list[dict[str, Any]] = field(default_factory=list)
    classes: list[dict[str, Any]] = field(default_factory=list)
    imports: list[str] = field(default_factory=list)
    deferred: list[str] = field(default_factory=list)
    bases: list[str] = field(default_factory=list)

    def uses(self) -> dict[str, list[str]]:
        """Give the names that tell of other files, as a document keeps them."""
        return {
            "module": _unique(self.imports),
            "deferred": _unique(self.deferred),
            "bases": _unique(self.bases),
        }


def parse_module(source: bytes) -> Module:
    """Read a module.

    Raises:
        SyntaxError: when it isn't Python, with the line; the same for what is too deep to be read.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what a file does with its escapes is its own affair
        try:
            tree = ast.parse(source)
        except (ValueError, RecursionError, MemoryError) as error:
            raise SyntaxError(str(error) or "nested too deeply") from error
    reader = _Reader(source)
    reader.statements(tree.body, "", deferred=False)
    module = reader.module
    module.docstring = _docstring(tree)
    module.bases = [dotted for base in reader.based_on if (dotted := reader.imported(base))]
    return module


class _Reader:
    """Walks the statements of a module; expressions hold no definition, and are passed by."""

    def __init__(self, source: bytes) -> None:
        self.module = Module()
        self.based_on: list[str] = []
        self._lines = source.splitlines(keepends=True)
        self._aliases: dict[str, str] = {}

    def statements(self, body: Sequence[ast.stmt], inside: str, *, deferred: bool) -> None:
        waiting = [iter(body)]
        while waiting:
            for node in waiting[-1]:
                if isinstance(node, _FUNCTIONS):
                    self._function(node, inside)
                elif isinstance(node, ast.ClassDef):
                    self._class(node, inside, deferred=deferred)
                elif isinstance(node, ast.Import | ast.ImportFrom):
                    self._import(node, deferred=deferred)
                elif isinstance(node, ast.If) and _is_type_checking(node.test):
                    self.statements(node.body, inside, deferred=True)
                    waiting.append(iter(node.orelse))
                    break
                elif blocks := _blocks(node):
                    waiting += [iter(block) for block in reversed(blocks)]
                    break
            else:
                waiting.pop()

    def imported(self, name: str) -> str | None:
        """Give the dotted name that a name of this module was imported as."""
        first, dot, rest = name.partition(".")
        return f"{self._aliases[first]}{dot}{rest}" if first in self._aliases else None

    def _function(self, node: _Function, inside: str) -> None:
        name = f"{inside}{node.name}"
        self.module.functions.append(
            {**_described(node, name), "parameters": list(self._parameters(node.args))}
        )
        self.statements(node.body, f"{name}.<locals>.", deferred=True)

    def _class(self, node: ast.ClassDef, inside: str, *, deferred: bool) -> None:
        name = f"{inside}{node.name}"
        bases = [self._text(base, base) for base in node.bases]
        self.module.classes.append({**_described(node, name), "bases": bases})
        self.based_on += [dotted for base in node.bases if (dotted := _dotted(base))]
        self.statements(node.body, f"{name}.", deferred=deferred)

    def _import(self, node: ast.Import | ast.ImportFrom, *, deferred: bool) -> None:
        names = self.module.deferred if deferred else self.module.imports
        if isinstance(node, ast.Import):
            for alias in node.names:
                names.append(alias.name)
                first = alias.name.partition(".")[0]
                self._aliases[alias.asname or first] = alias.name if alias.asname else first
            return
        base = "." * node.level + (f"{node.module}." if node.module else "")
        for alias in node.names:
            names.append(f"{base}{alias.name}")
            self._aliases[alias.asname or alias.name] = f"{base}{alias.name}"

    def _parameters(self, arguments: ast.arguments) -> Iterator[str]:
        positional = [*arguments.posonlyargs, *arguments.args]
        defaults = [None] * (len(positional) - len(arguments.defaults)) + arguments.defaults
        for number, (argument, default) in enumerate(zip(positional, defaults, strict=True), start=1):
            yield self._parameter(argument, default)
            if number == len(arguments.posonlyargs):
                yield "/"
        if arguments.vararg:
            yield f"*{self._parameter(arguments.vararg, None)}"
        elif arguments.kwonlyargs:
            yield "*"
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            yield self._parameter(argument, default)
        if arguments.kwarg:
            yield f"**{self._parameter(arguments.kwarg, None)}"

    def _parameter(self, argument: ast.arg, default: ast.expr | None) -> str:
        text = self._text(argument, argument)
        if default is None:
            return text
        return f"{text}{' = ' if argument.annotation else '='}{self._text(default, default)}"

    def _text(self, first: ast.arg | ast.expr, last: ast.arg | ast.expr) -> str:
        """Give a node as it stands in the source; one of several lines in Python's own form."""
        if first.lineno != last.end_lineno or first.lineno > len(self._lines):
            return ast.unparse(first)
        text = self._lines[first.lineno - 1][first.col_offset : last.end_col_offset]
        try:
            return text.decode()
        except UnicodeDecodeError:  # the positions are those of UTF-8, and the file isn't
            return ast.unparse(first)


def _described(node: _Function | ast.ClassDef, name: str) -> dict[str, Any]:
    said = described(_docstring(node))
    return {
        "name": name,
        "intent": said.intent,
        "design_principles": list(said.design_principles),
        "implementation_details": said.implementation_details,
        "design_decisions": list(said.design_decisions),
        "start_line": node.lineno,
        "end_line": node.end_lineno or node.lineno,
    }


def _docstring(node: ast.Module | _Function | ast.ClassDef) -> str | None:
    """Give the docstring; what no database takes, NUL and half a surrogate pair, is written as an escape."""
    text = ast.get_docstring(node)
    if text is None or (text.isascii() and "\0" not in text):
        return text
    return text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")


def _blocks(node: ast.stmt) -> list[list[ast.stmt]]:
    """Give the blocks of a compound statement in the order of their lines; of another one none."""
    blocks = []
    for name in ("body", "handlers", "cases", "orelse", "finalbody"):
        found = getattr(node, name, None)
        if not found:
            continue
        if name in ("handlers", "cases"):
            blocks += [part.body for part in found]
        else:
            blocks.append(found)
    return blocks


def _is_type_checking(test: ast.expr) -> bool:
    return (_dotted(test) or "").rpartition(".")[2] == "TYPE_CHECKING"


def _dotted(node: ast.expr) -> str | None:
    """Give `a.b` for a name, an attribute, or either with brackets behind; None for anything else."""
    if isinstance(node, ast.Subscript):
        return _dotted(node.value)
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value)
        return f"{before}.{node.attr}" if before else None
    return node.id if isinstance(node, ast.Name) else None


def _unique(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(names))
