"""What every database answers, and where its answers are.

One folder per database, the same file names in each; a file is one room of the
contract below, written as a module of plain functions; what passes between
them and the rest stands in `values`. `Dialect` finds the rooms of one database
and imports each when it is first used. A new database is one folder and one
line in `FOLDERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast
from zlib import crc32

from colonnade.dialects.values import (
    Batch,
    ChangedRows,
    DriverConnection,
    Failure,
    Fault,
    Item,
    Kind,
    NewRows,
    Steps,
    StoredColumn,
    StoredTable,
    StoredView,
    Tally,
)
from colonnade.errors import ConfigurationError

if TYPE_CHECKING:
    from datetime import datetime, time
    from pathlib import Path

    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import URL, Column, ColumnElement, Connection, MetaData, Table
    from sqlalchemy import Dialect as SQLAlchemyDialect
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.types import TypeEngine

    from colonnade.dialects.acting import Acting
    from colonnade.dialects.auditing import Audited, Catalogue, Made
    from colonnade.dialects.entries import Writer
    from colonnade.settings import DatabaseSettings

Face = Literal["sync", "async"]
BeginMode = Literal["write", "deferred", "read_only", "autocommit"]
"""How a transaction begins: ready to write, taking no lock yet, refusing writes, or not at all."""

BEGIN_OPTION = "colonnade_begin"
"""The connection's execution option that holds the `BeginMode`; "write" where it's absent."""

AUDITED = "audit"
"""Set in the `info` of a table whose changes are recorded."""

TOUCHED = "colonnade_touched"
"""Set in the `info` of a column that a trigger of ours moves with every UPDATE."""

FOLDERS: Mapping[str, str] = {
    "sqlite": "sqlite",
    "postgresql": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
}
"""SQLAlchemy's name of a database, and its folder here."""


class Connect(Protocol):
    """`connect.py`: URLs, drivers, and what is said to each new connection."""

    DRIVERS: Mapping[Face, tuple[str, ...]]
    """SQLAlchemy's names of the drivers of each face, the preferred one first."""
    EXAMPLE_URL: str
    """Where a new project expects its database, with `{name}` for the project's."""
    INSTALLED_BY: Mapping[Face, str]
    """The extras of the package that a face needs, with commas between them."""
    ERROR_ABORTS_TRANSACTION: bool
    """Whether one failed statement makes the database refuse all that follows up to a rollback."""
    DDL_COMMITS: bool
    """Whether the database commits by itself before it changes the schema."""
    BEGINS_BY_STATEMENT: bool
    """Whether `begin` sends what opens a transaction, on a connection that is in autocommit otherwise."""
    INTERLEAVES: bool
    """Whether a statement may be sent while the rows of another are still on their way."""

    def engine_arguments(
        self, url: URL, settings: DatabaseSettings, face: Face
    ) -> tuple[URL, dict[str, Any]]:
        """Give the URL with its driver chosen and options translated, and `create_engine`'s arguments."""
        ...

    def password_argument(self, text: str) -> str | bytes:
        """Give a password as the driver's `connect` must have it in its argument `password`."""
        ...

    def set_up(self, connection: DBAPIConnection, settings: DatabaseSettings) -> None:
        """Say once to a new connection what every connection of this engine needs."""
        ...

    def begin(self, connection: Connection, mode: BeginMode, lock_timeout_s: float) -> None:
        """Send what opens a transaction in this mode, where the driver doesn't do it by itself."""
        ...

    def session_options(self, mode: BeginMode, isolation_level: str | None) -> dict[str, Any]:
        """Give the connection's execution options for a session with these wishes."""
        ...

    def seeing_latest(self, connection: Connection) -> AbstractContextManager[None]:
        """Give a block in which locking reads find rows that the transaction's snapshot lacks."""
        ...

    def tidy(self, connection: DBAPIConnection) -> None:
        """Undo, on a connection's way back to the pool, what `begin` left on it."""
        ...

    def autocommit(self, connection: DBAPIConnection, wanted: bool) -> None:
        """Let each statement of an idle connection commit itself, or no longer."""
        ...

    def needs_rollback(self, connection: DBAPIConnection) -> bool:
        """Tell without a round trip whether a rollback has anything to undo; true where it can't be told."""
        ...

    def abandon(self, connection: DBAPIConnection) -> None:
        """Let go of what a connection holds, just before it is thrown away in the middle of something."""
        ...

    def is_stale(self, connection: DBAPIConnection) -> bool:
        """Tell without a round trip whether the server has closed this idle connection."""
        ...

    def in_transaction(self, connection: DBAPIConnection) -> bool | None:
        """Tell whether the database still has the transaction open; None where it can't be told."""
        ...

    def keep_alive(self, url: URL) -> object | None:
        """Give something to hold while the manager lives, where a database ends with its last connection."""
        ...

    def file_of(self, url: URL) -> Path | None:
        """Give the file that the database is in; None for a server's, or one in memory."""
        ...

    def read_only(self, url: URL) -> URL:
        """Give the URL of the same database to be looked at: opening it makes no file, and changes none.

        Raises:
            DatabaseConnectionError: there is no such file.
        """
        ...


