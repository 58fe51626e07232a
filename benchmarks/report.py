"""What is printed and kept: one record for each case, and whether its target was met."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.harness import Figure
from benchmarks.targets import TARGETS

CONTROL = "raw again"


@dataclass(frozen=True)
class Record:
    """One line of the table."""

    question: str
    driver: str
    figure: Figure
    target: float | None
    noise: float

    @property
    def missed(self) -> bool:
        """Whether the target was missed by more than the noise."""
        return self.target is not None and self.figure.ratio > self.target * (1 + self.noise)

    def as_json(self) -> dict[str, Any]:
        """Give the record as plain values."""
        return {
            "question": self.question,
            "driver": self.driver,
            **asdict(self.figure),
            "noise": self.noise,
            "target": self.target,
            "missed": self.missed,
        }


def records(question: str, driver: str, figures: Iterable[Figure]) -> list[Record]:
    """Give the records of one question on one driver; only our own case has a target."""
    figures = list(figures)
    noise = next(figure.noise for figure in figures if figure.case == CONTROL)
    target = TARGETS.get((question, driver))
    return [
        Record(question, driver, each, target if each.kind == "ours" else None, noise) for each in figures
    ]


def print_records(title: str, driver: str, lines: Iterable[Record]) -> None:
    """Print one question on one driver."""
    clear_progress()
    print(f"{title} · {driver}")
    for line in lines:
        figure = line.figure
        print(
            f"  {figure.case:<28} {figure.ratio:8.2f}x  {figure.low:7.2f} to {figure.high:<7.2f}"
            f" {figure.rounds:4} rounds {_time(figure.call_s):>9}  {_verdict(line)}".rstrip()
        )
    sys.stdout.flush()


def _verdict(line: Record) -> str:
    if line.target is None:
        return ""
    if line.missed:
        return f"MISSED: at most {line.target:.2f}x"
    unclear = line.figure.ratio > line.target
    return (
        f"{f'above, within the noise of {line.noise:.0%}' if unclear else 'met'}: at most {line.target:.2f}x"
    )


def _time(seconds: float) -> str:
    for unit, factor in (("s", 1), ("ms", 1e3)):
        if seconds * factor >= 1:
            return f"{seconds * factor:.1f} {unit}"
    return f"{seconds * 1e6:.1f} µs"


def progress(line: str) -> None:
    """Show on a terminal what is being done, until the next line."""
    if sys.stderr.isatty():
        print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)


def clear_progress() -> None:
    progress("")
