"""How many instructions one call takes on SQLite, raw and ours, counted by valgrind: the same each time.

What a call takes is the difference between two processes that are alike but for the number of calls, each
on a copy of the same table of 10,000 rows. It tells small changes apart that a clock can't; it isn't time.

    python -m benchmarks.instructions [--only get …]        (apt-get install valgrind)
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
from contextlib import ExitStack, closing
from pathlib import Path

from sqlalchemy import make_url

from benchmarks import create, delete, get, page, update
from benchmarks.cases import Asked
from benchmarks.clips import Store
from benchmarks.drivers import DRIVERS
from benchmarks.harness import Clock
from benchmarks.report import clear_progress, progress
from benchmarks.stores import stores

QUESTIONS = {module.QUESTION.name: module.QUESTION for module in (get, create, update, delete, page)}
ROWS = 10_000
_WARM_UP, _FEW, _MANY = 40, 50, 150
_COUNTED = re.compile(r"Collected : (\d+)")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=QUESTIONS, default=QUESTIONS)
    options = parser.parse_args()
    if shutil.which("valgrind") is None:
        print("valgrind isn't installed (Debian, Ubuntu: apt-get install valgrind)")
        return 1
    for store in stores(["sqlite"]):
        store.fill(ROWS)
        file = Path(str(make_url(store.url).database))
        for question in options.only:
            raw, ours = (_instructions(question, way, file) for way in ("raw", "colonnade"))
            clear_progress()
            print(f"{question:<8} raw {raw:9,.0f}   colonnade {ours:9,.0f}   {ours / raw:6.2f}x", flush=True)
    return 0


def _instructions(question: str, way: str, file: Path) -> float:
    progress(f"counting {question} · {way}, for half a minute")
    few, many = (_counted(question, way, calls, file) for calls in (_FEW, _MANY))
    return (many - few) / (_MANY - _FEW)


def _counted(question: str, way: str, calls: int, file: Path) -> int:
    copy = file.with_name("copy.db")
    for old in file.parent.glob("copy.db*"):
        old.unlink()
    shutil.copy(file, copy)
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", sys.executable]
    child = ["-m", "benchmarks.instructions", "--child", question, way, str(calls), f"sqlite:///{copy}"]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    ended = subprocess.run([*command, *child], env=environment, capture_output=True, text=True, check=True)
    return int(_COUNTED.search(ended.stderr)[1])  # type: ignore[index]


def _child(question_name: str, way: str, calls: str, url: str) -> None:
    question = QUESTIONS[question_name]
    with ExitStack() as stack:
        store = stack.enter_context(closing(Store("sqlite", url)))
        store.rows = ROWS
        clock = stack.enter_context(closing(Clock()))
        asked = Asked(question, DRIVERS[0], store, clock, stack)
        case = next(iter(asked.raw() if way == "raw" else asked.ours(session=False)))
        given = question.arguments(store, random.Random(question.name), _WARM_UP + _MANY)
        arguments = [case.prepare(argument) for argument in given]
        clock.seconds(case, arguments[: _WARM_UP + int(calls)])


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        _child(*sys.argv[2:])
    else:
        sys.exit(main())