class Direct(Protocol):
    """`direct.py`: statements on the driver's own connection, in autocommit."""

    NUMBERS_ROWS: bool
    """Whether `insert` is to be preferred to RETURNING, where only the key is asked for."""

    READ_AS_TEXT: Collection[Any]
    """The driver's types of instants that `read` leaves as text in ISO's form, which is sooner read."""

    def serves(self, dialect: SQLAlchemyDialect, settings: DatabaseSettings) -> bool:
        """Tell whether this driver can be used so with these settings."""
        ...

    def mending(
        self, types: Sequence[TypeEngine[Any]], dialect: SQLAlchemyDialect
    ) -> Callable[[Sequence[Sequence[Any]]], Sequence[Sequence[Any]]] | None:
        """Give what makes of rows with columns of these types, as RETURNING gives them, those of a SELECT."""
        ...

    def enter(self, connection: DBAPIConnection, lock_timeout_s: float) -> DriverConnection:
        """Put an idle connection into autocommit, and give it to be used."""
        ...


class Bulk(Protocol):
    """`bulk.py`: the statements about many rows at once, cut into sizes that the database takes."""

    NUMBERS_AHEAD: bool
    """Whether new rows are given their numbers before they're sent."""
    CHANGES_BY_KEY: bool
    """Whether `updates` changes one row after the other, in the order of their keys, as a Session does."""

    def first_number(self, connection: Connection, column: Column[Any], count: int) -> int | None:
        """Give the number from which the database would number so many rows, when nobody else can write.

        None where that can't be told.
        """
        ...

    def step(self, connection: Connection, column: Column[Any]) -> int | None:
        """Give by how much the number of each row of an INSERT is above the one before it.

        The driver tells the first one's then. None where each row has to be asked for its number.
        """
        ...

    def inserts(self, new: NewRows, dialect: SQLAlchemyDialect) -> Sequence[Batch] | None:
        """Give what inserts the rows and returns what was made, numbers in the order of the rows.

        None where these columns or values are better left to SQLAlchemy.
        """
        ...

    def updates(self, changed: ChangedRows, dialect: SQLAlchemyDialect) -> Sequence[Batch] | None:
        """Give what updates the rows, each of which is named once; None as above."""
        ...


class Errors(Protocol):
    """`errors.py`: the driver's exceptions, decoded by phase and code."""

    def decode(self, failure: Failure) -> Fault | None:
        """Tell what the exception means; None for one that isn't this database's."""
        ...


class Reads(Protocol):
    """`reads.py`: several statements of one moment, on the driver's own connection in autocommit."""

    def among(self, column: Any, kind: TypeEngine[Any], name: str) -> ColumnElement[bool] | None:
        """Give the condition that the column is one of many values of this type, which are one parameter.

        None where the database has no such parameter.
        """
        ...

    def begin(self, connection: DBAPIConnection) -> None:
        """Let what is read up to `end` be of one moment, where a session's transaction gives that as well."""
        ...

    def end(self, connection: DBAPIConnection) -> None:
        """Let each statement stand by itself again."""
        ...


