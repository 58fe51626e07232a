"""Where the configuration comes from, what is refused in it, and who owns the manager."""

import logging
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from dbp.database import (
    AsyncDatabaseComponent,
    DatabaseComponent,
    DatabaseManager,
    Project,
    settings_for,
)
from dbp.database.repositories import AsyncProjectRepository, ProjectRepository

from colonnade.errors import ConfigurationError, DatabaseConnectionError, UniqueViolationError

from .conftest import a_project


class Asked:
    """A configuration that is asked for each key."""

    def __init__(self, **values):
        self.values = {f"database.{name}": value for name, value in values.items()}

    def get(self, key):
        if key not in self.values:
            raise KeyError(key)
        return self.values[key]


FORMS = {
    "flat": lambda **given: {f"database.{name}": value for name, value in given.items()},
    "nested": lambda **given: {"database": given, "other": 1},
    "attributes": lambda **given: SimpleNamespace(database=SimpleNamespace(**given)),
    "section": lambda **given: SimpleNamespace(database=given),
    "asked": Asked,
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_form_of_a_configuration_is_read(form):
    settings = settings_for(form(type="sqlite", path="a/b.db", pool_size="3", echo=True))
    assert settings == settings_for(
        {"database.url": "a/b.db", "database.pool_size": 3, "database.echo": "on"}
    )
    assert (settings.url, settings.pool_size, settings.echo) == ("sqlite:///a/b.db", 3, True)
    settings = settings_for(
        form(type="postgresql", host="db", port=5433, name="docs", user="ann", password="p")
    )
    assert (settings.url, settings.password_text()) == ("postgresql://ann@db:5433/docs", "p")
    assert settings_for(form(type="mysql", url="mariadb://h/d")).url == "mariadb://h/d"


WRONG = [
    ({"database.pool_sise": 3}, "database.pool_sise; the nearest is database.pool_size"),
    ({"database": {"url": "sqlite://", "sheet": 1}}, "database.sheet"),
    ({"database.url": "sqlite://", "database.pool_size": "many"}, "database.pool_size='many'"),
    ({"database.type": "oracle"}, "database.type='oracle'"),
    ({"database.type": "sqlite"}, "database.path is missing"),
    ({"database.type": "postgresql"}, "database.name, is missing"),
    ({"database.type": "postgresql", "database.path": "a.db"}, "database.path='a.db'"),
    ({"database.type": "mysql", "database.url": "sqlite://"}, "'sqlite'"),
    ({"database.url": "sqlite://", "database.path": "a.db"}, "database.path are both given"),
    ({"database.type": "mysql", "database.name": "d", "database.port": "high"}, "database.port='high'"),
    ({"database.pool_size": 3}, "database.type or database.url is missing"),
    ({"database": 7}, "database is a int"),
    (7, "a int can't be read"),
]


@pytest.mark.parametrize(("configuration", "named"), WRONG)
def test_what_is_wrong_is_named(configuration, named, here):
    with pytest.raises(ConfigurationError) as caught:
        DatabaseManager().initialize(dependencies={"config": configuration})
    assert named in str(caught.value)
    assert list(here.iterdir()) == []


def test_the_nearest_configuration_wins(here, monkeypatch, at_head):
    for name in ("given.db", "context.db", "environment.db"):
        at_head(here / name)

    def database_of(**given):
        manager = DatabaseManager()
        manager.initialize(**given)
        manager.close()
        return Path(str(manager.settings.url).removeprefix("sqlite:///")).name

    def config(name):
        return {"database.path": name}

    context = SimpleNamespace(config=config("context.db"))
    monkeypatch.setenv("DATABASE_URL", "sqlite:///environment.db")
    assert database_of(context=context, dependencies={"config": config("given.db")}) == "given.db"
    assert database_of(context=context, dependencies={}) == "context.db"
    assert database_of(context=SimpleNamespace()) == "environment.db"
    assert database_of(context=SimpleNamespace(config={"logging": {}})) == "environment.db"
    assert {file.name for file in here.glob("*.db")} == {"given.db", "context.db", "environment.db"}


def test_with_nothing_configured_the_default_file_is_named(here, caplog):
    with caplog.at_level(logging.WARNING, "dbp.database"):
        manager = DatabaseManager()
        manager.initialize()
        manager.close()
    assert "sqlite:///./dbp.db" in caplog.text
    assert (here / "dbp.db").exists()


def test_a_manager_is_configured_once(here, at_head):
    at_head(here / "given.db")
    with DatabaseManager("given.db") as db:
        db.initialize()
        with pytest.raises(ConfigurationError, match="already in use"):
            db.initialize(dependencies={"config": {"database.path": "other.db"}})
    assert [file.name for file in here.glob("*.db")] == ["given.db"]


def test_a_failed_connection_is_an_error_without_the_password(here):
    config = {"database.url": "postgresql://ann:hush@127.0.0.1:1/docs"}
    component = DatabaseComponent()
    with pytest.raises(DatabaseConnectionError) as caught:
        component.initialize(dependencies={"config": config})
    assert "hush" not in str(caught.value)
    assert not component.is_initialized
    assert list(here.iterdir()) == []


def test_a_component_owns_the_manager(here, at_head):
    at_head(here / "owned.db")
    component = DatabaseComponent()
    for call in (component.get_manager, lambda: ProjectRepository(component)):
        with pytest.raises(ConfigurationError, match="initialize"):
            call()
    component.initialize(dependencies={"config": {"database.path": "owned.db"}})
    manager = component.get_manager()
    component.initialize()
    assert component.get_manager() is manager
    projects = ProjectRepository(component)
    with manager.session():
        projects.create(a_project())
    assert projects.count() == 1
    component.shutdown()
    component.shutdown()
    with pytest.raises(ConfigurationError):
        component.get_manager()


async def _owned():
    component = AsyncDatabaseComponent()
    await component.initialize(dependencies={"config": {"database.path": "owned.db"}})
    projects = AsyncProjectRepository(component)
    await projects.create(a_project())
    count = await projects.count()
    await component.shutdown()
    return count


def test_a_component_owns_the_manager_on_the_other_face(here, at_head):
    at_head(here / "owned.db")
    import asyncio

    assert asyncio.run(_owned()) == 1


def test_objects_are_readable_after_the_call(db):
    projects = ProjectRepository(db)
    made = projects.create(a_project(description="a tree"))
    (read,) = projects.list_all()
    assert (made.name, read.description, read.created_at) == ("tree", "a tree", made.created_at)


def test_a_session_in_a_session_keeps_the_outer_change(db):
    projects = ProjectRepository(db)
    with db.session():
        projects.create(a_project("/outer"))
        with pytest.raises(UniqueViolationError), db.session():
            projects.create(a_project("/inner"))
            projects.create(a_project("/outer"))
        with db.session():
            projects.create(a_project("/second"))
    assert {project.root_path for project in projects.list_all()} == {"/outer", "/second"}


def test_each_thread_has_a_session_of_its_own(db):
    projects = ProjectRepository(db)

    def store(number):
        with db.session():
            projects.create(a_project(f"/{number}"))

    threads = [threading.Thread(target=store, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert projects.count(Project.root_path.like("/%")) == 4
