"""The code of several revisions as that of one: function after function, each under a name of its own.

What a revision's file defines at its top is renamed where it's used, by its place in the text, so that
comments stay. Imports are gathered.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from colonnade.errors import MigrationError
from colonnade.migrations.tree import Revision

__all__ = ["joined"]

_ALEMBICS = {"revision", "down_revision", "branch_labels", "depends_on", "replaces", "replaced_checksum"}

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def joined(message: str, revisions: Sequence[Revision], created: str) -> str:
    """Give the text of a file that does what these revisions do, in their order.

    Raises:
        MigrationError: one of them can't be taken apart: it names the file, and why.
    """
    last = revisions[-1]
    imports: dict[str, str] = {}
    bodies, names = [], []
    for number, each in enumerate(revisions, 1):
        part = _Part(each, f"_{number}")
        for alias, line in part.imports():
            if imports.setdefault(alias, line) != line:
                raise MigrationError(
                    f"{each.file.name} imports another {alias} than the revisions before it",
                    remedy="Import one of them under another name",
                )
        bodies.append(f"# {each.id}: {each.message}\n\n\n{part.body()}")
        names.append({name: f"{name}_{number}" for name in ("upgrade", "downgrade") if name in part.defined})
    future = [line for line in dict.fromkeys(imports.values()) if line.startswith("from __future__")]
    others = [line for line in dict.fromkeys(imports.values()) if line not in future]
    head = (
        f'"""{message}\n\nRevision ID: {last.id}\nRevises: {", ".join(revisions[0].down)}\n'
        f'Create Date: {created}\n"""\n\n'
    )
    own = (
        f"revision = {last.id!r}\ndown_revision = {_down(revisions[0])!r}\n"
        "branch_labels = None\ndepends_on = None\n"
    )
    ends = [
        _calling("upgrade", "Bring the schema up.", [each["upgrade"] for each in names if "upgrade" in each]),
        _calling(
            "downgrade",
            "Bring the schema back down.",
            [each["downgrade"] for each in reversed(names) if "downgrade" in each],
        ),
    ]
    blocks = ["\n".join([*future, *others]), own, *bodies, *ends]
    return head + "\n\n".join(block.strip("\n") + "\n" for block in blocks)


def _down(first: Revision) -> str | tuple[str, ...] | None:
    return first.down[0] if len(first.down) == 1 else (tuple(first.down) or None)


def _calling(name: str, said: str, called: Sequence[str]) -> str:
    lines = [f"    {each}()" for each in called] or ["    pass"]
    return f'\ndef {name}() -> None:\n    """{said}"""\n' + "\n".join(lines) + "\n"


class _Place(NamedTuple):
    """Where a name stands: line from 0, and bytes from its start."""

    line: int
    start: int
    name: str


class _Part:
    """One revision's file, taken apart."""

    def __init__(self, revision: Revision, suffix: str) -> None:
        self._revision, self._suffix = revision, suffix
        text = revision.file.read_text(encoding="utf-8")
        self._lines = [line.encode() for line in text.splitlines()]
        self._tree = ast.parse(text)
        self.defined = frozenset(name for each in self._tree.body for name in _defined_by(each)) - _ALEMBICS
        for node in ast.walk(self._tree):
            if isinstance(node, ast.arg) and node.arg in self.defined:
                raise MigrationError(
                    f"{revision.file.name}: {node.arg} is a parameter, and a name of the file",
                    remedy="Give the parameter another name",
                )

    def imports(self) -> Iterator[tuple[str, str]]:
        """Give what each import binds, and a line for it."""
        for each in self._tree.body:
            if isinstance(each, ast.Import | ast.ImportFrom):
                for alias in each.names:
                    alone = (
                        ast.Import([alias])
                        if isinstance(each, ast.Import)
                        else ast.ImportFrom(each.module, [alias], each.level)
                    )
                    yield alias.asname or alias.name, ast.unparse(alone)

    def body(self) -> str:
        """Give all else but what Alembic reads, with names of its own."""
        lines = list(self._lines)
        for place in sorted(self._places(), reverse=True):
            line, end = lines[place.line], place.start + len(place.name.encode())
            if self._lines[place.line][place.start : end] != place.name.encode():
                # Before 3.12 Python doesn't know where a name stands in an f-string of several lines.
                raise MigrationError(
                    f"{self._revision.file.name}: where it uses {place.name} in an f-string can't be told",
                    remedy="Put the f-string into one line",
                )
            lines[place.line] = line[:end] + self._suffix.encode() + line[end:]
        for start, end in self._left_out():
            lines[start:end] = [b""] * (end - start)
        return b"\n".join(lines).decode().strip("\n")

    def _left_out(self) -> Iterator[tuple[int, int]]:
        for number, each in enumerate(self._tree.body):
            is_docstring = number == 0 and ast.get_docstring(self._tree) is not None
            is_import = isinstance(each, ast.Import | ast.ImportFrom)
            if is_docstring or is_import or _ALEMBICS & set(_defined_by(each)):
                yield each.lineno - 1, (each.end_lineno or each.lineno)

    def _places(self) -> Iterator[_Place]:
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Name) and node.id in self.defined:
                yield _Place(node.lineno - 1, node.col_offset, node.id)
            elif isinstance(node, _DEFINITIONS) and node in self._tree.body:
                line = self._lines[node.lineno - 1]
                start = line.index(node.name.encode(), node.col_offset + len(b"def"))
                yield _Place(node.lineno - 1, start, node.name)


def _defined_by(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, _DEFINITIONS):
        yield statement.name
    elif not isinstance(statement, ast.Import | ast.ImportFrom | ast.Expr):
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id
