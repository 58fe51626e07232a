"""Empty databases for trials: made beside the original and dropped, or prepared by its owner and emptied."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from secrets import token_hex
from typing import TYPE_CHECKING

from sqlalchemy import make_url
from sqlalchemy.util.concurrency import in_greenlet

from colonnade.dialects.contract import BeginMode, Dialect, dialect_named
from colonnade.dialects.cursors import driver_of
from colonnade.engine import translate
from colonnade.engine.home import Home
from colonnade.engine.observe import WAY_OPTION
from colonnade.errors import ConfigurationError, DatabaseError, ScratchDatabaseError
from colonnade.settings import DatabaseSettings

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["connected", "drop_abandoned", "scratch_database"]

PREFIX = "colonnade_scratch_"
PATTERN = f"{PREFIX}[0-9a-f]{{12}}"
_YOUNG_S = 60
_SHOWN = 5


@contextmanager
def scratch_database(
    settings: DatabaseSettings, scratch_url: str | None = None, *, schemas: Sequence[str] = ()
) -> Iterator[DatabaseSettings]:
    """Give the settings of an empty database of the same kind, while the block lasts.

    It's made beside the original, named `colonnade_scratch_` and twelve hexadecimal digits, and dropped at
    the end, however the block ends; what a killed process left is dropped first. `scratch_url` names an
    empty database to use instead, which is emptied at the end. `schemas` are made in it.

    Raises:
        ScratchDatabaseError: the account lacks a right, which is named; or the database of `scratch_url`
            isn't empty, is the original or is of another kind.
        MigrationLockError: another process uses the database of `scratch_url`.
    """
    dialect = _dialect_of(settings)
    if scratch_url is not None:
        with _prepared(settings, scratch_url, dialect) as prepared:
            yield prepared
        return
    drop_abandoned(settings)
    with dialect.scratch.lent(settings, _new_name(), connected, schemas) as made:
        _refuse_the_original(settings, made)
        yield made


def drop_abandoned(settings: DatabaseSettings) -> tuple[str, ...]:
    """Drop the scratch databases beside this one that no process uses any more, and give their names.

    One that was made within the last minute is left alone: its process may not have come to mark it.
    """
    room = _dialect_of(settings).scratch
    old = [name for name in room.abandoned(settings, PATTERN, connected) if _age_s(name) > _YOUNG_S]
    return tuple(name for name in old if room.drop(settings, name, connected))


@contextmanager
def connected(
    settings: DatabaseSettings, mode: BeginMode = "autocommit", isolation_level: str | None = None
) -> Iterator[Connection]:
    """Give a connection of an engine of its own, in a transaction of this mode; in autocommit by default."""
    home = _home(settings)
    try:
        with translate.translated(None), home.engine.connect() as connection:
            options = home.dialect.connect.session_options(mode, isolation_level)
            connection.execution_options(**{WAY_OPTION: "core"}, **options)
            with connection.begin():
                yield connection
    finally:
        home.dispose()


def _home(settings: DatabaseSettings) -> Home:
    """Give the synchronous face, or the other one where only that one's driver is installed."""
    home = Home(settings, "sync", None)
    try:
        home.engine  # noqa: B018 (made at its first use)
    except ConfigurationError:
        if not in_greenlet():
            raise
        home = Home(settings, "async", None)
    return home


def _dialect_of(settings: DatabaseSettings) -> Dialect:
    return dialect_named(settings.sqlalchemy_url().get_backend_name())


# The name tells when it was made: PostgreSQL doesn't keep that of its databases.
def _new_name() -> str:
    return f"{PREFIX}{int(time.time()):08x}{token_hex(2)}"


def _age_s(name: str) -> float:
    return time.time() - int(name.removeprefix(PREFIX)[:8], 16)


def _refuse_the_original(settings: DatabaseSettings, other: DatabaseSettings) -> None:
    """Look where the connections end, whatever the URL says: `connect_args` may name a database too."""
    if settings.engine_options.get("creator") or settings.connect_args:
        with connected(settings) as ours, connected(other) as theirs:
            identity = _dialect_of(settings).runner.identity
            if identity(driver_of(ours)) == identity(driver_of(theirs)):
                raise ScratchDatabaseError(
                    "connections for a trial would end at the original itself",
                    remedy="Name the database in the URL, and not in connect_args or creator",
                )


@contextmanager
def _prepared(settings: DatabaseSettings, scratch_url: str, dialect: Dialect) -> Iterator[DatabaseSettings]:
    prepared = DatabaseSettings(scratch_url)
    prepared = replace(settings, url=prepared.url, password=prepared.password)
    shown = make_url(str(prepared.url)).render_as_string()
    if _dialect_of(prepared) is not dialect:
        raise ScratchDatabaseError(f"scratch_url {shown} is of another kind than the original")
    identity = dialect.runner.identity
    with connected(prepared) as inside:
        with connected(settings) as original:
            if identity(driver_of(inside)) == identity(driver_of(original)):
                raise ScratchDatabaseError(f"scratch_url {shown} is the original itself")
        with dialect.locks.migrating(inside, settings.lock_timeout_s):
            if there := dialect.scratch.contents(inside):
                raise ScratchDatabaseError(
                    f"scratch_url {shown} isn't empty: it has {_some(there)}",
                    remedy="Name one that has nothing in it, as it's emptied afterwards; what a killed"
                    " process left there is yours to drop",
                )
            standing = dialect.scratch.standing(inside)
            try:
                yield prepared
            except BaseException as error:
                _cleared(inside, dialect, standing, error)
                raise
            _cleared(inside, dialect, standing, None)


def _cleared(
    inside: Connection, dialect: Dialect, standing: Sequence[str], because: BaseException | None
) -> None:
    try:
        dialect.scratch.clear(inside, standing)
    except DatabaseError as error:
        if because is None:
            raise
        because.add_note(f"the database of scratch_url couldn't be emptied: {error}")


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
