"""What seeds come from: files of YAML or JSON, folders of them, mappings of the same shape, and objects.

users:                               # a table
- {name: ana, email: ana@example.com}
stories:
key: [title]                       # what a row is known by; else a unique constraint, else the key
rows:
- {title: The Fox, user_id: {name: ana}}     # a reference, by what the other row is known by
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import inspect

from colonnade.errors import SeedingError

__all__ = ["Source", "TableSeeds", "read_sources"]

Source = str | Path | Mapping[str, Any] | Iterable[Any]
_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class TableSeeds:
    """Rows for one table: values by column, what they're known by, and where they come from."""

    table: str
    rows: Sequence[Mapping[str, Any]]
    key: tuple[str, ...] = ()
    origin: str = field(default="", compare=False)


def read_sources(sources: Iterable[Source], environment: str | None) -> list[TableSeeds]:
    """Give the rows of all sources, in their order.

    Raises:
        SeedingError: for a file that isn't there or can't be read, and for what has another shape.
    """
    return [seeds for source in sources for seeds in _read(source, environment)]


def _read(source: Source, environment: str | None) -> Iterator[TableSeeds]:
    if isinstance(source, str | Path):
        for file in _files(Path(source), environment):
            yield from _shaped(_parsed(file), str(file))
    elif isinstance(source, Mapping):
        yield from _shaped(source, "the mapping")
    else:
        yield from _of_objects(source)


def _files(path: Path, environment: str | None) -> list[Path]:
    """Give a file, or those of a folder by name; those of the environment's folder in it come after."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise SeedingError(f"there are no seeds at {path}", remedy="Name a file, or a folder with some")
    folders = [path, *([path / environment] if environment else [])]
    if environment and not folders[-1].is_dir():
        raise SeedingError(f"there is no folder {folders[-1]} for the environment {environment!r}")
    return [each for folder in folders for each in sorted(folder.iterdir()) if each.suffix in _SUFFIXES]


def _parsed(file: Path) -> Any:
    text = file.read_text(encoding="utf-8")
    try:
        return json.loads(text) if file.suffix == ".json" else _yaml(text)
    except ValueError as error:
        raise SeedingError(f"{file} can't be read: {error}") from error


def _yaml(text: str) -> Any:
    try:
        import yaml
    except ImportError as error:
        raise SeedingError(
            "seeds in YAML need PyYAML", remedy="pip install 'colonnade[yaml]', or write them as JSON"
        ) from error
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _shaped(document: Any, origin: str) -> Iterator[TableSeeds]:
    if document is None:
        return
    if not isinstance(document, Mapping):
        raise SeedingError(f"{origin} has a {type(document).__name__} where tables by name were expected")
    for table, given in document.items():
        rows, key = given, ()
        if isinstance(given, Mapping):
            if unknown := set(given) - {"rows", "key"}:
                raise SeedingError(
                    f"{origin}: {table} has {', '.join(map(repr, sorted(map(str, unknown))))}",
                    remedy="A table has a list of rows, or `key` and `rows`",
                )
            rows, key = given.get("rows", []), tuple(given.get("key") or ())
        if not isinstance(rows, list | tuple) or not all(isinstance(row, Mapping) for row in rows):
            raise SeedingError(f"{origin}: the rows of {table} aren't a list of mappings")
        yield TableSeeds(str(table), [dict(row) for row in rows], key, origin)


def _of_objects(objects: Iterable[Any]) -> Iterator[TableSeeds]:
    for entity in objects:
        state: Any = inspect(entity, raiseerr=False)
        if state is None or not hasattr(state, "mapper"):
            what = type(entity).__name__
            raise SeedingError(f"a {what} is no seed", remedy="Give mapped objects, or a file")
        columns = {attribute.key: attribute.columns[0].name for attribute in state.mapper.column_attrs}
        row = {columns[name]: value for name, value in state.dict.items() if name in columns}
        yield TableSeeds(state.mapper.local_table.name, [row], (), repr(entity))
