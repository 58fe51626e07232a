"""A server that kills connections: before a statement, inside a unit of work, and for good."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, make_url, text

from colonnade import DatabaseManager
from colonnade.errors import (
    AmbiguousCommitError,
    AuthenticationError,
    DatabaseConnectionError,
    TransactionError,
)
from tests.databases import DRIVERS, FreshUrl
from tests.faces import Face
from tests.faults.models import Account, Accounts, Base

KILL = {
    "postgresql": "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()",
    "mysql": "SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id()",
}
SYNC_DRIVERS = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql"}
Kill = Callable[[], int]

on_servers = pytest.mark.parametrize(
    "driver",
    [pytest.param(driver, id=driver.id) for driver in DRIVERS if driver.database != "sqlite"],
    indirect=True,
)


@pytest.fixture
def kill_all(face_url: str) -> Iterator[Kill]:
    """A function that kills all other connections to the test's database and tells how many there were."""
    url = make_url(face_url)
    database = url.get_backend_name()
    with killer(url.set(drivername=SYNC_DRIVERS[database]), database) as kill:
        yield kill


@contextmanager
def killer(url: Any, database: str) -> Iterator[Kill]:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield lambda: _kill(connection, database)
    engine.dispose()


def _kill(connection: Connection, database: str) -> int:
    rows = connection.execute(text(KILL[database])).all()
    if database == "mysql":
        for (id,) in rows:
            connection.execute(text(f"KILL {id}"))
    time.sleep(0.1)  # until the servers' good-byes have arrived
    return len(rows)


@on_servers
def test_a_pooled_connection_that_died_is_replaced(faced: Face, accounts: Any, kill_all: Kill) -> None:
    assert faced.run(accounts.count()) == 2
    assert kill_all() >= 1
    assert faced.run(accounts.count()) == 2
    kill_all()
    assert faced.run(accounts.update(1, {"balance": 7})).balance == 7


@on_servers
def test_run_goes_on_when_its_connection_is_killed(
    faced: Face, db: Any, accounts: Any, kill_all: Kill
) -> None:
    tries: list[int] = []

    async def transfer() -> None:
        tries.append(1)
        await accounts.update(1, {"balance": 60})
        if len(tries) == 1:
            kill_all()
        await accounts.update(2, {"balance": 140})

    def transfer_plainly() -> None:
        tries.append(1)
        accounts.update(1, {"balance": 60})
        if len(tries) == 1:
            kill_all()
        accounts.update(2, {"balance": 140})

    faced.run(db.run(faced.pick(transfer_plainly, transfer)))
    assert len(tries) == 2
    assert faced.run(accounts.total()) == 200


@on_servers
def test_a_killed_session_is_not_committed_by_halves(
    faced: Face, db: Any, accounts: Any, kill_all: Kill
) -> None:
    with pytest.raises(TransactionError), faced.entered(db.session()):
        faced.run(accounts.update(1, {"balance": 60}))
        kill_all()
        with pytest.raises(DatabaseConnectionError):
            faced.run(accounts.update(2, {"balance": 140}))
    assert faced.run(accounts.total()) == 200


@on_servers
def test_a_commit_without_an_answer_is_ambiguous(faced: Face, db: Any, accounts: Any, kill_all: Kill) -> None:
    tries: list[int] = []

    def killed_before_commit() -> Any:
        tries.append(1)
        result = accounts.update(1, {"balance": 60})
        return result

    async def unit() -> None:
        await killed_before_commit()
        kill_all()

    def unit_plainly() -> None:
        killed_before_commit()
        kill_all()

    with pytest.raises(AmbiguousCommitError) as raised:
        faced.run(db.run(faced.pick(unit_plainly, unit)))
    assert not raised.value.retryable
    assert len(tries) == 1


def test_a_refused_port_fails_within_the_deadline(fresh_url: FreshUrl) -> None:
    for url in ("postgresql://nobody:secret@127.0.0.1:9/x", "mysql://nobody:secret@127.0.0.1:9/x"):
        db = DatabaseManager(url)
        with pytest.raises(DatabaseConnectionError) as raised:
            db.initialize()
        assert "secret" not in str(raised.value)
        assert raised.value.retryable
        health = db.health()
        assert not health.ok
        assert "secret" not in repr(health)


def test_a_wrong_password_is_no_reason_to_try_again(mysql_url: str) -> None:
    url = make_url(mysql_url).set(username="nobody", password="secret")
    db = DatabaseManager(url, metadata=Base.metadata)
    with pytest.raises(AuthenticationError) as raised:
        db.run(lambda: Accounts(db).create(Account(id=1)))
    assert raised.value.attempts == 1
    assert "secret" not in str(raised.value)


@on_servers
def test_the_end_of_a_session_that_only_read_is_not_ambiguous(
    faced: Face, db: Any, accounts: Any, kill_all: Kill
) -> None:
    with pytest.raises(DatabaseConnectionError) as raised, faced.entered(db.session(read_only=True)):
        faced.run(accounts.count())
        kill_all()
    assert raised.value.retryable


@on_servers
def test_a_block_s_own_error_outlives_the_connection(
    faced: Face, db: Any, accounts: Any, kill_all: Kill
) -> None:
    with pytest.raises(KeyError, match="own"), faced.entered(db.session()):
        faced.run(accounts.update(1, {"balance": 60}))
        kill_all()
        raise KeyError("own")
    assert faced.run(accounts.total()) == 200


@on_servers
def test_a_savepoint_goes_with_its_connection(faced: Face, db: Any, accounts: Any, kill_all: Kill) -> None:
    with (
        pytest.raises(TransactionError, match="DatabaseConnectionError") as raised,
        faced.entered(db.session()),
    ):
        faced.run(accounts.update(1, {"balance": 60}))
        with pytest.raises(DatabaseConnectionError), faced.entered(db.session()):
            faced.run(accounts.update(2, {"balance": 140}))
            kill_all()
            faced.run(accounts.update(2, {"balance": 150}))
        with pytest.raises(TransactionError):
            faced.run(accounts.update(1, {"balance": 50}))
    assert isinstance(raised.value.__cause__, DatabaseConnectionError)
    assert faced.run(accounts.total()) == 200
