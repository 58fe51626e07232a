"""AlembicManager on both faces and all drivers: a database goes up and down its tree, and its rows stay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, text

from colonnade import AlembicManager, AsyncAlembicManager, AsyncDatabaseManager, DatabaseManager
from colonnade.errors import (
    ConfigurationError,
    MigrationError,
    RevisionChangedError,
    SchemaMismatchError,
)
from tests.faces import Face
from tests.migrations.conftest import engine_on
from tests.migrations.trees import ASYNC, BEGUN, GENERIC, LIBRARY, Rev, make_tree


def alembic_on(faced: Face, url: Any, tree: Path, **arguments: Any) -> Any:
    """Give a manager of this face."""
    return faced.pick(AlembicManager, AsyncAlembicManager)(url, script_location=tree, **arguments)


def asked(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Give the rows of a query, past all of the package."""
    engine = engine_on(url)
    with engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(text(statement))]
    engine.dispose()
    return rows


def fill(url: str) -> None:
    """Put two shelves with three books each into the tables of the first revision."""
    engine = engine_on(url)
    with engine.connect() as connection:
        connection.execute(text("INSERT INTO shelf (id, name, counter) VALUES (1, 'a', 1), (2, 'b', 2)"))
        books = ", ".join(f"({n}, {n % 2 + 1}, 'book {n}')" for n in range(1, 7))
        connection.execute(text(f"INSERT INTO book (id, shelf_id, title) VALUES {books}"))
    engine.dispose()


def test_up_and_down_with_rows(faced: Face, face_url: str, tmp_path: Path) -> None:
    manager = alembic_on(faced, face_url, make_tree(tmp_path / "m", LIBRARY))
    assert faced.run(manager.current()) == ()
    assert faced.run(manager.heads()) == ("r3",)
    assert faced.run(manager.upgrade("r1")).applied
    fill(face_url)

    migration = faced.run(manager.upgrade())
    assert [step.revision.id for step in migration.plan.steps] == ["r2", "r3"]
    assert faced.run(manager.current()) == ("r3",)
    assert asked(face_url, "SELECT counter, label FROM shelf ORDER BY id") == [(11, "new"), (12, "new")]
    assert asked(face_url, "SELECT count(*) FROM book") == [(6,)]
    versions = "SELECT version FROM schema_version ORDER BY id"
    assert asked(face_url, versions) == [("r1",), ("r2",), ("r3",)]
    assert not faced.run(manager.upgrade())

    assert faced.run(manager.downgrade("r1")).applied
    assert asked(face_url, "SELECT counter FROM shelf ORDER BY id") == [(1,), (2,)]
    assert asked(face_url, "SELECT count(*) FROM book") == [(6,)]
    assert asked(face_url, versions) == [("r1",)]
    faced.run(manager.downgrade("base"))
    assert faced.run(manager.current()) == ()
    assert asked(face_url, versions) == []
    faced.run(manager.db.close())


@pytest.mark.parametrize("env", [GENERIC, BEGUN], ids=["generic", "begun"])
def test_a_tree_written_for_plain_alembic(url: str, tmp_path: Path, env: str) -> None:
    named = make_url(url).set(drivername=engine_on(url).url.drivername)
    make_tree(tmp_path / "m", LIBRARY, env=env, ini=named.render_as_string(hide_password=False))
    manager = AlembicManager(config=tmp_path / "alembic.ini")
    manager.upgrade("r1")
    fill(url)
    manager.upgrade()
    assert manager.current() == ("r3",)
    assert asked(url, "SELECT counter FROM shelf ORDER BY id") == [(11,), (12,)]
    manager.downgrade("base")
    assert manager.current() == ()
    manager.db.close()


def test_an_environment_with_an_event_loop_of_its_own(
    faced: Face, face_url: str, driver: Any, tmp_path: Path
) -> None:
    if driver.face == "sync":
        pytest.skip("the file needs a driver of the asynchronous face")
    make_tree(tmp_path / "m", LIBRARY, env=ASYNC, ini=face_url)
    manager = faced.pick(AlembicManager, AsyncAlembicManager)(face_url, config=tmp_path / "alembic.ini")
    faced.run(manager.upgrade("r1"))
    fill(face_url)
    faced.run(manager.upgrade())
    assert faced.run(manager.current()) == ("r3",)
    assert asked(face_url, "SELECT count(*) FROM book") == [(6,)]
    faced.run(manager.db.close())


def test_a_failing_step_leaves_all_as_it_was(url: str, tmp_path: Path) -> None:
    """On MySQL, whose DDL commits by itself, what failed comes first in its revision."""
    broken = Rev("r4", 'op.execute("INSERT INTO shelf (id, name) VALUES (3, NULL)")')
    manager = AlembicManager(url, script_location=make_tree(tmp_path / "m", [*LIBRARY, broken]))
    manager.upgrade("r3")
    fill(url)
    with pytest.raises(MigrationError, match=r"r4"):
        manager.upgrade()
    assert manager.current() == ("r3",)
    assert asked(url, "SELECT count(*) FROM shelf") == [(2,)]
    manager.db.close()


