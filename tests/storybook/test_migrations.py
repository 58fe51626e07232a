"""The schema moved along with its rows in place, and what the old layer got wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from app.database import Stories, make_manager, migrations
from app.database.migrations_utils import SCRIPTS, alembic_of
from app.database.seed import Seeder

from colonnade.errors import MigrationError
from colonnade.migrations import MigrationOptions
from tests.databases import FreshUrl
from tests.inventories import schemas_differ


@pytest.fixture
def db(sync_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A manager of an empty database; backups go into a folder of the test's."""
    monkeypatch.chdir(tmp_path)
    with make_manager(sync_url, on_start="ignore") as manager:
        yield manager


@pytest.mark.parametrize("database", ["sqlite", "postgresql", "mysql"])
def test_both_ways_come_to_the_same_schema(database: str, fresh_url: FreshUrl) -> None:
    with (
        make_manager(fresh_url(database), on_start="ignore") as made,
        make_manager(fresh_url(database), on_start="ignore") as migrated,
    ):
        made.create_tables()
        migrations.run(migrated)
        # A column that a revision added stands last; the model has it where it belongs.
        assert {each.clause for each in schemas_differ(made, migrated).changes} == {"column order"}


def test_up_down_and_up_again_keeps_the_rows(db: Any) -> None:
    assert migrations.status(db).current == ()
    tried = migrations.dry_run(db)
    assert tried.plan and not tried.applied
    assert migrations.status(db).current == ()
    assert migrations.run(db).applied
    assert migrations.status(db).is_up_to_date
    assert alembic_of(db).check() == []
    Seeder(db).seed()
    backup = migrations.back_up(db)
    assert Path(backup.file).exists()
    migrations.roll_back(db, "0001")
    assert migrations.status(db).current == ("0001",)
    migrations.run(db)
    assert Stories(db).count() == 4
    assert not migrations.run(db)


def test_a_backup_brings_back_what_was_deleted(db: Any) -> None:
    migrations.run(db)
    Seeder(db).seed()
    backup = migrations.back_up(db)
    db.close()
    restoration = alembic_of(db).restore(backup)
    assert restoration.in_place
    assert Stories(db).count() == 4

    Stories(db).delete(Stories(db).first().id)
    db.close()
    restoration = alembic_of(db).restore(backup)
    # What was changed since stays as it is; the backup stands beside, with the difference.
    assert not restoration.in_place
    assert Stories(db).count() == 3
    assert "stories" in str(restoration.difference)
    with make_manager(restoration.settings, on_start="ignore") as beside:
        assert Stories(beside).count() == 4
    if db.engine.dialect.name != "sqlite":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"DROP DATABASE {restoration.database}")


def test_a_migration_that_fails_and_is_tried_again_loses_nothing(db: Any, tmp_path: Path) -> None:
    migrations.run(db)
    Seeder(db).seed()
    scripts = _tree(tmp_path)
    step = scripts / "versions" / "0003_fails.py"
    step.write_text(
        'revision = "0003"\ndown_revision = "0002"\n\n'
        "from alembic import op\nimport sqlalchemy as sa\n\n"
        "def upgrade():\n"
        '    op.execute("CREATE TABLE stories_new (id INTEGER)")\n'
        '    op.execute("INSERT INTO no_such_table VALUES (1)")\n\n'
        "def downgrade():\n    pass\n"
    )
    for _ in range(2):
        with pytest.raises(MigrationError):
            alembic_of(db, scripts=scripts).upgrade()
        assert Stories(db).count() == 4
        assert migrations.status(db).current == ("0002",)


def test_a_folder_without_migrations_is_no_success(db: Any, tmp_path: Path) -> None:
    with pytest.raises(MigrationError, match="no migration was found"):
        alembic_of(db, scripts=tmp_path)


def _tree(folder: Path) -> Path:
    tree = folder / "tree"
    (tree / "versions").mkdir(parents=True)
    for file in (*SCRIPTS.glob("*.*"), *SCRIPTS.glob("versions/*.py")):
        (tree / file.relative_to(SCRIPTS)).write_text(file.read_text())
    return tree


def test_options_are_handed_on(db: Any) -> None:
    assert alembic_of(db, options=MigrationOptions(keep_backups=2)).options.keep_backups == 2