class Types(Protocol):
    """`types.py`: SQL types that behave alike on all databases, as the models use them."""

    UTC_NOW: str
    """An expression for the present instant in UTC, as a default and in triggers."""
    NULLS_SORT_LOWEST: bool
    """Whether NULLs come first in ascending order, and last in descending."""
    TIMESTAMP_IS_TEXT: bool
    """Whether the driver gives instants as text, in ISO's form."""
    TIMESTAMP_HAS_ZONE: bool
    """Whether the driver is given instants with their zone, or without one and in UTC."""
    DECIMAL_IS_INTEGER: bool
    """Whether decimals are kept as whole numbers, scaled by a power of ten."""

    def text(self, length: int | None, dialect: SQLAlchemyDialect) -> TypeEngine[str]:
        """Give text that compares by code point; of any length where none is given."""
        ...

    def timestamp(self) -> TypeEngine[datetime]:
        """Give an instant in microseconds."""
        ...

    def time_of_day(self) -> TypeEngine[time]:
        """Give a time of day in microseconds."""
        ...

    def decimal(self, precision: int, scale: int) -> TypeEngine[Any]:
        """Give what an exact decimal is kept as."""
        ...

    def binary(self) -> TypeEngine[bytes]:
        """Give bytes of any length."""
        ...

    def uuid(self) -> TypeEngine[Any]:
        """Give a UUID that sorts by its digits."""
        ...

    def long_key(self) -> TypeEngine[int]:
        """Give a key of 64 bits that the database can number."""
        ...


class Texts(Protocol):
    """`texts.py`: conditions on text, given and made as SQL; characters are told apart by code point."""

    def contains(self, text: str, part: str) -> str:
        """Tell whether the part is in the text."""
        ...

    def starts(self, text: str, part: str) -> str:
        """Tell whether the text starts with the part."""
        ...

    def ends(self, text: str, part: str) -> str:
        """Tell whether the text ends with the part."""
        ...

    def same(self, text: str, part: str) -> str:
        """Tell whether the two are equal."""
        ...

    def folded(self, text: str, pairs: Sequence[tuple[str, str]]) -> str:
        """Give the text without its case, or with each pair's first replaced by its second."""
        ...


class Triggers(Protocol):
    """`triggers.py`: what the database does by itself when a row changes."""

    def create_touch(self, table: Table, column: Column[Any]) -> Sequence[str]:
        """Give the statements that make every UPDATE move this column, unless the UPDATE set it."""
        ...

    def drop_touch(self, table: Table, column: Column[Any]) -> Sequence[str]:
        """Give the statements that take away, after its table, what `create_touch` left behind."""
        ...

    def remove_touch(self, table: Table) -> Sequence[str]:
        """Give the statements that take away what `create_touch` made, while its table stays."""
        ...

    def keep_in_step(
        self, table: Table, columns: tuple[str, str], expressions: tuple[str, str]
    ) -> Sequence[str]:
        """Give the statements that let each of two columns follow the other, whichever is written.

        The expressions are the second column about `NEW` and the first, and the first about `NEW` and the
        second. Where both are written, and disagree, the second one counts.
        """
        ...

    def leave_step(self, table: Table, columns: tuple[str, str]) -> Sequence[str]:
        """Give the statements that take away what `keep_in_step` made, whichever of the two came first."""
        ...


