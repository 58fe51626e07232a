"""Backing up a MySQL or MariaDB database with the server's own client programs.

A snapshot can't be handed from one connection to another here. So writers are kept out, by LOCK TABLES …
READ, for the moment in which both begin: our own connection, in which the digests are taken, and the dump's.
The dump's first words show that it has begun. Where a table isn't transactional the lock stays to the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from colonnade.dialects import programs
from colonnade.dialects.connecting import single_options
from colonnade.dialects.mysql import tls
from colonnade.dialects.mysql.content import is_mariadb
from colonnade.dialects.mysql.scratch import beside_of, clear, create
from colonnade.errors import BackupError, MissingProgramError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from colonnade.dialects.contract import Connecting
    from colonnade.settings import DatabaseSettings

SUFFIX = ".sql"
BYTES_A_SECOND = 20e6
_FORBIDDEN = (1044, 1045, 1142)
_DUMPS = {True: ("mariadb-dump", "mysqldump"), False: ("mysqldump", "mariadb-dump")}
_CLIENTS = {True: ("mariadb", "mysql"), False: ("mysql", "mariadb")}
_VERSION = r"(?:Distrib |from |Ver )(\d+)\.(\d+)\.\d+"

_TABLES = """
SELECT table_name AS name, table_type = 'SYSTEM VERSIONED' AS has_history,
       engine IN (SELECT e.engine FROM information_schema.engines e WHERE e.transactions = 'YES')
       AS is_transactional
FROM information_schema.tables
WHERE table_schema = DATABASE() AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY table_name
"""
_SIZE = "SELECT COALESCE(SUM(data_length), 0) FROM information_schema.tables WHERE table_schema = DATABASE()"


def check(connection: Connection) -> None:
    """See that the client programs are there, and not of an older series than the server.

    Raises:
        MissingProgramError: with the package that has them.
    """
    for names in (_DUMPS, _CLIENTS):
        _program(names, connection)


def schemas(connection: Connection) -> Sequence[str]:
    """Give the one database that a dump has."""
    return (str(connection.scalar(text("SELECT DATABASE()"))),)


def default_folder(settings: DatabaseSettings) -> Path:
    """Give the folder `backups` in the working directory."""
    return Path("backups").absolute()


def title(settings: DatabaseSettings) -> str:
    """Give the database's name."""
    return settings.sqlalchemy_url().database or "mysql"


def size(connection: Connection) -> int:
    """Give the bytes that the tables have; as text a dump may be somewhat smaller or larger."""
    return int(connection.scalar(text(_SIZE)) or 0)


@contextmanager
def dumped(
    settings: DatabaseSettings, target: Path, connect: Connecting, advance: Callable[[int], object]
) -> Iterator[Connection]:
    """Dump the database, and give a connection whose snapshot is of the same moment."""
    with connect(settings) as locker, connect(settings, "read_only") as connection:
        tables = locker.execute(text(_TABLES)).all()
        program = _program(_DUMPS, locker)
        history = ["--dump-history"] if any(table.has_history for table in tables) else []
        with _defaults(settings, program) as defaults:
            command = [program, f"--defaults-file={defaults}", *_OPTIONS, *history, title(settings)]
            _lock(locker, [table.name for table in tables], "READ")
            _begin_snapshot(connection)
            with programs.running(command) as output, open(target, "wb") as file:
                first = output.read(1)  # its buffer is flushed when it has begun with the tables
                if all(table.is_transactional for table in tables):
                    locker.execute(text("UNLOCK TABLES"))
                file.write(first)
                programs.copy(output, file, advance, len(first))
            _append(target, _reference_systems(locker))
        yield connection


def _append(target: Path, statements: Sequence[str]) -> None:
    if statements:
        with open(target, "a", encoding="utf-8") as file:
            file.write("".join(f"{statement};\n" for statement in statements))


def _reference_systems(connection: Connection) -> list[str]:
    """Give what sets the reference systems of columns: SHOW CREATE TABLE leaves them out (MariaDB 10.11)."""
    if not is_mariadb(connection):
        return []
    statements = []
    for table, column, number in connection.execute(text(_SYSTEMS)):
        (_, definition) = connection.execute(text(f"SHOW CREATE TABLE {_quoted(table)}")).one()
        start = f"  {_plainly_quoted(column)} "
        line = next(line for line in definition.splitlines() if line.startswith(start))
        kind, _, rest = line.removeprefix(start).rstrip(",").partition(" ")
        statements.append(
            f"ALTER TABLE {_plainly_quoted(table)} MODIFY {_plainly_quoted(column)} {kind}"
            f" REF_SYSTEM_ID={number} {rest}"
        )
    return statements


_SYSTEMS = """
SELECT g_table_name, g_geometry_column, srid FROM information_schema.geometry_columns
WHERE g_table_schema = DATABASE() AND srid <> 0
"""
_OPTIONS = (
    "--single-transaction",
    "--quick",
    "--routines",
    "--triggers",
    "--events",
    "--hex-blob",
    "--no-tablespaces",
    "--skip-dump-date",
    "--default-character-set=utf8mb4",
)


