"""How long dbp takes to index the interpreter's standard library, and which part the database takes of it.

Target: at most a third. The rest is reading and parsing. Processor time is this process's; a server's work is
in the wall-clock time alone. The second run finds nothing changed.

    .venv/bin/python -m benchmarks.index_tree [--database sqlite …] [--root PATH]
"""

from __future__ import annotations

import argparse
import sysconfig
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dbp.database import Class, DatabaseManager, Document, DocumentRelationship, Function
from dbp.database.repositories import BaseRepository
from dbp.indexing import Index, index, survey

from colonnade.testing.databases import DATABASES, Databases

TARGET = 1 / 3
LEFT_OUT = ("site-packages/", "*.so", "*.a")


class Timed:
    """A store whose calls are timed."""

    def __init__(self, store: Index) -> None:
        self._store = store
        self.wall_s = self.processor_s = 0.0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._store, name)

        def timed(*given: Any) -> Any:
            wall, processor = time.perf_counter(), time.process_time()
            try:
                return method(*given)
            finally:
                self.wall_s += time.perf_counter() - wall
                self.processor_s += time.process_time() - processor

        return timed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--database", nargs="+", choices=DATABASES, default=DATABASES)
    parser.add_argument("--root", type=Path, default=Path(sysconfig.get_path("stdlib")))
    options = parser.parse_args()
    met = True
    with TemporaryDirectory() as folder, ExitStack() as lent:
        databases = Databases(Path(folder))
        lent.callback(databases.close)
        for name in options.database:
            with databases.fresh(name) as url:
                met &= _measured(name, url, options.root)
    return 0 if met else 1


def _measured(name: str, url: str, root: Path) -> bool:
    with DatabaseManager(url) as db:
        part = _run(name, "first", db, root)
        _run(name, "second", db, root)
        rows = {
            model.__tablename__: BaseRepository[model](db).count()  # type: ignore[valid-type]
            for model in (Document, Function, Class, DocumentRelationship)
        }
    print(f"{name}: {', '.join(f'{count:,} {table}' for table, count in rows.items())}")
    return part <= TARGET


def _run(name: str, which: str, db: DatabaseManager, root: Path) -> float:
    store: Any = Timed(Index(db))
    wall, processor = time.perf_counter(), time.process_time()
    events = list(index(store, survey(store, root, exclude=LEFT_OUT)))
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    part: float = store.wall_s / wall
    print(
        f"{name}, {which} run: {len(events):,} files in {wall:.1f} s ({processor:.1f} s of processor),"
        f" {len(events) / wall:,.0f} a second; the database {store.wall_s:.1f} s"
        f" ({store.processor_s:.1f} s of this process), {part:.0%}"
    )
    return part


if __name__ == "__main__":
    raise SystemExit(main())
