"""What autogenerate writes: each change of a model gives the right operations, up and down, then nothing."""

from __future__ import annotations

import enum
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from colonnade import AlembicManager
from colonnade.errors import MigrationError
from colonnade.migrations import create_tree
from colonnade.models.base import conventional_metadata
from tests.databases import FreshUrl
from tests.inventories import inventory_of, schemas_differ
from tests.migrations.models_now import MODELS

QUICKLY = ("plan", "lint", "backup", "rehearse")


class Mood(enum.Enum):
    GLAD = "glad"
    SAD = "sad"


class More(enum.Enum):
    GLAD = "glad"
    SAD = "sad"
    CROSS = "cross"


def every_clause() -> sa.MetaData:
    """Tables with each kind of clause that models have."""
    metadata = conventional_metadata()
    sa.Table(
        "studio",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(40), nullable=False, unique=True),
    )
    sa.Table(
        "clip",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("studio_id", sa.ForeignKey("studio.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("title", sa.String(40), nullable=False, server_default="untitled"),
        sa.Column("length", sa.Integer, server_default="0"),
        sa.Column("price", sa.Numeric(12, 4)),
        sa.Column("mood", sa.Enum(Mood, native_enum=False, create_constraint=True, name="mood", length=5)),
        sa.Column("twice", sa.Integer, sa.Computed("length * 2", persisted=True)),
        sa.CheckConstraint("length >= 0", name="length_not_negative"),
        sa.CheckConstraint("title <> ''", name="title_there"),
        sa.Index("ix_clip_title_length", "title", "length"),
        sa.UniqueConstraint("studio_id", "title"),
    )
    return metadata


def without(metadata: sa.MetaData, name: str) -> None:
    table = metadata.tables["clip"]
    (found,) = [each for each in table.constraints if str(each.name).endswith(name)]
    table.constraints.remove(found)


def check_changed(metadata: sa.MetaData) -> None:
    without(metadata, "length_not_negative")
    metadata.tables["clip"].append_constraint(sa.CheckConstraint("length >= 1", name="length_not_negative"))


def check_gone(metadata: sa.MetaData) -> None:
    without(metadata, "title_there")


def check_new(metadata: sa.MetaData) -> None:
    metadata.tables["clip"].append_constraint(sa.CheckConstraint("price > 0", name="price_positive"))


def member_new(metadata: sa.MetaData) -> None:
    without(metadata, "mood")
    more = sa.Enum(More, native_enum=False, create_constraint=True, name="mood", length=5)
    metadata.tables["clip"].append_column(sa.Column("mood", more), replace_existing=True)


def column_new(metadata: sa.MetaData) -> None:
    metadata.tables["clip"].append_column(sa.Column("note", sa.Text))


def index_new(metadata: sa.MetaData) -> None:
    sa.Index("ix_clip_price", metadata.tables["clip"].c.price)


def default_changed(metadata: sa.MetaData) -> None:
    metadata.tables["clip"].c.title.server_default = sa.DefaultClause("none")


def table_new(metadata: sa.MetaData) -> None:
    there = sa.CheckConstraint("word <> ''", name="word_there")
    sa.Table(
        "tag", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("word", sa.String(9)), there
    )


CHANGES: dict[Callable[[sa.MetaData], None], tuple[str, ...]] = {
    check_changed: ("DropConstraintOp", "CreateCheckConstraintOp"),
    check_gone: ("DropConstraintOp",),
    check_new: ("CreateCheckConstraintOp",),
    member_new: ("DropConstraintOp", "CreateCheckConstraintOp"),
    column_new: ("AddColumnOp",),
    index_new: ("CreateIndexOp",),
    default_changed: ("AlterColumnOp",),
    table_new: ("CreateTableOp",),
}


ENV = """\
from colonnade.migrations import run_environment
from tests.migrations.models_now import MODELS
run_environment(target_metadata=MODELS[-1])
"""


def manager_of(url: str, folder: Path, metadata: sa.MetaData) -> AlembicManager:
    """Give the manager of a tree whose `env.py` knows these models."""
    MODELS[:] = [metadata]
    if not folder.exists():
        create_tree(folder)
        (folder / "env.py").write_text(ENV)
    return AlembicManager(url, script_location=folder)


def flat(operations: list[Any]) -> list[str]:
    found: list[str] = []
    for each in operations:
        found += flat(each.ops) if hasattr(each, "ops") else [type(each).__name__]
    return found


@pytest.fixture
def started(url: str, tmp_path: Path) -> AlembicManager:
    """A tree whose first revision was written from the models, applied."""
    manager = manager_of(url, tmp_path / "m", every_clause())
    manager.upgrade(skip=QUICKLY)
    written = manager.revision("begin", autogenerate=True)
    assert written.file.name.endswith("_begin.py")
    manager.upgrade(skip=QUICKLY)
    return manager


def test_nothing_is_left_after_an_upgrade(started: AlembicManager, fresh_url: FreshUrl) -> None:
    assert started.check() == []
    kind = started.db.engine.dialect.name.replace("mariadb", "mysql")
    with type(started.db)(fresh_url(kind), metadata=every_clause()) as made:
        made.create_tables()
        assert not schemas_differ(made, started.db).changes
    started.db.close()


def test_each_change_is_found_and_can_be_taken_back(url: str, started: AlembicManager) -> None:
    folder = started.tree.folder
    before = inventory_of(started.db)
    started.db.close()
    for change, expected in CHANGES.items():
        metadata = every_clause()
        change(metadata)
        manager = manager_of(url, folder, metadata)
        assert tuple(flat(manager.check())) == expected, change.__name__
        written = manager.revision(change.__name__, autogenerate=True)
        manager.upgrade(skip=QUICKLY)
        assert manager.check() == [], written.file.read_text()
        manager.downgrade("-1", skip=QUICKLY)
        assert inventory_of(manager.db).items == before.items, written.file.read_text()
        written.file.unlink()
        manager.db.close()


def two(table: str, column: str) -> sa.MetaData:
    """Two tables, one with a column of this name, the other of this name itself."""
    metadata = conventional_metadata()
    key = [sa.Column("id", sa.Integer, primary_key=True) for _ in range(2)]
    sa.Table("studio", metadata, key[0], sa.Column(column, sa.String(40), unique=True))
    sa.Table(table, metadata, key[1], sa.Column("a", sa.Integer))
    return metadata


def test_renames_are_asked_for(url: str, tmp_path: Path) -> None:
    manager = manager_of(url, tmp_path / "m", two("old", "name"))
    manager.upgrade(skip=QUICKLY)
    manager.revision("begin", autogenerate=True)
    manager.upgrade(skip=QUICKLY)
    with manager.db.session() as session:
        session.execute(sa.text("INSERT INTO studio (id, name) VALUES (1, 'first')"))
        session.execute(sa.text("INSERT INTO old (id, a) VALUES (1, 2)"))
    manager.db.close()

    manager = manager_of(url, tmp_path / "m", two("new", "label"))
    files = sorted((tmp_path / "m" / "versions").glob("*.py"))
    with pytest.raises(MigrationError, match="--rename studio.name:label") as told:
        manager.revision("rename", autogenerate=True)
    assert "--rename old:new" in str(told.value) and "--no-renames" in str(told.value)
    with pytest.raises(MigrationError, match="could be the rename 'studio.nam:label'"):
        manager.revision("rename", autogenerate=True, renames=["studio.nam:label"])
    assert sorted((tmp_path / "m" / "versions").glob("*.py")) == files
    written = manager.revision("rename", autogenerate=True, renames=["studio.name:label", "old:new"])
    manager.upgrade(skip=QUICKLY)
    assert manager.check() == []
    assert rows(manager, "label FROM studio", "a FROM new") == [("first",), (2,)]
    manager.downgrade("-1", skip=QUICKLY)
    assert rows(manager, "name FROM studio", "a FROM old") == [("first",), (2,)]
    written.file.unlink()
    manager.db.close()
    manager = manager_of(url, tmp_path / "m", two("new", "label"))
    others = manager.revision("others", autogenerate=True, no_renames=True).file.read_text()
    assert "drop_column" in others and "drop_table" in others
    manager.db.close()


def rows(manager: AlembicManager, *asked: str) -> list[Any]:
    with manager.db.session() as session:
        return [tuple(session.execute(sa.text(f"SELECT {each}")).one()) for each in asked]
