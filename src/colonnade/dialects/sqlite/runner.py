"""A connection to SQLite that carries out revisions: in one write transaction, foreign keys looked at last.

It serves connections of any engine, the user's `env.py` having made them. With foreign keys on, a table
that is rebuilt takes its children with it, without a word; inside a transaction they can't be switched off.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from colonnade.dialects.contract import BEGIN_OPTION
from colonnade.dialects.cursors import ask, send
from colonnade.dialects.sqlite.connect import in_transaction
from colonnade.dialects.statements import kind_of
from colonnade.dialects.values import Item, Kind
from colonnade.errors import LockTimeoutError, MigrationError

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection

_MOST = 10
EMBEDDED = True
OPTIONS: Mapping[str, Any] = {BEGIN_OPTION: "autocommit"}
COMMITS_ON_THE_WAY = False
_FIRST_WORDS: Mapping[str, Kind] = {
    **dict.fromkeys(("select", "pragma", "values"), "read"),
    **dict.fromkeys(("insert", "update", "delete", "replace"), "change"),
    **dict.fromkeys(("create", "alter", "drop", "reindex", "analyze"), "schema"),
    **dict.fromkeys(("begin", "commit", "end", "rollback", "savepoint", "release"), "control"),
    **dict.fromkeys(("attach", "detach"), "session"),
}


def identity(connection: DBAPIConnection) -> tuple[str, ...]:
    """Give what tells this database from others: the file, by device and inode."""
    path = ask(connection, "PRAGMA database_list")[0][2]
    if not path:
        return ("memory", str(id(connection)))
    try:
        found = os.stat(path)
    except OSError:
        return (path,)
    return (str(found.st_dev), str(found.st_ino))


def prepare(connection: DBAPIConnection, lock_timeout_s: float) -> Callable[[], None]:
    """Begin a write transaction with foreign keys off; what is given back puts the connection back.

    Raises:
        MigrationError: something was written on this connection before, and isn't committed.
        LockTimeoutError: another connection goes on writing.
    """
    driver: Any = connection
    if in_transaction(connection):
        if ask(connection, "SELECT total_changes()")[0][0]:
            raise MigrationError(
                "env.py wrote to the database before context.configure() and left that uncommitted",
                remedy="Commit it first, or write it in a revision",
            )
        driver.rollback()
    level, driver.isolation_level = driver.isolation_level, None
    before = {
        name: ask(connection, f"PRAGMA {name}")[0][0] for name in ("foreign_keys", "legacy_alter_table")
    }
    send(connection, f"PRAGMA busy_timeout={max(1, round(lock_timeout_s * 1000))}")
    send(connection, "PRAGMA foreign_keys=OFF")
    # Without it a renamed table is renamed in the views and triggers that name it, and a table that is
    # rebuilt under its old name leaves them with the name of the copy.
    send(connection, "PRAGMA legacy_alter_table=ON")
    _begin(connection)

    def put_back() -> None:
        if in_transaction(connection):
            driver.rollback()
        for name, value in before.items():
            send(connection, f"PRAGMA {name}={value}")
        driver.isolation_level = level

    return put_back


def _begin(connection: DBAPIConnection) -> None:
    try:
        send(connection, "BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
        raise LockTimeoutError("another connection goes on writing to the database") from error


def kind(statement: str) -> Kind:
    """Tell what a statement does."""
    return kind_of(statement, _FIRST_WORDS)


def commits_itself(connection: DBAPIConnection) -> bool:
    """No: `prepare` has begun a transaction."""
    return False


def leftovers(connection: DBAPIConnection, statement: str) -> Sequence[str]:
    """Nothing: what fails is undone with its transaction."""
    return ()


def sees_one_moment(connection: DBAPIConnection) -> bool:
    """True: nobody else writes while the transaction is open."""
    return True


def inverse(
    statements: Sequence[tuple[Kind, str]], before: Sequence[Item], after: Sequence[Item]
) -> Sequence[str] | None:
    """None: nothing is committed by itself."""
    return None


def problems(connection: DBAPIConnection) -> list[str]:
    """Tell which foreign keys point to nothing, a sentence for each table that has some."""
    broken: dict[tuple[str, str], list[Any]] = {}
    for table, row, parent, _ in ask(connection, "PRAGMA foreign_key_check"):
        broken.setdefault((table, parent), []).append(row)
    return [
        f"{len(rows)} rows of {table} name a row of {parent} that isn't there: rowid {_some(rows)}"
        for (table, parent), rows in broken.items()
    ]


def _some(rows: list[Any]) -> str:
    return ", ".join(map(str, rows[:_MOST])) + (", …" if len(rows) > _MOST else "")
