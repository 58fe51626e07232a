"""A new project of the shape that Colonnade's own systems have, written from templates.

A template is a file of `templates/`; the table below says where it goes, and `${name}` and its like are
filled in. What differs between the faces is a template of its own.
"""

from __future__ import annotations

import keyword
import os
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from string import Template

from colonnade.dialects.contract import FOLDERS, dialect_named
from colonnade.errors import ConfigurationError
from colonnade.migrations import create_tree
from colonnade.settings import DatabaseSettings
from colonnade.starting.existing import models_of, repositories_of, write_first_revision

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
_OF_THE_EXAMPLE = (
    "seeds/library.json",
    "src/{name}/models.py",
    "src/{name}/repositories.py",
    "migrations/versions/{moment}_begin.py",
    "tests/test_seeds.py",
    "tests/test_repositories.py",
)


def create_project(
    folder: str | os.PathLike[str],
    *,
    database: str | None = None,
    asynchronous: bool = False,
    source: DatabaseSettings | str | None = None,
) -> Path:
    """Write a project into a folder that isn't there or is empty, and give its path.

    `database` is the kind that it's for, a file of SQLite by default. The package is called as the folder, in
    small letters and with underscores. Its own tests pass on SQLite, whatever the database.

    With `source` the models are those of a database that is there, which is only read, and the first revision
    makes its tables. What that doesn't make, triggers of its own say, stands in the project's README.

    Raises:
        ConfigurationError: the folder has something in it, or its name makes none for a package.
    """
    project = Path(folder)
    name = project.absolute().name.lower().replace("-", "_").replace(" ", "_")
    if not name.isidentifier() or keyword.iskeyword(name):
        raise ConfigurationError(
            f"{project.absolute().name!r} makes no name for a package", remedy="Begin it with a letter"
        )
    given = None if source is None else DatabaseSettings.of(source)
    if given is not None:
        database = given.sqlalchemy_url().get_backend_name()
    models = None if given is None else models_of(given)
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
    was_there = project.exists()
    try:
        _write(project, values, moment, asynchronous=asynchronous, models=models)
        if given is not None:
            _tell(project, write_first_revision(project, given))
    except BaseException:
        for each in project.iterdir() if was_there else [project]:
            shutil.rmtree(each, ignore_errors=True) if each.is_dir() else each.unlink()
        raise
    return project


def _write(
    project: Path, values: Mapping[str, str], moment: datetime, *, asynchronous: bool, models: str | None
) -> None:
    name = values["name"]
    create_tree(project / "migrations", models=f"{name}.models:Base", default_url=values["url"])
    chosen = {**_FILES, **(_ASYNC if asynchronous else {})}
    if models is not None:
        chosen = {path: template for path, template in chosen.items() if path not in _OF_THE_EXAMPLE}
        chosen["tests/test_migrations.py"] = "test_existing.py.in"
    for path, template in chosen.items():
        file = project / path.format(name=name, moment=f"{moment:%Y%m%d_%H%M%S}")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(Template(_template(template)).substitute(values), encoding="utf-8")
    if models is not None:
        package = project / "src" / name
        (package / "models.py").write_text(models, encoding="utf-8")
        (package / "repositories.py").write_text(repositories_of(name, models), encoding="utf-8")
        (project / "seeds").mkdir()


def _tell(project: Path, left: Sequence[str]) -> None:
    if left:
        readme = project / "README.md"
        lines = "".join(f"- {each}\n" for each in left)
        text = f"\n## What the first revision doesn't make of the database it was read from\n\n{lines}"
        readme.write_text(readme.read_text(encoding="utf-8") + text, encoding="utf-8")


def _template(name: str) -> str:
    return (files("colonnade.starting") / "templates" / name).read_text(encoding="utf-8")
