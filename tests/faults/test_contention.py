"""Others at the same rows: deadlocks, serialization failures, lost updates, a busy pool."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import make_url

from colonnade import DatabaseManager
from colonnade.errors import (
    DatabaseError,
    DeadlockError,
    PoolTimeoutError,
    TransientError,
)
from tests.databases import FreshUrl
from tests.faults.models import Account, Accounts, Base


@pytest.fixture(params=["postgresql", "mysql"])
def server_db(request: pytest.FixtureRequest, fresh_url: FreshUrl):  # type: ignore[no-untyped-def]
    """A manager on a server, with two accounts of 100 each."""
    with DatabaseManager(fresh_url(request.param), metadata=Base.metadata) as db:
        Accounts(db).create_many([Account(id=1, balance=100), Account(id=2, balance=100)])
        yield db


def crossing(db: DatabaseManager) -> tuple[list[DatabaseError], list[int]]:
    """Let two threads lock two rows in opposite orders, once each; give the errors and what each read."""
    accounts = Accounts(db)
    barrier = threading.Barrier(2)
    errors: list[DatabaseError] = []

    def lock(first: int, second: int) -> None:
        try:
            with db.session():
                accounts.update(first, {"balance": Account.balance + 1})
                barrier.wait(10)
                accounts.update(second, {"balance": Account.balance + 1})
        except DatabaseError as error:
            errors.append(error)

    threads = [threading.Thread(target=lock, args=order) for order in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors, [account.balance for account in accounts.list()]


def test_a_deadlock_undoes_one_of_the_two(server_db: DatabaseManager) -> None:
    errors, balances = crossing(server_db)
    assert [type(error) for error in errors] == [DeadlockError]
    assert errors[0].retryable
    assert balances == [101, 101]


def test_run_settles_a_deadlock(server_db: DatabaseManager) -> None:
    accounts = Accounts(server_db)
    barrier = threading.Barrier(2, timeout=10)
    met = threading.local()

    def cross(first: int, second: int) -> None:
        accounts.update(first, {"balance": Account.balance + 1})
        if not hasattr(met, "once"):
            met.once = True
            barrier.wait()
        accounts.update(second, {"balance": Account.balance + 1})

    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(server_db.run, cross, 1, 2), pool.submit(server_db.run, cross, 2, 1)]:
            future.result()
    assert [account.balance for account in accounts.list()] == [102, 102]


def test_a_hot_row_loses_no_update(sync_db: DatabaseManager) -> None:
    accounts = Accounts(sync_db)
    serializable = sync_db.options(isolation_level="SERIALIZABLE", retry_attempts=200, retry_deadline_s=60)
    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(serializable.run, accounts.move, 1, 2, 1) for _ in range(24)]:
            future.result()
    assert [account.balance for account in accounts.list()] == [76, 124]


def test_a_lost_update_is_an_error_on_the_default_level(mysql_url: str) -> None:
    with DatabaseManager(mysql_url, metadata=Base.metadata) as db:
        accounts = Accounts(db)
        accounts.create(Account(id=1, balance=100))
        with pytest.raises(TransientError), db.session():
            balance = accounts.get_one(1).balance
            with ThreadPoolExecutor(1) as pool:
                pool.submit(accounts.update, 1, {"balance": 150}).result()
            accounts.update(1, {"balance": balance + 1})
        assert accounts.get_one(1).balance == 150


def test_an_exhausted_pool_says_so(sync_url: str) -> None:
    url = make_url(sync_url)
    settings = {"url": url, "pool_size": 2, "max_overflow": 0, "pool_timeout_s": 0.2, "retry_attempts": 1}
    with DatabaseManager(settings, metadata=Base.metadata) as db:
        accounts = Accounts(db)
        accounts.create(Account(id=1))
        release = threading.Event()
        held = threading.Barrier(3, timeout=10)

        def hold() -> None:
            with db.session(read_only=True):
                accounts.count()
                held.wait()
                release.wait(10)

        holders = [threading.Thread(target=hold) for _ in range(2)]
        for holder in holders:
            holder.start()
        held.wait()
        with pytest.raises(PoolTimeoutError, match="pool_size"):
            accounts.count()
        release.set()
        for holder in holders:
            holder.join()
        assert accounts.count() == 1


def test_fifty_threads_share_a_small_pool(sync_url: str) -> None:
    settings = {"url": sync_url, "pool_size": 3, "max_overflow": 2}
    with DatabaseManager(settings, metadata=Base.metadata) as db:
        accounts = Accounts(db)
        accounts.create(Account(id=1))
        with ThreadPoolExecutor(50) as pool:
            work = [
                pool.submit(db.run, accounts.update, 1, {"balance": Account.balance + 1}) for _ in range(100)
            ]
            for future in work:
                future.result()
        assert accounts.get_one(1).balance == 100


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system doesn't fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_forked_workers_use_connections_of_their_own(sync_db: DatabaseManager) -> None:
    accounts = Accounts(sync_db)
    assert accounts.count() == 2
    workers = []
    with sync_db.session(read_only=True):
        accounts.count()
        for _ in range(4):
            worker = os.fork()
            if worker == 0:
                work_and_exit(sync_db)
            workers.append(worker)
        assert [os.waitpid(worker, 0)[1] for worker in workers] == [0, 0, 0, 0]
        assert accounts.count() == 2
    assert accounts.get_one(1).balance == 140


def work_and_exit(db: DatabaseManager) -> None:
    """Ten updates in a forked child, which then ends without a word to its parent's pool."""
    status = 1
    try:
        for _ in range(10):
            db.run(Accounts(db).update, 1, {"balance": Account.balance + 1})
        status = 0
    finally:
        os._exit(status)
