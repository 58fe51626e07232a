"""A new project of the shape that Colonnade's own systems have, written from templates.

A template is a file of `templates/`; the table below says where it goes, and `${name}` and its like are
filled in. What differs between the faces is a template of its own.
"""

from __future__ import annotations

import keyword
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from string import Template

from colonnade.dialects.contract import FOLDERS, dialect_named
from colonnade.errors import ConfigurationError
from colonnade.migrations import create_tree

__all__ = ["create_project"]

_FILES: Mapping[str, str] = {
    "pyproject.toml": "pyproject.toml.in",
    "Makefile": "Makefile.in",
    "README.md": "README.md.in",
    ".gitignore": "gitignore.in",
    "seeds/library.json": "library.json.in",
    "src/{name}/__init__.py": "package.py.in",
    "src/{name}/models.py": "models.py.in",
    "src/{name}/repositories.py": "repositories.py.in",
    "src/{name}/settings.py": "settings.py.in",
    "migrations/versions/{moment}_begin.py": "begin.py.in",
    "tests/test_migrations.py": "test_migrations.py.in",
    "tests/test_seeds.py": "test_seeds.py.in",
    "tests/test_repositories.py": "test_repositories.py.in",
}
_ASYNC: Mapping[str, str] = {
    "src/{name}/settings.py": "settings_async.py.in",
    "tests/test_seeds.py": "test_seeds_async.py.in",
    "tests/test_repositories.py": "test_repositories_async.py.in",
}


def create_project(
    folder: str | os.PathLike[str], *, database: str | None = None, asynchronous: bool = False
) -> Path:
    """Write a project into a folder that isn't there or is empty, and give its path.

    `database` is the kind that it's for, a file of SQLite by default. The package is called as the folder, in
    small letters and with underscores. Its own tests pass on SQLite, whatever the database.

    Raises:
        ConfigurationError: the folder has something in it, or its name makes none for a package.
    """
    project = Path(folder)
    name = project.absolute().name.lower().replace("-", "_").replace(" ", "_")
    if not name.isidentifier() or keyword.iskeyword(name):
        raise ConfigurationError(
            f"{project.absolute().name!r} makes no name for a package", remedy="Begin it with a letter"
        )
    connect = dialect_named(database or next(iter(FOLDERS))).connect
    if project.exists() and any(project.iterdir()):
        raise ConfigurationError(
            f"{project} has something in it already; a project starts in an empty folder"
        )
    moment = datetime.now(UTC)
    url = connect.EXAMPLE_URL.format(name=name)
    extras = connect.INSTALLED_BY["async" if asynchronous else "sync"]
    values = {
        "name": name,
        "url": url,
        "extras": f"[{extras}]" if extras else "",
        "date": f"{moment:%Y-%m-%d %H:%M:%S}",
    }
    create_tree(project / "migrations", models=f"{name}.models:Base", default_url=url)
    for path, template in {**_FILES, **(_ASYNC if asynchronous else {})}.items():
        file = project / path.format(name=name, moment=f"{moment:%Y%m%d_%H%M%S}")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(Template(_template(template)).substitute(values), encoding="utf-8")
    return project


def _template(name: str) -> str:
    return (files("colonnade.starting") / "templates" / name).read_text(encoding="utf-8")
