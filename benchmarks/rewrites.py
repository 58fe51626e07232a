"""What others wait for while a large PostgreSQL table is changed: the plain form beside the one in steps.

Four writers and two readers, each with a connection of its own, use single rows of the table all the while,
and note how long each statement took. The lock time-out of the migration is two seconds.

    .venv/bin/python -m benchmarks.rewrites [rows] [seconds]
"""

from __future__ import annotations

import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text

from benchmarks.safety import REVISIONS, insert, make_tree
from colonnade import AlembicManager
from colonnade.errors import MigrationError
from colonnade.migrations import MigrationOptions
from colonnade.testing.databases import Databases
from colonnade.testing.servers import find_servers

ROWS, SECONDS = 1_000_000, 20.0
WRITERS, READERS = 4, 2
LOCK_TIMEOUT_S = 2.0
SKIP = ("plan", "lint", "backup", "rehearse")
FORMS = {
    "index": (
        'op.create_index("ix_new", "clip", ["length", "title"])',
        'op.create_index_online("ix_new", "clip", ["length", "title"])',
    ),
    "CHECK": (
        'op.create_check_constraint("ck_new", "clip", "length >= 0")',
        'op.create_check_online("ck_new", "clip", "length >= 0")',
    ),
    "foreign key": (
        'op.create_foreign_key("fk_new", "clip", "film", ["film_id"], ["id"])',
        'op.create_foreign_key_online("fk_new", "clip", "film", ["film_id"], ["id"])',
    ),
    "NOT NULL": (
        'op.alter_column("clip", "film_id", nullable=False)',
        'op.set_not_null_online("clip", "film_id")',
    ),
    "fill a column": (
        'op.execute("UPDATE clip SET filled = length")',
        'op.backfill("clip", {"filled": "length"}, where="filled IS NULL", batch=5000)',
    ),
    "type": (
        'op.alter_column("clip", "length", type_=sa.BigInteger())',
        'op.expand_column("clip", "length", sa.Column("duration", sa.BigInteger()), batch=5000)\n'
        'op.contract_column("clip", "length", "duration")',
    ),
}


class Load:
    """Others who use the table, each statement in a transaction of its own."""

    def __init__(self, url: str, rows: int) -> None:
        self._engine = create_engine(url, pool_size=WRITERS + READERS, isolation_level="AUTOCOMMIT")
        self._rows = rows
        self._stop = threading.Event()
        self.waits: list[float] = []
        self.failed: list[str] = []

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let them go on while the block lasts."""
        threads = [threading.Thread(target=self._write) for _ in range(WRITERS)]
        threads += [threading.Thread(target=self._read) for _ in range(READERS)]
        for each in threads:
            each.start()
        try:
            yield
        finally:
            self._stop.set()
            for each in threads:
                each.join()
            self._engine.dispose()

    def _write(self) -> None:
        self._go("UPDATE clip SET title = title || '' WHERE id = :id")

    def _read(self) -> None:
        self._go("SELECT title FROM clip WHERE id = :id")

    def _go(self, statement: str) -> None:
        with self._engine.connect() as connection:
            while not self._stop.is_set():
                began = time.perf_counter()
                try:
                    connection.execute(text(statement), {"id": random.randint(1, self._rows)})
                except Exception as error:  # noqa: BLE001 (counted, and told)
                    self.failed.append(str(error).partition("\n")[0])
                self.waits.append(time.perf_counter() - began)
                time.sleep(0.001)


def measure(url: str, folder: Path, asked: str, rows: int, seconds: float) -> str:
    """Carry one change out under load, and tell what the others saw."""
    prepare = (
        'op.execute("CREATE TABLE film (id integer PRIMARY KEY)")\n'
        'op.execute("INSERT INTO film VALUES (1)")\n'
        'op.execute("ALTER TABLE clip ADD film_id integer DEFAULT 1, ADD filled integer")'
    )
    revisions = {"r1": REVISIONS["r1"], "r2": prepare, "r3": asked}
    tree = make_tree(folder, revisions)
    options = MigrationOptions(backup_folder=folder / "kept", statement_lock_timeout_s=LOCK_TIMEOUT_S)
    manager = AlembicManager(url, script_location=tree, options=options)
    manager.upgrade("r1", skip=SKIP)
    insert(url, rows)
    manager.upgrade("r2", skip=SKIP)
    load = Load(url.replace("postgresql://", "postgresql+psycopg://"), rows)
    with load.running():
        time.sleep(1)
        began = time.perf_counter()
        failure = ""
        try:
            manager.upgrade("r3", skip=SKIP)
        except MigrationError as error:
            failure = f"; FAILED: {error.message.partition(chr(10))[0]}"
        took = time.perf_counter() - began
        time.sleep(max(0.0, seconds - took))
    waits = sorted(load.waits)
    most = waits[int(len(waits) * 0.999)]
    return (
        f"{took:6.1f} s; longest wait {waits[-1]:6.2f} s, 99.9 % within {most:5.3f} s,"
        f" {len(waits):,} statements, {len(load.failed)} failed {load.failed[:1] or ''}{failure}"
    )


def main() -> int:
    """Measure each form, and print what was found."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else SECONDS
    with tempfile.TemporaryDirectory() as name, closing(Databases(Path(name), find_servers())) as lent:
        for what, forms in FORMS.items():
            for form, asked in zip(("plain", "in steps"), forms, strict=True):
                with lent.fresh("postgresql") as url:
                    folder = Path(name) / f"{what}-{form}"
                    print(f"{what:14} {form:9} {measure(url, folder, asked, rows, seconds)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