def test_an_edited_file_is_refused_by_name(url: str, tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "m", LIBRARY)
    AlembicManager(url, script_location=tree).upgrade("r2")
    file = tree / "versions" / "r1.py"
    file.write_text(file.read_text().replace("import sqlalchemy", "# said anew\nimport   sqlalchemy"))
    assert AlembicManager(url, script_location=tree).plan()
    file.write_text(file.read_text().replace("sa.String(40)", "sa.String(41)"))
    with pytest.raises(RevisionChangedError, match=r"r1\.py"):
        AlembicManager(url, script_location=tree).upgrade()
    assert AlembicManager(url, script_location=tree).current() == ("r2",)
    AlembicManager(url, script_location=tree).upgrade(skip=["checksums", "drift"])


def test_a_manager_of_its_own_keeps_no_connection(faced: Face, face_url: str, tmp_path: Path) -> None:
    manager = alembic_on(faced, face_url, make_tree(tmp_path / "m", LIBRARY))
    faced.run(manager.upgrade(skip=("backup", "rehearse")))
    assert faced.run(manager.current()) == ("r3",)
    pool = manager.db.engine.pool
    assert (pool.checkedin(), pool.checkedout()) == (0, 0)
    given = faced.pick(DatabaseManager, AsyncDatabaseManager)(face_url)
    faced.run(alembic_on(faced, given, manager.tree.folder).current())
    assert given.engine.pool.checkedin() == 1
    faced.run(given.close())


def test_another_database_than_the_one_meant_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    env = GENERIC.replace("connectable = engine_from_config(", "connectable = other(", 1).replace(
        "from alembic import context",
        "from alembic import context\nfrom sqlalchemy import create_engine\n"
        f"def other(*_, **__):\n    return create_engine('sqlite:///{other}')\n",
    )
    manager = AlembicManager(sqlite_url, script_location=make_tree(tmp_path / "m", LIBRARY, env=env))
    with pytest.raises(MigrationError, match=r"other\.db"):
        manager.upgrade()
    assert not other.exists() or other.stat().st_size == 0


def test_a_name_that_is_no_stage(sqlite_url: str, tmp_path: Path) -> None:
    manager = AlembicManager(sqlite_url, script_location=make_tree(tmp_path / "m", LIBRARY))
    with pytest.raises(ConfigurationError, match="backup"):
        manager.upgrade(skip=["bakup"])


def test_a_manager_of_the_other_face_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="AsyncDatabaseManager"):
        AsyncAlembicManager(DatabaseManager(sqlite_url), script_location=tmp_path)


def test_no_tree_is_an_error_that_says_how_to_make_one(sqlite_url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="db init"):
        AlembicManager(sqlite_url, script_location=tmp_path / "nowhere").current()


def test_stamp_and_branches(url: str, tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "m", [*LIBRARY, Rev("b1", "pass", after="r2")])
    manager = AlembicManager(url, script_location=tree)
    assert manager.heads() == ("b1", "r3")
    assert [revision.id for revision in manager.branches()] == ["r2"]
    with pytest.raises(MigrationError, match="head"):
        manager.upgrade()
    manager.upgrade("heads")
    assert manager.current() == ("b1", "r3")
    merged = manager.merge("join")
    assert set(merged.down) == {"b1", "r3"}
    manager.upgrade()
    assert manager.current() == (merged.id,)
    assert manager.stamp("r1") == (merged.id,)
    assert manager.current() == ("r1",)
    assert asked(url, "SELECT version FROM schema_version") == [("r1",)]
    manager.db.close()


def test_the_managers_policy(faced: Face, face_url: str, driver: Any, tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "m", LIBRARY)
    make = faced.pick(DatabaseManager, AsyncDatabaseManager)
    db = make(face_url, script_location=str(tree), on_start="check")
    with pytest.raises(SchemaMismatchError, match="r3"):
        faced.run(db.initialize())
    ignoring = make(face_url, script_location=str(tree), on_start="ignore")
    faced.run(ignoring.initialize())
    assert faced.run(alembic_on(faced, db, tree).current()) == ()
    default = make(face_url, script_location=str(tree))
    upgrading = make(face_url, script_location=str(tree), on_start="upgrade")
    if driver.database == "sqlite":
        faced.run(default.initialize())
    else:
        with pytest.raises(SchemaMismatchError, match="colonnade db upgrade"):
            faced.run(default.initialize())
        faced.run(upgrading.initialize())
    faced.run(db.initialize())
    assert faced.run(alembic_on(faced, db, tree).current()) == ("r3",)
    for each in (db, ignoring, default, upgrading):
        faced.run(each.close())


def test_a_new_revision_is_written(sqlite_url: str, tmp_path: Path) -> None:
    manager = AlembicManager(sqlite_url, script_location=make_tree(tmp_path / "m", LIBRARY))
    written = manager.revision("Add a due date")
    assert written.down == ("r3",)
    assert written.file.name.endswith("_add_a_due_date.py")
    assert manager.heads() == (written.id,)
    with pytest.raises(MigrationError, match="no tables"):
        manager.revision("from nothing", autogenerate=True)


def test_plain_alembic_runs_a_tree_of_ours(sqlite_url: str, tmp_path: Path) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(make_tree(tmp_path / "m", LIBRARY)))
    config.set_main_option("sqlalchemy.url", sqlite_url)
    command.upgrade(config, "r2")
    manager = AlembicManager(sqlite_url, script_location=tmp_path / "m")
    assert manager.current() == ("r2",)
    manager.upgrade()
    assert asked(sqlite_url, "SELECT version FROM schema_version ORDER BY id") == [("r1",), ("r2",), ("r3",)]
