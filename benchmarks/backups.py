"""How long digests, a backup and its verification take on 1,000,000 rows of SQLite and PostgreSQL.

One table with a key, a text, a number, a float, an instant and a column that is mostly NULL. Beside the
digests stands the least that could be asked: every row read by the database once, for a `count` and a `sum`.

    .venv/bin/python -m benchmarks.backups [rows]

Target: digests of a million rows in under ten seconds. It fails (exit code 1) where that's missed.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import perf_counter

from colonnade.migrations.backup import Backup, take_backup, verify_backup
from colonnade.migrations.content import take_content
from colonnade.migrations.scratch import connected
from colonnade.settings import DatabaseSettings
from colonnade.testing.databases import DATABASES, Databases
from colonnade.testing.servers import find_servers

ROWS = 1_000_000
TARGET_S = 10.0
TABLE = (
    "CREATE TABLE clip (id INTEGER PRIMARY KEY, title VARCHAR(80), length INTEGER, gain {}, at {}, note TEXT)"
)
VALUES = "{0}, {1}, {0} % 600, {0} * 0.1, {2}, CASE {0} % 10 WHEN 0 THEN 'seen' END"
SERIES = "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < {}) "
FILLING = {
    "sqlite": (
        TABLE.format("REAL", "TEXT"),
        f"INSERT INTO clip {SERIES}SELECT "
        + VALUES.format("i", "'a clip called ' || i", "datetime(i, 'unixepoch')")
        + " FROM s",
    ),
    "postgresql": (
        TABLE.format("float8", "timestamptz"),
        "INSERT INTO clip SELECT "
        + VALUES.format("i", "'a clip called ' || i", "to_timestamp(i)")
        + " FROM generate_series(1, {}) i",
    ),
    "mysql": (
        TABLE.format("double", "datetime"),
        "INSERT INTO clip SELECT "
        + VALUES.format("seq", "CONCAT('a clip called ', seq)", "FROM_UNIXTIME(seq)")
        + " FROM seq_1_to_{}",
    ),
}


def fill(settings: DatabaseSettings, database: str, rows: int) -> None:
    """Make the table."""
    with connected(settings) as connection:
        for statement in FILLING[database]:
            connection.exec_driver_sql(
                statement.replace("%", "%%" if database != "sqlite" else "%").format(rows)
            )


def seconds(call: Callable[[], object]) -> float:
    """Give how long a call takes."""
    start = perf_counter()
    call()
    return perf_counter() - start


def measure(settings: DatabaseSettings, folder: Path) -> tuple[dict[str, float], Backup]:
    """Give the seconds of each step, and the backup."""
    taken: dict[str, float] = {}
    backups: list[Backup] = []
    with connected(settings, "read_only", "REPEATABLE READ") as connection:
        least = "SELECT count(*), sum(length), max(title), sum(gain), max(at), max(note) FROM clip"
        taken["every row read once"] = seconds(lambda: connection.exec_driver_sql(least).all())
        taken["digests"] = seconds(lambda: take_content(connection))
    taken["backup, with digests"] = seconds(lambda: backups.append(take_backup(settings, folder)))
    taken["verification"] = seconds(lambda: verify_backup(backups[0], settings))
    return taken, backups[0]


def main() -> int:
    """Measure the databases that there are, and print what was found."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    servers, missed = find_servers(), False
    with tempfile.TemporaryDirectory() as folder, closing(Databases(Path(folder), servers)) as lent:
        for database in DATABASES:
            if database in servers and servers[database].reason:
                print(f"{database}: left out, {servers[database].reason}")
                continue
            with lent.fresh(database) as url:
                settings = DatabaseSettings(url)
                fill(settings, database, rows)
                taken, backup = measure(settings, Path(folder) / f"kept-{database}")
            told = ", ".join(f"{what} {number:.2f} s" for what, number in taken.items())
            print(f"{database}: {rows:,} rows, {backup.bytes:,} bytes: {told}")
            missed = missed or taken["digests"] > TARGET_S
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
