"""The pages of a folder: written from what is there, with people's own words kept."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from sqlalchemy import MetaData

from colonnade import errors
from colonnade.describe.drawing import drawing
from colonnade.describe.tables import diagram, dictionary

__all__ = ["build", "pages", "stale"]

_OWN = re.compile(r"<!-- own: (?P<name>[\w-]+) -->\n(?P<text>.*?)<!-- /own -->\n", re.DOTALL)
_NOTE = "<!-- Written by `colonnade docs build`; what stands between `own` markers is kept. -->\n"


def pages(metadata: MetaData | None) -> Mapping[str, str]:
    """Give each page's text by its file's name, as it's made of what is there."""
    made = {"errors.md": f"# Errors\n\n{_NOTE}{_place('errors')}\n{_errors()}"}
    if metadata is not None:
        made["tables.md"] = (
            f"# Tables\n\n{_NOTE}{_place('tables')}\n![The tables and their references](tables.svg)\n\n"
            f"```mermaid\n{diagram(metadata)}```\n\n{dictionary(metadata)}"
        )
        made["tables.svg"] = drawing(metadata)
    return made


def build(folder: str | Path, metadata: MetaData | None = None) -> list[Path]:
    """Write the pages, and give those that weren't so; what people wrote between `own` markers stays."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    changed = []
    for name, text in _merged(target, metadata).items():
        file = target / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            changed.append(file)
    return changed


def stale(folder: str | Path, metadata: MetaData | None = None) -> list[Path]:
    """Give the pages that are missing, or otherwise than `build` would write them."""
    target = Path(folder)
    return [
        target / name
        for name, text in _merged(target, metadata).items()
        if not (target / name).exists() or (target / name).read_text(encoding="utf-8") != text
    ]


def _merged(folder: Path, metadata: MetaData | None) -> Mapping[str, str]:
    merged = {}
    for name, text in pages(metadata).items():
        file = folder / name
        there = file.read_text(encoding="utf-8") if file.exists() else ""
        own = {found["name"]: found["text"] for found in _OWN.finditer(there)}
        merged[name] = _OWN.sub(partial(_kept, own), text)
    return merged


def _kept(own: Mapping[str, str], found: re.Match[str]) -> str:
    return _place(found["name"], own.get(found["name"], ""))


def _place(name: str, text: str = "") -> str:
    return f"<!-- own: {name} -->\n{text}<!-- /own -->\n"


def _errors() -> str:
    """Give a section for each error class, in the order of its module."""
    parts = []
    for name in errors.__all__:
        found = getattr(errors, name)
        if not (inspect.isclass(found) and issubclass(found, Exception)):
            continue
        above = ", ".join(f"`{base.__name__}`" for base in found.__bases__)
        remedy = getattr(found, "remedy", "")
        parts.append(f"## {name}\n\nFrom {above}. {inspect.getdoc(found) or ''}\n")
        if isinstance(remedy, str) and remedy:
            parts.append(f"{remedy}.\n")
    return "\n".join(parts)
