"""Whether `stream` keeps to constant memory: 1,000,000 rows within 20 MB above where it started.

Resident memory as the kernel has it, looked at every 1,000 rows, each driver in a process of its own,
which has streamed 10,000 rows before. The raw driver beside it reads in batches of 1,000 (see stream.py).

    python -m benchmarks.stream_memory [--rows 1000000] [--database sqlite …]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from inspect import isawaitable
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import make_url

from benchmarks import stream
from benchmarks.clips import Clip, Store
from benchmarks.drivers import DRIVERS, Driver
from benchmarks.harness import Clock
from benchmarks.report import clear_progress, progress
from benchmarks.stores import stores
from colonnade import AsyncBaseRepository, AsyncDatabaseManager, BaseRepository, DatabaseManager
from colonnade.testing.databases import DATABASES

TARGET_MB = 20
WARM_UP = 10_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--database", nargs="+", choices=DATABASES, default=DATABASES)
    options = parser.parse_args()
    missed = []
    for store in stores(options.database):
        progress(f"filling {store.database} with {options.rows:,} rows")
        store.fill(options.rows)
        missed += _compared(store)
    return 1 if missed else 0


def _compared(store: Store) -> Iterator[str]:
    for driver in (each for each in DRIVERS if each.database == store.database):
        for way in ("raw", "colonnade"):
            progress(f"stream · {driver.name} · {way}")
            command = [
                sys.executable,
                "-m",
                "benchmarks.stream_memory",
                "--child",
                driver.name,
                way,
                store.url,
            ]
            answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
            rows, above_mb, seconds = int(answer[0]), float(answer[1]), float(answer[2])
            clear_progress()
            verdict = ""
            if way == "colonnade":
                verdict = f"  {'met' if above_mb <= TARGET_MB else 'MISSED'}: at most {TARGET_MB} MB"
            print(
                f"stream · {driver.name:<10} {way:<10} {rows:9,} rows {above_mb:7.1f} MB above the start"
                f" {seconds / rows * 1e6:7.2f} µs a row{verdict}",
                flush=True,
            )
            if rows != store.rows or (verdict and above_mb > TARGET_MB):
                yield driver.name


def _child(driver_name: str, way: str, url: str) -> None:
    driver = next(each for each in DRIVERS if each.name == driver_name)
    with closing(Clock()) as clock:
        answer = (
            clock.run(_async_child(driver, way, url)) if driver.is_async else _sync_child(driver, way, url)
        )
    print(*answer)


def _sync_child(driver: Driver, way: str, url: str) -> tuple[int, float, float]:
    if way == "raw":
        connection = driver.connect(make_url(url))
        batches = lambda: stream.RAW[driver.name](connection)  # noqa: E731
    else:
        clips = BaseRepository[Clip](DatabaseManager(driver.url(url)))
        batches = lambda: _in_batches(clips.stream())  # noqa: E731
    warm_up = batches()
    for _ in islice(warm_up, WARM_UP // stream.BATCH):
        pass
    warm_up.close()
    meter = Meter()
    for batch in batches():
        meter.look(len(batch))
    return meter.read()


async def _async_child(driver: Driver, way: str, url: str) -> tuple[int, float, float]:
    if way == "raw":
        connection = await driver.connect(make_url(url))
        batches = lambda: stream.RAW[driver.name](connection)  # noqa: E731
    else:
        clips = AsyncBaseRepository[Clip](AsyncDatabaseManager(driver.url(url)))
        batches = lambda: _in_async_batches(clips.stream())  # noqa: E731
    warm_up, seen = batches(), 0
    async for batch in warm_up:
        seen += len(batch)
        if seen >= WARM_UP:
            break
    await warm_up.aclose()
    meter = Meter()
    async for batch in batches():
        meter.look(len(batch))
    ended = (connection if way == "raw" else clips.db).close()
    if isawaitable(ended):  # asyncmy's isn't
        await ended
    return meter.read()


class Meter:
    """Counts rows, and holds the most memory seen since it was made."""

    def __init__(self) -> None:
        self._rows = 0
        self._start = self._most = _resident_mb()
        self._since = perf_counter()

    def look(self, rows: int) -> None:
        """Count these rows, and look at the memory."""
        self._rows += rows
        self._most = max(self._most, _resident_mb())

    def read(self) -> tuple[int, float, float]:
        """Give the rows, the most megabytes above the start, and the seconds."""
        return self._rows, self._most - self._start, perf_counter() - self._since


def _in_batches(items: Any) -> Iterator[list[Any]]:
    with closing(items):
        while batch := list(islice(items, stream.BATCH)):
            yield batch


async def _in_async_batches(items: Any) -> AsyncIterator[list[Any]]:
    batch = []
    try:
        async for item in items:
            batch.append(item)
            if len(batch) == stream.BATCH:
                yield batch
                batch = []
        if batch:
            yield batch
    finally:
        await items.aclose()


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        _child(*sys.argv[2:])
    else:
        sys.exit(main())
