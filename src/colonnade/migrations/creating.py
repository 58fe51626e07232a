"""A new migration tree: `env.py`, `script.py.mako`, `README.md` and an empty `versions/`."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path
from string import Template

from colonnade.errors import ConfigurationError

__all__ = ["create_tree"]


def create_tree(
    folder: str | os.PathLike[str],
    *,
    models: str = "colonnade.models:Base",
    default_url: str = "app.db",
) -> Path:
    """Make a migration tree in a folder that isn't there or is empty, and give its path.

    Args:
        folder: where; it's made with the folders above it.
        models: the declarative base whose metadata the tree is for, as `module:name`.
        default_url: the database where none is named otherwise; a bare path is a SQLite file.

    Raises:
        ConfigurationError: the folder has something in it, or `models` isn't of that form.
    """
    tree = Path(folder)
    module, colon, base = models.partition(":")
    if not (colon and base.isidentifier() and all(part.isidentifier() for part in module.split("."))):
        raise ConfigurationError(f"{models!r} names no base", remedy="Write it as package.module:Base")
    if tree.exists() and any(tree.iterdir()):
        raise ConfigurationError(f"{tree} has something in it already; a tree starts in an empty folder")
    (tree / "versions").mkdir(parents=True, exist_ok=True)
    environment = Template(_template("env.py.in"))
    text = environment.substitute(models=module, base=base, default_url=repr(default_url))
    (tree / "env.py").write_text(text, encoding="utf-8")
    for name in ("script.py.mako", "README.md"):
        (tree / name).write_text(_template(name), encoding="utf-8")
    return tree


def _template(name: str) -> str:
    return (files("colonnade.migrations") / "templates" / name).read_text(encoding="utf-8")