class Audit(Protocol):
    """`audit.py`: the triggers that write the audit log, and how they're told who writes."""

    CARRIES: bool
    """Whether a connection keeps an actor beyond a rollback, and the transaction it was told in."""
    NAMES_TRANSACTIONS: bool
    """Whether the triggers have to be told which transaction it is."""
    SHORTENS_KEYS: bool
    """Whether a key's text is cut to the length of its column."""
    TOLD_INSIDE: bool
    """Whether `telling` can tell it within a statement."""
    TELLING: str
    """What is in each statement of `tell` and `forget`, and in no other."""

    def may_write(self, statement: str) -> bool:
        """Tell whether a statement, by its first word, may write."""
        ...

    def support(self, schema: str) -> Sequence[Made]:
        """Give what the log itself needs, in the schema that it's in; to be made again at any time."""
        ...

    def objects(
        self, table: Table, audited: Catalogue, dialect: SQLAlchemyDialect, schema: str
    ) -> Sequence[Made]:
        """Give the triggers of a table, those for what its foreign keys do to audited tables among them."""
        ...

    def writer(self, audited: Audited, dialect: SQLAlchemyDialect) -> Writer:
        """Give what writes SQL about the rows of an audited table."""
        ...

    def missing_right(self, connection: Connection, tables: Sequence[Table], schema: str) -> str | None:
        """Give the statement that gives the account a right which it lacks to audit these tables; or None.

        Tables that aren't there yet will be its own.
        """
        ...

    def reading(self, kind: str) -> tuple[Callable[[Any], Any], Any]:
        """Give what makes of JSON what the driver gives for a type of this name, and its type there."""
        ...

    def installed(self, connection: Connection) -> dict[str, str]:
        """Give the text of what is there of all this, by name."""
        ...

    def tell(self, connection: Connection, acting: Acting, lasting: bool) -> None:
        """Let the triggers know who writes from here on in this transaction; `lasting` outside of one."""
        ...

    def telling(self, statement: str, kind: str, parameters: Any, acting: Acting) -> tuple[str, Any]:
        """Give a write of one row in autocommit, and its parameters, with who acts told within it.

        An INSERT gives back one column more for that, the last one.
        """
        ...

    def forget(self, connection: Connection) -> None:
        """Take that back before the transaction's end, where it would outlive it."""
        ...

    READS_UNCOMMITTED: bool
    """Whether a transaction may read what others haven't committed."""

    def await_writers(self, connection: Connection, patience_s: float) -> bool:
        """Wait until all who are writing now have ended, where there's no other way to know what they write.

        Tells whether they have.
        """
        ...

    def allow_pruning(self, connection: Connection, allowed: bool) -> None:
        """Let entries be deleted in this transaction, or no longer."""
        ...

    def forget_raw(self, connection: DBAPIConnection) -> None:
        """Take it back on a connection that goes back to the pool."""
        ...


class Locks(Protocol):
    """`locks.py`: one process at a time."""

    def exclusive(self, connection: Connection, name: str, timeout_s: float) -> AbstractContextManager[None]:
        """Keep all others that ask for this name in this database out, on a connection in a transaction.

        Raises:
            LockTimeoutError: when another process kept it too long.
        """
        ...

    def migrating(self, connection: Connection, timeout_s: float) -> AbstractContextManager[None]:
        """Keep out all others that migrate this database, across transactions, on a connection in autocommit.

        The lock of a process that was killed is free at once.

        Raises:
            MigrationLockError: when another process kept it too long.
        """
        ...


class Runner(Protocol):
    """`runner.py`: a driver's connection that carries out revisions, whoever made it."""

    EMBEDDED: bool
    """Whether the database belongs to the program that opens it, rather than to a server."""
    OPTIONS: Mapping[str, Any]
    """The execution options of a connection that `prepare` is called for."""
    COMMITS_ON_THE_WAY: bool
    """Whether a revision can be committed in part: by DDL, or in an `autocommit_block`."""

    def identity(self, connection: DBAPIConnection) -> tuple[str, ...]:
        """Give what tells this database from all others, whatever way it was reached."""
        ...

    def prepare(self, connection: DBAPIConnection, lock_timeout_s: float) -> Callable[[], None]:
        """Make the connection ready; what is given back puts it back, and rolls back what is open."""
        ...

    def kind(self, statement: str) -> Kind:
        """Tell what a statement does."""
        ...

    def commits_itself(self, connection: DBAPIConnection) -> bool:
        """Tell without a round trip whether a statement would be committed with its end."""
        ...

    def leftovers(self, connection: DBAPIConnection, statement: str) -> Sequence[str]:
        """Give what takes away the remains of a statement that failed or was interrupted half-way."""
        ...

    def sees_one_moment(self, connection: DBAPIConnection) -> bool:
        """Tell whether the transaction sees its own changes and nobody else's from its begin to its end."""
        ...

    def inverse(
        self, statements: Sequence[tuple[Kind, str]], before: Sequence[Item], after: Sequence[Item]
    ) -> Sequence[str] | None:
        """Give what undoes statements that were committed, or None where they have no exact inverse.

        The schema was `before`, and is `after`.
        """
        ...

    def problems(self, connection: DBAPIConnection) -> list[str]:
        """Tell what the database would find wrong, a sentence for each, and doesn't look at by itself."""
        ...


