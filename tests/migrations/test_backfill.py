"""A backfill in batches reaches every row once, and goes on where it was killed."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import event

from colonnade import AlembicManager
from colonnade.errors import MigrationError
from colonnade.migrations import MigrationOptions
from tests.databases import FreshUrl
from tests.migrations.conftest import opened
from tests.migrations.killing import killable
from tests.migrations.test_kills import KILLED
from tests.migrations.test_manager import asked
from tests.migrations.trees import LIBRARY, Rev, make_tree

QUICKLY = ("plan", "lint", "backup", "rehearse")


def fill_by(expression: str, where: str = "shelf_id < 100", batch: int = 2) -> Rev:
    return Rev("f", f'op.backfill("book", {{"shelf_id": "{expression}"}}, where="{where}", batch={batch})')


SHELVES = ", ".join(f"({id}, 'shelf')" for id in (1, 2, 101, 102, 201, 202, 301, 302))


def rows(url: str) -> None:
    with opened(url) as connection:
        connection.exec_driver_sql(f"INSERT INTO shelf (id, name) VALUES {SHELVES}")
        for number in range(7):
            connection.exec_driver_sql(
                f"INSERT INTO book (id, shelf_id, title) VALUES ({number + 1}, {number % 2 + 1}, 't')"
            )


def test_every_row_is_set_once(url: str, tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "m", [LIBRARY[0], fill_by("shelf_id + 100")])
    manager = AlembicManager(
        url, script_location=tree, options=MigrationOptions(backup_folder=tmp_path / "b")
    )
    manager.upgrade("r1", skip=QUICKLY)
    rows(url)
    sent: list[str] = []
    event.listen(manager.db.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    manager.upgrade()
    assert asked(url, "SELECT id, shelf_id FROM book ORDER BY id") == [(n + 1, n % 2 + 101) for n in range(7)]
    assert len([each for each in sent if each.startswith("UPDATE book")]) == 4
    manager.db.close()


def test_it_goes_on_where_it_was_killed(fresh_url: FreshUrl, tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "m", [LIBRARY[0], fill_by("shelf_id + 100", "shelf_id < 300", batch=3)])
    # Each row meets the condition twice: a batch that was sent a second time would be seen.
    with killable(tree, tmp_path) as process:
        url = fresh_url("postgresql")
        process.move(url, "upgrade", "r1")
        rows(url)
        whole = process.move(url, "upgrade", "f")
        assert whole.status == 0
        expected = asked(url, "SELECT id, shelf_id FROM book ORDER BY id")
        assert {each[1] for each in expected} == {301, 302}
        for point in range(1, whole.points + 1, max(1, whole.points // 6)):
            url = fresh_url("postgresql")
            process.move(url, "upgrade", "r1")
            rows(url)
            assert process.move(url, "upgrade", "f", point).status == KILLED
            assert process.move(url, "upgrade", "f").status == 0
            assert asked(url, "SELECT id, shelf_id FROM book ORDER BY id") == expected, point


def test_what_can_not_be_filled(url: str, tmp_path: Path) -> None:
    tree = make_tree(
        tmp_path / "m",
        [
            LIBRARY[0],
            Rev("n", 'op.create_table("bare", sa.Column("a", sa.Integer))'),
            Rev("f", 'op.backfill("bare", {"a": "1"}, where="a IS NULL")'),
        ],
    )
    manager = AlembicManager(url, script_location=tree)
    with pytest.raises(MigrationError, match="no primary key of one column"):
        manager.upgrade(skip=QUICKLY)
    manager.db.close()
