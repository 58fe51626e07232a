"""What a session, a unit of work and a callback must not do, however they're misused."""

from __future__ import annotations

import asyncio
import gc
import pickle
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, make_url, text

from colonnade import AsyncDatabaseManager, DatabaseManager
from colonnade.errors import (
    ConfigurationError,
    ForeignKeyViolationError,
    SerializationError,
    TransactionError,
    UniqueViolationError,
)
from tests.engine.models import AsyncShelfRepository, Base, Shelf
from tests.faces import Face


def test_what_a_callback_raises_makes_no_new_try(faced: Face, db: Any, shelves: Any) -> None:
    def fail() -> None:
        raise SerializationError("of something else, after the commit")

    def plain() -> Any:
        db.on_commit(fail)
        return shelves.create(Shelf(name="a"))

    async def awaited() -> None:
        await plain()

    with pytest.raises(SerializationError) as raised:
        faced.run(db.run(faced.pick(plain, awaited)))
    assert not raised.value.retryable
    assert [shelf.name for shelf in faced.run(shelves.list())] == ["a"]


def test_a_block_is_entered_once(faced: Face, db: Any, shelves: Any) -> None:
    block = db.session()
    with faced.entered(block):
        faced.run(shelves.create(Shelf(name="a")))
        with pytest.raises(TransactionError, match="once"):
            faced.entered(block).__enter__()
    with pytest.raises(TransactionError, match="once"):
        faced.entered(block).__enter__()
    assert faced.run(shelves.count()) == 1
    assert db.engine.pool.checkedout() == 0


def test_a_level_is_the_same_in_any_spelling(faced: Face, db: Any) -> None:
    with (
        faced.entered(db.session(isolation_level="REPEATABLE READ")),
        faced.entered(db.session(isolation_level="repeatable_read")),
    ):
        pass


def test_a_swallowed_flush_is_named_and_chained(faced: Face, db: Any, shelves: Any) -> None:
    def flushed(session: Any) -> None:
        session.add(Shelf(name="a"))
        with pytest.raises(UniqueViolationError):
            faced.run(session.flush())

    faced.run(shelves.create(Shelf(name="a")))
    swallowed = pytest.raises(TransactionError, match="UniqueViolationError")
    with swallowed as whole, faced.entered(db.session()) as session:
        flushed(session)
    with faced.entered(db.session()):
        faced.run(shelves.create(Shelf(name="b")))
        with swallowed as inner, faced.entered(db.session()) as session:
            flushed(session)
    with swallowed as called, faced.entered(db.session()) as session:
        flushed(session)
        faced.run(shelves.count())
    for raised in (whole, inner, called):
        assert isinstance(raised.value.__cause__, UniqueViolationError)
    assert [shelf.name for shelf in faced.run(shelves.list())] == ["a", "b"]


def test_no_time_for_another_try_is_one_try(faced: Face, db: Any) -> None:
    def plain() -> None:
        raise SerializationError("again")

    async def awaited() -> None:
        plain()

    with pytest.raises(SerializationError) as raised:
        faced.run(db.options(retry_deadline_s=0).run(faced.pick(plain, awaited)))
    assert raised.value.attempts == 1


def _left_to_the_garbage_collector(test: Any) -> Any:
    """Expect what connections say whose loop has ended: nobody can ask it to close them."""
    for each in ("ResourceWarning", "pytest.PytestUnraisableExceptionWarning"):
        test = pytest.mark.filterwarnings(f"ignore::{each}")(test)
    return pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")(test)


@_left_to_the_garbage_collector
def test_a_manager_outlives_its_event_loop(async_url: str, caplog: pytest.LogCaptureFixture) -> None:
    db = AsyncDatabaseManager(async_url, metadata=Base.metadata)
    shelves = AsyncShelfRepository(db)

    async def work(name: str) -> int:
        await db.initialize()
        async with db.session():
            await shelves.create(Shelf(name=name))
        return await shelves.count()

    assert [asyncio.run(work(name)) for name in "abc"] == [1, 2, 3]
    asyncio.run(db.close())
    gc.collect()
    assert "Exception" not in caplog.text


@_left_to_the_garbage_collector
def test_each_event_loop_has_a_pool_that_keeps_its_connections(async_url: str) -> None:
    db = AsyncDatabaseManager(async_url, metadata=Base.metadata)
    made: list[object] = []

    async def work() -> int:
        for _ in range(3):
            async with db.session() as session:
                await session.execute(text("SELECT 1"))
        return len(made)

    event.listen(db.engine.sync_engine, "connect", lambda *_: made.append(None))
    assert [asyncio.run(work()) for _ in range(3)] == [1, 2, 3]
    asyncio.run(db.close())
    gc.collect()


def test_two_event_loops_share_a_manager(async_url: str, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with AsyncDatabaseManager(async_url, metadata=Base.metadata) as db:
            shelves = AsyncShelfRepository(db)

            async def there() -> int:
                async with db.session():
                    await shelves.create(Shelf(name="there"))
                return await shelves.count()

            await shelves.create(Shelf(name="here"))
            with ThreadPoolExecutor(1) as pool, asyncio.Runner() as runner:
                for work in (shelves.count, there, shelves.count):
                    there_count = await asyncio.wrap_future(pool.submit(runner.run, work()))
                    assert await shelves.count() == there_count
                await asyncio.wrap_future(pool.submit(runner.close))

    asyncio.run(main())
    assert "Exception" not in caplog.text


@pytest.mark.filterwarnings("error")
def test_a_manager_closed_under_an_open_session_leaks_nothing(faced: Face, db: Any, shelves: Any) -> None:
    with faced.entered(db.session()):
        faced.run(shelves.create(Shelf(name="a")))
        faced.run(db.close())
        faced.run(shelves.create(Shelf(name="b")))
    gc.collect()
    assert faced.run(shelves.count()) == 2


def test_a_key_broken_by_text_is_named_where_there_is_one(faced: Face, db: Any, shelves: Any) -> None:
    insert = "INSERT INTO book (shelf_id, title, created_at) VALUES (77, 'fox', CURRENT_TIMESTAMP)"
    faced.run(shelves.count())  # the models are known
    with pytest.raises(ForeignKeyViolationError) as raised, faced.entered(db.session()) as session:
        faced.run(session.execute(text(insert)))
    assert (raised.value.entity, raised.value.columns) == ("Book", ("shelf_id",))


def test_a_manager_is_not_pickled(db: Any, shelves: Any) -> None:
    for each in (db.options(read_only=True), shelves):
        with pytest.raises(TypeError, match="settings"):
            pickle.dumps(each)
    assert pickle.loads(pickle.dumps(db.settings)) == db.settings


def test_an_engine_in_autocommit_is_refused(postgresql_url: str) -> None:
    url = make_url(postgresql_url).set(drivername="postgresql+psycopg")
    with closing_engine(create_engine(url, isolation_level="AUTOCOMMIT")) as engine:
        db = DatabaseManager(engine, metadata=Base.metadata)
        with pytest.raises(ConfigurationError, match="AUTOCOMMIT"):
            db.initialize()
        with pytest.raises(ConfigurationError, match="AUTOCOMMIT"), db.session() as session:
            session.execute(text("SELECT 1"))


@contextmanager
def closing_engine(engine: Engine) -> Iterator[Engine]:
    yield engine
    engine.dispose()