class Health(Protocol):
    """`health.py`: what may surprise about a schema on this database."""

    def warnings(self, metadata: MetaData, dialect: SQLAlchemyDialect) -> list[str]:
        """Give a sentence for each thing that works and may surprise."""
        ...


class Inventory(Protocol):
    """`inventory.py`: everything that a schema has, from the database's own catalogue."""

    def read(self, connection: Connection, schemas: Sequence[str] = ()) -> Iterable[Item]:
        """Give everything in these schemas; in the connection's own one where none is named. It only reads.

        Besides the schema's own there are items of the kinds `counter` (where a numbering stands) and
        `environment` (owner, grants, and what else the server or the account brought).

        Raises:
            MigrationError: the account may not see all of it, or there is no such schema.
        """
        ...


class Changes(Protocol):
    """`changes.py`: Alembic's operations, with all kept that they weren't asked to change."""

    STEPS: Steps | None
    """How a change is made in steps for which others hardly wait; None where there's the plain one alone."""

    def alter_enum(
        self, operations: Operations, name: str, old: Sequence[str], new: Sequence[str], schema: str | None
    ) -> None:
        """Give an enumeration type other labels; nothing is done where there are no such types.

        Raises:
            MigrationError: a row has a label that goes.
        """
        ...

    def keeping(self, context: MigrationContext, operations: Operations | None = None) -> None:
        """Let the operations of this one context keep what the inventory knows and nobody asked to change.

        Where they're given, the very requests of each of their batches are known; else those of a batch with
        `recreate="always"` are told from what Alembic made of them, which lacks the keywords.

        What they can't keep they refuse, before the original is touched or in a transaction that is then
        to be rolled back. A context that writes SQL for later (`as_sql`) is left as it is.
        """
        ...


class Content(Protocol):
    """`content.py`: what stands in the tables, as digests of rows that no setting of the session changes.

    A row's digest is made of its values alone, exactly. The sum of them doesn't depend on any order, and
    counts rows that are there twice.
    """

    def reading(self, connection: Connection) -> AbstractContextManager[None]:
        """Give a block in which rows may be read, and after which the settings are as before."""
        ...

    def tables(self, connection: Connection, schemas: Sequence[str]) -> Sequence[StoredTable]:
        """Give the tables whose rows are kept in these schemas; in the connection's own by default."""
        ...

    def count(self, connection: Connection, table: StoredTable) -> int:
        """Count the rows."""
        ...

    def tallies(
        self, connection: Connection, table: StoredTable, columns: Sequence[StoredColumn]
    ) -> Iterator[Tally]:
        """Give tallies of pieces of the table, which together are all of it, each once."""
        ...

    def buckets(
        self,
        connection: Connection,
        table: StoredTable,
        columns: Sequence[StoredColumn],
        key: Sequence[StoredColumn],
        count: int,
    ) -> Mapping[int, Tally]:
        """Give a tally for each of so many parts (a power of two); the key's digest tells a row's part."""
        ...

    def rows(
        self,
        connection: Connection,
        table: StoredTable,
        columns: Sequence[StoredColumn],
        key: Sequence[StoredColumn],
        count: int,
        bucket: int,
    ) -> Iterator[tuple[tuple[Any, ...], int]]:
        """Give the key and the digest of each row in one of the parts."""
        ...


class Connecting(Protocol):
    """What opens a database for a room that must open several."""

    def __call__(
        self, settings: DatabaseSettings, mode: BeginMode = "autocommit", isolation_level: str | None = None
    ) -> AbstractContextManager[Connection]:
        """Give a connection in a transaction of this mode, while the block lasts."""
        ...


