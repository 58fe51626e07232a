"""Changes that others hardly wait for end as the plain ones do, and go on where they stopped."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, make_url

from colonnade import AlembicManager, DatabaseManager
from colonnade.errors import DatabaseError, MigrationError
from colonnade.migrations import MigrationOptions
from colonnade.migrations.lint import known_rules
from tests.databases import FreshUrl
from tests.inventories import schemas_differ
from tests.migrations.conftest import opened
from tests.migrations.killing import killable
from tests.migrations.test_kills import KILLED
from tests.migrations.test_manager import asked
from tests.migrations.trees import GENERIC, OURS, Rev, make_tree

QUICKLY = ("lint", "backup")

CLIPS = Rev(
    "start",
    'op.create_table("film", sa.Column("id", sa.Integer, primary_key=True))\n'
    'op.create_table("clip", sa.Column("id", sa.Integer, primary_key=True),'
    ' sa.Column("film_id", sa.Integer), sa.Column("title", sa.String(80)),'
    ' sa.Column("length", sa.Integer, nullable=False))',
    'op.drop_table("clip")\nop.drop_table("film")',
)
ONLINE = {
    "index": (
        'op.create_index_online("ix_clip_title", "clip", ["title"])',
        'op.drop_index("ix_clip_title", "clip")',
    ),
    "check": (
        'op.create_check_online("ck_clip_length", "clip", "length > 0")',
        'with op.batch_alter_table("clip") as batch:\n'
        '    batch.drop_constraint("ck_clip_length", type_="check")',
    ),
    "key": (
        'op.create_foreign_key_online("fk", "clip", "film", ["film_id"], ["id"], ondelete="CASCADE")',
        'with op.batch_alter_table("clip") as batch:\n    batch.drop_constraint("fk", type_="foreignkey")',
    ),
    "not null": (
        'op.set_not_null_online("clip", "title")',
        'with op.batch_alter_table("clip") as batch:\n    batch.alter_column("title", nullable=True)',
    ),
}
PLAIN = {
    "index": 'op.create_index("ix_clip_title", "clip", ["title"])',
    "check": 'with op.batch_alter_table("clip") as batch:\n'
    '    batch.create_check_constraint("ck_clip_length", "length > 0")',
    "key": 'with op.batch_alter_table("clip") as batch:\n'
    '    batch.create_foreign_key("fk", "film", ["film_id"], ["id"], ondelete="CASCADE")',
    "not null": 'with op.batch_alter_table("clip") as batch:\n'
    '    batch.alter_column("title", nullable=False)',
}
EXPAND = Rev(
    "expand",
    'op.expand_column("clip", "length", sa.Column("frames", sa.Integer), there="length * 25",'
    ' back="frames / 25", batch=2)',
    'op.contract_column("clip", "frames", "length")',
)


def managed(url: str, folder: Path, *revs: Rev) -> AlembicManager:
    tree = make_tree(folder / "m", [CLIPS, *revs])
    return AlembicManager(url, script_location=tree, options=MigrationOptions(backup_folder=folder / "b"))


def fill(url: str) -> None:
    with opened(url) as connection:
        connection.exec_driver_sql("INSERT INTO film (id) VALUES (1)")
        for number in range(5):
            connection.exec_driver_sql(
                f"INSERT INTO clip (id, film_id, title, length) VALUES ({number + 1}, 1, 't', {number + 1})"
            )


def send(url: str, *statements: str) -> None:
    with opened(url) as connection:
        for each in statements:
            connection.exec_driver_sql(each)


@pytest.mark.parametrize("what", ONLINE)
def test_it_ends_as_the_plain_change_does(what: str, url: str, fresh_url: FreshUrl, tmp_path: Path) -> None:
    up, down = ONLINE[what]
    manager = managed(url, tmp_path, Rev("online", up, down))
    manager.upgrade("start", skip=QUICKLY)
    fill(url)
    manager.upgrade(skip=QUICKLY)
    plain = managed(fresh_url(manager.db.engine.name), tmp_path / "plain", Rev("online", PLAIN[what], down))
    plain.upgrade(skip=QUICKLY)
    assert schemas_differ(plain.db, manager.db).changes == ()
    manager.downgrade("start", skip=QUICKLY)
    plain.downgrade("start", skip=QUICKLY)
    assert schemas_differ(plain.db, manager.db).changes == ()
    assert asked(url, "SELECT count(*) FROM clip") == [(5,)]
    manager.db.close()
    plain.db.close()


@pytest.mark.parametrize(
    ("what", "row", "repair"),
    [
        ("check", "(9, 1, 't', -1)", "UPDATE clip SET length = 1 WHERE id = 9"),
        ("key", "(9, 7, 't', 1)", "UPDATE clip SET film_id = 1 WHERE id = 9"),
        ("not null", "(9, 1, NULL, 1)", "UPDATE clip SET title = '' WHERE id = 9"),
    ],
)
def test_a_row_that_breaks_it_is_mended_and_it_goes_on(
    what: str, row: str, repair: str, url: str, tmp_path: Path
) -> None:
    manager = managed(url, tmp_path, Rev("online", *ONLINE[what]))
    manager.upgrade("start", skip=QUICKLY)
    fill(url)
    send(url, f"INSERT INTO clip (id, film_id, title, length) VALUES {row}")
    with pytest.raises(DatabaseError):
        manager.upgrade(skip=(*QUICKLY, "rehearse"))
    send(url, repair)
    manager.upgrade(skip=QUICKLY)
    assert manager.current() == ("online",)
    with pytest.raises(DatabaseError), manager.db.session() as session:
        session.connection().exec_driver_sql(
            f"INSERT INTO clip (id, film_id, title, length) VALUES {row.replace('9', '10')}"
        )
    manager.db.close()


WRITES = [
    ("INSERT INTO clip (id, length, frames) VALUES (11, 2, NULL)", (2, 50)),
    ("INSERT INTO clip (id, length, frames) VALUES (11, 2, 75)", (3, 75)),
    ("UPDATE clip SET length = 4 WHERE id = 11", (4, 100)),
    ("UPDATE clip SET frames = 60 WHERE id = 11", (2, 60)),
    ("UPDATE clip SET frames = 75, length = 9 WHERE id = 11", (3, 75)),
    ("UPDATE clip SET title = 'x' WHERE id = 11", (2, 60)),
]

ONLY_NEW = ("INSERT INTO clip (id, frames) VALUES (11, 75)", (3, 75))


CONVENTIONAL = """\
from colonnade.migrations import run_environment
from colonnade.models.base import conventional_metadata
run_environment(target_metadata=conventional_metadata())
"""


def test_names_follow_the_convention(url: str, tmp_path: Path) -> None:
    ups = ONLINE["check"][0].replace("ck_clip_length", "length"), ONLINE["key"][0], ONLINE["not null"][0]
    tree = make_tree(tmp_path / "m", [CLIPS, Rev("online", "\n".join(ups), "pass")], env=CONVENTIONAL)
    manager = AlembicManager(
        url, script_location=tree, options=MigrationOptions(backup_folder=tmp_path / "b")
    )
    manager.upgrade(skip=QUICKLY)
    with opened(url) as connection:
        assert {each["name"] for each in inspect(connection).get_check_constraints("clip")} == {
            "ck_clip_length"
        }
    manager.db.close()


def test_two_columns_are_kept_in_step(url: str, tmp_path: Path) -> None:
    manager = managed(
        url,
        tmp_path,
        EXPAND,
        Rev(
            "contract",
            'op.contract_column("clip", "length", "frames")',
            'op.expand_column("clip", "frames", sa.Column("length", sa.Integer), there="frames / 25",'
            ' back="length * 25")',
        ),
    )
    manager.upgrade("start", skip=QUICKLY)
    fill(url)
    manager.upgrade("expand", skip=QUICKLY)
    both = "SELECT length, frames FROM clip WHERE id"
    assert asked(url, f"{both} < 11 ORDER BY id") == [(n, n * 25) for n in range(1, 6)]
    # SQLite has no trigger that could fill in the old column before NOT NULL is looked at.
    only_new = [] if manager.db.engine.name == "sqlite" else [ONLY_NEW]
    for statement, expected in [*WRITES, *only_new]:
        if statement.startswith("INSERT"):
            send(url, "DELETE FROM clip WHERE id = 11")
        else:
            send(
                url,
                "DELETE FROM clip WHERE id = 11",
                "INSERT INTO clip (id, length, frames) VALUES (11, 2, 60)",
            )
        send(url, statement)
        assert _integers(asked(url, f"{both} = 11")) == [expected], statement
    manager.upgrade(skip=QUICKLY)
    with opened(url) as connection:
        assert {each["name"] for each in inspect(connection).get_columns("clip")} == {
            "id",
            "film_id",
            "title",
            "frames",
        }
    manager.downgrade("expand", skip=QUICKLY)
    assert asked(url, f"{both} < 11 ORDER BY id") == [(n, n * 25) for n in range(1, 6)]
    manager.downgrade("start", skip=QUICKLY)
    send(url, "INSERT INTO clip (id, length) VALUES (12, 1)")
    manager.db.close()


EVERY = "\n".join(up for up, _ in ONLINE.values()) + f"\n{EXPAND.up}"


def test_the_rules_find_nothing_in_them(sqlite_url: str, tmp_path: Path) -> None:
    manager = managed(sqlite_url, tmp_path, Rev("online", EVERY, "pass"))
    waiting = {each.name for each in known_rules() if each.shows in ("locks", "rewrites", "fails")}
    found = {each.rule for each in manager.lint("start:online", database="postgresql")}
    # What rows are there the rules can't know without a database; that others wait, they could.
    assert found & waiting <= {
        "check-over-breaking-rows",
        "foreign-key-over-orphans",
        "set-not-null-over-nulls",
    }
    manager.db.close()


def test_they_go_on_where_they_were_killed(fresh_url: FreshUrl, tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "m", [CLIPS, Rev("online", EVERY, "pass")])
    with killable(tree, tmp_path) as process:
        url = fresh_url("postgresql")
        process.move(url, "upgrade", "start")
        fill(url)
        whole = process.move(url, "upgrade", "online")
        assert whole.status == 0
        for point in range(1, whole.points + 1, max(1, whole.points // 12)):
            other = fresh_url("postgresql")
            process.move(other, "upgrade", "start")
            fill(other)
            assert process.move(other, "upgrade", "online", point).status == KILLED
            assert process.move(other, "upgrade", "online").status == 0, point
            with DatabaseManager(url) as expected, DatabaseManager(other) as found:
                assert schemas_differ(expected, found).changes == (), point
            assert asked(other, "SELECT length, frames FROM clip ORDER BY id") == [
                (n, n * 25) for n in range(1, 6)
            ]


@pytest.mark.parametrize("env", [OURS, GENERIC], ids=["ours", "plain"])
@pytest.mark.parametrize("what", [*ONLINE, "expand"])
def test_others_go_first_where_a_lock_is_not_to_be_had(
    what: str, env: str, postgresql_url: str, tmp_path: Path
) -> None:
    up = EXPAND.up if what == "expand" else ONLINE[what][0]
    named = make_url(postgresql_url).set(drivername="postgresql+psycopg").render_as_string(False)
    make_tree(tmp_path / "m", [CLIPS, Rev("online", up, "pass")], env=env, ini=named)
    options = MigrationOptions(backup_folder=tmp_path / "b", statement_lock_timeout_s=0.3, attempts=1)
    manager = AlembicManager(config=tmp_path / "alembic.ini", options=options)
    manager.upgrade("start", skip=QUICKLY)
    fill(postgresql_url)
    other = DatabaseManager(postgresql_url)
    with ThreadPoolExecutor(1) as pool, other.session() as session:
        session.connection().exec_driver_sql("UPDATE clip SET title = 'held' WHERE id = 1")
        upgrading = pool.submit(manager.upgrade, skip=(*QUICKLY, "rehearse", "plan"))
        time.sleep(1.5)
        assert not upgrading.done()
        session.commit()
        upgrading.result()
    assert manager.current() == ("online",)
    assert asked(postgresql_url, "SELECT title FROM clip WHERE id = 1") == [("held",)]
    other.close()


def test_a_column_to_be_kept_in_step_takes_null_and_has_no_default(sqlite_url: str, tmp_path: Path) -> None:
    asked_for = 'op.expand_column("clip", "length", sa.Column("frames", sa.Integer, nullable=False))'
    manager = managed(sqlite_url, tmp_path, Rev("expand", asked_for, "pass"))
    with pytest.raises(MigrationError, match=r"clip.frames has to take NULL"):
        manager.upgrade(skip=QUICKLY)
    manager.db.close()


def test_a_column_whose_values_would_be_lost_stays(url: str, tmp_path: Path) -> None:
    manager = managed(
        url,
        tmp_path,
        Rev(
            "add",
            'op.add_column("clip", sa.Column("frames", sa.Integer))',
            'op.drop_column("clip", "frames")',
        ),
        Rev("contract", 'op.contract_column("clip", "length", "frames")', "pass"),
    )
    manager.upgrade("add", skip=QUICKLY)
    fill(url)
    with pytest.raises(MigrationError, match="5 rows of clip have a value in length, and none in frames"):
        manager.upgrade(skip=(*QUICKLY, "rehearse"))
    assert asked(url, "SELECT count(length) FROM clip") == [(5,)]
    manager.db.close()


def _integers(rows: list[Any]) -> list[tuple[int, ...]]:
    return [tuple(map(int, row)) for row in rows]
