"""`python -m benchmarks`: ask the questions of every driver, and compare with the targets.

It fails (exit code 1) when a target is missed by more than the noise.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from benchmarks import peers
from benchmarks.clips import Store
from benchmarks.drivers import DRIVERS, Driver
from benchmarks.harness import Case, Clock, Work, measure
from benchmarks.processor import Together
from benchmarks.question import Question
from benchmarks.report import CONTROL, OURS, Record, clear_progress, print_records, progress, records
from colonnade import AsyncBaseRepository, AsyncDatabaseManager, BaseRepository, DatabaseManager
from colonnade.testing.databases import DATABASES, Databases
from colonnade.testing.servers import find_servers

QUESTIONS = (
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


def main() -> int:
    options = _options()
    servers = find_servers()
    lines: list[Record] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="colonnade-benchmarks-")))
        databases = stack.enter_context(closing(Databases(folder, servers)))
        for database in options.database:
            if database in servers and servers[database].reason:
                print(f"{database} is left out: {servers[database].reason}")
                continue
            progress(f"filling {database}")
            store = Store(database, stack.enter_context(databases.fresh(database)))
            with closing(store):
                store.fill()
                lines += _asked(store, options)
    if options.json:
        options.json.write_text(json.dumps([line.as_json() for line in lines], indent=1) + "\n")
    missed = [f"{line.question} on {line.driver}" for line in lines if line.missed]
    print(f"targets missed: {', '.join(missed) or 'none'}")
    return 1 if missed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=QUESTIONS, default=QUESTIONS, help="these questions")
    parser.add_argument("--database", nargs="+", choices=DATABASES, default=DATABASES)
    parser.add_argument("--driver", nargs="+", choices=[driver.name for driver in DRIVERS])
    parser.add_argument("--rounds", type=int, default=40, help="at most so many (40)")
    parser.add_argument(
        "--seconds", type=float, default=6, help="at most so long, each question and driver (6)"
    )
    parser.add_argument("--peers", action="store_true", help="the other layers that are installed as well")
    parser.add_argument("--session", action="store_true", help="our calls through the Session as well")
    parser.add_argument("--scattered", action="store_true", help="servers on whatever processor they like")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    return parser.parse_args()


def _asked(store: Store, options: argparse.Namespace) -> Iterator[Record]:
    for name in options.only:
        question: Question = import_module(f"benchmarks.{name}").QUESTION
        for driver in DRIVERS:
            asked_for = not options.driver or driver.name in options.driver
            if driver.database == store.database and driver.name in question.raw and asked_for:
                if driver.name != "sqlite3" and find_spec(driver.name) is None:
                    print(f"{driver.name} is left out: it isn't installed")
                    continue
                yield from _compared(store, question, driver, options)


def _compared(store: Store, question: Question, driver: Driver, options: argparse.Namespace) -> list[Record]:
    with ExitStack() as stack:
        clock = stack.enter_context(closing(Clock()))
        together = stack.enter_context(closing(Together(store, wanted=not options.scattered)))
        work = Work(
            arguments=partial(question.arguments, store),
            tidy=store.tidy if question.writes else lambda: None,
            begin_round=together.keep_together,
            least_calls=question.least_calls,
            seed=question.name,
        )
        cases = list(_cases(stack, clock, store, question, driver, options))
        figures = measure(
            clock,
            cases,
            work,
            rounds=options.rounds,
            budget_s=options.seconds,
            progress=lambda what: progress(f"{question.title} · {driver.name} · {what}"),
        )
        clear_progress()
    lines = records(question.name, driver.name, figures)
    print_records(question.title, driver.name, lines)
    return lines


def _cases(
    stack: ExitStack,
    clock: Clock,
    store: Store,
    question: Question,
    driver: Driver,
    options: argparse.Namespace,
) -> Iterator[Case]:
    raw = question.raw[driver.name]
    for name, way in {"raw": raw, CONTROL: raw, **question.beside_raw}.items():
        connection = clock.run(driver.connect(make_url(store.url)))
        stack.callback(lambda connection=connection: clock.run(connection.close()))
        yield Case(name, partial(way, connection), driver.is_async)
    for name, call in question.beside.items():
        yield Case(name, call, is_async=False)
    for name, direct in ((OURS, True), (f"{OURS}, through Session", False)):
        if direct or options.session:
            repository = _repository(stack, clock, store, question, driver)
            repository.db.home.direct = direct
            prepare = partial(question.prepare, question.model)
            yield Case(name, partial(question.ours, repository), driver.is_async, prepare)
    if options.peers:
        yield from _peers(stack, clock, store, question, driver)


def _peers(
    stack: ExitStack, clock: Clock, store: Store, question: Question, driver: Driver
) -> Iterator[Case]:
    for name, module in peers.peers():
        if driver.name in module.DRIVERS:
            peer = clock.run(module.connect(driver, store.url))
            stack.callback(lambda peer=peer: clock.run(peer.close()))
            way = getattr(peer, question.asked_of_peers or question.name, None)
            if way is not None:
                prepare = partial(question.prepare, module.MODELS[question.model])
                yield Case(name, way, driver.is_async, prepare)


def _repository(stack: ExitStack, clock: Clock, store: Store, question: Question, driver: Driver) -> Any:
    manager, face = (
        (AsyncDatabaseManager, AsyncBaseRepository) if driver.is_async else (DatabaseManager, BaseRepository)
    )
    db = manager(driver.url(store.url))
    stack.callback(lambda: clock.run(db.close()))
    return face[question.model](db)  # type: ignore[index]


if __name__ == "__main__":
    sys.exit(main())
