"""`python -m benchmarks`: ask the questions of every driver, and compare with the targets.

It fails (exit code 1) when a target is missed by more than the noise.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks import document, peers
from benchmarks.cases import Asked
from benchmarks.clips import Store
from benchmarks.drivers import DRIVERS, Driver
from benchmarks.harness import Clock, Work, measure
from benchmarks.processor import Together, model_name
from benchmarks.question import Question
from benchmarks.report import Record, clear_progress, print_records, progress, records
from benchmarks.stores import stores
from colonnade.testing.databases import DATABASES

QUESTIONS: dict[str, Question] = {
    name: import_module(f"benchmarks.{name}").QUESTION
    for name in (
        "get",
        "create",
        "update",
        "delete",
        "create_many",
        "update_many",
        "page",
        "all_rows",
        "related",
        "hop",
    )
}


def main() -> int:
    options = _options()
    lines: list[Record] = []
    busy = round(os.getloadavg()[0], 1)
    versions = _versions(options)
    for store in stores(options.database):
        store.fill()
        versions.append(store.version())
        for question in (QUESTIONS[name] for name in options.only):
            for driver in _drivers(store, question, options):
                lines += _compared(store, question, driver, options)
    run = _run(lines, versions, busy)
    if options.json:
        options.json.write_text(json.dumps(run, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if options.docs:
        document.write(run)
    if options.peers and (missing := peers.left_out()):
        print(f"peers left out, since they aren't installed: {', '.join(missing)}")
    missed = [f"{line.question} on {line.driver}" for line in lines if line.missed]
    print(f"targets missed: {', '.join(missed) or 'none'}")
    return 1 if missed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=QUESTIONS, default=QUESTIONS, help="these questions")
    parser.add_argument("--database", nargs="+", choices=DATABASES, default=DATABASES)
    parser.add_argument("--driver", nargs="+", choices=[driver.name for driver in DRIVERS])
    parser.add_argument("--rounds", type=int, default=40, help="at most so many (40)")
    parser.add_argument("--least", type=int, default=5, help="at least so many, whatever --seconds says (5)")
    parser.add_argument("--seconds", type=float, default=6, help="at most so long for each driver (6)")
    parser.add_argument("--peers", action="store_true", help="the other layers that are installed as well")
    parser.add_argument("--session", action="store_true", help="our calls through the Session as well")
    parser.add_argument("--scattered", action="store_true", help="servers on whatever processor they like")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument(
        "--docs", action="store_true", help="write them into docs/benchmarks.md, and draw them"
    )
    return parser.parse_args()


def _drivers(store: Store, question: Question, options: argparse.Namespace) -> Iterator[Driver]:
    for driver in DRIVERS:
        asked_for = not options.driver or driver.name in options.driver
        if driver.database == store.database and driver.name in question.raw and asked_for:
            if find_spec(driver.name) is None:
                print(f"{driver.name} is left out: it isn't installed")
            else:
                yield driver


def _compared(store: Store, question: Question, driver: Driver, options: argparse.Namespace) -> list[Record]:
    with ExitStack() as stack:
        clock = stack.enter_context(closing(Clock()))
        together = stack.enter_context(closing(Together(store, wanted=not options.scattered)))
        asked = Asked(question, driver, store, clock, stack)
        cases = [*asked.raw(), *asked.ours(session=options.session)]
        if options.peers:
            cases += asked.peers()
        work = Work(
            arguments=partial(question.arguments, store),
            tidy=store.tidy if question.writes else lambda: None,
            begin_round=together.keep_together,
            least_calls=question.least_calls,
            seed=question.name,
        )
        figures = measure(
            clock,
            cases,
            work,
            rounds=range(options.least, options.rounds + 1),
            budget_s=options.seconds,
            progress=lambda what: progress(f"{question.title} · {driver.name} · {what}"),
        )
    clear_progress()
    lines = records(question.name, driver.name, figures)
    print_records(question.title, driver.name, lines)
    return lines


def _versions(options: argparse.Namespace) -> list[str]:
    packages = ["sqlalchemy", "psycopg", "asyncpg", "pymysql", "asyncmy", "aiosqlite"]
    if options.peers:
        packages += ["sqlmodel", "advanced-alchemy", "django", "peewee", "piccolo", "tortoise-orm"]
    installed = [each for each in packages if find_spec(each.replace("-orm", "").replace("-", "_"))]
    return [f"Python {platform.python_version()}", *(f"{each} {version(each)}" for each in installed)]


def _run(lines: list[Record], versions: list[str], busy: float) -> dict[str, Any]:
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": f"{model_name()}, {busy} busy at the start",
        "versions": versions,
        "titles": {name: question.title for name, question in QUESTIONS.items()},
        "figures": [line.as_json() for line in lines],
    }


if __name__ == "__main__":
    sys.exit(main())
