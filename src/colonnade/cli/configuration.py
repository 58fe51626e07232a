"""What `[tool.colonnade]` in a pyproject.toml says, checked; it reads files and nothing else."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from colonnade.errors import ConfigurationError

__all__ = ["Configuration", "read_configuration"]


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """The settings of the commands. Relative paths start from `folder`.

    Attributes:
        folder: the one with the file; the working directory where there is none.
        file: what Alembic reads too: an `alembic.ini`, or a pyproject.toml with `[tool.alembic]`.
        url: the database.
        default_url: the database where nothing else names one.
        script_location: the migration tree.
        models: the declarative base or metadata, as `module:name`, where `env.py` names none.
        prepend_sys_path: the folder that the models' modules are imported from.
        options: what `MigrationOptions` takes.
    """

    folder: Path
    file: Path | None = None
    url: str | None = None
    default_url: str = "app.db"
    script_location: str | None = None
    models: str | None = None
    prepend_sys_path: str = "."
    options: Mapping[str, Any] = field(default_factory=dict)


def read_configuration(file: Path | None = None) -> Configuration:
    """Give what a file says, or the nearest pyproject.toml upwards that has `[tool.colonnade]`.

    Without either it's the `alembic.ini` of the working directory, or nothing but defaults.

    Raises:
        ConfigurationError: the file can't be read, or has a key or a value that can't be used.
    """
    if file is not None and file.suffix != ".toml":
        return Configuration(folder=file.absolute().parent, file=file)
    if file is not None:
        return _from_toml(file.absolute(), _tools(file))
    here = Path.cwd()
    for folder in (here, *here.parents):
        candidate = folder / "pyproject.toml"
        if candidate.is_file() and "colonnade" in (tools := _tools(candidate)):
            return _from_toml(candidate, tools)
    ini = here / "alembic.ini"
    return Configuration(folder=here, file=ini if ini.is_file() else None)


def _tools(file: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} isn't TOML: {error}") from error
    tools = document.get("tool")
    return tools if isinstance(tools, dict) else {}


def _from_toml(file: Path, tools: Mapping[str, Any]) -> Configuration:
    table = tools.get("colonnade", {})
    if not isinstance(table, dict):
        raise ConfigurationError(f"{file}: tool.colonnade is {table!r}; expected a table")
    own = {each.name: str for each in fields(Configuration) if each.name not in ("folder", "file", "options")}
    known = {**own, **_options()}
    values: dict[str, Any] = {}
    for key, value in table.items():
        if not isinstance(value, dict):  # a table in it belongs to another group of commands
            values[key] = _checked(file, key, value, known)
    options = {key: values.pop(key) for key in list(values) if key not in own}
    for folder in ("backup_folder", "lint_rules"):
        if folder in options:
            options[folder] = file.parent / options[folder]
    of_alembic = file if "alembic" in tools and "script_location" not in values else None
    return Configuration(folder=file.parent, file=of_alembic, options=options, **values)


def _options() -> dict[str, Any]:
    """Give the kind of each field of `MigrationOptions`."""
    from colonnade.migrations.options import MigrationOptions

    return {each.name: _kind(each.default) for each in fields(MigrationOptions)}


def _kind(default: Any) -> Any:
    if isinstance(default, bool) or default is None:
        return bool if default is not None else str
    return int | float if isinstance(default, float) else type(default)


def _checked(file: Path, key: str, value: Any, known: Mapping[str, Any]) -> Any:
    if key not in known:
        near = difflib.get_close_matches(key, known, 1)
        hint = f"; the nearest is {near[0]}" if near else ""
        raise ConfigurationError(f"{file}: tool.colonnade has no key {key!r}{hint}")
    kind = known[key]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        expected = "a text" if kind is str else "true or false" if kind is bool else "a number"
        raise ConfigurationError(f"{file}: tool.colonnade.{key} is {value!r}; expected {expected}")
    return value
