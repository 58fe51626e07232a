"""Many who find or create one row at once: exactly one row, and exactly one who made it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from colonnade import (
    AsyncBaseRepository,
    AsyncDatabaseManager,
    BaseRepository,
    DatabaseManager,
    RepositoryOperations,
    operation,
)
from colonnade.errors import SerializationError, TransientError, UniqueViolationError
from tests.repository.models import Base, Video

AT_ONCE = 16

_numbers = count()


class VideoOperations(RepositoryOperations[Video]):
    @operation
    def log_and_get(self, path: str) -> tuple[Video, bool]:
        """A body that has written something before it loses its race."""
        self.create(Video(path=f"log {next(_numbers)}"))
        return self.get_or_create(path=path)

    @operation
    def log_and_upsert(self, path: str) -> Video:
        self.create(Video(path=f"log {next(_numbers)}"))
        return self.upsert(Video(path=path, plays=1), on="path")


class VideoRepository(VideoOperations, BaseRepository[Video]): ...


class AsyncVideoRepository(VideoOperations, AsyncBaseRepository[Video]): ...


@pytest.fixture
def db(sync_url: str) -> Iterator[DatabaseManager]:
    settings = {"url": sync_url, "pool_size": AT_ONCE, "lock_timeout_s": 20}
    with DatabaseManager(settings, metadata=Base.metadata) as manager:
        yield manager


def at_once(function: Callable[[], Any]) -> list[Any]:
    """Call the function in many threads that start together; give what each gave or raised."""
    barrier = threading.Barrier(AT_ONCE)
    results: list[Any] = []

    def run() -> None:
        barrier.wait()
        try:
            results.append(function())
        except Exception as error:  # noqa: BLE001 (given to the test)
            results.append(error)

    threads = [threading.Thread(target=run) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def one_made_it(results: list[Any]) -> None:
    errors = [result for result in results if isinstance(result, Exception)]
    assert not errors, errors[0]
    assert sum(created for _, created in results) == 1
    assert len({video.id for video, _ in results}) == 1


def test_get_or_create(db: DatabaseManager) -> None:
    videos = BaseRepository[Video](db)  # shared by all threads
    for path in ("a", "b"):
        one_made_it(at_once(lambda path=path: videos.get_or_create({"plays": 3}, path=path)))
    assert [video.plays for video in videos.list()] == [3, 3]


def test_get_or_create_in_a_session(db: DatabaseManager) -> None:
    videos = BaseRepository[Video](db)

    def in_session() -> tuple[Video, bool]:
        with db.session():
            return videos.get_or_create(path="a")

    one_made_it(at_once(in_session))
    assert videos.count() == 1


def test_get_or_create_in_a_session_that_has_read(db: DatabaseManager) -> None:
    """MySQL's REPEATABLE READ has taken its snapshot then, and the winner's row isn't in it."""
    videos = BaseRepository[Video](db)
    read = threading.Barrier(2)

    def in_session() -> tuple[Video, bool]:
        with db.session():
            assert videos.count() == 0
            read.wait(20)
            read.wait(20)
            return videos.get_or_create(path="a")

    if db.engine.name == "sqlite":  # one writer at a time: there is no such race
        return
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(in_session()))
    thread.start()
    read.wait(20)
    made = videos.create(Video(path="a"))
    read.wait(20)
    thread.join()
    ((video, created),) = results
    assert (video.id, created) == (made.id, False)


def test_what_was_written_before_is_kept(db: DatabaseManager) -> None:
    videos = VideoRepository(db)
    one_made_it(at_once(lambda: videos.log_and_get("a")))
    assert videos.count() == AT_ONCE + 1
    results = at_once(lambda: videos.log_and_upsert("b"))
    made = [result for result in results if isinstance(result, Video)]
    # In a transaction that has written, MySQL may answer with a deadlock: nothing is half done.
    assert all(isinstance(result, Video | TransientError) for result in results)
    assert videos.count() == AT_ONCE + 2 + len(made)


def test_upsert(db: DatabaseManager) -> None:
    videos = BaseRepository[Video](db)
    for round_ in ("made", "found"):
        results = at_once(lambda: videos.upsert(Video(path="a", plays=5), on="path"))
        assert {getattr(result, "plays", result) for result in results} == {5}, round_
    assert videos.count() == 1


def test_upsert_many(db: DatabaseManager) -> None:
    videos = BaseRepository[Video](db)

    def upsert() -> Any:
        return db.run(lambda: videos.upsert_many([Video(path=path, plays=1) for path in "abc"], on="path"))

    results = at_once(upsert)
    assert all(len(result) == 3 for result in results)
    assert "".join(video.path for video in videos.list(order_by="path")) == "abc"


def test_counting_in_one_row(db: DatabaseManager) -> None:
    videos = BaseRepository[Video](db)
    id = videos.create(Video(path="a")).id
    results = at_once(lambda: [videos.update(id, {"plays": Video.plays + 1}) for _ in range(5)])
    assert not [result for result in results if isinstance(result, Exception)]
    assert videos.get_one(id).plays == AT_ONCE * 5


def test_tasks(async_url: str) -> None:
    async def main() -> None:
        settings = {"url": async_url, "pool_size": AT_ONCE, "lock_timeout_s": 20}
        async with AsyncDatabaseManager(settings, metadata=Base.metadata) as db:
            videos = AsyncVideoRepository(db)
            one_made_it(await asyncio.gather(*(videos.get_or_create(path="a") for _ in range(AT_ONCE))))

            async def in_session() -> tuple[Video, bool]:
                async with db.session():
                    return await videos.get_or_create(path="b")

            one_made_it(await asyncio.gather(*(in_session() for _ in range(AT_ONCE))))
            one_made_it(await asyncio.gather(*(videos.log_and_get("c") for _ in range(AT_ONCE))))
            calls = (videos.upsert(Video(path="d", plays=5), on="path") for _ in range(AT_ONCE))
            assert {video.plays for video in await asyncio.gather(*calls)} == {5}
            assert await videos.count() == AT_ONCE + 4

    asyncio.run(main())


def test_a_plain_session_that_lost(sync_url: str) -> None:
    """It isn't ours to roll back, and its engine isn't listened to."""
    engine = create_engine(sync_url)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        videos = BaseRepository[Video](session)
        assert videos.get_or_create(path="a")[1] is True
        assert videos.get_or_create(path="a")[1] is False
        assert videos.upsert(Video(path="a", plays=2), on="path").plays == 2
        with pytest.raises(UniqueViolationError):
            videos.get_or_create({"source": "s", "number": 1, "id": videos.one().id}, path="b")
        assert videos.count() == 1
        session.rollback()
        assert videos.count() == 0
    engine.dispose()


def test_a_part_of_the_values_in_another_row(db: DatabaseManager) -> None:
    """No retry helps: it's told as the violation that it is."""
    videos = BaseRepository[Video](db)
    videos.create(Video(path="a", source="s"))
    with pytest.raises(UniqueViolationError) as raised:
        videos.get_or_create(path="a", source="other")
    assert not isinstance(raised.value, SerializationError)
    with pytest.raises(UniqueViolationError), db.session():
        videos.get_or_create(path="a", source="other")
    assert videos.get_or_create(heading="untitled")[1] is False
    assert videos.get_or_create({"path": "b"}, heading="by synonym")[1] is True
    with pytest.raises(UniqueViolationError):
        videos.get_or_create({"path": "b"}, heading="another")
