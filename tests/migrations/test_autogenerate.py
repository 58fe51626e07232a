"""What autogenerate writes: each change of a model gives the right operations, up and down, then nothing."""

from __future__ import annotations

import enum
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import make_url
from sqlalchemy.schema import CreateView

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


def where(condition: str) -> dict[str, Any]:
    """Give the predicate of an index, for the databases that have such."""
    return {"postgresql_where": sa.text(condition), "sqlite_where": sa.text(condition)}


def every_clause(database: str) -> sa.MetaData:
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
        sa.Column("colour", sa.Enum(Mood, name="colour")),
        sa.Column(
            "code",
            sa.String(8, collation="NOCASE")
            .with_variant(sa.String(8, collation="C"), "postgresql")
            .with_variant(sa.String(8, collation="utf8mb4_bin"), "mysql", "mariadb"),
        ),
        sa.Column("shown", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("made", sa.DateTime, server_default=sa.func.current_timestamp()),
        sa.Column("data", sa.JSON),
        sa.Column("raw", sa.LargeBinary),
        sa.Column("said", sa.Text, comment="about it"),
        # Last, where it comes back to: it can only be made anew.
        sa.Column("twice", sa.Integer, sa.Computed("length * 2", persisted=True)),
        sa.Index("ix_clip_partial", "price", **where("price > 0")),
        sa.CheckConstraint("length >= 0", name="length_not_negative"),
        sa.CheckConstraint("title <> ''", name="title_there"),
        sa.Index("ix_clip_title_length", "title", "length"),
        sa.UniqueConstraint("studio_id", "title"),
    )
    view_changed(metadata, 10)
    if database != "mysql":  # MariaDB has no index on an expression
        expression_changed(metadata, "lower(title)")
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


def predicate_changed(metadata: sa.MetaData) -> None:
    clip = metadata.tables["clip"]
    (old,) = [each for each in clip.indexes if each.name == "ix_clip_partial"]
    clip.indexes.remove(old)
    sa.Index("ix_clip_partial", clip.c.price, **where("price > 1"))


def predicate_gone(metadata: sa.MetaData) -> None:
    clip = metadata.tables["clip"]
    (old,) = [each for each in clip.indexes if each.name == "ix_clip_partial"]
    clip.indexes.remove(old)
    sa.Index("ix_clip_partial", clip.c.price)


def expression_changed(metadata: sa.MetaData, expression: str = "upper(title)") -> None:
    clip = metadata.tables["clip"]
    clip.indexes -= {each for each in clip.indexes if each.name == "ix_clip_expression"}
    sa.Index("ix_clip_expression", sa.text(expression), _table=clip, **where("shown"))


def computed_changed(metadata: sa.MetaData) -> None:
    computed = sa.Computed("length * 3", persisted=True)
    metadata.tables["clip"].append_column(sa.Column("twice", sa.Integer, computed), replace_existing=True)


def native_member_new(metadata: sa.MetaData) -> None:
    metadata.tables["clip"].append_column(
        sa.Column("colour", sa.Enum(More, name="colour")), replace_existing=True
    )


def native_member_gone(metadata: sa.MetaData) -> None:
    fewer = sa.Enum("SAD", "GLAD", name="colour")
    metadata.tables["clip"].append_column(sa.Column("colour", fewer), replace_existing=True)


def collation_changed(metadata: sa.MetaData) -> None:
    changed = (
        sa.String(8, collation="RTRIM")
        .with_variant(sa.String(8, collation="POSIX"), "postgresql")
        .with_variant(sa.String(8, collation="utf8mb4_general_ci"), "mysql", "mariadb")
    )
    metadata.tables["clip"].c.code.type = changed


def type_changed(metadata: sa.MetaData) -> None:
    longer = sa.Column("title", sa.String(60), nullable=False, server_default="untitled")
    metadata.tables["clip"].append_column(longer, replace_existing=True)


def nullable_changed(metadata: sa.MetaData) -> None:
    metadata.tables["clip"].c.title.nullable = True


def comment_changed(metadata: sa.MetaData) -> None:
    metadata.tables["clip"].c.said.comment = "of it"


def key_changed(metadata: sa.MetaData) -> None:
    clip = metadata.tables["clip"]
    (key,) = [each for each in clip.constraints if isinstance(each, sa.ForeignKeyConstraint)]
    key.ondelete = "RESTRICT"


def unique_gone(metadata: sa.MetaData) -> None:
    clip = metadata.tables["clip"]
    clip.constraints -= {each for each in clip.constraints if isinstance(each, sa.UniqueConstraint)}


def index_gone(metadata: sa.MetaData) -> None:
    clip = metadata.tables["clip"]
    clip.indexes -= {each for each in clip.indexes if each.name == "ix_clip_title_length"}


def default_expression_changed(metadata: sa.MetaData) -> None:
    metadata.tables["clip"].c.made.server_default = None


def view_changed(metadata: sa.MetaData, least: int = 20) -> None:
    if "long_clip" in metadata.tables:
        view_gone(metadata)
    clip = metadata.tables["clip"].c
    chosen = sa.select(clip.id, clip.said).where(clip.length > least, clip.said != "a:b%")
    CreateView(chosen, "long_clip", metadata=metadata)


def view_gone(metadata: sa.MetaData) -> None:
    metadata.remove(metadata.tables["long_clip"])


