"""A connection to PostgreSQL that carries out revisions: in one transaction, and waiting for nobody long."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from colonnade.dialects.cursors import ask, send
from colonnade.dialects.postgresql.locks import PAUSE_S, key_of
from colonnade.dialects.statements import kind_of
from colonnade.dialects.values import Item, Kind
from colonnade.errors import MigrationLockError

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection

EMBEDDED = False
# One snapshot for all, so that rows can be compared before and after the steps while others write.
OPTIONS: Mapping[str, Any] = {"isolation_level": "REPEATABLE READ"}
COMMITS_ON_THE_WAY = True
_STEPS_LOCK = key_of("colonnade steps")
_FIRST_WORDS: Mapping[str, Kind] = {
    **dict.fromkeys(("select", "show", "values", "table", "fetch"), "read"),
    **dict.fromkeys(("insert", "update", "delete", "merge", "copy", "truncate", "notify"), "change"),
    **dict.fromkeys(("create", "alter", "drop", "comment", "grant", "revoke", "analyze"), "schema"),
    **dict.fromkeys(("vacuum", "reindex", "cluster", "refresh", "reassign", "security"), "schema"),
    **dict.fromkeys(("set", "reset", "discard", "listen", "unlisten", "load", "lock"), "session"),
    **dict.fromkeys(("prepare", "deallocate"), "session"),
    **dict.fromkeys(("begin", "start", "commit", "end", "rollback", "abort"), "control"),
    **dict.fromkeys(("savepoint", "release"), "control"),
}
_PATTERNS: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (re.compile(r"create\s+((global|local)\s+)?temp(orary)?\b"), "passing"),
    (re.compile(r"select\b.*\binto\s+temp", re.DOTALL), "passing"),
)
_CONCURRENTLY = re.compile(
    r"\s*(create\s+(unique\s+)?|re)index\b.*\bconcurrently\b", re.IGNORECASE | re.DOTALL
)


def identity(connection: DBAPIConnection) -> tuple[str, ...]:
    """Give what tells this database from others: its number in the server, and when that was started.

    Addresses don't tell: one server has several, and a proxy in front of it others.
    """
    asked = (
        "SELECT oid::text, pg_postmaster_start_time()::text, datname::text"
        " FROM pg_database WHERE datname = current_database()"
    )
    return tuple(ask(connection, asked)[0])


def prepare(connection: DBAPIConnection, lock_timeout_s: float) -> Callable[[], None]:
    """Let statements give up waiting for a lock: whatever comes after one that waits, waits as well.

    What is given back puts the connection back. It keeps a lock of its own, beside the one on the whole
    migration: the server goes on with a statement whose process was killed, and this is free after it.

    Raises:
        MigrationLockError: such a statement goes on too long.
    """
    _lock_steps(connection, lock_timeout_s)
    before = ask(connection, "SELECT current_setting('lock_timeout')")[0][0]
    send(connection, f"SET lock_timeout = {max(1, round(lock_timeout_s * 1000))}")

    def put_back() -> None:
        send(connection, f"SET lock_timeout = '{before}'")
        ask(connection, f"SELECT pg_advisory_unlock({_STEPS_LOCK})")

    return put_back


def kind(statement: str) -> Kind:
    """Tell what a statement does."""
    return kind_of(statement, _FIRST_WORDS, _PATTERNS)


def commits_itself(connection: DBAPIConnection) -> bool:
    """Tell by the driver's setting: an `autocommit_block` has changed it."""
    driver: Any = connection
    return bool(driver.autocommit)


def leftovers(connection: DBAPIConnection, statement: str) -> Sequence[str]:
    """Give what drops the invalid indexes that one made concurrently leaves: IF NOT EXISTS would find it."""
    if not _CONCURRENTLY.match(statement):
        return ()
    is_new = statement.lstrip()[:1] in "cC"
    invalid = [
        name
        for name, plain in ask(connection, _INVALID)
        # REINDEX makes the new index under a name of its own.
        if (re.search(rf"(?<![\w$]){re.escape(plain)}(?![\w$])", statement) if is_new else "_ccnew" in plain)
    ]
    return [f"DROP INDEX CONCURRENTLY IF EXISTS {name}" for name in invalid]


def sees_one_moment(connection: DBAPIConnection) -> bool:
    """Tell by the transaction's isolation: an `env.py` may have begun it at the server's default."""
    return ask(connection, "SHOW transaction_isolation")[0][0] in ("repeatable read", "serializable")


def inverse(
    statements: Sequence[tuple[Kind, str]], before: Sequence[Item], after: Sequence[Item]
) -> Sequence[str] | None:
    """None: what an `autocommit_block` did stays."""
    return None


def problems(connection: DBAPIConnection) -> list[str]:
    """Nothing: PostgreSQL looks at its constraints by itself, at those that are deferred when it commits."""
    return []


def _lock_steps(connection: DBAPIConnection, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while not ask(connection, f"SELECT pg_try_advisory_lock({_STEPS_LOCK})")[0][0]:
        if time.monotonic() >= deadline:
            raise MigrationLockError(
                f"a statement of an interrupted migration still runs after {timeout_s:g} seconds"
            )
        time.sleep(PAUSE_S)


_INVALID = """
SELECT i.indexrelid::regclass::text, c.relname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE NOT i.indisvalid
"""
