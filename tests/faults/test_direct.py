"""Calls outside a session, on connections that wait beside the pool's queue: none is lost or used wrongly."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import Any

import pytest
from sqlalchemy import make_url, text

from colonnade import (
    AsyncBaseRepository,
    AsyncDatabaseManager,
    BaseRepository,
    DatabaseManager,
    DatabaseSettings,
)
from tests.faces import Face
from tests.faults.models import Account, Accounts, AsyncAccounts, Base
from tests.faults.test_servers import SYNC_DRIVERS, Kill, killer, on_servers
from tests.repository.models import Base as Related
from tests.repository.models import Book, Shelf


@pytest.fixture
def kill_all(face_url: str) -> Iterator[Kill]:
    """A function that kills all other connections to the test's database."""
    url = make_url(face_url)
    database = url.get_backend_name()
    with killer(url.set(drivername=SYNC_DRIVERS[database]), database) as kill:
        yield kill


def in_threads(number: int, work: Callable[[int], None]) -> None:
    """Run the work in so many threads at once, and raise what the first that failed has raised."""
    failures: list[Exception] = []
    barrier = threading.Barrier(number)

    def guarded(at: int) -> None:
        barrier.wait(10)
        try:
            work(at)
        except Exception as error:  # noqa: BLE001 (raised below)
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(at,)) for at in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def manager(url: str, **settings: Any) -> DatabaseManager:
    """Give a manager with two accounts of 100 each."""
    db = DatabaseManager({"url": url, **settings}, metadata=Base.metadata)
    db.initialize()
    Accounts(db).create_many([Account(id=1, balance=100), Account(id=2, balance=100)])
    return db


@on_servers
@pytest.mark.parametrize("attempts", [1, 3])
def test_a_call_never_meets_a_connection_that_died_idle(
    faced: Face, face_url: str, kill_all: Kill, attempts: int
) -> None:
    settings = {"url": face_url, "retry_attempts": attempts}
    made = faced.pick(DatabaseManager, AsyncDatabaseManager)(settings, metadata=Base.metadata)
    with faced.entered(made) as db:
        accounts = faced.pick(Accounts, AsyncAccounts)(db)
        faced.run(accounts.create(Account(id=1, balance=100)))
        calls: list[Callable[[], Any]] = [
            lambda: accounts.get(1),
            lambda: accounts.update(1, {"balance": 7}),
            lambda: accounts.create(Account(id=2)),
            lambda: accounts.find(),
            lambda: accounts.delete(2),
        ]
        for call in calls:
            faced.run(accounts.get(1))
            assert kill_all() >= 1
            assert faced.run(call())
        assert db.engine.pool.checkedout() == 0


