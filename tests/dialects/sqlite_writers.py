"""Several processes that write to one SQLite file for a while, and how often each got its turn."""

from __future__ import annotations

import multiprocessing
import sqlite3
import statistics
import time
from dataclasses import dataclass
from multiprocessing.queues import Queue
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from tests.dialects.engines import open_base

Result = tuple[int, float, str]


@dataclass
class Contest:
    """What came of it: the transactions of each process, its longest wait in seconds, and the errors."""

    counts: list[int]
    waits: list[float]
    errors: list[str]

    @property
    def share(self) -> float:
        """The least lucky process's count over the average."""
        return min(self.counts) / statistics.mean(self.counts)

    def __str__(self) -> str:
        return (
            f"{sum(self.counts)} transactions, per process {min(self.counts)} to {max(self.counts)}"
            f" (least/mean {self.share:.2f}), longest wait {max(self.waits):.2f} s, {len(self.errors)} errors"
        )


def compete(url: str, processes: int, seconds: float, lock_timeout_s: float) -> Contest:
    """Let the processes each add to its own row, one transaction after the other."""
    base = open_base(url, "sync")
    with base.engine.begin() as connection:
        connection.execute(text("CREATE TABLE tally (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)"))
        for number in range(processes):
            connection.execute(text("INSERT INTO tally VALUES (:number, 0)"), {"number": number})
    base.close()
    results = _run(url, processes, seconds, lock_timeout_s)
    counts, waits, errors = zip(*results, strict=True)
    return Contest(list(counts), list(waits), [error for error in errors if error])


def _run(url: str, processes: int, seconds: float, lock_timeout_s: float) -> list[Result]:
    context = multiprocessing.get_context("spawn")
    results: Queue[Any] = context.Queue()
    ready = context.Barrier(processes)
    workers = [
        context.Process(target=_write, args=(url, number, seconds, lock_timeout_s, ready, results))
        for number in range(processes)
    ]
    for worker in workers:
        worker.start()
    found = [results.get(timeout=seconds + 60) for _ in workers]
    for worker in workers:
        worker.join()
    return found


def _write(url: str, number: int, seconds: float, lock_timeout_s: float, ready: Any, results: Any) -> None:
    base = open_base(url, "sync", lock_timeout_s=lock_timeout_s)
    count, longest, failed = 0, 0.0, ""
    ready.wait()
    end = time.monotonic() + seconds
    try:
        while (start := time.monotonic()) < end:
            with base.engine.begin() as connection:
                longest = max(longest, time.monotonic() - start)
                connection.execute(text("UPDATE tally SET n = n + 1 WHERE id = :id"), {"id": number})
            count += 1
    except (sqlite3.Error, SQLAlchemyError) as error:
        failed = repr(error)
    results.put((count, longest, failed))
    base.close()
