"""A revision that fails in its middle: undone, or stopped between two statements, told, and gone on with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from colonnade import AlembicManager, DatabaseManager
from colonnade.errors import ConfigurationError, HalfMigratedError, MigrationError
from colonnade.migrations.fingerprint import fingerprint
from tests.faces import Face
from tests.migrations.conftest import engine_on
from tests.migrations.test_manager import alembic_on, asked, fill
from tests.migrations.trees import LIBRARY, Rev, make_tree, write_revision

FAST = ("plan", "drift", "lint", "backup", "rehearse", "verify")

FAILING = """\
op.create_table("note", sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", sa.String(20)))
op.execute("INSERT INTO note (id, text) VALUES (2, 'x')")
op.add_column("shelf", sa.Column("size", sa.Integer, nullable=False, server_default="1"))
op.create_index("ix_shelf_name", "shelf", ["name"])
op.create_check_constraint("ck_size", "shelf", "size > 0")
op.create_foreign_key("fk_note", "note", "shelf", ["id"], ["id"])
op.alter_column("book", "title", type_=sa.String(200), existing_type=sa.String(80), existing_nullable=False)
op.drop_index("ix_book_title", "book")
op.rename_table("note", "remark")
op.execute("INSERT INTO shelf (id, name) VALUES (1, 'there already')")
"""
"""Each statement but the last can be undone exactly; on the other databases all is one transaction."""

LOSING = """\
op.drop_column("shelf", "counter")
op.execute("UPDATE shelf SET name = 'changed'")
op.create_index("ix_shelf_name", "shelf", ["name"])
op.execute("INSERT INTO shelf (id, name) VALUES (4, 'd')")
op.execute("INSERT INTO shelf (id, name) VALUES (1, 'there already')")
"""


def broken(tmp_path: Path, up: str) -> Path:
    """Make a tree whose third revision is this one."""
    index = Rev("i", 'op.create_index("ix_book_title", "book", ["title"])')
    return make_tree(tmp_path / "m", [LIBRARY[0], index, Rev("x", up)])


def started(url: str, tree: Path) -> AlembicManager:
    """Give a manager of a database that stands before the third revision, with rows."""
    manager = AlembicManager(url, script_location=tree)
    manager.upgrade("i", skip=FAST)
    fill(url)
    return manager


def schema(url: str) -> str:
    engine = engine_on(url)
    with engine.connect() as connection:
        found = fingerprint(connection)
    engine.dispose()
    return found


@pytest.fixture(params=["postgresql", "mysql"])
def server_url(request: pytest.FixtureRequest, fresh_url: Any) -> str:
    """A fresh database on a server."""
    return str(fresh_url(request.param))


def test_what_has_an_exact_inverse_is_undone(server_url: str, tmp_path: Path) -> None:
    manager = started(server_url, broken(tmp_path, FAILING))
    before = schema(server_url)
    with pytest.raises(MigrationError, match="x, Do x") as caught:
        manager.upgrade(skip=FAST)
    assert not isinstance(caught.value, HalfMigratedError)
    assert schema(server_url) == before
    assert manager.current() == ("i",)
    assert manager.half_migrated() is None
    assert asked(server_url, "SELECT count(*) FROM shelf") == [(2,)]
    assert asked(server_url, "SELECT state FROM migration_run ORDER BY id DESC LIMIT 1") == [("failed",)]

    asked_of(server_url, "DELETE FROM book WHERE shelf_id = 1", "DELETE FROM shelf WHERE id = 1")
    assert manager.upgrade(skip=FAST).applied
    assert asked(server_url, "SELECT text FROM remark") == [("x",)]
    manager.db.close()


def test_what_has_none_is_stopped_and_gone_on_with(
    faced: Face, face_url: str, driver: Any, tmp_path: Path
) -> None:
    if driver.database != "mysql":
        pytest.skip("there all is one transaction")
    tree = broken(tmp_path, LOSING)
    manager = alembic_on(faced, face_url, tree)
    faced.run(manager.upgrade("i", skip=FAST))
    fill(face_url)
    with pytest.raises(HalfMigratedError, match=r"x, at its statement \d"):
        faced.run(manager.upgrade(skip=FAST))
    half = faced.run(manager.half_migrated())
    assert (half.revision, half.direction) == ("x", "upgrade")
    assert "CREATE INDEX ix_shelf_name" in str(half)
    assert faced.run(manager.status()).half == half
    assert not faced.run(manager.status()).up_to_date

    for policy in ("check", "upgrade"):
        with pytest.raises(HalfMigratedError, match="x"):
            DatabaseManager(url_of(face_url), script_location=str(tree), on_start=policy).initialize()
    with pytest.raises(HalfMigratedError, match="upgrade again"):
        faced.run(manager.downgrade("base", skip=FAST))
    with pytest.raises(HalfMigratedError):
        faced.run(manager.upgrade(dry_run=True, skip=FAST))
    with pytest.raises(HalfMigratedError, match="stamp it then"):
        faced.run(manager.stamp("head"))
    with pytest.raises(HalfMigratedError, match="no exact inverse"):
        faced.run(manager.repair("undo"))
    with pytest.raises(HalfMigratedError, match="there already|x, at"):
        faced.run(manager.upgrade(skip=FAST))

    asked_of(face_url, "DELETE FROM book WHERE shelf_id = 1", "DELETE FROM shelf WHERE id = 1")
    migration = faced.run(manager.upgrade(skip=FAST))
    assert "revision x, at its statement" in migration.recovered
    assert faced.run(manager.half_migrated()) is None
    names = asked(face_url, "SELECT id, name FROM shelf ORDER BY id")
    assert names == [(1, "there already"), (2, "changed"), (4, "d")]
    faced.run(manager.db.close())


def test_repair(mysql_url: str, tmp_path: Path) -> None:
    tree = broken(tmp_path, LOSING)
    manager = started(mysql_url, tree)
    assert not manager.repair()
    with pytest.raises(HalfMigratedError):
        manager.upgrade(skip=FAST)
    with pytest.raises(ConfigurationError, match="resume"):
        manager.repair("mend")  # type: ignore[arg-type]
    asked_of(mysql_url, "DELETE FROM book WHERE shelf_id = 1", "DELETE FROM shelf WHERE id = 1")
    repaired = manager.repair("resume")
    assert repaired.heads == ("x",)
    assert "finished" in str(repaired)
    assert asked(mysql_url, "SELECT count(*) FROM shelf") == [(3,)]

    manager.stamp("i")
    asked_of(mysql_url, "ALTER TABLE shelf ADD counter INT NOT NULL DEFAULT 0")
    with pytest.raises(MigrationError):
        manager.upgrade(skip=FAST)
    asked_of(mysql_url, "DROP INDEX ix_shelf_name ON shelf")
    if manager.half_migrated():
        manager.repair("forget")
    assert manager.half_migrated() is None
    assert manager.current() == ("i",)
    manager.db.close()


def test_an_edited_revision_doesnt_go_on(mysql_url: str, tmp_path: Path) -> None:
    tree = broken(tmp_path, LOSING)
    manager = started(mysql_url, tree)
    with pytest.raises(HalfMigratedError):
        manager.upgrade(skip=FAST)
    write_revision(tree, Rev("x", LOSING.replace("'changed'", "'otherwise'")), "i")
    manager.tree.reread()
    with pytest.raises(HalfMigratedError, match=r"statement \d .*it isn't the same now"):
        manager.upgrade(skip=FAST)
    # What comes after the place where it stopped may be mended.
    write_revision(tree, Rev("x", LOSING.replace("(1, 'there already')", "(7, 'new')")), "i")
    manager.tree.reread()
    assert manager.upgrade(skip=FAST).applied
    assert asked(mysql_url, "SELECT id, name FROM shelf ORDER BY id")[-1] == (7, "new")
    manager.db.close()


def url_of(url: str) -> str:
    """Give the URL of the synchronous face."""
    return engine_on(url).url.render_as_string(hide_password=False)


def asked_of(url: str, *statements: str) -> None:
    """Carry out statements past all of the package."""
    engine = engine_on(url)
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()
