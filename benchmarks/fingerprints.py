"""How long the fingerprints of a tree of 60 revisions take, on each database.

A schema of 30 tables is made, each with an index, a CHECK and a foreign key to the one before. Each
revision adds a column to one of them, and the fingerprint is read after it; only the reading is counted.
Beside it stands the least that could be asked of the same catalogue: the names of its tables.

    .venv/bin/python -m benchmarks.fingerprints

Target: under 2 seconds for all 60. It fails (exit code 1) where that's missed.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import closing
from pathlib import Path
from time import perf_counter

from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    create_engine,
    func,
    inspect,
    make_url,
)

from colonnade.migrations.fingerprint import fingerprint
from colonnade.testing.databases import DATABASES, Databases
from colonnade.testing.servers import find_servers

DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql"}
TABLES = 30
REVISIONS = 60
TARGET_S = 2.0


def schema() -> MetaData:
    """Give 30 tables of six columns."""
    metadata = MetaData()
    for number in range(TABLES):
        Table(
            f"table_{number:02}",
            metadata,
            Column("id", Integer, primary_key=True),
            Column("title", String(80), nullable=False, server_default="none"),
            Column("body", String(400)),
            Column("price", Numeric(10, 2)),
            CheckConstraint("price >= 0", name=f"ck_{number:02}"),
            Column("made_at", DateTime, server_default=func.now()),
            Column("before_id", ForeignKey(f"table_{max(number - 1, 0):02}.id", ondelete="CASCADE")),
            Index(f"ix_{number:02}", "title", "price"),
        )
    return metadata


def read(connection: Connection) -> tuple[float, float]:
    """Give the seconds for all fingerprints, and for as many lists of tables."""
    taken = least = 0.0
    found = set()
    for number in range(REVISIONS):
        table = f"table_{number % TABLES:02}"
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN added_{number:02} INTEGER")
        start = perf_counter()
        found.add(fingerprint(connection))
        read_at = perf_counter()
        assert len(inspect(connection).get_table_names()) == TABLES
        taken += read_at - start
        least += perf_counter() - read_at
    assert len(found) == REVISIONS
    return taken, least


def main() -> int:
    servers = find_servers()
    slow = False
    with (
        tempfile.TemporaryDirectory(prefix="colonnade-benchmarks-") as folder,
        closing(Databases(Path(folder), servers)) as databases,
    ):
        for database in DATABASES:
            if database in servers and servers[database].reason:
                print(f"{database} is left out: {servers[database].reason}")
                continue
            with databases.fresh(database) as url:
                engine = create_engine(make_url(url).set(drivername=DRIVERS[database]))
                schema().create_all(engine)
                with engine.connect() as connection:
                    taken, least = read(connection)
                engine.dispose()
            slow = slow or taken > TARGET_S
            each = taken / REVISIONS * 1000
            figures = f"{taken:5.2f} s for {REVISIONS}, {each:4.1f} ms each; table names {least:5.2f} s"
            print(f"{database:10} {figures}")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
