"""The catalogue's schema through its history: both ways to it are one, and what is in it goes along."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from stoat_ferret.db import Base, ClipRepository, create_tables, drop_tables, migrate, version
from stoat_ferret.db.schema import SCRIPTS

from colonnade import AlembicManager, DatabaseManager, audit
from tests.databases import FreshUrl
from tests.inventories import schemas_differ

HEAD = "e913ac47d8f5"
FIRST = "5f0c1a2b7d10"


@pytest.mark.parametrize("database", ["sqlite", "postgresql", "mysql"])
def test_both_ways_come_to_the_same_schema(database: str, fresh_url: FreshUrl) -> None:
    with DatabaseManager(fresh_url(database)) as made, DatabaseManager(fresh_url(database)) as migrated:
        create_tables(made)
        assert migrate(migrated).applied
        assert not schemas_differ(made, migrated)
        assert version(migrated) == HEAD
        assert audit.check(migrated, Base.metadata) == audit.check(made, Base.metadata) == []
        # What create_tables made is known as the newest revision, and stays as it is.
        assert not migrate(made)
        assert version(made) == HEAD
        assert AlembicManager(made, script_location=SCRIPTS).check() == []


def test_the_schema_migrates_on_both_faces(stoat: Any) -> None:
    stoat.run(stoat.schema.drop_tables())
    assert stoat.run(stoat.schema.migrate()).applied
    assert stoat.run(stoat.schema.version()) == HEAD
    assert not stoat.run(stoat.schema.migrate())


def test_a_catalogue_of_the_first_days_goes_up_and_down(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where the backups of servers go
    with DatabaseManager(url, metadata=Base.metadata) as db:
        drop_tables(db)
        migrations = AlembicManager(db, script_location=SCRIPTS)
        migrations.upgrade(FIRST)
        _fill(db)
        migrations.upgrade()
        rates = "SELECT framerate_num, framerate_den FROM videos ORDER BY id"
        with db.session() as session:
            assert [tuple(row) for row in session.execute(text(rates))] == [(24000, 1001), (25, 1)]
        # The second clip stood in another project than its video.
        assert [clip.project_id for clip in ClipRepository(db).list()] == [1, 2]
        ClipRepository(db).update(1, {"out_point": 2**40})
        ClipRepository(db).update(1, {"out_point": 48})
        migrations.downgrade(FIRST)
        with db.session() as session:
            assert [tuple(row) for row in session.execute(text(rates))] == [(23976, 1000), (25, 1)]
            assert session.scalar(text("SELECT count(*) FROM clips")) == 2


def _fill(db: DatabaseManager) -> None:
    with db.session() as session:
        for statement in (
            "INSERT INTO projects (id, name, workspace_path) VALUES (1, 'a', '/a'), (2, 'b', '/b')",
            "INSERT INTO videos (id, project_id, filename, path, duration, framerate_num, framerate_den,"
            " width, height)"
            " VALUES (1, 1, 'x', '/x', 2.002, 23976, 1000, 4, 3), (2, 2, 'y', '/y', 2, 25, 1, 4, 3)",
            "INSERT INTO clips (id, project_id, video_id, in_point, out_point)"
            " VALUES (1, 1, 1, 0, 48), (2, 1, 2, 0, 25)",
        ):
            session.execute(text(statement))
