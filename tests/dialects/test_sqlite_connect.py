"""Connecting to SQLite: files, memory, fair waiting, what a cancelled task leaves behind."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

import aiosqlite
import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from colonnade.dialects.sqlite import connect
from colonnade.errors import ConfigurationError
from colonnade.settings import DatabaseSettings
from tests.dialects.engines import Base, open_base
from tests.dialects.sqlite_writers import compete

Face = Literal["sync", "async"]
faces = pytest.mark.parametrize("face", ["sync", "async"])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "100% films?.db"


@pytest.fixture
def base(file: Path) -> Iterator[Base]:
    base = open_base(str(file), "sync", lock_timeout_s=0.2)
    base.run(make)
    yield base
    base.close()


@pytest.fixture
def writer(base: Base, file: Path) -> Iterator[sqlite3.Connection]:
    """Another program's connection that holds the write lock."""
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    yield connection
    connection.close()


def make(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE clip (id INTEGER PRIMARY KEY, plays INTEGER NOT NULL)"))
    connection.commit()


def pragma(connection: Connection, name: str) -> Any:
    return connection.execute(text(f"PRAGMA {name}")).scalar()


@faces
def test_a_file_s_connections_are_set_up(file: Path, face: Face) -> None:
    base = open_base(str(file), face)
    names = ["foreign_keys", "recursive_triggers", "journal_mode", "synchronous", "busy_timeout"]
    seen = base.run(lambda connection: [pragma(connection, name) for name in names])
    assert seen == [1, 1, "wal", 1, 5000]
    base.close()


def test_other_engines_connections_are_left_alone(base: Base, file: Path) -> None:
    with sqlite3.connect(file) as plain:
        assert plain.execute("PRAGMA foreign_keys").fetchone() == (0,)
    plain.close()


def test_a_folder_that_doesn_t_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"the folder .*missing for films\.db doesn't exist"):
        open_base(str(tmp_path / "missing" / "films.db"), "sync")


def test_a_url_with_a_host_is_refused_with_the_right_forms() -> None:
    with pytest.raises(ConfigurationError, match="sqlite:////absolute"):
        open_base("sqlite://films.db", "sync")


@faces
def test_a_file_opened_for_reading_can_be_read(base: Base, file: Path, face: Face) -> None:
    # A transaction for writing begins all the same, and it's the write that SQLite refuses.
    settings = DatabaseSettings(str(file)).sqlalchemy_url().update_query_dict({"mode": "ro"})
    reader = open_base(settings.render_as_string(), face)
    query = text("SELECT count(*) FROM clip")
    assert reader.run(lambda connection: connection.execute(query).scalar()) == 0
    with pytest.raises(OperationalError, match="readonly"):
        reader.run(lambda connection: connection.execute(text("DELETE FROM clip")))
    reader.close()


def test_a_journal_that_can_t_be_changed_stays(file: Path) -> None:
    with sqlite3.connect(file) as plain:
        plain.execute("CREATE TABLE t (x)")
    plain.close()
    url = DatabaseSettings(str(file)).sqlalchemy_url().update_query_dict({"mode": "ro"})
    reader = open_base(url.render_as_string(), "sync")
    seen = reader.run(lambda c: [pragma(c, "journal_mode"), pragma(c, "synchronous")], mode="deferred")
    assert seen == ["delete", 2]
    reader.close()


@faces
def test_a_busy_file_raises_the_driver_s_error_after_the_lock_timeout(
    base: Base, writer: sqlite3.Connection, file: Path, face: Face
) -> None:
    waiting = open_base(str(file), face, lock_timeout_s=0.2)
    start = time.monotonic()
    with pytest.raises(sqlite3.OperationalError, match="locked") as failed:
        waiting.run(lambda connection: connection.execute(text("SELECT 1")))
    assert 0.2 <= time.monotonic() - start < 1
    assert failed.value.sqlite_errorcode == sqlite3.SQLITE_BUSY
    seen = waiting.run(lambda connection: pragma(connection, "busy_timeout"), mode="deferred")
    assert seen == 200
    waiting.close()


def test_readers_go_on_while_another_writes(base: Base, writer: sqlite3.Connection) -> None:
    query = text("SELECT count(*) FROM clip")
    assert base.run(lambda connection: connection.execute(query).scalar(), mode="deferred") == 0
    assert base.run(lambda connection: connection.execute(query).scalar(), mode="read_only") == 0


def test_a_cancelled_task_leaves_no_transaction(base: Base, writer: sqlite3.Connection, file: Path) -> None:
    waiting = open_base(str(file), "async", lock_timeout_s=30, pool_size=1, max_overflow=0)
    wrapper = waiting.wrapper
    assert wrapper is not None

    async def begun() -> None:
        async with wrapper.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def cancelled() -> tuple[float, float]:
        async with wrapper.connect():  # the connection is made
            pass
        task, start = asyncio.create_task(begun()), time.monotonic()
        beats = 0
        while time.monotonic() - start < 0.1:  # the loop isn't blocked
            await asyncio.sleep(0.001)
            beats += 1
        task.cancel()
        before = time.monotonic()
        await asyncio.gather(task, return_exceptions=True)
        took = time.monotonic() - before
        assert task.cancelled()
        writer.execute("ROLLBACK")
        await asyncio.sleep(0.05)
        writer.execute("PRAGMA busy_timeout=0")
        writer.execute("BEGIN IMMEDIATE")  # nobody else took the lock
        writer.execute("ROLLBACK")
        await asyncio.wait_for(begun(), 5)  # the one connection of the pool is whole
        await wrapper.dispose()
        return took, beats

    took, beats = asyncio.run(cancelled())
    assert took < 1 and beats > 20
    waiting.close()


