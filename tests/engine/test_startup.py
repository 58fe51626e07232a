"""What a manager does before its first use: settings found, tables created, connections proved."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import create_engine, inspect

from colonnade import AsyncDatabaseManager, DatabaseManager
from colonnade.errors import ConfigurationError, TransactionError
from tests.engine.models import AsyncShelfRepository, Base, Shelf, ShelfRepository
from tests.faces import Face


def test_many_may_start_at_once(sync_url: str) -> None:
    managers = [DatabaseManager(sync_url, metadata=Base.metadata) for _ in range(8)]
    with ThreadPoolExecutor(len(managers)) as pool:
        list(pool.map(lambda manager: manager.initialize(), managers))
    assert set(inspect(managers[0].engine).get_table_names()) >= {"shelf", "book"}
    for manager in managers:
        manager.close()


def test_tables_are_created_and_dropped_outside_sessions(faced: Face, db: Any, shelves: Any) -> None:
    faced.run(db.create_tables())
    with pytest.raises(TransactionError), faced.entered(db.session()):
        faced.run(faced.pick(db.create_tables, lambda: called(db))())
    faced.run(db.drop_tables())
    faced.run(db.create_tables(Base.metadata))
    assert faced.run(shelves.count()) == 0


async def called(db: AsyncDatabaseManager) -> None:
    await db.create_tables()


@pytest.mark.parametrize(
    "given",
    [
        {"dependencies": {"config": "sqlite://"}},
        {"dependencies": {"config": {"url": "sqlite://", "echo": False}}},
        {"context": SimpleNamespace(config=SimpleNamespace(url="sqlite://"))},
    ],
)
def test_the_configuration_is_found(given: dict[str, Any]) -> None:
    db = DatabaseManager(metadata=Base.metadata)
    db.initialize(**given)
    assert ShelfRepository(db).create(Shelf(name="a")).id == 1
    db.close()


def test_the_environment_is_the_last_resort(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(ConfigurationError, match="DATABASE_URL"):
        DatabaseManager().initialize()
    monkeypatch.setenv("DATABASE_URL", "sqlite://")
    with DatabaseManager(metadata=Base.metadata) as db:
        assert ShelfRepository(db).count() == 0


def test_a_folder_that_is_no_migration_tree_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="colonnade db init"):
        DatabaseManager("sqlite://", script_location="alembic").initialize()


def test_an_applications_own_engine_is_used_and_left_open(sync_url: str) -> None:
    engine = create_engine(sync_url)
    with engine.connect() as before:  # pooled before the manager knows of it
        before.rollback()
    for _ in range(2):
        with DatabaseManager(engine, metadata=Base.metadata) as db:
            assert db.engine is engine
            with pytest.raises(KeyError), db.session():
                ShelfRepository(db).create(Shelf(name="a"))
                raise KeyError
            assert ShelfRepository(db).count() == 0
    with engine.connect() as after:
        assert after.exec_driver_sql("SELECT count(*) FROM shelf").scalar() == 0
    engine.dispose()


def test_an_engine_of_the_other_face_is_refused(sync_url: str) -> None:
    engine = create_engine(sync_url)
    with pytest.raises(ConfigurationError, match="other face"):
        AsyncDatabaseManager(engine).engine  # noqa: B018


def test_a_manager_of_the_other_face_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="asynchronous"):
        AsyncShelfRepository(DatabaseManager("sqlite://"))
    with pytest.raises(ConfigurationError, match="synchronous"):
        ShelfRepository(AsyncDatabaseManager("sqlite://"))
    with pytest.raises(ConfigurationError, match="str"):
        ShelfRepository("sqlite://")


def test_health_tells_version_driver_and_pool(faced: Face, db: Any) -> None:
    health = faced.run(db.health())
    assert health.ok
    assert health.version
    assert health.latency_s < 5
    assert health.warnings == ()
