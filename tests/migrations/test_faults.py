"""Migrations under faults: many at once, a holder that is killed, a lost connection, a full disk, a lock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from colonnade import AlembicManager, DatabaseManager
from colonnade.errors import DatabaseError, MigrationError
from colonnade.migrations import MigrationOptions
from colonnade.testing.databases import DATABASES
from tests.databases import FreshUrl
from tests.migrations.conftest import engine_on
from tests.migrations.killing import MIXED, contents, killable
from tests.migrations.test_manager import asked, fill
from tests.migrations.test_recovery import FAST, asked_of
from tests.migrations.trees import LIBRARY, Rev, make_tree

MANY = 8


@contextmanager
def hooked(name: str, function: Callable[..., None]) -> Iterator[None]:
    """Call a function at an event of each engine of this process."""
    event.listen(Engine, name, function)
    try:
        yield
    finally:
        event.remove(Engine, name, function)


def test_many_at_once_apply_once(url: str, tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "m", MIXED)
    with killable(tree, tmp_path) as process:
        process.move(url, "upgrade", "r1")
        fill(url)
        statuses = process.at_once(url, "upgrade", "head", [None] * MANY)
        assert set(statuses) <= {0, 5}
        assert 0 in statuses
        counters = asked(url, "SELECT counter FROM shelf ORDER BY id")
        assert counters == [(63,), (54,), (23,)]

        process.move(url, "downgrade", "r1")
        # Whoever comes first is killed on its way, and the next one goes on.
        statuses = process.at_once(url, "upgrade", "head", [30, None, None])
        assert statuses[1:] == [0, 0]
        assert statuses[0] in (-9, 0)
        assert asked(url, "SELECT counter FROM shelf ORDER BY id") == counters


@pytest.mark.parametrize("database", ["postgresql", "mysql"])
def test_a_connection_that_the_server_ends(fresh_url: FreshUrl, database: str, tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "m", MIXED)
    expected: Any = None
    for nth in (None, 5, 14, 23):
        url = fresh_url(database)
        manager = AlembicManager(url, script_location=tree)
        manager.upgrade("r1", skip=FAST)
        fill(url)
        with hooked("before_cursor_execute", _ending(url, nth)):
            try:
                manager.upgrade(skip=FAST)
            except DatabaseError as error:
                assert nth is not None, error
        manager.upgrade(skip=FAST)
        expected = expected or contents(url)
        assert contents(url) == expected, nth
        manager.db.close()


def _ending(url: str, nth: int | None) -> Callable[..., None]:
    """Give what ends, once, the connection that is about to send its nth change."""
    seen = [0]

    def end(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if connection.info.get("killer") or not statement.lstrip().startswith(("UPDATE", "ALTER", "CREATE")):
            return
        seen[0] += 1
        if seen[0] == nth:
            driver = connection.connection.dbapi_connection
            number = driver.thread_id() if hasattr(driver, "thread_id") else driver.info.backend_pid
            kill = "KILL {}" if hasattr(driver, "thread_id") else "SELECT pg_terminate_backend({})"
            asked_of(url, kill.format(number))

    return end


def test_a_full_disk_leaves_all_as_it_was(sqlite_url: str, tmp_path: Path) -> None:
    filling = """\
    op.execute("UPDATE shelf SET counter = counter + 10")
    op.create_table("big", sa.Column("text", sa.Text))
    op.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
               " INSERT INTO big SELECT hex(zeroblob(500)) FROM n")
    """
    manager = AlembicManager(
        sqlite_url, script_location=make_tree(tmp_path / "m", [LIBRARY[0], Rev("big", filling)])
    )
    manager.upgrade("r1", skip=FAST)
    fill(sqlite_url)
    manager.db.close()
    pages = [200]

    def limit(connection: Any, record: Any) -> None:
        connection.execute(f"PRAGMA max_page_count={pages[0]}")

    before = contents(sqlite_url)
    with hooked("connect", limit):
        with pytest.raises(MigrationError, match="big"):
            manager.upgrade(skip=FAST)
        assert contents(sqlite_url) == before
        manager.db.close()
        pages[0] = 1_000_000
        assert manager.upgrade(skip=FAST).applied
    assert asked(sqlite_url, "SELECT counter FROM shelf ORDER BY id") == [(11,), (12,)]
    assert asked(sqlite_url, "SELECT count(*) FROM big") == [(2000,)]
    manager.db.close()


@pytest.mark.parametrize("database", DATABASES)
def test_a_lock_that_another_client_holds(fresh_url: FreshUrl, database: str, tmp_path: Path) -> None:
    url = fresh_url(database)
    tree = make_tree(tmp_path / "m", LIBRARY)
    db = DatabaseManager(url)
    options = MigrationOptions(statement_lock_timeout_s=1, attempts=2)
    manager = AlembicManager(db, script_location=tree, options=options)
    manager.upgrade("r1", skip=FAST)
    fill(url)
    before = contents(url)
    engine = engine_on(url).execution_options(isolation_level=_LEVEL[database])
    with engine.connect() as other:
        if database == "sqlite":
            other.execute(text("BEGIN IMMEDIATE"))
        other.execute(text("SELECT count(*) FROM shelf"))
        with pytest.raises(DatabaseError, match="lock") as caught:
            manager.upgrade(skip=FAST)
        assert caught.value.attempts == 2
        other.rollback()
    assert contents(url) == before
    with engine.connect() as other:
        if database == "sqlite":
            other.execute(text("BEGIN IMMEDIATE"))
        other.execute(text("SELECT count(*) FROM shelf"))
        leaves = threading.Timer(1.2, other.rollback)
        if database != "sqlite":  # whose connections belong to one thread
            leaves.start()
            assert AlembicManager(db, script_location=tree, options=MigrationOptions()).upgrade(skip=FAST)
            leaves.join()
    assert AlembicManager(db, script_location=tree).upgrade(skip=FAST) or database != "sqlite"
    assert asked(url, "SELECT counter FROM shelf ORDER BY id") == [(11,), (12,)]
    engine.dispose()
    db.close()


_LEVEL = {"sqlite": "AUTOCOMMIT", "postgresql": "READ COMMITTED", "mysql": "REPEATABLE READ"}

CONCURRENT = """\
op.execute("UPDATE shelf SET counter = counter + 10")
with op.get_context().autocommit_block():
    op.create_index("uq_title", "book", ["title"], unique=True, postgresql_concurrently=True)
    op.execute("UPDATE shelf SET counter = counter + 10")