def test_cancelled_at_any_moment_no_lock_stays(base: Base, file: Path) -> None:
    waiting = open_base(str(file), "async", pool_size=2, max_overflow=0)
    wrapper = waiting.wrapper
    assert wrapper is not None

    async def write() -> None:
        async with wrapper.begin() as connection:
            await connection.execute(text("INSERT INTO clip (plays) VALUES (0)"))

    async def go() -> None:
        for step in range(60):
            tasks = [asyncio.create_task(write()) for _ in range(3)]
            await asyncio.sleep(step * 0.00005)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.wait_for(write(), 2)
        await wrapper.dispose()

    asyncio.run(go())
    other = sqlite3.connect(file, timeout=0)
    other.execute("BEGIN IMMEDIATE")
    other.close()
    waiting.close()


@faces
def test_a_deleted_file_makes_its_connections_stale(base: Base, file: Path, face: Face) -> None:
    other = open_base(str(file), face)

    def deleted(connection: Connection) -> tuple[bool, bool]:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        before = connect.is_stale(raw)
        os.replace(file, file.with_name("moved.db"))
        after = connect.is_stale(raw)
        os.replace(file.with_name("moved.db"), file)
        return before, after

    assert other.run(deleted, mode="deferred") == (False, True)
    other.close()


@faces
def test_an_isolation_level_of_sqlalchemy_s_own_doesn_t_undo_autocommit(file: Path, face: Face) -> None:
    base = open_base(str(file), face, pool_size=1, max_overflow=0)

    def levelled(connection: Connection) -> None:
        connection.execution_options(isolation_level="SERIALIZABLE")
        connection.execute(text("SELECT 1"))

    def alone(connection: Connection) -> bool:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(text("CREATE TABLE t (x)"))
        connection.execute(text("INSERT INTO t VALUES (1)"))
        raw = connection.connection.dbapi_connection
        assert raw is not None
        return connect.in_transaction(raw) is True

    base.run(levelled)
    assert base.run(alone) is False
    base.close()


def test_memory_is_one_database_for_all_threads_and_another_for_each_engine() -> None:
    base, other = open_base("sqlite://", "sync"), open_base("sqlite://", "sync")
    base.run(make)
    base.engine.dispose()  # what is kept alive holds it

    def write(number: int) -> None:
        with base.engine.begin() as connection:
            connection.execute(text("INSERT INTO clip VALUES (:id, 0)"), {"id": number})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(200)))
    with base.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM clip")).scalar() == 200
    assert other.run(lambda c: c.execute(text("SELECT count(*) FROM sqlite_master")).scalar()) == 0
    base.close()
    other.close()


def test_memory_is_shared_by_all_tasks() -> None:
    base = open_base("sqlite://", "async")
    wrapper = base.wrapper
    assert wrapper is not None

    async def write(number: int) -> None:
        async with wrapper.begin() as connection:
            await connection.execute(text("INSERT INTO clip VALUES (:id, 0)"), {"id": number})

    async def go() -> Any:
        async with wrapper.connect() as connection:
            await connection.run_sync(make)
        await asyncio.gather(*(write(number) for number in range(50)))
        async with wrapper.connect() as connection:
            count = await connection.scalar(text("SELECT count(*) FROM clip"))
        await wrapper.dispose()
        return count

    assert asyncio.run(go()) == 50
    base.close()


def test_aiosqlite_still_has_what_is_used_of_its_inside() -> None:
    async def go() -> tuple[bool, int]:
        async with aiosqlite.connect(":memory:") as driver:
            assert driver._connection is driver._conn
            execute: Any = driver._execute
            answer = await execute(lambda own: own.execute("SELECT 7").fetchone()[0], driver._conn)
            return isinstance(driver._conn, sqlite3.Connection), answer

    assert asyncio.run(go()) == (True, 7)


def test_processes_that_open_a_new_file_together_all_can(tmp_path: Path) -> None:
    contest = compete(str(tmp_path / "new.db"), processes=4, seconds=0.3, lock_timeout_s=5)
    assert contest.errors == []


def test_no_process_starves(sqlite_url: str) -> None:
    contest = compete(sqlite_url, processes=8, seconds=2, lock_timeout_s=5)
    print(contest)
    assert contest.errors == []
    assert contest.share > 0.25


@pytest.mark.long
def test_no_process_starves_in_twenty_seconds(sqlite_url: str) -> None:
    contest = compete(sqlite_url, processes=8, seconds=20, lock_timeout_s=5)
    print(contest)
    assert contest.errors == []
    assert contest.share > 0.5
