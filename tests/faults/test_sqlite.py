"""What happens to SQLite files: locked by another process, full, read-only, no database at all."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from colonnade import AsyncDatabaseManager, DatabaseManager
from colonnade.errors import (
    DamagedDatabaseError,
    DiskFullError,
    LockTimeoutError,
    ReadOnlyDatabaseError,
    TransactionError,
)
from tests.faults.models import Account, Accounts, AsyncAccounts, Base


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with one account in it."""
    path = tmp_path / "accounts.db"
    with DatabaseManager(path, metadata=Base.metadata) as db:
        Accounts(db).create(Account(id=1, balance=100))
    return path


@pytest.fixture
def locked(path: Path) -> Iterator[Path]:
    """The file, while somebody else keeps its write lock."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield path


def test_a_lock_held_elsewhere_is_waited_for_and_named(locked: Path) -> None:
    settings = {"url": locked, "lock_timeout_s": 0.3}
    with DatabaseManager(settings) as db:
        start = time.monotonic()
        with pytest.raises(LockTimeoutError) as raised:
            Accounts(db).update(1, {"balance": 1})
        assert 0.25 < time.monotonic() - start < 5
        assert raised.value.retryable
        assert Accounts(db).get_one(1).balance == 100


def test_waiting_for_a_lock_does_not_hold_up_the_loop(locked: Path) -> None:
    async def main() -> int:
        turns = 0
        async with AsyncDatabaseManager({"url": locked, "lock_timeout_s": 0.3}) as db:
            waiting = asyncio.create_task(AsyncAccounts(db).update(1, {"balance": 1}))
            while not waiting.done():
                await asyncio.sleep(0.01)
                turns += 1
            with pytest.raises(LockTimeoutError):
                await waiting
        return turns

    assert asyncio.run(main()) > 5


def test_a_full_database_takes_the_whole_transaction(path: Path) -> None:
    with DatabaseManager({"url": path, "pool_size": 1, "max_overflow": 0}) as db:
        accounts = Accounts(db)
        with db.engine.connect() as connection:
            pages = connection.execute(text("PRAGMA page_count")).scalar_one()
            connection.execute(text(f"PRAGMA max_page_count={pages + 2}"))
        with pytest.raises(TransactionError), db.session():
            accounts.update(1, {"balance": 1})
            with db.session(), pytest.raises(DiskFullError):
                accounts.create_many(Account(balance=number) for number in range(20_000))
        assert accounts.get_one(1).balance == 100
        assert accounts.count() == 1


def test_a_read_only_database_says_so(path: Path) -> None:
    with DatabaseManager(f"sqlite:///file:{path}?mode=ro&uri=true") as db:
        assert Accounts(db).get_one(1).balance == 100
        with pytest.raises(ReadOnlyDatabaseError):
            Accounts(db).update(1, {"balance": 1})


def test_a_file_that_is_no_database_says_so(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("These are notes, and have been for a long time. " * 100)
    with pytest.raises(DamagedDatabaseError):
        DatabaseManager(path, metadata=Base.metadata).initialize()
    assert path.read_text().startswith("These are notes")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="nowhere"):
        DatabaseManager(tmp_path / "nowhere" / "x.db").initialize()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system doesn't fork")
def test_memory_is_one_database_for_all_threads() -> None:
    from concurrent.futures import ThreadPoolExecutor

    with DatabaseManager("sqlite://", metadata=Base.metadata) as db:
        accounts = Accounts(db)
        accounts.create(Account(id=1))
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: accounts.update(1, {"balance": Account.balance + 1}), range(50)))
        assert accounts.get_one(1).balance == 50
