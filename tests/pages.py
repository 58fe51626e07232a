"""What the documents hold: their Python, run as the reader would run it, and their links.

    python tests/pages.py README.md                          runs a page's blocks
    python tests/pages.py colonnade.repository.repository    runs a module's examples

The blocks of a page run in order in one namespace, each in the process of its own that
`tests/test_docs.py` starts: mapped classes of two pages may have the same name. A block may
`await` where it stands. One marked `python no-run` is only compiled.
"""

from __future__ import annotations

import ast
import asyncio
import doctest
import re
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from inspect import CO_COROUTINE
from pathlib import Path
from types import CodeType, ModuleType

FENCE = re.compile(r"(?P<indent>\s*)(?P<fence>`{3,}|~{3,})\s*(?P<info>[^`]*)$")
LINK = re.compile(r"!?\[(?:[^\]\[]|\[[^\]]*\])*\]\(\s*<?(?P<target>[^)\s>]+)>?[^)]*\)")
HEADING = re.compile(r"#{1,6}\s+(?P<title>.+?)\s*#*$")


@dataclass(frozen=True)
class Block:
    """The fenced code that starts after line `line`, with what stands after the fence."""

    page: Path
    line: int
    info: str
    code: str

    @property
    def is_python(self) -> bool:
        return self.info.split()[:1] in (["python"], ["py"])

    @property
    def runs(self) -> bool:
        """Whether it's run, not only compiled.

        Raises:
            ValueError: for a word after `python` that isn't `no-run`, such as one misspelt.
        """
        marks = self.info.split()[1:]
        if marks not in ([], ["no-run"]):
            raise ValueError(f"{self.page}:{self.line}: unknown mark {' '.join(marks)!r}")
        return not marks

    def compiled(self) -> CodeType:
        """Give its code, whose tracebacks tell the page's own lines."""
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        return compile("\n" * self.line + self.code, str(self.page), "exec", flags, dont_inherit=True)


def blocks(page: Path) -> list[Block]:
    """Give all fenced blocks of a page, in order.

    Raises:
        ValueError: for a fence that is never closed.
    """
    found: list[Block] = []
    opened: tuple[int, str, str] | None = None
    lines = page.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        fence = FENCE.match(line)
        if opened is None and fence is not None:
            opened = number, fence["fence"], fence["info"].strip()
        elif opened is not None and fence is not None and not fence["info"]:
            start, mark, info = opened
            if fence["fence"].startswith(mark):
                code = textwrap.dedent("\n".join(lines[start : number - 1]))
                found.append(Block(page, start, info, code))
                opened = None
    if opened is not None:
        raise ValueError(f"{page}:{opened[0]}: this fence is never closed")
    return found


def prose(page: Path) -> list[str]:
    """Give a page's lines with those inside fences left empty."""
    lines = page.read_text(encoding="utf-8").splitlines()
    for block in blocks(page):
        inside = range(block.line, block.line + len(block.code.splitlines()))
        for number in inside:
            lines[number] = ""
    return lines


def dead_links(page: Path) -> list[str]:
    """Name the links to files, and to headings in pages, that aren't there; nothing outside is asked."""
    return [
        f"{page}:{number}: {target}" for number, target in _links(page) if not _leads_somewhere(page, target)
    ]


def run_page(page: Path) -> None:
    """Run a page's Python blocks, in order, in one module."""
    module = ModuleType("page_" + re.sub(r"\W", "_", page.stem))
    sys.modules[module.__name__] = module
    with asyncio.Runner() as runner:
        for block in (block for block in blocks(page) if block.is_python):
            code = block.compiled()
            if not block.runs:
                continue
            if code.co_flags & CO_COROUTINE:
                runner.run(eval(code, module.__dict__))
            else:
                exec(code, module.__dict__)


def run_docstrings(name: str) -> None:
    """Run the examples in a module's docstrings; the process ends with an error when one differs."""
    module = import_module(name)
    # Else the examples inherit `from __future__ import annotations`, and a mapped class in one
    # looks for the names in its annotations among the module's own.
    names = {key: value for key, value in vars(module).items() if key != "annotations"}
    results = doctest.testmod(module, globs=names, optionflags=doctest.ELLIPSIS)
    if results.failed or not results.attempted:
        sys.exit(f"{name}: {results.failed} of {results.attempted} examples failed")


def _links(page: Path) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(prose(page), 1):
        for link in LINK.finditer(re.sub(r"`[^`]*`", "", line)):
            yield number, link["target"]


def _leads_somewhere(page: Path, target: str) -> bool:
    if re.match(r"[a-z][a-z0-9+.-]*:", target):
        return True
    path, _, anchor = target.partition("#")
    file = page.parent / path if path else page
    if not file.exists():
        return False
    return not anchor or file.suffix != ".md" or anchor in _anchors(file)


def _anchors(page: Path) -> set[str]:
    """Give the anchors that GitHub makes of a page's headings."""
    anchors: set[str] = set()
    for line in prose(page):
        heading = HEADING.match(line)
        if heading is not None:
            words = re.sub(r"[^\w\- ]", "", heading["title"].lower()).replace(" ", "-")
            number = sum(anchor == words or anchor.startswith(f"{words}-") for anchor in anchors)
            anchors.add(words)
            anchors.add(f"{words}-{number}")
    return anchors


if __name__ == "__main__":
    subject = sys.argv[1]
    if subject.endswith(".md"):
        run_page(Path(subject))
    else:
        run_docstrings(subject)
