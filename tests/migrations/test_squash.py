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
from tests.migrations.test_manager import asked

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


FILES = {
    "r1": """
import sqlalchemy as sa
from alembic import op

TABLE = "shelf"
ROWS = [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]


def upgrade():
    made = op.create_table(  # the first one
        TABLE, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20))
    )
    op.bulk_insert(made, ROWS)


def downgrade():
    op.drop_table(TABLE)
""",
    "r2": """
import sqlalchemy as sa
from alembic import op
from sqlalchemy import text

TABLE, COLUMN = "shelf", "length"


def fill(by):
    # two bytes in a comment: é
    op.execute(f"UPDATE {TABLE} SET {COLUMN} = id * {by}"); op.execute(
        text(f"UPDATE {TABLE} SET name = 'é' || name"))


def upgrade():
    op.add_column(TABLE, sa.Column(COLUMN, sa.Integer))
    fill(by=10)


def downgrade():
    with op.batch_alter_table(TABLE) as batch:
        batch.drop_column(COLUMN)
""",
    "r3": """
import sqlalchemy as sa
from alembic import op


def upgrade():
    op.create_table("book", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("book")
""",
}


def of_files(folder: Path, files: dict[str, str] = FILES) -> Path:
    tree = create_tree(folder)
    (tree / "env.py").write_text(
        "from colonnade.migrations import run_environment\nfrom sqlalchemy import MetaData\n"
        "run_environment(target_metadata=MetaData())\n"
    )
    before = None
    for name, code in files.items():
        head = f'"""Do {name}."""\nrevision = "{name}"\ndown_revision = {before!r}\n'
        (tree / "versions" / f"{name}.py").write_text(head + code, encoding="utf-8")
        before = name
    return tree


def test_those_up_to_one_are_joined(url: str, fresh_url: FreshUrl, tmp_path: Path) -> None:
    if url.startswith("mysql"):  # || is an OR there
        files = {name: code.replace("'é' || name", "concat('é', name)") for name, code in FILES.items()}
    else:
        files = FILES
    before, tree = of_files(tmp_path / "before", files), of_files(tmp_path / "m", files)
    manager = AlembicManager(url, script_location=tree)
    manager.upgrade(skip=QUICKLY)
    squashed = manager.squash("the start", revision="r2")
    assert (squashed.revision.id, squashed.replaced) == ("r2", ("r1", "r2"))
    assert "# the first one" in squashed.revision.file.read_text(encoding="utf-8")
    assert [each.id for each in manager.history()] == ["r2", "r3"]
    assert manager.current() == ("r3",) and not manager.upgrade(skip=QUICKLY) and not manager.drift()
    kind = manager.db.engine.dialect.name.replace("mariadb", "mysql")
    other, middle = fresh_url(kind), fresh_url(kind)
    new = AlembicManager(other, script_location=tree)
    new.upgrade(skip=QUICKLY)
    assert not schemas_differ(manager.db, new.db).changes
    rows = [(1, "éa", 10), (2, "éb", 20)]
    assert asked(other, "SELECT id, name, length FROM shelf ORDER BY id") == rows
    new.downgrade("base", skip=QUICKLY)
    manager.downgrade("r2", skip=QUICKLY)
    assert manager.current() == ("r2",)
    manager.upgrade(skip=QUICKLY)

    between = AlembicManager(middle, script_location=before)
    between.upgrade("r1", skip=QUICKLY)
    between = AlembicManager(middle, script_location=tree)
    with pytest.raises(MigrationError, match="is at r1, which r2 has replaced"):
        between.upgrade(skip=QUICKLY)


def test_code_that_can_not_be_taken_apart_is_named(sqlite_url: str, tmp_path: Path) -> None:
    files = {**FILES, "r2": FILES["r2"].replace("def fill(by)", "def fill(by, TABLE=None)")}
    tree = of_files(tmp_path / "m", files)
    manager = AlembicManager(sqlite_url, script_location=tree)
    with pytest.raises(MigrationError, match="r2.py: TABLE is a parameter, and a name of the file"):
        manager.squash(revision="r2")
    assert sorted(each.name for each in (tree / "versions").glob("*.py")) == ["r1.py", "r2.py", "r3.py"]
