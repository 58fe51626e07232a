"""A squash makes one revision that makes the same, or writes nothing and says why."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from colonnade import AlembicManager
from colonnade.errors import MigrationError
from colonnade.migrations import create_tree
from colonnade.models.base import conventional_metadata
from tests.databases import FreshUrl
from tests.inventories import schemas_differ
from tests.migrations.test_autogenerate import ENV, QUICKLY, manager_of

NAMES = ("one", "two", "three")


def models(count: int) -> sa.MetaData:
    """Tables, as many as there are revisions, each with a CHECK and an index."""
    metadata = conventional_metadata()
    for name in NAMES[:count]:
        table = sa.Table(
            name,
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("a", sa.Integer, sa.CheckConstraint("a > 0", name="a_positive")),
        )
        sa.Index(f"ix_{name}_a", table.c.a)
    return metadata


@pytest.fixture
def grown(url: str, tmp_path: Path) -> AlembicManager:
    """A tree of three revisions, each with one more table; the database is at its head."""
    create_tree(tmp_path / "m")
    (tmp_path / "m" / "env.py").write_text(ENV)
    for count in (1, 2, 3):
        manager = manager_of(url, tmp_path / "m", models(count))
        manager.upgrade(skip=QUICKLY)
        manager.revision(f"add {NAMES[count - 1]}", autogenerate=True, rev_id=f"r{count}")
        manager.upgrade(skip=QUICKLY)
        manager.db.close()
    return manager_of(url, tmp_path / "m", models(3))


def test_one_stands_for_all(grown: AlembicManager, url: str, fresh_url: FreshUrl, tmp_path: Path) -> None:
    before = tmp_path / "before"
    shutil.copytree(tmp_path / "m", before)
    squashed = grown.squash()
    assert (squashed.revision.id, squashed.replaced) == ("r3", ("r1", "r2", "r3"))
    assert [each.id for each in grown.history()] == ["r3"]
    assert squashed.folder is not None and len(list(squashed.folder.glob("*.py"))) == 3
    # A database at the head needs nothing, and isn't taken for one with an edited file.
    assert grown.current() == ("r3",) and not grown.upgrade(skip=QUICKLY)
    assert grown.check() == [] and not grown.drift()
    kind = grown.db.engine.dialect.name.replace("mariadb", "mysql")
    fresh, middle = fresh_url(kind), fresh_url(kind)
    new = AlembicManager(fresh, script_location=tmp_path / "m")
    new.upgrade(skip=QUICKLY)
    assert not schemas_differ(grown.db, new.db).changes
    grown.db.close()
    new.db.close()

    between = AlembicManager(middle, script_location=before)
    between.upgrade("r2", skip=QUICKLY)
    between.db.close()
    between = AlembicManager(middle, script_location=tmp_path / "m")
    with pytest.raises(MigrationError, match="is at r2, which r3 has replaced"):
        between.upgrade(skip=QUICKLY)
    assert between.current() == ("r2",)
    between.db.close()
    between = AlembicManager(middle, script_location=before)
    between.upgrade(skip=QUICKLY)
    between.db.close()
    between = AlembicManager(middle, script_location=tmp_path / "m")
    assert not between.upgrade(skip=QUICKLY)
    between.db.close()


def test_what_no_model_says_stops_it(grown: AlembicManager, tmp_path: Path) -> None:
    written = grown.revision("rows", rev_id="r4")
    text = written.file.read_text()
    written.file.write_text(
        text.replace("    pass", "    op.execute('INSERT INTO one (id, a) VALUES (1, 2)')", 1)
    )
    grown.tree.reread()
    files = {file: file.read_text() for file in (tmp_path / "m").rglob("*.py")}
    with pytest.raises(MigrationError, match="put 1 rows into one"):
        grown.squash()
    assert {file: file.read_text() for file in (tmp_path / "m").rglob("*.py")} == files
    grown.db.close()
