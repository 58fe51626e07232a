"""Several databases that share one tree: each in turn, or the one that is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.config import CommandLine, Config

from colonnade import AlembicManager
from colonnade.errors import ConfigurationError
from tests.databases import FreshUrl
from tests.migrations.conftest import opened
from tests.migrations.trees import Rev, make_tree

ENV = """\
from sqlalchemy import Column, Integer, MetaData, Table
from colonnade.migrations import run_environment
metadata = {name: MetaData() for name in ("main", "archive")}
for each in metadata.values():
    Table("shelf", each, Column("id", Integer, primary_key=True))
Table("old", metadata["archive"], Column("id", Integer, primary_key=True))
run_environment(target_metadata=metadata)
"""
TREE = (
    Rev("r1", 'op.create_table("shelf", sa.Column("id", sa.Integer, primary_key=True))'),
    Rev(
        "r2",
        """\
        from alembic import context
        if context.config.attributes["colonnade.database"] == "archive":
            op.create_table("old", sa.Column("id", sa.Integer, primary_key=True))
        """,
    ),
)


@pytest.fixture
def two(fresh_url: FreshUrl, tmp_path: Path, database: str) -> tuple[Path, str, str]:
    """An `alembic.ini` with two databases, and their URLs."""
    main, archive = fresh_url(database), fresh_url(database)
    make_tree(tmp_path / "m", TREE, env=ENV)
    lines = [
        "[alembic]",
        f"script_location = {tmp_path / 'm'}",
        "databases = main, archive",
        f"[main]\nsqlalchemy.url = {main}",
        f"[archive]\nsqlalchemy.url = {archive}",
    ]
    (tmp_path / "alembic.ini").write_text("\n".join(lines))
    return tmp_path / "alembic.ini", main, archive


def tables(url: str) -> bool:
    """Tell whether there's the table of the second revision; that of the first has to be there."""
    with opened(url) as connection:
        connection.exec_driver_sql("SELECT id FROM shelf")
        return connection.dialect.has_table(connection, "old")


@pytest.mark.parametrize("database", ["sqlite", "postgresql", "mysql"])
def test_each_in_turn(two: tuple[Path, str, str]) -> None:
    file, main, archive = two
    command.upgrade(Config(str(file)), "head")
    assert (tables(main), tables(archive)) == (False, True)
    for url in (main, archive):
        manager = AlembicManager(url, config=file)
        assert manager.current() == ("r2",)
        assert manager.check() == []
        manager.db.close()


@pytest.mark.parametrize("database", ["sqlite", "postgresql", "mysql"])
def test_a_manager_knows_which_it_has(two: tuple[Path, str, str]) -> None:
    file, main, archive = two
    manager = AlembicManager(archive, config=file)
    manager.upgrade(skip=["backup"])
    manager.db.close()
    assert tables(archive)
    with AlembicManager(main, config=file).db as db:
        assert AlembicManager(db, config=file).current() == ()


@pytest.mark.parametrize("database", ["sqlite"])
def test_one_of_them(two: tuple[Path, str, str]) -> None:
    file, main, archive = two
    line = CommandLine()
    line.main(["-c", str(file), "-x", "database=archive", "upgrade", "head"])
    assert tables(archive)
    with opened(main) as connection:
        assert not connection.dialect.has_table(connection, "shelf")
    with pytest.raises(ConfigurationError, match="'attic'.*main, archive"):
        line.main(["-c", str(file), "-x", "database=attic", "upgrade", "head"])
