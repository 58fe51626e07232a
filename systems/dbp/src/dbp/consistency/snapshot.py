"""A project as the rules see it: what is stored of its files, read once."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from dbp.database.models import DocumentType
from dbp.source import Linker

__all__ = ["Defined", "Snapshot", "Stored"]


@dataclass(frozen=True)
class Defined:
    """A function or class; a class has no parameters."""

    name: str
    start_line: int
    parameters: Sequence[str] | None = None

    @property
    def parameter_names(self) -> list[str]:
        """The names alone, without `self` and `cls`, and without what stands for no parameter."""
        names = [re.split(r"[:=]", each, maxsplit=1)[0].strip() for each in self.parameters or ()]
        if names and names[0] in ("self", "cls") and "." in self.name:
            names = names[1:]
        return [name for name in names if name not in ("*", "/")]


@dataclass(frozen=True)
class Stored:
    """A document with what it defines."""

    id: int
    path: str
    type: DocumentType
    content: str
    constraints: Sequence[str] = ()
    principles: Sequence[str] = ()
    listed: Sequence[Mapping[str, str]] = ()
    uses: Mapping[str, Sequence[str]] = field(default_factory=dict)
    functions: Sequence[Defined] = ()
    classes: Sequence[Defined] = ()

    @cached_property
    def lines(self) -> list[str]:
        """The lines, without their ends."""
        return self.content.split("\n")

    @property
    def is_python(self) -> bool:
        """Whether it's a Python file."""
        return self.path.endswith((".py", ".pyi", ".pyw"))

    def has_word(self, word: str) -> bool:
        """Tell whether the word stands anywhere in it."""
        return word in self.content and re.search(rf"\b{re.escape(word)}\b", self.content) is not None


@dataclass(frozen=True)
class Snapshot:
    """All documents of a project, by path."""

    root: Path
    documents: Mapping[str, Stored]

    @cached_property
    def linker(self) -> Linker:
        """Resolves the imports of the project's files."""
        return Linker(self.documents)

    @cached_property
    def python(self) -> list[Stored]:
        """The Python files."""
        return [each for each in self.documents.values() if each.is_python]

    @cached_property
    def prose(self) -> list[Stored]:
        """The documents in Markdown, without the HSTC pages, which have a rule of their own."""
        return [
            each
            for each in self.documents.values()
            if each.type is DocumentType.MARKDOWN and PurePosixPath(each.path).name != "HSTC.md"
        ]

    @cached_property
    def functions(self) -> Mapping[str, list[tuple[Stored, Defined]]]:
        """The functions, by their whole name, by its last two parts and by the last."""
        found: dict[str, list[tuple[Stored, Defined]]] = defaultdict(list)
        for document in self.python:
            for function in document.functions:
                parts = function.name.split(".")
                for name in {".".join(parts[-count:]) for count in (1, 2, len(parts))}:
                    found[name].append((document, function))
        return found

    @cached_property
    def classes(self) -> Mapping[str, list[Stored]]:
        """The files that define a class, by its name's last part."""
        found: dict[str, list[Stored]] = defaultdict(list)
        for document in self.python:
            for each in document.classes:
                found[each.name.rpartition(".")[2]].append(document)
        return found

    def imported(self, document: Stored, *, deferred: bool = True) -> dict[str, str]:
        """Give the files of the project, or top-level names, that a file imports, by how they're written."""
        found = {}
        for name in [
            *document.uses.get("module", ()),
            *(document.uses.get("deferred", ()) if deferred else ()),
        ]:
            target = self.linker.resolve(document.path, name)
            if target != document.path:
                found[name] = target or name.partition(".")[0]
        return found

    def exists(self, path: str, beside: str = "") -> bool:
        """Tell whether a path leads to a file or folder, from the root or from beside a document."""
        base = self.root / PurePosixPath(beside).parent if beside else self.root
        return (self.root / path).exists() or (base / path).exists()

    def is_mentioned(self, word: str) -> bool:
        """Tell whether any file but prose has the word."""
        return any(
            each.has_word(word) for each in self.documents.values() if each.type is not DocumentType.MARKDOWN
        )

    def spans(self) -> Iterator[tuple[Stored, int, str]]:
        """Give what stands between backticks in prose: the document, the line's number, the text."""
        for document in self.prose:
            fenced = False
            for number, line in enumerate(document.lines, start=1):
                fenced ^= line.lstrip().startswith(("```", "~~~"))
                if not fenced:
                    yield from ((document, number, found) for found in re.findall(r"`([^`\n]+)`", line))
