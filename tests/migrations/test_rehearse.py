"""An upgrade is tried on a copy with the real rows first, and what it would lose there stops it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from colonnade import AlembicManager
from colonnade.errors import MigrationError
from colonnade.migrations import MigrationOptions
from tests.faces import Face
from tests.migrations.conftest import opened
from tests.migrations.test_manager import alembic_on, asked, fill
from tests.migrations.trees import LIBRARY, Rev, make_tree

LOSING = {
    "rows of a table that nothing writes to": (
        # The cascade takes the books along, and no statement names them.
        'op.execute("DELETE FROM shelf WHERE id = 1")',
        r"book had 6 rows and would have 3|3 rows of book name a row of shelf",
    ),
    "values of a table that nothing writes to": (
        "bind = op.get_bind()\n"
        "name = 'bo' + 'ok'\n"
        "bind.exec_driver_sql('CREATE TABLE copied AS SELECT id, shelf_id, upper(title) AS title'\n"
        "    ' FROM ' + name)\n"
        "op.drop_table(name)\n"
        "op.rename_table('copied', name)",
        r"book",
    ),
    "a step that fails on the rows there are": (
        'with op.batch_alter_table("book") as batch:\n'
        '    batch.create_unique_constraint("uq_book_shelf", ["shelf_id"])',
        r"r4",
    ),
}


def options(tmp_path: Path) -> MigrationOptions:
    return MigrationOptions(backup_folder=tmp_path / "backups")


@pytest.mark.parametrize("case", LOSING)
def test_what_would_be_lost_stops_it(url: str, tmp_path: Path, case: str) -> None:
    lossy, told = LOSING[case]
    tree = make_tree(tmp_path / "m", [*LIBRARY, Rev("r4", lossy)])
    manager = AlembicManager(url, script_location=tree, options=options(tmp_path))
    manager.upgrade("r3", skip=["backup", "rehearse"])
    fill(url)
    with pytest.raises(MigrationError, match=told):
        manager.upgrade()
    assert manager.current() == ("r3",)
    assert asked(url, "SELECT count(*) FROM book") == [(6,)]
    assert asked(url, "SELECT title FROM book WHERE id = 1") == [("book 1",)]
    manager.db.close()


def test_a_good_upgrade_leaves_a_backup_and_tells_the_time(
    faced: Face, face_url: str, tmp_path: Path
) -> None:
    tree = make_tree(tmp_path / "m", LIBRARY)
    manager: Any = alembic_on(faced, face_url, tree, options=options(tmp_path))
    faced.run(manager.upgrade("r1"))
    fill(face_url)
    dry = faced.run(manager.upgrade(dry_run=True))
    assert not dry.applied
    assert faced.run(manager.current()) == ("r1",)
    backups = set((tmp_path / "backups").glob("*"))
    told: list[str] = []
    migration = faced.run(manager.upgrade(progress=lambda stage, *_: told.append(stage)))
    assert migration.applied
    assert [step.seconds is not None for step in migration.plan.steps] == [True, True]
    assert [finding.rule for finding in migration.plan.findings] == ["rows-written"]
    assert set((tmp_path / "backups").glob("*")) > backups
    assert list(dict.fromkeys(told)) == [
        "checksums",
        "plan",
        "drift",
        "lint",
        "backup",
        "rehearse",
        "apply",
        "verify",
    ]
    faced.run(manager.db.close())


def test_a_foreign_environment_is_led_to_the_copy(url: str, tmp_path: Path) -> None:
    """The file makes its own engine, and so does a revision: on the rehearsal both come to the copy."""
    from sqlalchemy import make_url

    from tests.migrations.conftest import engine_on
    from tests.migrations.trees import GENERIC

    named = make_url(url).set(drivername=engine_on(url).url.drivername).render_as_string(hide_password=False)
    side = (
        "from alembic import context\n"
        "if context.config.attributes['colonnade.stage'] == 'rehearse':\n"
        f"    engine = sa.create_engine({named!r}, poolclass=sa.pool.NullPool)\n"
        "    with engine.begin() as connection:\n"
        "        connection.execute(sa.text(\"UPDATE shelf SET name = 'lost'\"))\n"
        "    raise RuntimeError('tried')"
    )
    if url.startswith("sqlite"):
        side = side.replace("with engine.begin()", "with engine.connect()").replace(
            "        connection.execute",
            "        assert 'scratch' in str(connection.exec_driver_sql("
            "'PRAGMA database_list').all())\n        None and connection.execute",
        )
    tree = make_tree(tmp_path / "m", [*LIBRARY, Rev("r4", side)], env=GENERIC, ini=named)
    assert tree
    manager = AlembicManager(config=tmp_path / "alembic.ini", options=options(tmp_path))
    manager.upgrade("r3")
    fill(url)
    with pytest.raises(MigrationError, match="tried"):
        manager.upgrade()
    assert asked(url, "SELECT name FROM shelf ORDER BY id") == [("a",), ("b",)]
    manager.db.close()


def test_stages_are_left_out_by_name(sqlite_url: str, tmp_path: Path) -> None:
    manager = AlembicManager(
        sqlite_url, script_location=make_tree(tmp_path / "m", LIBRARY), options=options(tmp_path)
    )
    migration = manager.upgrade(skip=["backup", "rehearse"])
    assert migration.skipped == ("backup, as asked", "rehearse, as asked")
    assert not (tmp_path / "backups").exists()


def test_the_commands_about_backups(faced: Face, face_url: str, tmp_path: Path) -> None:
    manager: Any = alembic_on(faced, face_url, make_tree(tmp_path / "m", LIBRARY), options=options(tmp_path))
    faced.run(manager.upgrade("r1", skip=["backup", "rehearse"]))
    fill(face_url)
    backup = faced.run(manager.backup())
    assert faced.run(manager.backups()) == [backup]
    rehearsal = faced.run(manager.rehearse())
    assert rehearsal.ok
    assert rehearsal.rows["book"] == (6, 6)
    assert faced.run(manager.current()) == ("r1",)
    faced.run(manager.upgrade(skip=["backup", "rehearse"]))
    assert faced.run(manager.backups()) == [backup]
    faced.run(manager.db.close())
    restoration = faced.run(manager.restore(backup))
    # What r2 wrote to the shelves isn't in the backup: so it stands beside.
    assert not restoration.in_place
    assert faced.run(manager.current()) == ("r3",)
    faced.run(manager.db.close())
    if not face_url.startswith("sqlite"):
        with opened(face_url) as connection:
            connection.exec_driver_sql(f"DROP DATABASE {restoration.database}")