def view_new(metadata: sa.MetaData) -> None:
    long_clip = metadata.tables["long_clip"].c
    CreateView(sa.select(long_clip.said), "said_of_long_clip", metadata=metadata)


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
    view_new: ("CreateViewOp",),
    view_changed: ("DropViewOp", "CreateViewOp"),
    view_gone: ("DropViewOp",),
    predicate_changed: ("DropIndexOp", "CreateIndexOp"),
    predicate_gone: ("DropIndexOp", "CreateIndexOp"),
    expression_changed: ("DropIndexOp", "CreateIndexOp"),
    computed_changed: ("DropColumnOp", "AddColumnOp"),
    native_member_new: ("AlterColumnOp",),
    native_member_gone: ("AlterColumnOp",),
    collation_changed: ("AlterColumnOp",),
    type_changed: ("AlterColumnOp",),
    nullable_changed: ("AlterColumnOp",),
    comment_changed: ("AlterColumnOp",),
    key_changed: ("DropConstraintOp", "CreateForeignKeyOp"),
    unique_gone: ("DropConstraintOp",),
    index_gone: ("DropIndexOp",),
    default_expression_changed: ("AlterColumnOp",),
}


LACKING: dict[Callable[[sa.MetaData], None], tuple[str, ...]] = {
    predicate_changed: ("mysql",),
    predicate_gone: ("mysql",),
    expression_changed: ("mysql",),
    comment_changed: ("sqlite",),
    native_member_gone: ("sqlite",),
}
"""The databases that don't have what is changed."""

OTHERWISE: dict[tuple[str, Callable[[sa.MetaData], None]], tuple[str, ...]] = {
    ("mysql", unique_gone): ("DropIndexOp",),
    ("postgresql", native_member_new): ("AlterEnumOp",),
    ("postgresql", native_member_gone): ("AlterEnumOp",),
}
"""What is changed there by another operation."""

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
    kind = make_url(url).get_backend_name()
    manager = manager_of(url, tmp_path / "m", every_clause(kind))
    manager.upgrade(skip=QUICKLY)
    written = manager.revision("begin", autogenerate=True)
    assert written.file.name.endswith("_begin.py")
    manager.upgrade(skip=QUICKLY)
    return manager


def test_nothing_is_left_after_an_upgrade(started: AlembicManager, fresh_url: FreshUrl) -> None:
    assert started.check() == []
    kind = started.db.engine.dialect.name.replace("mariadb", "mysql")
    with type(started.db)(fresh_url(kind), metadata=every_clause(kind)) as made:
        made.create_tables()
        assert not schemas_differ(made, started.db).changes
    started.db.close()


def test_each_change_is_found_and_can_be_taken_back(url: str, started: AlembicManager) -> None:
    folder = started.tree.folder
    before = inventory_of(started.db)
    started.db.close()
    kind = make_url(url).get_backend_name()
    for change, expected in CHANGES.items():
        if kind in LACKING.get(change, ()):
            continue
        metadata = every_clause(kind)
        change(metadata)
        manager = manager_of(url, folder, metadata)
        found = tuple(flat(manager.check()))
        assert found == OTHERWISE.get((kind, change), expected), change.__name__
        written = manager.revision(change.__name__, autogenerate=True)
        manager.upgrade(skip=QUICKLY)
        assert manager.check() == [], written.file.read_text()
        manager.downgrade("-1", skip=QUICKLY)
        assert inventory_of(manager.db).items == before.items, written.file.read_text()
        written.file.unlink()
        manager.db.close()


def test_what_differs_is_told_with_what_the_rules_say(url: str, tmp_path: Path) -> None:
    manager = manager_of(url, tmp_path / "m", two("old", "name"))
    manager.upgrade(skip=QUICKLY)
    manager.revision("begin", autogenerate=True)
    manager.upgrade(skip=QUICKLY)
    with manager.db.session() as session:
        session.connection().exec_driver_sql("INSERT INTO old (id, a) VALUES (1, NULL), (2, NULL), (3, 4)")
    metadata = two("old", "name")
    metadata.tables["old"].c.a.nullable = False
    manager = manager_of(url, tmp_path / "m", metadata)
    found = {each.rule: each for each in manager.lint(operations=manager.check())}
    nulls = found["set-not-null-over-nulls"]
    assert (nulls.severity, nulls.table, nulls.count, nulls.revision) == ("error", "old", 2, "")
    assert manager.lint(operations=[]) == []
    manager.db.close()


def test_a_label_that_rows_have_stays(postgresql_url: str, tmp_path: Path) -> None:
    manager = manager_of(postgresql_url, tmp_path / "m", every_clause("postgresql"))
    manager.upgrade(skip=QUICKLY)
    manager.revision("begin", autogenerate=True)
    manager.upgrade(skip=QUICKLY)
    with manager.db.session() as session:
        connection = session.connection()
        connection.exec_driver_sql("INSERT INTO studio (id, name) VALUES (1, 's')")
        connection.exec_driver_sql("INSERT INTO clip (id, studio_id, colour) VALUES (1, 1, 'GLAD')")
    metadata = every_clause("postgresql")
    fewer = sa.Column("colour", sa.Enum("SAD", name="colour"))
    metadata.tables["clip"].append_column(fewer, replace_existing=True)
    manager = manager_of(postgresql_url, tmp_path / "m", metadata)
    manager.revision("fewer", autogenerate=True)
    with pytest.raises(
        MigrationError, match="1 rows of clip have a value in colour that the type colour loses: GLAD"
    ):
        manager.upgrade(skip=QUICKLY)
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