"""


def test_an_index_that_couldnt_be_made_concurrently(postgresql_url: str, tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "m", [LIBRARY[0], Rev("c", CONCURRENT)])
    manager = AlembicManager(postgresql_url, script_location=tree)
    manager.upgrade("r1", skip=FAST)
    fill(postgresql_url)
    asked_of(postgresql_url, "UPDATE book SET title = 'the same' WHERE id < 3")
    for _ in range(2):
        with pytest.raises(MigrationError, match=r"at its statement 2"):
            manager.upgrade(skip=FAST)
        assert asked(postgresql_url, "SELECT count(*) FROM pg_index WHERE NOT indisvalid") == [(0,)]
        assert asked(postgresql_url, "SELECT counter FROM shelf ORDER BY id") == [(11,), (12,)]
    asked_of(postgresql_url, "UPDATE book SET title = 'another' WHERE id = 1")
    assert manager.upgrade(skip=FAST).recovered
    assert asked(postgresql_url, "SELECT counter FROM shelf ORDER BY id") == [(21,), (22,)]
    assert asked(postgresql_url, "SELECT count(*) FROM pg_index WHERE indexrelid = 'uq_title'::regclass") == [
        (1,)
    ]
    manager.db.close()


SWALLOWING = """\
bind = op.get_bind()
caught = 0
for number in (1, 9):
    try:
        with bind.begin_nested():
            bind.execute(sa.text("UPDATE shelf SET counter = counter + 1"))
            bind.execute(sa.text(f"INSERT INTO shelf (id, name) VALUES ({number}, 'n')"))
    except sa.exc.IntegrityError:
        caught += 1
try:
    op.execute("DROP TABLE nowhere")
except sa.exc.DBAPIError:
    caught += 1
decimal = bind.execute(sa.text("SELECT CAST(1.50 AS DECIMAL(5,2)), NULL, 'ä', SUM(counter) FROM shelf")).one()
op.execute("CREATE TABLE nowhere (id INT)")
op.execute(f"INSERT INTO nowhere VALUES ({caught})")
op.execute(sa.text("UPDATE shelf SET counter = counter + :sum, name = :said").bindparams(
    sum=decimal[3], said=repr(decimal[0:3])))
op.execute("CREATE INDEX ix_counter ON shelf (counter)")
op.execute("INSERT INTO gate VALUES (1)")
"""


def test_what_a_revision_caught_and_read_is_so_again(mysql_url: str, tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "m", [LIBRARY[0], Rev("s", SWALLOWING)])
    manager = AlembicManager(mysql_url, script_location=tree)
    manager.upgrade("r1", skip=FAST)
    fill(mysql_url)
    for _ in range(2):
        with pytest.raises(MigrationError, match="gate"):
            manager.upgrade(skip=FAST)
    asked_of(mysql_url, "CREATE TABLE gate (id INT)")
    assert manager.upgrade(skip=FAST).applied
    # 1 + 2 + 2 for the second round, then the sum of the three, the new one's 0 among them.
    said = "(Decimal('1.50'), None, 'ä')"
    assert asked(mysql_url, "SELECT counter, name FROM shelf ORDER BY id") == [
        (7, said),
        (8, said),
        (5, said),
    ]
    assert asked(mysql_url, "SELECT id FROM nowhere") == [(2,)]
    manager.db.close()
