"""Units of work and reads alone that are tried again, and how the tries are counted."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from colonnade import AsyncDatabaseManager, DatabaseManager
from colonnade.errors import DatabaseConnectionError, SerializationError, TransactionError
from tests.engine.models import AsyncShelfRepository, Shelf, ShelfRepository
from tests.faces import Face

NOWHERE = {"url": "postgresql://nobody@127.0.0.1:9/x", "retry_attempts": 3, "retry_deadline_s": 5}


def unit(faced: Face, shelves: Any, failures: list[Exception]) -> Any:
    """Give a unit of work that creates a shelf and then fails as often as there are failures."""

    def plain(name: str) -> str:
        shelves.create(Shelf(name=name))
        if failures:
            raise failures.pop()
        return name

    async def awaited(name: str) -> str:
        await shelves.create(Shelf(name=name))
        if failures:
            raise failures.pop()
        return name

    return faced.pick(plain, awaited)


def test_a_unit_of_work_is_tried_until_it_succeeds(faced: Face, db: Any, shelves: Any) -> None:
    failures: list[Exception] = [SerializationError("again"), SerializationError("again")]
    assert faced.run(db.run(unit(faced, shelves, failures), "a")) == "a"
    assert faced.run(shelves.count()) == 1


def test_the_last_error_tells_how_often_it_was_tried(faced: Face, db: Any, shelves: Any) -> None:
    failures: list[Exception] = [SerializationError("again") for _ in range(9)]
    with pytest.raises(SerializationError) as raised:
        faced.run(db.options(retry_attempts=3).run(unit(faced, shelves, failures), "a"))
    assert raised.value.attempts == 3
    assert raised.value.__notes__ == ["tried 3 times"]
    assert len(failures) == 6
    assert faced.run(shelves.count()) == 0


def test_an_error_of_the_functions_own_is_not_tried_again(faced: Face, db: Any, shelves: Any) -> None:
    failures: list[Exception] = [KeyError("own"), KeyError("own")]
    with pytest.raises(KeyError):
        faced.run(db.run(unit(faced, shelves, failures), "a"))
    assert len(failures) == 1


def test_run_inside_a_session_is_refused(faced: Face, db: Any, shelves: Any) -> None:
    with pytest.raises(TransactionError, match="outermost"), faced.entered(db.session()):
        faced.run(db.run(unit(faced, shelves, []), "a"))


def test_callbacks_of_a_failed_try_are_dropped(faced: Face, db: Any, shelves: Any) -> None:
    called: list[int] = []
    tries: list[int] = []

    def plain() -> None:
        tries.append(1)
        db.on_commit(lambda: called.append(len(tries)))
        if len(tries) < 3:
            raise SerializationError("again")

    async def awaited() -> None:
        plain()

    faced.run(db.run(faced.pick(plain, awaited)))
    assert called == [3]


def test_a_plain_function_runs_as_a_body_on_the_asynchronous_face(async_url: str) -> None:
    async def main() -> None:
        from tests.engine.models import Base

        async with AsyncDatabaseManager(async_url, metadata=Base.metadata) as db:
            shelves: Any = AsyncShelfRepository(db)

            def plain(name: str) -> int:
                shelves.create(Shelf(name=name))
                with pytest.raises(KeyError), db.session():
                    shelves.create(Shelf(name="lost"))
                    raise KeyError
                return int(shelves.count())

            assert await db.run(plain, "a") == 1

    asyncio.run(main())


def test_a_read_alone_is_tried_again_and_counted() -> None:
    with pytest.raises(DatabaseConnectionError) as raised:
        ShelfRepository(DatabaseManager(NOWHERE)).count()
    assert raised.value.attempts == 3
    with pytest.raises(DatabaseConnectionError) as raised:
        ShelfRepository(DatabaseManager(NOWHERE).options(retry_attempts=1)).count()
    assert raised.value.attempts == 1


def test_a_read_that_is_tried_again_lets_the_loop_go_on() -> None:
    async def main() -> int:
        turns = 0
        db = AsyncDatabaseManager({**NOWHERE, "retry_attempts": 6})
        reading = asyncio.create_task(AsyncShelfRepository(db).count())
        while not reading.done():
            await asyncio.sleep(0.005)
            turns += 1
        with pytest.raises(DatabaseConnectionError):
            await reading
        return turns

    assert asyncio.run(main()) > 10
