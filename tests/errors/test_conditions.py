"""Faults that need a second connection, or an end: locks, deadlocks, time-outs, kills, commits."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    create_engine,
    insert,
    make_url,
    select,
    text,
    update,
)

from colonnade.dialects.contract import BEGIN_OPTION
from colonnade.errors import (
    AmbiguousCommitError,
    DatabaseConnectionError,
    DatabaseError,
    DeadlockError,
    ForeignKeyViolationError,
    LockTimeoutError,
    ReadOnlyDatabaseError,
    SerializationError,
    StatementTimeoutError,
)
from tests.databases import DRIVERS, Driver
from tests.errors.models import Video
from tests.faces import Face

SYNC_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql"}
SLEEP = {"postgresql": "SELECT pg_sleep(9)", "mysql": "SELECT sleep(9)"}
OTHERS = {
    "postgresql": "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid()",
    "mysql": "SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id()",
}
KILL = {"postgresql": "SELECT pg_terminate_backend({})", "mysql": "KILL {}"}
CANCEL = {"postgresql": "SELECT pg_cancel_backend({})", "mysql": "KILL QUERY {}"}


def on(*databases: str) -> pytest.MarkDecorator:
    """Run a test on these databases' drivers only."""
    chosen = [pytest.param(driver, id=driver.id) for driver in DRIVERS if driver.database in databases]
    return pytest.mark.parametrize("driver", chosen, indirect=True)


@pytest.fixture
def other(made_url: str, driver: Driver) -> Iterator[Connection]:
    """A plain connection of another program's to the same database."""
    engine = create_engine(make_url(made_url).set(drivername=SYNC_DRIVERS[driver.database]))
    with engine.connect() as connection:
        yield connection
        connection.rollback()
    engine.dispose()


def _raised(
    error: type[DatabaseError], faced: Face, db: Any, *statements: Any, **options: Any
) -> DatabaseError:
    """Give the error of statements in a session of their own."""
    with pytest.raises(error) as raised, faced.entered(db.session(**options)) as session:
        for statement in statements:
            faced.run(session.execute(statement))
    assert type(raised.value) is error
    return raised.value


def test_a_lock_held_too_long(faced: Face, db: Any, other: Connection) -> None:
    other.execute(update(Video).where(Video.id == 1).values(rate=1))
    error = _raised(LockTimeoutError, faced, db, update(Video).where(Video.id == 1).values(rate=2))
    assert error.retryable


@on("postgresql", "mysql")
def test_a_deadlock(faced: Face, db: Any, other: Connection, driver: Driver) -> None:
    # MySQL ends the one with the less work, PostgreSQL the one that looks first: ours is made to be it.
    if driver.database == "postgresql":
        other.exec_driver_sql("SET deadlock_timeout = '10min'")
    for id in (2, 3, 4):  # one by one: with IN, InnoDB locks the rows between, too
        other.execute(update(Video).where(Video.id == id).values(rate=1))
    blocked = threading.Thread(
        target=lambda: other.execute(update(Video).where(Video.id == 1).values(rate=1)), daemon=True
    )
    with pytest.raises(DeadlockError) as raised, faced.entered(db.session()) as session:
        if driver.database == "postgresql":
            faced.run(session.execute(text("SET LOCAL lock_timeout = '5s'")))
            faced.run(session.execute(text("SET LOCAL deadlock_timeout = '10ms'")))
        faced.run(session.execute(update(Video).where(Video.id == 1).values(rate=2)))
        blocked.start()
        time.sleep(0.2)
        faced.run(session.execute(update(Video).where(Video.id == 2).values(rate=2)))
    blocked.join(5)
    assert raised.value.retryable


def test_a_change_under_a_snapshot(faced: Face, db: Any, other: Connection, driver: Driver) -> None:
    wishes: dict[str, Any] = {"isolation_level": "REPEATABLE READ"}
    if driver.database == "sqlite":
        wishes = {BEGIN_OPTION: "deferred"}
    with pytest.raises(SerializationError) as raised, faced.entered(db.engine.connect()) as connection:
        connection = faced.run(connection.execution_options(**wishes)) or connection
        faced.run(connection.execute(select(Video.rate).where(Video.id == 1)))
        other.execute(update(Video).where(Video.id == 1).values(rate=1))
        other.commit()
        faced.run(connection.execute(update(Video).where(Video.id == 1).values(rate=2)))
    assert raised.value.retryable


