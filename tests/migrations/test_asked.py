"""What a revision loses without asking is found before the original is touched; what it asks for isn't."""

from __future__ import annotations

from pathlib import Path

import pytest

from colonnade import AlembicManager
from colonnade.errors import DependentObjectsError, MigrationError
from tests.migrations.conftest import opened
from tests.migrations.test_manager import asked, fill
from tests.migrations.trees import LIBRARY, Rev, make_tree

QUIET = {
    "a dropped column and its index": (
        'op.create_index("ix_counter", "shelf", ["counter"])',
        'with op.batch_alter_table("shelf") as batch:\n    batch.drop_index("ix_counter")\n'
        '    batch.drop_column("counter")',
    ),
    "a dropped table with its indexes": (
        'op.create_table("loan", sa.Column("id", sa.Integer, primary_key=True),'
        ' sa.Column("day", sa.Date, index=True))',
        'op.drop_table("loan")',
    ),
    "a renamed column": (
        'op.create_index("ix_counter", "shelf", ["counter"])',
        'op.alter_column("shelf", "counter", new_column_name="number", existing_type=sa.Integer(),'
        ' existing_nullable=False, existing_server_default=sa.text("0"))',
    ),
    "a renamed table": ("pass", 'op.rename_table("book", "volume")'),
    "a statement of its own": (
        'op.execute("CREATE VIEW titles AS SELECT title FROM book")',
        'op.execute("DROP VIEW titles")',
    ),
    "a column that takes no NULL any more": (
        'op.add_column("shelf", sa.Column("note", sa.String(9)))',
        'with op.batch_alter_table("shelf") as batch:\n    batch.alter_column("note", nullable=False,'
        " existing_type=sa.String(9))",
    ),
    "a column that takes NULL": (
        "pass",
        'with op.batch_alter_table("shelf") as batch:\n    batch.alter_column("counter", nullable=True,'
        " existing_type=sa.Integer())",
    ),
    "a new default": (
        "pass",
        'with op.batch_alter_table("shelf") as batch:\n    batch.alter_column("counter", server_default="5",'
        " existing_type=sa.Integer(), existing_nullable=False)",
    ),
}


@pytest.mark.parametrize("case", QUIET)
def test_what_was_asked_for_is_no_finding(url: str, tmp_path: Path, case: str) -> None:
    first, second = QUIET[case]
    tree = make_tree(tmp_path / "m", [*LIBRARY, Rev("r4", first), Rev("r5", second)])
    manager = AlembicManager(url, script_location=tree)
    plan = manager.plan()
    assert plan.known
    assert [each for each in plan.findings if each.rule.startswith("clause-")] == []
    manager.db.close()


LOST = {
    "a column of a table that is dropped and made again": (
        "pass",
        'op.drop_table("book")\nop.create_table("book", sa.Column("id", sa.Integer, primary_key=True))',
        "column book.title is gone",
    ),
    "an index that goes with one of its columns": (
        'op.create_index("ix_both", "book", ["shelf_id", "title"])',
        'with op.batch_alter_table("book") as batch:\n    batch.drop_index("ix_book_title")\n'
        '    batch.drop_column("title")',
        "ix_both|no such column: title",  # the latter is what Alembic's own rebuilding of a table comes to
    ),
}


@pytest.mark.parametrize("case", LOST)
def test_what_goes_without_being_asked_stops_it(url: str, tmp_path: Path, case: str) -> None:
    first, second, told = LOST[case]
    tree = make_tree(tmp_path / "m", [*LIBRARY, Rev("r4", first), Rev("r5", second)])
    manager = AlembicManager(url, script_location=tree)
    manager.upgrade("r4")
    fill(url)
    with pytest.raises(MigrationError, match=told):
        manager.upgrade()
    assert manager.current() == ("r4",)
    assert asked(url, "SELECT count(title) FROM book") == [(6,)]
    manager.db.close()


def test_what_goes_can_be_accepted_by_its_name(url: str, tmp_path: Path) -> None:
    again = 'op.drop_table("book")\nop.create_table("book", sa.Column("id", sa.Integer, primary_key=True))'
    tree = make_tree(tmp_path / "m", [*LIBRARY, Rev("r4", again)])
    manager = AlembicManager(url, script_location=tree)
    manager.upgrade("r3")
    accepted = [finding.name for finding in manager.plan().errors]
    assert "column book.title" in accepted
    assert manager.upgrade(accept=accepted).applied
    manager.db.close()


SEVERAL = (
    Rev(
        "r1",
        """\
        op.create_table(
            "t",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("a", sa.Integer),
            sa.Column("b", sa.Integer),
        )
        op.create_index("ix_t_a_b", "t", ["a", "b"])
        """,
    ),
    Rev(
        "r2",
        """\
        with op.batch_alter_table("t") as batch:
            batch.drop_column("b")
        """,
    ),
)


def test_what_names_a_dropped_column_goes_with_it_where_thats_accepted(url: str, tmp_path: Path) -> None:
    manager = AlembicManager(url, script_location=make_tree(tmp_path / "m", SEVERAL))
    manager.upgrade("r1", skip=["backup", "rehearse"])
    with opened(url) as connection:
        connection.exec_driver_sql("INSERT INTO t (id, a, b) VALUES (1, 2, 3)")
    with pytest.raises(DependentObjectsError, match='--accept "index ix_t_a_b on t"'):
        manager.upgrade(skip=["backup"])
    assert manager.current() == ("r1",)
    manager.upgrade(skip=["backup"], accept=["index ix_t_a_b on t"])
    assert manager.current() == ("r2",)
    with opened(url) as connection:
        assert connection.exec_driver_sql("SELECT * FROM t").all() == [(1, 2)]
    manager.db.close()
