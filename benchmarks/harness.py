"""Taking the time of several cases side by side: interleaved, in one process, in rotating order.

In each round every case runs a batch of calls. A case's figure is the median over the rounds of
its time per call, divided by that of the first case (the raw driver) in the same round. The
second case is the raw driver once more: how far its quartiles are from 1 is the noise.

A batch is as many calls as the raw driver does in some milliseconds, the same number for all, each with an
argument of its own, made beforehand, at random but from a seed. It starts with calls that don't count, since
the case before has left the caches to its own liking. The garbage collector runs as it does for
a user. Asynchronous cases share one event loop.
"""

from __future__ import annotations

import asyncio
import random
import statistics
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Literal

RAW_BATCH_S = 0.004
LONGEST_BATCH_S = 0.25
_LEAD = 4
_WARM_UPS = 3


@dataclass(frozen=True)
class Case:
    """One way to do the work: `call` takes one argument; it's awaited where `is_async`.

    `prepare` gives that argument in this case's own form, before the clock starts.
    """

    name: str
    call: Callable[[Any], Any]
    is_async: bool
    kind: Literal["raw", "ours", "beside", "peer"]
    prepare: Callable[[Any], Any] = lambda argument: argument


@dataclass(frozen=True)
class Work:
    """What the cases have in common.

    `arguments(rng, n)` prepares n calls and gives what each is passed; `tidy` puts the database back
    after each batch; `begin_round` is told of each new round. None of them is timed. `least_calls` is
    how many calls a batch has at least; where it's 1, a call is a whole piece of work by itself.
    """

    arguments: Callable[[random.Random, int], Sequence[Any]]
    tidy: Callable[[], None]
    begin_round: Callable[[], None]
    least_calls: int
    seed: str


@dataclass(frozen=True)
class Figure:
    """What one case came to: its ratio to the first case, with quartiles, and the median time of a call."""

    case: str
    kind: str
    ratio: float
    low: float
    high: float
    rounds: int
    call_s: float

    @property
    def noise(self) -> float:
        """How far the quartiles are from 1; that of the control is the noise of the measurement."""
        return max(abs(self.low - 1), abs(self.high - 1))


class Clock:
    """Takes the time of batches; all that is asynchronous runs in its one event loop."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()

    def run(self, value: Any) -> Any:
        """Give the value, awaited where it's a coroutine."""
        return self._runner.run(value) if asyncio.iscoroutine(value) else value

    def seconds(self, case: Case, arguments: Sequence[Any]) -> float:
        """Give how long the case takes for all arguments together."""
        if case.is_async:
            return float(self._runner.run(_awaited(case.call, arguments)))
        return _called(case.call, arguments)

    def close(self) -> None:
        self._runner.close()


def _called(call: Callable[[Any], Any], arguments: Sequence[Any]) -> float:
    start = perf_counter()
    for argument in arguments:
        call(argument)
    return perf_counter() - start


async def _awaited(call: Callable[[Any], Awaitable[Any]], arguments: Sequence[Any]) -> float:
    start = perf_counter()
    for argument in arguments:
        await call(argument)
    return perf_counter() - start


def measure(
    clock: Clock,
    cases: Sequence[Case],
    work: Work,
    *,
    rounds: range,
    budget_s: float,
    progress: Callable[[str], None],
) -> list[Figure]:
    """Give a figure for each case, from as many rounds as the budget allows, within those given."""
    start = perf_counter()
    calls = _warmed_up(clock, cases, work)
    lead = calls // _LEAD
    times: list[list[float]] = [[] for _ in cases]
    for turn in range(rounds[-1]):
        if turn >= rounds[0] and perf_counter() - start > budget_s:
            break
        progress(f"round {turn + 1} of {rounds[-1]}")
        work.begin_round()
        for index in _order(len(cases), turn):
            arguments = _prepared(cases[index], work, str(turn), lead + calls)
            clock.seconds(cases[index], arguments[:lead])
            times[index].append(clock.seconds(cases[index], arguments[lead:]) / calls)
            work.tidy()
    return [_figure(case, own, times[0]) for case, own in zip(cases, times, strict=True)]


def _order(count: int, turn: int) -> list[int]:
    """Give who comes when: rotated from round to round, and every second round backwards."""
    order = [(place + turn // 2) % count for place in range(count)]
    return order[::-1] if turn % 2 else order


def _warmed_up(clock: Clock, cases: Sequence[Case], work: Work) -> int:
    """Run all cases until their caches are full, and give how many calls fill a batch."""
    count = work.least_calls
    seconds = [0.0] * len(cases)
    for turn in range(_WARM_UPS if count > 1 else 1):
        for index, case in enumerate(cases):
            arguments = _prepared(case, work, f"warm-up {turn}", count)
            seconds[index] = clock.seconds(case, arguments) / count
            work.tidy()
    if work.least_calls == 1:
        return 1
    return max(count, int(min(RAW_BATCH_S / seconds[0], LONGEST_BATCH_S / max(seconds))))


def _prepared(case: Case, work: Work, turn: str, calls: int) -> list[Any]:
    rng = random.Random(f"{work.seed} {turn}")
    return [case.prepare(argument) for argument in work.arguments(rng, calls)]


def _figure(case: Case, own: list[float], base: list[float]) -> Figure:
    ratios = [mine / raw for mine, raw in zip(own, base, strict=True)]
    low, median, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return Figure(case.name, case.kind, median, low, high, len(ratios), statistics.median(own))
