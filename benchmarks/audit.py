"""What recording costs, beside the same work with its entries written by hand in the same transaction.

    python -m benchmarks.audit [URL …]            SQLite in a temporary file where none is named

The floor is the work and one `INSERT … SELECT` of its entries; "without" is the work alone. Cases are
interleaved, and the median of the rounds is told.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from colonnade import DatabaseManager
from colonnade.audit import Audit, AuditLog
from colonnade.audit.declare import audited_in
from colonnade.audit.install import install_in
from colonnade.dialects.contract import dialect_named
from colonnade.models import Conventions, TimestampMixin

ROWS = 10_000
ROUNDS = 7
ONES = 200


class Base(Conventions, DeclarativeBase):
    """The base of the two tables."""


class Watched(TimestampMixin, Base):
    """Recorded by triggers."""

    __tablename__ = "watched"
    __audit__ = Audit()

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    size: Mapped[float]


class Bare(TimestampMixin, Base):
    """The same without; its entries are written by hand, or not at all."""

    __tablename__ = "bare"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    size: Mapped[float]


Work = Callable[[Connection, str], Any]


def insert_many(connection: Connection, table: str) -> None:
    rows = [{"id": at, "name": f"name {at}", "size": at / 7} for at in range(1, ROWS + 1)]
    connection.execute(Base.metadata.tables[table].insert(), rows)


def update_all(connection: Connection, table: str) -> None:
    connection.execute(text(f"UPDATE {table} SET name = 'renamed', updated_at = updated_at"))


def update_ones(connection: Connection, table: str) -> None:
    statement = text(f"UPDATE {table} SET size = size + 1 WHERE id = :id")
    for at in range(1, ONES + 1):
        connection.execute(statement, {"id": at})


def delete_all(connection: Connection, table: str) -> None:
    connection.execute(text(f"DELETE FROM {table}"))


CASES: dict[str, Work] = {
    f"{ROWS:,} inserted": insert_many,
    f"{ROWS:,} updated": update_all,
    f"{ONES} updated, one by one": update_ones,
    f"{ROWS:,} deleted": delete_all,
}


def by_hand(connection: Connection, only: str = "") -> None:
    """Write the entries of the bare table's rows as a careful hand would: whole images, in one statement."""
    dialect = connection.dialect
    audited = audited_in(Base.metadata)[Base.metadata.tables["watched"]]
    writer = dialect_named(dialect.name).audit.writer(audited, dialect)
    values = writer.values("'UPDATE'", "UPDATE", "present", writer.image("present"))
    source = writer.source("bare AS present")
    sql = f"INSERT INTO audit_log ({', '.join(values)}) SELECT {', '.join(values.values())} {source}{only}"
    if dialect.paramstyle in ("format", "pyformat"):
        sql = sql.replace("%", "%%")
    connection.exec_driver_sql(sql)


@contextmanager
def timed(found: list[float]) -> Iterator[None]:
    start = time.perf_counter()
    yield
    found.append(time.perf_counter() - start)


def measure(db: DatabaseManager) -> None:
    times: dict[tuple[str, str], list[float]] = {}
    for _ in range(ROUNDS):
        for name, work in CASES.items():
            for way, table in (("without", "bare"), ("floor", "bare"), ("recorded", "watched")):
                with db.engine.begin() as connection:
                    prepare(connection, name, table)
                with timed(times.setdefault((name, way), [])), db.engine.begin() as connection:
                    if way == "floor" and "deleted" in name:
                        by_hand(connection)
                    work(connection, table)
                    if way == "floor" and "one by one" in name:
                        for at in range(1, ONES + 1):
                            by_hand(connection, f" WHERE present.id = {at}")
                    elif way == "floor" and "deleted" not in name:
                        by_hand(connection)
    print(f"\n{db.engine.dialect.name}: ms without, by hand, recorded; recorded beside by hand")
    for name in CASES:
        without, floor, recorded = (
            statistics.median(times[name, way]) * 1000 for way in ("without", "floor", "recorded")
        )
        print(f"{name:28} {without:9.1f} {floor:9.1f} {recorded:9.1f} {recorded / floor:7.2f}x")


def prepare(connection: Connection, name: str, table: str) -> None:
    """Leave the rows that a case starts from, and an empty log."""
    dialect_named(connection.dialect.name).audit.allow_pruning(connection, True)
    connection.execute(text(f"DELETE FROM {table}"))
    if "inserted" not in name:
        insert_many(connection, table)
    connection.execute(AuditLog.__table__.delete())  # type: ignore[attr-defined]
    dialect_named(connection.dialect.name).audit.allow_pruning(connection, False)


def main(urls: list[str]) -> None:
    with TemporaryDirectory() as folder:
        for url in urls or [f"sqlite:///{Path(folder) / 'audit.db'}"]:
            with DatabaseManager(url, metadata=Base.metadata) as db:
                with db.engine.begin() as connection:
                    install_in(connection, Base.metadata)
                measure(db)
                db.drop_tables()


if __name__ == "__main__":
    main(sys.argv[1:])
