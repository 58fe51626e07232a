"""Processes that write to one SQLite file through managers of their own, and how often each got its turn."""

from __future__ import annotations

import asyncio
import multiprocessing
import statistics
import time
from dataclasses import dataclass
from multiprocessing.queues import Queue
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from colonnade import AsyncBaseRepository, AsyncDatabaseManager, BaseRepository, DatabaseManager
from colonnade.errors import DatabaseError
from colonnade.models import Base

Result = tuple[int, int, float, str]


class Entry(Base):
    __tablename__ = "entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    writer: Mapped[int]
    number: Mapped[int]


class Counter(Base):
    __tablename__ = "counter"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(default=0)


class Entries(BaseRepository[Entry]): ...


class Counters(BaseRepository[Counter]): ...


class AsyncEntries(AsyncBaseRepository[Entry]): ...


class AsyncCounters(AsyncBaseRepository[Counter]): ...


@dataclass
class Contest:
    """What came of it: transactions by writer, the longest wait for one in seconds, and errors."""

    seconds: float
    counts: list[int]
    longest: float
    errors: list[str]
    stored: list[int]
    counted: int

    @property
    def share(self) -> float:
        """The least lucky writer's count over the fair one."""
        return min(self.counts) / statistics.mean(self.counts)

    def __str__(self) -> str:
        fair = statistics.mean(self.counts)
        least, middle, most = min(self.counts), statistics.median(self.counts), max(self.counts)
        return (
            f"{len(self.counts)} writers, {self.seconds:g} s: {sum(self.counts) / self.seconds:.0f}/s"
            f"; of a fair share min {least / fair:.2f}, median {middle / fair:.2f}, max {most / fair:.2f}"
            f" (the asynchronous one {self.counts[-1] / fair:.2f}); longest wait {self.longest:.2f} s,"
            f" {len(self.errors)} errors"
        )


def compete(url: str, writers: int, seconds: float) -> Contest:
    """Let the writers, the last of them asynchronous, insert a row and count it, again and again."""
    with DatabaseManager(url) as db:
        db.create_tables(Base.metadata)
        Counters(db).create(Counter(id=1))
        results = _run(url, writers, seconds)
        entries = Entries(db)
        stored = [entries.count(Entry.writer == number) for number in range(writers)]
        counted = Counters(db).get_one(1).value
    return Contest(
        seconds=seconds,
        counts=[count for _, count, _, _ in results],
        longest=max(longest for _, _, longest, _ in results),
        errors=[error for _, _, _, error in results if error],
        stored=stored,
        counted=counted,
    )


def _run(url: str, writers: int, seconds: float) -> list[Result]:
    context = multiprocessing.get_context("spawn")
    results: Queue[Result] = context.Queue()
    ready = context.Barrier(writers)
    processes = [
        context.Process(
            target=_write_async if number == writers - 1 else _write,
            args=(url, number, seconds, ready, results),
        )
        for number in range(writers)
    ]
    for process in processes:
        process.start()
    found = sorted(results.get(timeout=seconds + 60) for _ in processes)
    for process in processes:
        process.join()
    return found


def _write(url: str, number: int, seconds: float, ready: Any, results: Any) -> None:
    count, longest, failed = 0, 0.0, ""
    with DatabaseManager(url) as db:
        entries, counters = Entries(db), Counters(db)

        def unit() -> None:
            entries.create(Entry(writer=number, number=count))
            counters.update(1, {"value": Counter.value + 1})

        ready.wait()
        end = time.monotonic() + seconds
        try:
            while (start := time.monotonic()) < end:
                if count % 2:
                    db.run(unit)
                else:
                    with db.session():
                        unit()
                longest = max(longest, time.monotonic() - start)
                count += 1
        except DatabaseError as error:
            failed = repr(error)
    results.put((number, count, longest, failed))


def _write_async(url: str, number: int, seconds: float, ready: Any, results: Any) -> None:
    results.put(asyncio.run(_write_awaiting(url, number, seconds, ready)))


async def _write_awaiting(url: str, number: int, seconds: float, ready: Any) -> Result:
    count, longest, failed = 0, 0.0, ""
    async with AsyncDatabaseManager(url) as db:
        entries, counters = AsyncEntries(db), AsyncCounters(db)

        async def unit() -> None:
            await entries.create(Entry(writer=number, number=count))
            await counters.update(1, {"value": Counter.value + 1})

        ready.wait()
        end = time.monotonic() + seconds
        try:
            while (start := time.monotonic()) < end:
                if count % 2:
                    await db.run(unit)
                else:
                    async with db.session():
                        await unit()
                longest = max(longest, time.monotonic() - start)
                count += 1
        except DatabaseError as error:
            failed = repr(error)
    return number, count, longest, failed
