"""Backing up a PostgreSQL database with `pg_dump`, and restoring it with `pg_restore`.

The dump is of a snapshot that our own connection exports, in which the digests are then taken: they're of
exactly what was dumped, whatever others write meanwhile.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING

from sqlalchemy import text

from colonnade.dialects import connecting, programs
from colonnade.dialects.cursors import driver_of
from colonnade.dialects.postgresql.connect import LIBPQ
from colonnade.dialects.postgresql.scratch import beside_of, create, dropping
from colonnade.errors import BackupError, LockTimeoutError, MissingProgramError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from colonnade.dialects.contract import Connecting
    from colonnade.settings import DatabaseSettings

SUFFIX = ".dump"
BYTES_A_SECOND = 20e6
_VERSION = r"\(PostgreSQL\) (\d+)"
# Where packages put each version's programs, beside the one that the PATH has.
_FOLDERS = ("/usr/lib/postgresql/{}/bin", "/usr/pgsql-{}/bin", "/opt/homebrew/opt/postgresql@{}/bin")

_SCHEMAS = """
SELECT nspname FROM pg_namespace n
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_namespace'::regclass
                  AND e.objid = n.oid AND e.deptype = 'e')
ORDER BY nspname <> current_schema(), nspname
"""
_SIZE = """
SELECT coalesce(sum(pg_table_size(c.oid)), 0) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND nspname !~ '^pg_' AND nspname <> 'information_schema'
"""
_TABLES = """
SELECT format('%I.%I', nspname, relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
  AND nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1
"""


def check(connection: Connection) -> None:
    """See that the server's own version of each program is there.

    Raises:
        MissingProgramError: with the package that has it.
    """
    for name in ("pg_dump", "pg_restore", "psql"):
        _program(name, _major(connection))


def schemas(connection: Connection) -> Sequence[str]:
    """Give all schemas of the database, the connection's own one first: a dump has them all."""
    return list(connection.scalars(text(_SCHEMAS)))


def default_folder(settings: DatabaseSettings) -> Path:
    """Give the folder `backups` in the working directory."""
    return Path("backups").absolute()


def title(settings: DatabaseSettings) -> str:
    """Give the database's name."""
    return settings.sqlalchemy_url().database or settings.sqlalchemy_url().username or "postgres"


def size(connection: Connection) -> int:
    """Give the bytes that a dump has at most: those of the tables; compressed, it's mostly far smaller."""
    return int(connection.scalar(text(_SIZE)) or 0)


@contextmanager
def dumped(
    settings: DatabaseSettings, target: Path, connect: Connecting, advance: Callable[[int], object]
) -> Iterator[Connection]:
    """Dump a snapshot, and give the connection that sees it."""
    with connect(settings, "read_only", "REPEATABLE READ") as connection:
        # Waiting for the dump, it's idle in its transaction.
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
        options = [
            "--format=custom",
            "--compress=1",
            f"--snapshot={snapshot}",
            f"--lock-wait-timeout={max(1, round(settings.lock_timeout_s * 1000))}",
        ]
        program = _program("pg_dump", _major(connection))
        with _address(connection, settings) as address:
            programs.run([program, *options, f"--dbname={address}"], target=target, advance=advance)
        yield connection


def load(settings: DatabaseSettings, source: Path, connect: Connecting, *, trial: bool) -> None:
    """Load a dump into an empty database; in a trial everything in it is this account's own."""
    with connect(settings) as connection, _address(connection, settings) as address:
        program = _program("pg_restore", _major(connection))
        owner = ["--no-owner", "--no-acl"] if trial else []
        listed = subprocess.run([program, "--list", str(source)], capture_output=True, text=True, check=False)
        # An extension that another account made in the empty database keeps its comment to itself.
        wanted = [line for line in listed.stdout.splitlines() if " COMMENT - EXTENSION " not in line]
        with programs.secret_file("\n".join(wanted)) as chosen:
            options = ["--exit-on-error", *owner, f"--use-list={chosen}", f"--dbname={address}"]
            programs.run([program, *options, str(source)])


def calm(connection: Connection) -> None:
    """Nothing: nothing in a database acts by itself."""


def create_beside(settings: DatabaseSettings, name: str, connect: Connecting) -> DatabaseSettings:
    """Make an empty database beside the original."""
    with connect(settings) as connection:
        create(connection, name)
    return beside_of(settings, name)


def replace(
    settings: DatabaseSettings,
    source: Path,
    connect: Connecting,
    check: Callable[[Connection], object],
    deadline_s: float,
) -> None:
    """Drop everything and load the dump, in one transaction of psql's, under locks that keep writers out.

    `check` looks at the tables while they're locked.
    """
    with connect(settings) as connection, _address(connection, settings) as address:
        major = _major(connection)
        options = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=verbose"]
        psql = [_program("psql", major), *options, f"--dbname={address}"]
        with _lock_missed(deadline_s), programs.fed(psql) as session:
            for statement in _locking(connection, deadline_s):
                session.say(f"{statement};\n")
            session.say("\\echo locked\n")
            session.wait_for("locked")
            check(connection)
            for statement in [*dropping(connection), _UNLINK]:
                session.say(f"{statement};\n")
            session.say_all([_program("pg_restore", major), "--file=-", str(source)])
            session.say("COMMIT;\n")


@contextmanager
def _lock_missed(deadline_s: float) -> Iterator[None]:
    """Tell of a lock that others kept as everything else does."""
    try:
        yield
    except BackupError as error:
        if _LOCK_TIMEOUT in error.message:
            raise LockTimeoutError(f"others held the database for {deadline_s:g} seconds") from error
        raise


_LOCK_TIMEOUT = " 55P03:"
_UNLINK = "SELECT lo_unlink(oid) FROM pg_largeobject_metadata"


def _locking(connection: Connection, deadline_s: float) -> list[str]:
    waiting = f"SET LOCAL lock_timeout = {max(1, round(deadline_s * 1000))}"
    tables = connection.scalars(text(_TABLES)).all()
    locked = [f"LOCK TABLE {', '.join(tables)} IN EXCLUSIVE MODE"] if tables else []
    return ["BEGIN", waiting, *locked]


def _major(connection: Connection) -> int:
    version = connection.dialect.server_version_info or (0,)
    return int(version[0])


def _program(name: str, major: int) -> str:
    remedy = (
        f"Install postgresql-client-{major} (Debian, Ubuntu), postgresql{major} (Red Hat) or"
        f" postgresql@{major} (Homebrew), or leave it out: --skip backup --skip rehearse"
    )
    path = which(name)
    if path is None:
        raise MissingProgramError(f"{name} isn't installed, or isn't on the PATH", remedy=remedy)
    version = programs.version_of(path, _VERSION)
    if version == (major,):
        return path
    for folder in _FOLDERS:
        if (there := Path(folder.format(major)) / name).exists():
            return str(there)
    told = "of an unknown version" if version is None else f"version {version[0]}"
    raise MissingProgramError(f"{name} ({path}) is {told}, and the server is version {major}", remedy=remedy)


@contextmanager
def _address(connection: Connection, settings: DatabaseSettings) -> Iterator[str]:
    """Give libpq's text of the address where the connection ended, its password in a file."""
    asked = {**connecting.single_options(settings.sqlalchemy_url()), **settings.connect_args}
    known = {name: str(value) for name, value in asked.items() if name in _PASSED_ON}
    known |= _end(connection, settings)
    password = settings.password_text()
    if password is None:
        yield _conninfo(known)
        return
    if "\n" in password:
        raise BackupError("a password with a line break can't be given to PostgreSQL's programs")
    escaped = password.replace("\\", "\\\\").replace(":", "\\:")
    with programs.secret_file(f"*:*:*:*:{escaped}\n") as file:
        yield _conninfo({**known, "passfile": str(file)})


def _end(connection: Connection, settings: DatabaseSettings) -> dict[str, str]:
    """Tell where the connection ended: of several hosts, it's the one with the snapshot."""
    info = getattr(connecting.raw(driver_of(connection)), "info", None)
    if info is not None:
        return {"host": info.host, "port": str(info.port), "user": info.user, "dbname": info.dbname}
    url = settings.sqlalchemy_url()  # asyncpg doesn't tell
    ended = {"host": url.host, "port": url.port, "user": url.username, "dbname": url.database}
    return {name: str(value) for name, value in ended.items() if value is not None}


def _conninfo(parts: Mapping[str, str]) -> str:
    """Give libpq's text of these parts.

    Source: "Keyword/Value Connection Strings" in libpq's documentation.
    """
    quoted = {name: value.replace("\\", "\\\\").replace("'", "\\'") for name, value in parts.items()}
    return " ".join(f"{name}='{value}'" for name, value in quoted.items())


# How to connect. What a session is set to the programs say for themselves.
_PASSED_ON = LIBPQ - {"application_name", "client_encoding", "host", "hostaddr", "options", "port"}