@on("postgresql", "mysql")
def test_a_statement_that_takes_too_long(faced: Face, db: Any, driver: Driver) -> None:
    error = _raised(StatementTimeoutError, faced, db, text(_busy(driver)))
    assert not error.retryable


@on("postgresql", "mysql")
def test_a_cancelled_statement(faced: Face, db: Any, driver: Driver, other: Connection) -> None:
    with _told_meanwhile(other, driver, CANCEL):
        error = _raised(StatementTimeoutError, faced, db, text(_busy(driver)))
    assert not error.connection_invalidated


def test_a_write_where_only_reading_is_allowed(faced: Face, db: Any) -> None:
    write = insert(Video).values(id=9, title="x")
    error = _raised(ReadOnlyDatabaseError, faced, db, select(Video.id), write, read_only=True)
    assert not error.retryable


@on("postgresql", "mysql")
def test_a_connection_killed_in_a_statement(faced: Face, db: Any, driver: Driver, other: Connection) -> None:
    with _told_meanwhile(other, driver, KILL):
        error = _raised(DatabaseConnectionError, faced, db, text(_busy(driver)))
    assert error.retryable
    assert error.connection_invalidated


@on("postgresql", "mysql")
def test_a_write_in_autocommit_that_was_killed_is_ambiguous(
    faced: Face, db: Any, driver: Driver, other: Connection
) -> None:
    other.execute(update(Video).where(Video.id == 1).values(rate=1))  # it waits for this row
    with (
        _told_meanwhile(other, driver, KILL),
        pytest.raises(AmbiguousCommitError),
        faced.entered(db.engine.connect()) as connection,
    ):
        options = faced.run(connection.execution_options(isolation_level="AUTOCOMMIT"))
        faced.run(options.execute(update(Video).where(Video.id == 1).values(rate=2)))


@on("postgresql", "mysql")
def test_a_connection_killed_at_the_commit(faced: Face, db: Any, driver: Driver, other: Connection) -> None:
    with pytest.raises(AmbiguousCommitError) as raised, faced.entered(db.session()) as session:
        faced.run(session.execute(insert(Video).values(id=9, title="x")))
        _tell(other, driver, KILL)
        time.sleep(0.1)
    assert not raised.value.retryable


@on("sqlite", "postgresql")
def test_a_deferred_key_at_the_commit(faced: Face, db: Any, other: Connection) -> None:
    other.exec_driver_sql(
        "CREATE TABLE ring (id INTEGER PRIMARY KEY, next_id INTEGER, CONSTRAINT fk_ring_next "
        "FOREIGN KEY (next_id) REFERENCES ring (id) DEFERRABLE INITIALLY DEFERRED)"
    )
    other.commit()
    metadata = MetaData()
    key = ForeignKey("ring.id", name="fk_ring_next", deferrable=True, initially="DEFERRED")
    Table("ring", metadata, Column("id", Integer, primary_key=True), Column("next_id", Integer, key))
    db.home.metadata = metadata
    error = _raised(ForeignKeyViolationError, faced, db, text("INSERT INTO ring VALUES (1, 77)"))
    assert (error.entity, error.columns, error.constraint) == ("ring", ("next_id",), "fk_ring_next")
    assert not error.retryable


def test_the_orm_names_the_class_of_what_it_saves(faced: Face, db: Any) -> None:
    with pytest.raises(DatabaseError) as raised, faced.entered(db.session()) as session:
        session.add(Video(id=1, title="x"))
        faced.run(session.flush())
    assert (raised.value.code, raised.value.entity) == ("unique_violation", "Video")


def _busy(driver: Driver) -> str:
    return SLEEP[driver.database]


@contextmanager
def _told_meanwhile(other: Connection, driver: Driver, words: dict[str, str]) -> Iterator[None]:
    """Kill or cancel what the other connections do, 0.3 seconds after the block was entered."""
    teller = threading.Timer(0.3, lambda: _tell(other, driver, words))
    teller.start()
    yield
    teller.join()


def _tell(other: Connection, driver: Driver, words: dict[str, str]) -> None:
    for (id,) in other.exec_driver_sql(OTHERS[driver.database]).all():
        other.exec_driver_sql(words[driver.database].format(id))
