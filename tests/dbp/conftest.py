"""dbp's database on each driver, and makers of entities."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from dbp.database import (
    AsyncDatabaseManager,
    DatabaseManager,
    Document,
    DocumentType,
    Inconsistency,
    Project,
    Recommendation,
    repositories,
)
from dbp.database.repositories import BaseRepository
from sqlalchemy import make_url

from colonnade.errors import ConfigurationError
from colonnade.testing.databases import DATABASES

REPOSITORIES = {
    "projects": "Project",
    "documents": "Document",
    "functions": "Function",
    "classes": "Class",
    "relationships": "DocumentRelationship",
    "inconsistencies": "Inconsistency",
    "recommendations": "Recommendation",
    "changes": "SuggestedChange",
    "decisions": "DeveloperDecision",
    "design_decisions": "DesignDecision",
    "change_records": "ChangeRecord",
}
THEN = datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=UTC)


def a_document(path: str = "src/a.py", **given: Any) -> Document:
    facts = {"type": DocumentType.CODE, "last_modified": THEN, "file_size": 3, "md5_digest": "0" * 32}
    return Document(path=path, **{**facts, **given})


def a_project(root_path: str = "/work/tree", **given: Any) -> Project:
    return Project(name="tree", root_path=root_path, **given)


def repositories_on(db: Any, prefix: str = "") -> Any:
    """Give every repository on the manager, by the names of `REPOSITORIES`."""
    return SimpleNamespace(
        db=db,
        **{
            name: getattr(repositories, f"{prefix}{model}Repository")(db)
            for name, model in REPOSITORIES.items()
        },
    )


@pytest.fixture(scope="session")
def kept_url(databases):
    """Gives an empty database of a kind: made once in a run, its rows deleted before each use."""
    urls: dict[str, str] = {}
    with ExitStack() as lent:

        def lend(kind):
            if kind not in urls:
                try:
                    urls[kind] = lent.enter_context(databases.fresh(kind))
                except ConfigurationError as missing:
                    pytest.skip(str(missing))
            with DatabaseManager(urls[kind]) as db:
                for model in (Project, Inconsistency, Recommendation):
                    BaseRepository[model](db).delete_where(everything=True)
            return urls[kind]

        yield lend


@pytest.fixture
def dbp(faced, driver, kept_url):
    """An empty database and its repositories, once for each of the seven drivers."""
    url = make_url(kept_url(driver.database)).set(drivername=driver.name)
    manager = faced.pick(DatabaseManager, AsyncDatabaseManager)
    with faced.entered(manager(url)) as db:
        yield repositories_on(db, faced.pick("", "Async"))


@pytest.fixture(params=DATABASES)
def db(request, kept_url):
    """An empty database on each of the three kinds, synchronous."""
    with DatabaseManager(kept_url(request.param)) as db:
        yield db


@pytest.fixture(scope="session")
def at_head(tmp_path_factory):
    """Puts an empty SQLite database at a path, its schema brought up once in a run."""
    template = tmp_path_factory.mktemp("head") / "head.db"
    with DatabaseManager(template):
        pass
    return lambda path: shutil.copy(template, path)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty working folder, and no database in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return tmp_path
