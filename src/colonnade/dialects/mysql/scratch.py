"""Empty MySQL and MariaDB databases for trials, on the server of the original.

A named lock of the server is held while one is in use; it ends with its connection. A schema is a database
of its own here: statements that name one go to that very database, so that no trial may have several.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from colonnade.errors import ScratchDatabaseError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from colonnade.dialects.contract import Connecting
    from colonnade.settings import DatabaseSettings

_FORBIDDEN = (1044, 1142, 1227)
_A_YEAR_S = 365 * 86_400
_DATABASE = """
SELECT default_character_set_name, default_collation_name FROM information_schema.schemata
WHERE schema_name = DATABASE()
"""
_MAY_CREATE = """
SELECT EXISTS(SELECT 1 FROM information_schema.user_privileges WHERE privilege_type = 'CREATE')
    OR EXISTS(SELECT 1 FROM information_schema.schema_privileges
              WHERE privilege_type = 'CREATE' AND :name LIKE table_schema)
    OR EXISTS(SELECT 1 FROM information_schema.applicable_roles)
"""
_CONTENTS = """
SELECT CASE table_type WHEN 'VIEW' THEN 'view' WHEN 'SEQUENCE' THEN 'sequence' ELSE 'table' END, table_name
FROM information_schema.tables WHERE table_schema = DATABASE()
UNION ALL SELECT LOWER(routine_type), routine_name
FROM information_schema.routines WHERE routine_schema = DATABASE()
UNION ALL SELECT 'event', event_name FROM information_schema.events WHERE event_schema = DATABASE()
"""


@contextmanager
def lent(
    settings: DatabaseSettings, name: str, connect: Connecting, schemas: Sequence[str]
) -> Iterator[DatabaseSettings]:
    """Make a database with the original's character set and collation, and drop it at the end."""
    if len(schemas) > 1:
        raise ScratchDatabaseError(
            f"the schemas {', '.join(schemas)} are databases of their own on this server, and a trial that"
            " names them would change them",
            remedy="Let the tree name no other database than its own, or leave the rehearsal out by name",
        )
    with connect(settings) as beside:
        _refuse_without_right(beside, name)
        # Idle for as long as the trial takes.
        beside.execute(text(f"SET SESSION wait_timeout = {_A_YEAR_S}"))
        beside.execute(text("SELECT GET_LOCK(:name, 0)"), {"name": name})
        create(beside, name)
        try:
            yield beside_of(settings, name)
        finally:
            _drop_for_certain(beside if _is_alive(beside) else None, settings, name, connect)


def create(beside: Connection, name: str) -> None:
    """Make an empty database like the connected one.

    Raises:
        ScratchDatabaseError: the account may not.
    """
    row = beside.execute(text(_DATABASE)).first()
    if row is None:
        raise ScratchDatabaseError("the URL names no database", remedy="Put its name into the URL")
    try:
        beside.execute(text(f"CREATE DATABASE {_quoted(name)} CHARACTER SET {row[0]} COLLATE {row[1]}"))
    except DBAPIError as error:
        if _code(error) in _FORBIDDEN:
            raise _forbidden(beside, name) from error
        raise


def _refuse_without_right(beside: Connection, name: str) -> None:
    """Ask before trying: an account that reads leaves no failed write in the server's log.

    What a role grants isn't seen there; an account that has one may try.
    """
    if not beside.scalar(text(_MAY_CREATE), {"name": name}):
        raise _forbidden(beside, name)


def _forbidden(beside: Connection, name: str) -> ScratchDatabaseError:
    account = beside.scalars(text("SELECT CURRENT_USER()")).one()
    account = "@".join(f"'{part}'" for part in account.split("@"))
    return ScratchDatabaseError(
        f"the account {account} may not create the database {name} for a trial",
        remedy=f"GRANT ALL PRIVILEGES ON `colonnade\\_%`.* TO {account}, or name an empty database"
        " of its own as scratch_url",
    )


def beside_of(settings: DatabaseSettings, name: str) -> DatabaseSettings:
    """Give the settings of another database of the same server."""
    return replace(settings, url=settings.sqlalchemy_url().set(database=name))


def abandoned(settings: DatabaseSettings, pattern: str, connect: Connecting) -> Sequence[str]:
    """Give the names of databases whose lock nobody holds."""
    with connect(settings) as beside:
        names = [name for name in beside.scalars(text("SHOW DATABASES")) if re.fullmatch(pattern, name)]
        asked = text("SELECT IS_FREE_LOCK(:name)")
        return [name for name in names if beside.scalar(asked, {"name": name}) == 1]


def drop(settings: DatabaseSettings, name: str, connect: Connecting) -> bool:
    """Drop a database whose lock can be had."""
    with connect(settings) as beside:
        if beside.scalar(text("SELECT GET_LOCK(:name, 0)"), {"name": name}) != 1:
            return False
        try:
            _drop(beside, name)
        except DBAPIError as error:
            if _code(error) not in _FORBIDDEN:
                raise
            return False
    return True


def contents(connection: Connection) -> Sequence[str]:
    """Name the tables, views, sequences, routines and events."""
    return [f"{kind} {name}" for kind, name in connection.execute(text(_CONTENTS))]


def standing(connection: Connection) -> Sequence[str]:
    """Nothing: an empty database has nothing."""
    return ()


def clear(connection: Connection, standing: Sequence[str]) -> None:
    """Drop everything, whatever refers to what."""
    connection.execute(text("SET SESSION foreign_key_checks = 0"))
    for kind, name in connection.execute(text(_CONTENTS)).all():
        connection.execute(text(f"DROP {kind.upper()} IF EXISTS {_quoted(name)}".replace(":", "\\:")))
    connection.execute(text("SET SESSION foreign_key_checks = 1"))


def _drop_for_certain(
    beside: Connection | None, settings: DatabaseSettings, name: str, connect: Connecting
) -> None:
    if beside is not None:
        _drop(beside, name)
        return
    with connect(settings) as again:
        _drop(again, name)


def _drop(beside: Connection, name: str) -> None:
    # A transaction that was left open in it would keep DROP DATABASE waiting.
    asked = text("SELECT id FROM information_schema.processlist WHERE db = :name AND id <> CONNECTION_ID()")
    for session in beside.scalars(asked, {"name": name}).all():
        with suppress(DBAPIError):  # 1094: it has just ended by itself
            beside.execute(text(f"KILL {session}"))
    beside.execute(text(f"DROP DATABASE IF EXISTS {_quoted(name)}"))


def _is_alive(connection: Connection) -> bool:
    try:
        connection.execute(text("SELECT 1"))
    except DBAPIError:
        return False
    return True


def _code(error: DBAPIError) -> Any:
    return next(iter(getattr(error.orig, "args", ())), None)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