@on_servers
def test_related_rows_are_read_anew_when_their_connection_died(
    faced: Face, face_url: str, kill_all: Kill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are read at one moment, so on another connection all of it begins again."""
    made = faced.pick(DatabaseManager, AsyncDatabaseManager)(face_url, metadata=Related.metadata)
    with faced.entered(made) as db:
        shelves = faced.pick(BaseRepository[Shelf], AsyncBaseRepository[Shelf])(db)
        shelf = faced.run(shelves.create(Shelf(name="a", books=[Book(title="fox")])))
        faced.run(shelves.find(load="books"))
        kill_all()
        # The server's good-bye isn't there yet.
        monkeypatch.setattr(db.home.dialect.connect, "is_stale", lambda _: False)
        (found,) = faced.run(shelves.find(load="books"))
        assert (found.id, [book.title for book in found.books]) == (shelf.id, ["fox"])
        assert db.engine.pool.checkedout() == 0


def test_connections_beyond_the_size_are_closed_when_they_come_back(sync_url: str) -> None:
    with manager(sync_url, pool_size=1, max_overflow=9) as db:
        accounts = Accounts(db)
        held = threading.Barrier(4)

        def call(at: int) -> None:
            with closing(db.engine.raw_connection()):  # all are out at once
                held.wait(10)
                for _ in range(20):
                    assert accounts.get(1)

        in_threads(4, call)
        pool: Any = db.engine.pool
        assert accounts.get(1)
        assert (pool.checkedin(), pool.checkedout()) == (1, 0)
        assert pool.overflow() == 0


def test_asynchronous_connections_beyond_the_size_are_closed_too(async_url: str) -> None:
    async def main() -> None:
        settings = {"url": async_url, "pool_size": 1, "max_overflow": 5}
        async with AsyncDatabaseManager(settings, metadata=Base.metadata) as db:
            accounts = AsyncAccounts(db)
            await accounts.create(Account(id=1))
            for _ in range(5):
                await asyncio.gather(*(accounts.get(1) for _ in range(6)))
            await accounts.get(1)
            pool: Any = db.engine.pool
            assert (pool.checkedin(), pool.checkedout()) == (1, 0)

    asyncio.run(main())


def test_calls_go_on_while_the_pool_is_closed(sync_url: str) -> None:
    with manager(sync_url, pool_size=2, max_overflow=0, pool_timeout_s=5) as db:
        accounts = Accounts(db)
        ended = threading.Event()

        def call(at: int) -> None:
            if at:
                while not ended.is_set():
                    assert accounts.get(1)
                return
            try:
                for _ in range(15):
                    ended.wait(0.01)
                    db.close()
            finally:
                ended.set()

        in_threads(4, call)
        assert accounts.get(1)
        assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", [1, 2])
def test_threads_share_few_connections_with_sessions(sync_url: str, size: int) -> None:
    with manager(sync_url, pool_size=size, max_overflow=0, pool_timeout_s=20) as db:
        accounts = Accounts(db)

        def call(at: int) -> None:
            for number in range(at, at + 15):
                if number % 5 == 0:
                    with db.session():
                        assert accounts.get_one(2).balance == 100
                elif number % 5 == 1:
                    with db.engine.connect() as connection:
                        assert connection.scalar(text("SELECT balance FROM account WHERE id = 2")) == 100
                elif number % 5 == 2:
                    assert len(list(accounts.stream())) == 2
                else:
                    accounts.update(1, {"balance": number})
                    assert accounts.get_one(2).balance == 100

        in_threads(5, call)
        assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_a_session_after_direct_calls_is_a_transaction(sync_url: str) -> None:
    with manager(sync_url, pool_size=1, max_overflow=0, pool_timeout_s=5) as db:
        accounts = Accounts(db)
        for level in (None, "SERIALIZABLE"):
            assert accounts.update(1, {"balance": 60}).balance == 60
            with suppress(ZeroDivisionError), db.session(isolation_level=level):
                accounts.update(1, {"balance": 0})
                raise ZeroDivisionError
            assert accounts.get_one(1).balance == 60
            with db.session(read_only=True):
                assert accounts.get_one(1).balance == 60


def test_cancelled_direct_calls_leave_the_only_connection_usable(async_url: str) -> None:
    async def main() -> None:
        complaints: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        settings = {"url": async_url, "pool_size": 1, "max_overflow": 0, "pool_timeout_s": 5}
        async with AsyncDatabaseManager(settings, metadata=Base.metadata) as db:
            accounts = AsyncAccounts(db)
            await accounts.create_many([Account(id=1, balance=100), Account(id=2, balance=100)])
            calls: list[Callable[[int], Any]] = [
                lambda _: accounts.get(1),
                lambda number: accounts.update(1, {"balance": number}),
                lambda number: accounts.create(Account(id=10 + number)),
                lambda number: accounts.delete(10 + number - 1),
            ]
            for number in range(60):
                if number % 7 == 0:
                    async with db.session():  # the next call takes the connection from the pool's queue
                        await accounts.get(2)
                task = asyncio.create_task(calls[number % 4](number))
                for _ in range(random.randrange(10)):
                    await asyncio.sleep(0)
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
                assert (await accounts.get_one(2)).balance == 100
            assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
        assert not complaints

    asyncio.run(main())


@pytest.mark.parametrize("prepared", [True, False])
def test_asyncpg_without_prepared_statements_takes_the_session(postgresql_url: str, prepared: bool) -> None:
    """It prepares what it sends past SQLAlchemy, by names that another client of a pooler may have, too."""

    async def ways() -> set[str]:
        url = make_url(postgresql_url).set(drivername="postgresql+asyncpg")
        settings = DatabaseSettings(url.render_as_string(hide_password=False), prepared_statements=prepared)
        async with AsyncDatabaseManager(settings, metadata=Base.metadata) as db:
            seen: set[str] = set()
            db.on_statement(lambda event: seen.add(event.way))
            await AsyncAccounts(db).get(1)
            return seen

    assert asyncio.run(ways()) == {"direct" if prepared else "session"}
