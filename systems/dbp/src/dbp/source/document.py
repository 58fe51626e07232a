"""One file, read once: its facts, its header, and what its code defines."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tokenize
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import Path, PurePosixPath

from dbp.source.docstring import described
from dbp.source.header import Header, parse_header
from dbp.source.kind import DocumentType
from dbp.source.module import Module, parse_module
from dbp.source.tree import instant_of_ns

__all__ = ["LARGEST", "Source", "read_source", "type_of"]

LARGEST = 8 * 1024 * 1024
"""How many bytes of a file are kept: below what one statement may have on MySQL."""

_SUFFIXES = {
    DocumentType.MARKDOWN: "md markdown mdx rst txt adoc",
    DocumentType.HEADER: "h hh hpp hxx",
    DocumentType.CODE: (
        "py pyi pyx pyw c cc cpp cxx m mm java kt kts scala go rs rb php pl pm sh bash zsh fish ps1 bat js "
        "jsx mjs cjs ts tsx vue css scss html htm sql lua r jl swift cs fs hs ml ex exs erl clj dart zig s "
        "asm mako j2 jinja tmpl"
    ),
}
_TYPES = {suffix: kind for kind, listed in _SUFFIXES.items() for suffix in listed.split()}
_PROSE = frozenset({"readme", "license", "licence", "copying", "authors", "changelog", "news", "notice"})


@dataclass(frozen=True)
class Source:
    """What one file holds. `problem` tells why it couldn't be read as what it is."""

    path: str
    type: DocumentType
    last_modified: datetime
    file_size: int
    md5_digest: str
    content: str | None = None
    problem: str | None = None
    header: Header = field(default_factory=Header)
    module: Module = field(default_factory=Module)

    @property
    def intent(self) -> str | None:
        """The intent by the header, else the first paragraph of the docstring or of the prose."""
        if self.header.intent:
            return self.header.intent
        if self.module.docstring:
            return described(self.module.docstring).intent
        return _first_paragraph(self.content) if self.type is DocumentType.MARKDOWN else None


def type_of(path: str) -> DocumentType:
    """Give the kind of file that a name stands for; what no other is counts as configuration."""
    name = PurePosixPath(path)
    if name.stem.lower() in _PROSE and not name.suffix:
        return DocumentType.MARKDOWN
    return _TYPES.get(name.suffix.lower().removeprefix("."), DocumentType.CONFIG)


def read_source(root: Path, path: str) -> Source:
    """Read a file of the tree.

    Raises:
        OSError: when it can't be read, or is no regular file.
    """
    # The facts are those of the opened file, before it's read: what changes later is seen the next time.
    with open(root / path, "rb", opener=_without_waiting) as file:
        facts = os.fstat(file.fileno())
        if not stat.S_ISREG(facts.st_mode):
            raise OSError(0, "is no regular file")
        data = file.read(LARGEST + 1)
        digest = hashlib.md5(data, usedforsecurity=False)
        too_large = len(data) > LARGEST
        while chunk := file.read(LARGEST) if too_large else b"":
            digest.update(chunk)
    source = _Reading(path, b"" if too_large else data)
    problem = f"has more than {LARGEST // 1024**2} MiB" if too_large else source.problem
    return Source(
        path=path,
        type=source.type,
        last_modified=instant_of_ns(facts.st_mtime_ns),
        file_size=facts.st_size,
        md5_digest=digest.hexdigest(),
        content=None if too_large else source.content,
        problem=problem,
        header=source.header,
        module=source.module,
    )


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # a named pipe would wait for a writer


class _Reading:
    """The content of a file, taken apart; a fault is noted, and what came before it is kept."""

    def __init__(self, path: str, data: bytes) -> None:
        self.type = type_of(path)
        self.problem: str | None = None
        self.header = Header()
        self.module = Module()
        self.content = self._text(data)
        if self.content is None:
            return
        if self.type is not DocumentType.MARKDOWN:
            self.header = parse_header(self.content)
            self.problem = self.problem or next(iter(self.header.problems), None)
        if path.endswith((".py", ".pyi", ".pyw")):
            self._parse(data)

    def _text(self, data: bytes) -> str | None:
        if b"\0" in data:
            self.problem = "is no text"
            return None
        try:
            return data.decode("utf-8").removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            self.problem = f"isn't UTF-8: byte {error.object[error.start]:#04x} at {error.start}"
        return _in_its_own_encoding(data)

    def _parse(self, data: bytes) -> None:
        try:
            self.module = parse_module(data)
        except SyntaxError as error:
            line = f" (line {error.lineno})" if error.lineno else ""
            self.problem = self.problem or f"isn't Python: {error.msg}{line}"


def _in_its_own_encoding(data: bytes) -> str | None:
    """Give the text of a file that names its encoding as Python files do, else None."""
    try:
        encoding, _ = tokenize.detect_encoding(BytesIO(data).readline)
        return data.decode(encoding)
    except (SyntaxError, LookupError, UnicodeError):
        return None


def _first_paragraph(text: str | None) -> str | None:
    prose = re.sub(r"<!--.*?-->", "", text or "", flags=re.DOTALL)
    for paragraph in re.split(r"\n\s*\n", prose):
        lines = [
            line for line in paragraph.strip().splitlines() if not re.match(r"\s*(#|[=~-]{3,}\s*$)", line)
        ]
        if lines and not lines[0].lstrip().startswith(("```", "|", "[![", "<")):
            return "\n".join(lines).strip()
    return None