class Wanted(Protocol):
    """`wanted.py`: what the database makes of what a model asks for, in its own words."""

    CLAUSES: Mapping[str, Sequence[str]]
    """The clauses that Alembic doesn't compare, by kind: of a column, and of an index where those differ."""

    def made(
        self, connection: Connection, create: Any, indexes: Sequence[Any], name: str
    ) -> AbstractContextManager[tuple[Connection, str | None]]:
        """Make a table (`create` says TEMPORARY) and its indexes while the block lasts, and give where it is.

        Raises:
            SQLAlchemyError: the database refuses it.
        """
        ...

    def read(self, connection: Connection, name: str, schema: str | None) -> Sequence[Item]:
        """Give the table's items of the kinds in `CLAUSES`."""
        ...

    def refine(self, connection: Connection, metadata: MetaData) -> None:
        """Give reflected columns the types that reflection doesn't tell."""
        ...

    def views(self, connection: Connection) -> Mapping[str, StoredView]:
        """Give the views of the connection's own schema, by name."""
        ...

    def view_made(self, connection: Connection, definition: str, materialized: bool) -> StoredView:
        """Give what the database makes of a view, which is there for a moment.

        Raises:
            SQLAlchemyError: the database refuses it.
        """
        ...


class Scripts(Protocol):
    """`scripts.py`, of an embedded database alone: a migration as a script, by what a trial sends."""

    EMPTY: str
    """The URL of an original that is nowhere."""
    BEGIN: Sequence[str]
    """What a script begins with."""
    END: Sequence[str]

    def traced(self, connection: DBAPIConnection) -> AbstractContextManager[list[str]]:
        """Give a list that each statement that changes something is added to, while the block lasts."""
        ...


class Scratch(Protocol):
    """`scratch.py`: empty databases of the same kind, made beside another and dropped."""

    def lent(
        self, settings: DatabaseSettings, name: str, connect: Connecting, schemas: Sequence[str]
    ) -> AbstractContextManager[DatabaseSettings]:
        """Make an empty database that is like this one, with these schemas in it, and drop it at the end.

        While the block lasts it's marked as in use, in a way that ends with this process.

        Raises:
            ScratchDatabaseError: the account may not, with the GRANT that it lacks.
        """
        ...

    def abandoned(self, settings: DatabaseSettings, pattern: str, connect: Connecting) -> Sequence[str]:
        """Give the names of the scratch databases beside this one that nobody uses any more.

        `pattern` is a regular expression of the whole name.
        """
        ...

    def drop(self, settings: DatabaseSettings, name: str, connect: Connecting) -> bool:
        """Drop one that nobody uses; false where the account may not, or somebody uses it after all."""
        ...

    def contents(self, connection: Connection) -> Sequence[str]:
        """Name what is in a database, as a person calls it; nothing for an empty one."""
        ...

    def standing(self, connection: Connection) -> Sequence[str]:
        """Name what an empty database has all the same, and keeps (extensions)."""
        ...

    def clear(self, connection: Connection, standing: Sequence[str]) -> None:
        """Drop everything in a database but what stood there before."""
        ...


class Backups(Protocol):
    """`backup.py`: dumps, taken and loaded by what each database has for it."""

    SUFFIX: str
    """How a dump's name ends."""
    BYTES_A_SECOND: float
    """About how fast a backup is, of the bytes that `size` tells."""

    def check(self, connection: Connection) -> None:
        """See that what is needed for a backup and for restoring one is there.

        Raises:
            MissingProgramError: with the package to install.
        """
        ...

    def schemas(self, connection: Connection) -> Sequence[str]:
        """Give the schemas that a dump has, the connection's own one first."""
        ...

    def default_folder(self, settings: DatabaseSettings) -> Path:
        """Give where backups go when nobody says so.

        Raises:
            BackupError: the database can't be backed up.
        """
        ...

    def title(self, settings: DatabaseSettings) -> str:
        """Give the database's name, as a dump's name begins with it."""
        ...

    def size(self, connection: Connection) -> int:
        """Give how many bytes a dump will have, at most."""
        ...

    def dumped(
        self, settings: DatabaseSettings, target: Path, connect: Connecting, advance: Callable[[int], object]
    ) -> AbstractContextManager[Connection]:
        """Write a dump to the disk, and give a connection that sees the moment of which it is.

        `advance` is called with the number of bytes so far.

        Raises:
            BackupError: a program failed, or the account lacks a right, which is named.
            OSError: it can't be written.
        """
        ...

    def load(self, settings: DatabaseSettings, source: Path, connect: Connecting, *, trial: bool) -> None:
        """Load a dump into an empty database; in a `trial` owners and grants may be left out.

        Raises:
            BackupError: a program failed.
            OSError: it can't be written.
        """
        ...

    def calm(self, connection: Connection) -> None:
        """Keep a copy from doing by itself what the original does (events)."""
        ...

    def create_beside(self, settings: DatabaseSettings, name: str, connect: Connecting) -> DatabaseSettings:
        """Make an empty database of this name beside the original, and give its settings."""
        ...

    def replace(
        self,
        settings: DatabaseSettings,
        source: Path,
        connect: Connecting,
        check: Callable[[Connection], object],
        deadline_s: float,
    ) -> None:
        """Put a dump in the place of everything that is there.

        `check` is called first, with writers kept out; what it raises leaves the database as it was.

        Raises:
            LockTimeoutError: writers couldn't be kept out for so long; nothing was changed.
            BackupError: a program failed.
            OSError: it can't be written.
        """
        ...


