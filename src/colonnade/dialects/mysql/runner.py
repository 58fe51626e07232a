"""A connection to MySQL or MariaDB that carries out revisions; each DDL statement commits by itself there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from colonnade.dialects.connecting import raw
from colonnade.dialects.cursors import ask, send
from colonnade.dialects.mysql import undo
from colonnade.dialects.statements import kind_of
from colonnade.dialects.values import Kind
from colonnade.errors import MigrationLockError

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection

EMBEDDED = False
OPTIONS: Mapping[str, Any] = {}
COMMITS_ON_THE_WAY = True
inverse = undo.inverse
_STEPS_LOCK = "CONCAT(LEFT(DATABASE(), 40), '.colonnade steps')"
_IN_TRANSACTION = 1  # SERVER_STATUS_IN_TRANS of the protocol
_FIRST_WORDS: Mapping[str, Kind] = {
    **dict.fromkeys(("select", "show", "describe", "desc", "values", "check", "checksum", "help"), "read"),
    **dict.fromkeys(("insert", "update", "delete", "replace", "load"), "change"),
    **dict.fromkeys(("create", "alter", "drop", "rename", "truncate", "grant", "revoke"), "schema"),
    **dict.fromkeys(("analyze", "optimize", "repair"), "schema"),
    **dict.fromkeys(("set", "use", "prepare", "deallocate"), "session"),
    **dict.fromkeys(("begin", "start", "commit", "rollback", "savepoint", "release", "xa"), "control"),
    **dict.fromkeys(("lock", "unlock"), "control"),
}
_PATTERNS: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (re.compile(r"(create|drop)\s+(or\s+replace\s+)?temporary\b"), "passing"),
    (re.compile(r"set\s.*(?<!@)@(?!@)|select\b.*(\binto\s+@|:=)", re.DOTALL), "passing"),
    (re.compile(r"set\s+(@@)?(session\s+|session\.)?autocommit\b"), "control"),
    (re.compile(r"select\b.*\b(get|release)_lock\b", re.DOTALL), "session"),
    # A sequence goes on whether its transaction is committed or not.
    (re.compile(r"select\b.*\b(nextval\b|setval\b|next\s+value\s+for)", re.DOTALL), "opaque"),
    (re.compile(r"begin\s+not\s+atomic\b"), "opaque"),
)


def identity(connection: DBAPIConnection) -> tuple[str, ...]:
    """Give what tells this database from others: the server's place on disk, and the database's name."""
    return tuple(map(str, ask(connection, "SELECT @@hostname, @@port, @@datadir, DATABASE()")[0]))


def prepare(connection: DBAPIConnection, lock_timeout_s: float) -> Callable[[], None]:
    """Let statements give up waiting for a lock; by default DDL waits a day for a reader to end.

    What is given back puts the connection back. It keeps a lock of its own, beside the one on the whole
    migration: the server goes on with a statement whose process was killed, and this is free after it.

    Raises:
        MigrationLockError: such a statement goes on too long.
    """
    seconds = max(1, round(lock_timeout_s))
    if ask(connection, f"SELECT GET_LOCK({_STEPS_LOCK}, {seconds})")[0][0] != 1:
        raise MigrationLockError(
            f"a statement of an interrupted migration still runs after {seconds} seconds"
        )
    metadata, rows = ask(connection, "SELECT @@lock_wait_timeout, @@innodb_lock_wait_timeout")[0]
    _set(connection, seconds, seconds)

    def put_back() -> None:
        _set(connection, metadata, rows)
        ask(connection, f"SELECT RELEASE_LOCK({_STEPS_LOCK})")

    return put_back


def kind(statement: str) -> Kind:
    """Tell what a statement does."""
    return kind_of(statement, _FIRST_WORDS, _PATTERNS)


def commits_itself(connection: DBAPIConnection) -> bool:
    """Tell by the driver's setting and the server's last answer; DDL has ended the transaction."""
    driver: Any = connection
    return driver.get_autocommit() and not raw(connection).server_status & _IN_TRANSACTION


def leftovers(connection: DBAPIConnection, statement: str) -> Sequence[str]:
    """Nothing: a DDL statement is done as a whole or not at all."""
    return ()


def sees_one_moment(connection: DBAPIConnection) -> bool:
    """False: each DDL statement ends the transaction, and others' rows are seen from then on."""
    return False


def problems(connection: DBAPIConnection) -> list[str]:
    """Nothing: foreign keys are held by each statement."""
    return []


def _set(connection: DBAPIConnection, metadata: int, rows: int) -> None:
    send(connection, f"SET lock_wait_timeout = {metadata}, innodb_lock_wait_timeout = {rows}")