def load(settings: DatabaseSettings, source: Path, connect: Connecting, *, trial: bool) -> None:
    """Load a dump into an empty database."""
    with connect(settings) as connection:
        program = _program(_CLIENTS, connection)
    with _defaults(settings, program) as defaults:
        name = title(settings)
        programs.run(
            [
                program,
                f"--defaults-file={defaults}",
                "--default-character-set=utf8mb4",
                "--binary-mode",
                name,
            ],
            source=source,
        )


def calm(connection: Connection) -> None:
    """Switch events off: in a copy they'd run as in the original."""
    asked = "SELECT event_name FROM information_schema.events WHERE event_schema = DATABASE()"
    for name in connection.scalars(text(asked)).all():
        connection.execute(text(f"ALTER EVENT {_quoted(name)} DISABLE"))


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
    """Drop everything under locks, once `check` has looked at it, and load the dump.

    DDL commits by itself here: killed in the middle, it leaves a database with some of its tables.
    """
    with connect(settings) as connection:
        connection.execute(text(f"SET SESSION lock_wait_timeout = {max(1, round(deadline_s))}"))
        tables = [row.name for row in connection.execute(text(_TABLES))]
        _lock(connection, tables, "WRITE")
        check(connection)
        connection.execute(text("SET SESSION foreign_key_checks = 0"))
        if tables:
            connection.execute(text(f"DROP TABLE {', '.join(map(_quoted, tables))}"))
        connection.execute(text("UNLOCK TABLES"))
        clear(connection, ())
    load(settings, source, connect, trial=False)


def _lock(connection: Connection, tables: Sequence[str], kind: str) -> None:
    if not tables:
        return
    told = ", ".join(f"{_quoted(name)} {kind}" for name in tables)
    try:
        connection.execute(text(f"LOCK TABLES {told}"))
    except DBAPIError as error:
        if next(iter(getattr(error.orig, "args", ())), None) in _FORBIDDEN:
            raise BackupError(
                "the account may not lock the tables for the moment in which a backup begins",
                remedy="GRANT LOCK TABLES on the database to it, or leave it out:"
                " --skip backup --skip rehearse",
            ) from error
        raise


def _begin_snapshot(connection: Connection) -> None:
    # A level can't be set inside a transaction, and only this one makes a snapshot.
    for statement in (
        "ROLLBACK",
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    ):
        connection.execute(text(statement))


def _program(names: Mapping[bool, tuple[str, ...]], connection: Connection) -> str:
    maria = is_mariadb(connection)
    version = (connection.dialect.server_version_info or ())[:2]
    kind = "mariadb" if maria else "mysql"
    wanted = ".".join(map(str, version))
    remedy = f"Install {kind}-client {wanted} or newer, or leave it out: --skip backup --skip rehearse"
    path = programs.first_found(names[maria])
    if path is None:
        raise MissingProgramError(f"{names[maria][0]} isn't installed, or isn't on the PATH", remedy=remedy)
    found = programs.version_of(path, _VERSION)
    if maria and (found is None or found < version):
        told = "an unknown version" if found is None else f"version {'.'.join(map(str, found))}"
        raise MissingProgramError(f"{path} is of {told}, and the server of {wanted}", remedy=remedy)
    return path


@contextmanager
def _defaults(settings: DatabaseSettings, program: str) -> Iterator[Path]:
    """Give an option file with the address, the password and what the URL says of TLS."""
    url, given = settings.sqlalchemy_url(), settings.connect_args
    asked = {key.replace("-", "_"): value for key, value in single_options(url).items()}
    said = {
        "host": given.get("host", url.host),
        "port": given.get("port", url.port),
        "user": given.get("user", url.username),
        "password": settings.password_text(),
        "socket": given.get("unix_socket", asked.get("unix_socket")),
    }
    options = {name: value for name, value in said.items() if value is not None}
    lines = [f'{name}="{_escaped(str(value))}"' for name, value in options.items()]
    lines += _tls(asked, of_mariadb="mariadb" in Path(program).resolve().name)
    with programs.secret_file("\n".join(["[client]", *lines, ""])) as file:
        yield file


def _tls(asked: dict[str, str], *, of_mariadb: bool) -> list[str]:
    names = ("ssl_ca", "ssl_capath", "ssl_cert", "ssl_key", "ssl_cipher")
    lines = [f'{name.replace("_", "-")}="{_escaped(asked[name])}"' for name in names if name in asked]
    mode = tls.mode_of(asked)
    if not of_mariadb:
        return [*lines, f"ssl-mode={mode.upper()}"]
    switches = {
        "disabled": ["skip-ssl"],
        "preferred": [],
        "required": ["ssl"],
        "verify_ca": ["ssl"],
        "verify_identity": ["ssl", "ssl-verify-server-cert"],
    }
    return [*lines, *switches[mode]]


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _quoted(name: str) -> str:
    return _plainly_quoted(name).replace(":", "\\:")


def _plainly_quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