@dataclass(frozen=True)
class Dialect:
    """One database: its rooms, each imported when first used."""

    name: str

    def _room(self, file: str) -> Any:
        return import_module(f"colonnade.dialects.{FOLDERS[self.name]}.{file}")

    @cached_property
    def audit(self) -> Audit:
        return cast(Audit, self._room("audit"))

    @cached_property
    def backup(self) -> Backups:
        return cast(Backups, self._room("backup"))

    @cached_property
    def bulk(self) -> Bulk:
        return cast(Bulk, self._room("bulk"))

    @cached_property
    def changes(self) -> Changes:
        return cast(Changes, self._room("changes"))

    @cached_property
    def connect(self) -> Connect:
        return cast(Connect, self._room("connect"))

    @cached_property
    def content(self) -> Content:
        return cast(Content, self._room("content"))

    @cached_property
    def direct(self) -> Direct:
        return cast(Direct, self._room("direct"))

    @cached_property
    def health(self) -> Health:
        return cast(Health, self._room("health"))

    @cached_property
    def inventory(self) -> Inventory:
        return cast(Inventory, self._room("inventory"))

    @cached_property
    def locks(self) -> Locks:
        return cast(Locks, self._room("locks"))

    @cached_property
    def errors(self) -> Errors:
        return cast(Errors, self._room("errors"))

    @cached_property
    def reads(self) -> Reads:
        return cast(Reads, self._room("reads"))

    @cached_property
    def runner(self) -> Runner:
        return cast(Runner, self._room("runner"))

    @cached_property
    def scratch(self) -> Scratch:
        return cast(Scratch, self._room("scratch"))

    @cached_property
    def scripts(self) -> Scripts:
        return cast(Scripts, self._room("scripts"))

    @cached_property
    def wanted(self) -> Wanted:
        return cast(Wanted, self._room("wanted"))

    @cached_property
    def texts(self) -> Texts:
        return cast(Texts, self._room("texts"))

    @cached_property
    def types(self) -> Types:
        return cast(Types, self._room("types"))

    @cached_property
    def triggers(self) -> Triggers:
        return cast(Triggers, self._room("triggers"))


def object_name(prefix: str, name: str) -> str:
    """Give a name for what belongs to something named, within the 63 characters that every database takes."""
    full = f"{prefix}_{name}"
    return full if len(full) <= 60 else f"{full[:51]}_{crc32(full.encode()):08x}"


_dialects: dict[str, Dialect] = {}


def dialect_named(name: str) -> Dialect:
    """Give the dialect for SQLAlchemy's name of a database.

    Raises:
        ConfigurationError: for a database that has no folder here.
    """
    if name not in FOLDERS:
        known = ", ".join(sorted(FOLDERS))
        raise ConfigurationError(f"no support for the database {name!r}; known are {known}")
    return _dialects.setdefault(FOLDERS[name], Dialect(FOLDERS[name]))


def known_dialect(name: str) -> Dialect | None:
    """Give the dialect for SQLAlchemy's name of a database; None for one that has no folder here."""
    return dialect_named(name) if name in FOLDERS else None
