"""What a row costs as the table grows from 1,000 to 10,000,000 rows: `get`, `page`, `create_many`, `stream`.

At each size the raw driver and ours are interleaved, as everywhere. Trees get deeper and caches smaller
for both, so what must stay flat is the ratio: at the largest size at most a quarter above that at the
smallest, beside the noise. `stream` reads the whole table.

    python -m benchmarks.growth [--to 1000000] [--database sqlite …] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import make_url

from benchmarks import create_many, get, page, stream
from benchmarks.clips import Clip, Store
from benchmarks.drivers import DRIVERS, Driver
from benchmarks.harness import Case, Clock, Figure, Work, measure
from benchmarks.processor import Together
from benchmarks.report import clear_progress, progress
from benchmarks.stores import stores
from colonnade import BaseRepository, DatabaseManager
from colonnade.testing.databases import DATABASES

SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
ROWS_PER_CALL = {"get": 1, "page": page.SIZE, "create_many": create_many.MANY}
ALLOWED = 1.25
_STREAMED = 500_000
"""A table is streamed as often as gives this many rows, and at least once."""


@dataclass(frozen=True)
class Cost:
    """What a row costs at one size, raw and through us, and the ratio's noise."""

    question: str
    driver: str
    rows: int
    raw_s: float
    ours_s: float
    ratio: float
    noise: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--to", type=int, default=SIZES[-1], help="stop at this many rows")
    parser.add_argument("--database", nargs="+", choices=DATABASES, default=DATABASES)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    options = parser.parse_args()
    costs: list[Cost] = []
    for store in stores(options.database):
        driver = next(each for each in DRIVERS if each.database == store.database and not each.is_async)
        for rows in (size for size in SIZES if size <= options.to):
            progress(f"filling {store.database} to {rows:,} rows")
            store.fill(rows)
            costs += _costs(store, driver)
    if options.json:
        options.json.write_text(json.dumps([vars(cost) for cost in costs], indent=1) + "\n")
    grown = list(_grown(costs))
    for line in grown:
        print(line)
    return 1 if grown else 0


def _costs(store: Store, driver: Driver) -> Iterator[Cost]:
    with ExitStack() as stack:
        clock = stack.enter_context(closing(Clock()))
        together = stack.enter_context(closing(Together(store, wanted=True)))
        raw, again = (stack.enter_context(closing(driver.connect(make_url(store.url)))) for _ in range(2))
        db = stack.enter_context(closing(DatabaseManager(driver.url(store.url))))
        clips = BaseRepository[Clip](db)
        for question in (get.QUESTION, page.QUESTION, create_many.QUESTION):
            way = question.raw[driver.name]
            cases = [
                Case("raw", partial(way, raw), False, "raw"),
                Case("raw again", partial(way, again), False, "raw"),
                Case(
                    "colonnade", partial(question.ours, clips), False, "ours", partial(question.prepare, Clip)
                ),
            ]
            work = Work(
                arguments=partial(question.arguments, store),
                tidy=store.tidy if question.writes else lambda: None,
                begin_round=together.keep_together,
                least_calls=question.least_calls,
                seed=question.name,
            )
            figures = measure(clock, cases, work, rounds=range(5, 21), budget_s=2, progress=lambda _: None)
            yield _told(_cost(question.name, driver, store, figures))
        yield _told(_streamed(driver, store, raw, clips))


def _cost(question: str, driver: Driver, store: Store, figures: list[Figure]) -> Cost:
    raw, again, ours = figures
    each = ROWS_PER_CALL[question]
    return Cost(
        question, driver.name, store.rows, raw.call_s / each, ours.call_s / each, ours.ratio, again.noise
    )


def _streamed(driver: Driver, store: Store, connection: Any, clips: Any) -> Cost:
    turns = max(1, _STREAMED // store.rows)
    raw = [_seconds(stream.RAW[driver.name](connection)) / store.rows for _ in range(turns + 1)]
    ours = [_seconds(clips.stream()) / store.rows for _ in range(turns)]
    base = statistics.median(raw)
    noise = max(abs(seconds / base - 1) for seconds in raw)
    took = statistics.median(ours)
    return Cost("stream", driver.name, store.rows, base, took, took / base, noise)


def _seconds(items: Any) -> float:
    start = perf_counter()
    for _ in items:
        pass
    return perf_counter() - start


def _told(cost: Cost) -> Cost:
    clear_progress()
    print(
        f"{cost.question:<12} {cost.driver:<8} {cost.rows:11,} rows   raw {cost.raw_s * 1e6:8.2f} µs a row"
        f"   colonnade {cost.ours_s * 1e6:8.2f} µs   {cost.ratio:6.2f}x",
        flush=True,
    )
    return cost


def _grown(costs: list[Cost]) -> Iterator[str]:
    """Give a line for each ratio that isn't flat."""
    for question, driver in dict.fromkeys((cost.question, cost.driver) for cost in costs):
        own = [cost for cost in costs if (cost.question, cost.driver) == (question, driver)]
        first, last = own[0], own[-1]
        if last.ratio > first.ratio * ALLOWED * (1 + max(first.noise, last.noise)):
            yield f"NOT FLAT: {question} on {driver}, from {first.ratio:.2f}x to {last.ratio:.2f}x"


if __name__ == "__main__":
    sys.exit(main())
