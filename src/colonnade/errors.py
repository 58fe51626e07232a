"""Every exception of Colonnade: one class for one fault, whatever the database or driver.

    DatabaseError
    ├── ConfigurationError                     settings or a URL that can't be used
    ├── DatabaseConnectionError                refused, unreachable, lost before the commit
    │   └── AuthenticationError                the server knows us and says no
    ├── PoolTimeoutError                       no free connection within pool_timeout_s
    ├── EntityNotFoundError                    get_one, one: nothing there
    ├── MultipleEntitiesError                  one: several there
    ├── EntityValidationError                  refused before anything was sent
    │   ├── MissingValueError                  also a NotNullViolationError
    │   ├── UnfitValueError                    also a ValueRejectedError
    │   └── NotAMemberError                    also a CheckViolationError
    ├── ConstraintError                        a rule of the schema was broken
    │   ├── UniqueViolationError
    │   ├── ForeignKeyViolationError
    │   ├── CheckViolationError
    │   ├── NotNullViolationError
    │   └── ExclusionViolationError
    ├── ValueRejectedError                     too long, out of range, of a wrong kind
    ├── SchemaMismatchError                    no such table or column
    ├── StatementError                         refused for a reason that has no class of its own
    ├── ReadOnlyDatabaseError
    ├── DiskFullError
    ├── DamagedDatabaseError                   not a database, or a broken one
    ├── TransientError                         nothing happened: the whole unit may be tried again
    │   ├── DeadlockError
    │   ├── SerializationError
    │   └── LockTimeoutError
    ├── StatementTimeoutError                  took longer than statement_timeout_s, or was cancelled
    ├── AmbiguousCommitError                   the answer to a COMMIT was lost: applied or not, unknown
    ├── StaleEntityError                       someone else changed or deleted the row first
    ├── RelationshipNotLoadedError             read after the call, without load=
    ├── TransactionError                       a rule about sessions and transactions was broken
    ├── MigrationError                         a migration can't be planned, or failed
    │   ├── MigrationLockError                 another process is migrating this database
    │   ├── RevisionChangedError               the file of an applied revision was edited
    │   ├── DriftError                         the schema isn't what its revision makes
    │   ├── PlanRefusedError                   what an upgrade would do has findings that stop it
    │   ├── HalfMigratedError                  a migration was interrupted between two steps
    │   ├── DependentObjectsError              what stays names what is to go
    │   ├── UnfitRowsError                     rows don't fit what a migration asks of them
    │   │   └── LossyChangeError               their values would be changed
    │   ├── ScratchDatabaseError               no empty database beside this one can be had
    │   └── BackupError                        a backup can't be taken, or isn't what it was
    │       └── MissingProgramError            the server's own program for it isn't installed
    ├── SerializationFormatError               data that can't be converted
    └── SeedingError

A class that stands for one of SQLAlchemy's derives from it too: `except sqlalchemy.exc.IntegrityError`
goes on working on an engine whose errors are translated. Where drivers disagree about the class of a
fault (a CHECK is an `OperationalError` in MySQL's), ours derives from all that they use.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Self

from sqlalchemy import exc as sqlalchemy_errors
from sqlalchemy.orm import exc as orm_errors

__all__ = [
    "AmbiguousCommitError",
    "AuthenticationError",
    "BackupError",
    "CheckViolationError",
    "ConfigurationError",
    "ConstraintError",
    "DamagedDatabaseError",
    "DatabaseConnectionError",
    "DatabaseError",
    "DeadlockError",
    "DependentObjectsError",
    "DiskFullError",
    "DriftError",
    "EntityNotFoundError",
    "EntityValidationError",
    "ExclusionViolationError",
    "ForeignKeyViolationError",
    "HalfMigratedError",
    "LockTimeoutError",
    "LossyChangeError",
    "MigrationError",
    "MigrationLockError",
    "MissingProgramError",
    "MissingValueError",
    "MultipleEntitiesError",
    "NotAMemberError",
    "NotNullViolationError",
    "PlanRefusedError",
    "PoolTimeoutError",
    "ReadOnlyDatabaseError",
    "RelationshipNotLoadedError",
    "RevisionChangedError",
    "SchemaMismatchError",
    "ScratchDatabaseError",
    "SeedingError",
    "SerializationError",
    "SerializationFormatError",
    "StaleEntityError",
    "StatementError",
    "StatementTimeoutError",
    "TransactionError",
    "TransientError",
    "UnfitRowsError",
    "UnfitValueError",
    "UniqueViolationError",
    "ValueRejectedError",
]


class DatabaseError(Exception):
    """The root: whatever Colonnade raises is one of these.

    Attributes:
        code: the class's name in snake case without "Error", stable across versions.
        message: what happened, and to which value.
        remedy: what to do about it; empty where nothing general can be said.
        entity: the mapped class's name, or the table's where no class is mapped to it.
        columns: the columns concerned; empty where that can't be told.
        constraint: the constraint's name, the same on all databases.
        retryable: whether the whole unit of work may be tried again as it stands.
        attempts: how often a unit of work was tried before this was raised.
        orig: the driver's exception, as SQLAlchemy has it; None for errors that no driver raised.
        statement: the SQL text with placeholders; its parameters are never kept.
        connection_invalidated: whether the connection was lost with it.
    """

    code: Any = (
        "database"  # a str; SQLAlchemy declares its own as `str | None`, which no narrower type may share
    )
    retryable: bool = False
    remedy: str = ""
    params: Any = None

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__.removesuffix("Error")).lower()

    def __init__(
        self,
        message: str = "",
        *,
        entity: str | None = None,
        columns: Iterable[str] = (),
        constraint: str | None = None,
        retryable: bool | None = None,
        remedy: str | None = None,
        attempts: int = 1,
        orig: BaseException | None = None,
        statement: str | None = None,
        connection_invalidated: bool = False,
    ) -> None:
        # Not SQLAlchemy's initializers: they'd put the driver's own text, and with it values, into `args`.
        Exception.__init__(self, message)
        self.message = message
        self.entity = entity
        self.columns = tuple(columns)
        self.constraint = constraint
        self.attempts = attempts
        self.orig: Any = orig
        self.statement = statement
        self.connection_invalidated = connection_invalidated
        # What SQLAlchemy's own code reads or adds to on a StatementError: autoflush calls `add_detail`.
        self.detail: list[str] = []
        self.hide_parameters = True
        self.ismulti: bool | None = None
        if retryable is not None:
            self.retryable = retryable
        if remedy is not None:
            self.remedy = remedy

    def __str__(self) -> str:
        text = self.message
        if self.remedy:
            text = f"{text.rstrip('.')}. {self.remedy}" if text else self.remedy
        return "\n".join([text, *(f"({line})" for line in self.detail)])

    def __reduce__(self) -> tuple[Any, ...]:
        # The driver's exception stays behind: not every driver's can be pickled, and it may hold a whole row.
        return _revived, (type(self), self.args), {**self.__dict__, "orig": None}

    def caused_by(self, cause: BaseException | None) -> Self:
        """Give the same error with its `__cause__` set, for places that return and don't raise."""
        self.__cause__ = cause
        return self


def _revived(kind: type[DatabaseError], arguments: tuple[Any, ...]) -> DatabaseError:
    return kind.__new__(kind, *arguments)


class ConfigurationError(DatabaseError):
    """Settings, a URL or a model that can't be used."""


class DatabaseConnectionError(
    DatabaseError, sqlalchemy_errors.OperationalError, sqlalchemy_errors.InterfaceError
):
    """The database can't be reached, or the connection was lost before the commit was sent."""

    remedy = "Check that the server runs, and host, port and database in the URL"
    retryable = True


class AuthenticationError(DatabaseConnectionError):
    """The server refused the user, the password or the way to sign in."""

    remedy = "Check user and password in the URL or settings"
    retryable = False


class PoolTimeoutError(DatabaseError, sqlalchemy_errors.TimeoutError):
    """All connections of the pool were in use for `pool_timeout_s` seconds."""

    remedy = "Close sessions sooner, or raise pool_size, max_overflow or pool_timeout_s"
    retryable = True


class EntityNotFoundError(DatabaseError, sqlalchemy_errors.NoResultFound):
    """No row has this key, or meets these criteria."""


class MultipleEntitiesError(DatabaseError, sqlalchemy_errors.MultipleResultsFound):
    """More than one row meets criteria that one was asked of."""


# DontWrapMixin: raised by a type while a statement is prepared, it arrives as it is.
class EntityValidationError(DatabaseError, ValueError, sqlalchemy_errors.DontWrapMixin):
    """The values were refused before anything was sent to the database."""


class ConstraintError(DatabaseError, sqlalchemy_errors.IntegrityError):
    """A constraint of the schema was broken."""


class UniqueViolationError(ConstraintError):
    """Another row has the same value in columns that are unique."""

    remedy = "Give another value, or change the row that is there"


class ForeignKeyViolationError(ConstraintError):
    """The row that is referred to isn't there, or other rows still refer to this one."""

    remedy = "Create the row that it refers to first"


# MySQL's drivers raise OperationalError for a CHECK (4025) and for a missing value without default (1364).
class CheckViolationError(ConstraintError, sqlalchemy_errors.OperationalError):
    """A CHECK constraint refused the values."""

    remedy = "Give a value that the constraint allows"


class NotNullViolationError(ConstraintError, sqlalchemy_errors.OperationalError):
    """A column that must have a value was given none."""

    remedy = "Give a value, or the column a default"


class ExclusionViolationError(ConstraintError):
    """Another row overlaps in a way that an exclusion constraint forbids (PostgreSQL)."""


class ValueRejectedError(DatabaseError, sqlalchemy_errors.DataError):
    """A value is too long, out of range, or of a kind that the column doesn't take."""

    remedy = "Give a value that fits the column's type"


# Whoever refuses a fault, an `except` for the database's error catches it: these come before the statement.
class MissingValueError(EntityValidationError, NotNullViolationError):
    """A field that must have a value was given none; nothing was sent."""


class UnfitValueError(EntityValidationError, ValueRejectedError):
    """A value is too long, out of range, or of a kind that the field doesn't take; nothing was sent."""


class NotAMemberError(EntityValidationError, CheckViolationError):
    """A value is none of those that the field's enumeration lists; nothing was sent."""


class SchemaMismatchError(
    DatabaseError, sqlalchemy_errors.ProgrammingError, sqlalchemy_errors.OperationalError
):
    """The database has no such table, column, function or schema: it isn't at the models' version."""

    remedy = (
        "Bring the schema up to the models: `initialize()` on a manager with metadata creates missing tables"
    )


class StatementError(
    DatabaseError,
    sqlalchemy_errors.ProgrammingError,
    sqlalchemy_errors.OperationalError,
    sqlalchemy_errors.InternalError,
    sqlalchemy_errors.NotSupportedError,
    sqlalchemy_errors.InterfaceError,
):
    """The database refused a statement for a reason that has no class of its own."""


class ReadOnlyDatabaseError(
    DatabaseError, sqlalchemy_errors.OperationalError, sqlalchemy_errors.InternalError
):
    """A write was refused: the transaction, the file or the whole server is read-only."""

    remedy = "Write to the primary server, and in a session that isn't read-only"


class DiskFullError(DatabaseError, sqlalchemy_errors.OperationalError):
    """The database has no room left."""

    remedy = "Make room, then try again"


class DamagedDatabaseError(
    DatabaseError, sqlalchemy_errors.InternalError, sqlalchemy_errors.OperationalError
):
    """The file isn't a database, or its content is damaged."""

    remedy = "Keep a copy of what is there, then restore a backup"


class TransientError(DatabaseError, sqlalchemy_errors.OperationalError):
    """Nothing happened, and the same unit of work may succeed when it is tried again."""

    remedy = "Try the whole unit of work again, as `run` does"
    retryable = True


class DeadlockError(TransientError):
    """Two transactions waited for each other, and the database ended this one."""


class SerializationError(TransientError):
    """Another transaction changed what this one had read."""


class LockTimeoutError(TransientError):
    """Another transaction held a lock longer than `lock_timeout_s`."""


class StatementTimeoutError(DatabaseError, sqlalchemy_errors.OperationalError):
    """The statement took longer than `statement_timeout_s`, or was cancelled."""

    remedy = "Make the statement cheaper, or raise statement_timeout_s"


class AmbiguousCommitError(
    DatabaseError, sqlalchemy_errors.OperationalError, sqlalchemy_errors.InterfaceError
):
    """The connection was lost while committing: the changes may or may not be there."""

    remedy = "Look whether the changes are there before making them again"


class StaleEntityError(DatabaseError, orm_errors.StaleDataError):
    """The row was changed or deleted by someone else since it was read."""

    remedy = "Read it again, and make the change to what is there now"


class RelationshipNotLoadedError(DatabaseError, orm_errors.DetachedInstanceError):
    """A relationship or deferred column was read after the call, and had not been loaded."""


class TransactionError(DatabaseError, sqlalchemy_errors.InvalidRequestError):
    """A rule about sessions, transactions or their owners was broken."""


class MigrationError(DatabaseError):
    """A migration can't be planned, or failed."""


class MigrationLockError(MigrationError):
    """Another process is migrating this database."""

    remedy = "Wait until it has ended; the lock of a process that was killed is free at once"
    retryable = True


class RevisionChangedError(MigrationError):
    """The file of a revision that this database has applied was edited since."""

    remedy = "Put the file back as it was, and write the change as a new revision"


class DriftError(MigrationError):
    """The schema isn't what its revision makes: something was changed by hand, or by another program."""

    remedy = "Undo the changes, or accept each by name"


class PlanRefusedError(MigrationError):
    """The upgrade would do what must not happen; nothing was changed."""


class HalfMigratedError(MigrationError):
    """A migration was interrupted, and the database stands between two named steps."""

    remedy = "Run the same command again: it goes on where it stopped; or `colonnade db repair`"


class DependentObjectsError(MigrationError):
    """What is to go is named by something that stays: an index, a CHECK, a trigger, a view, another column.

    Attributes:
        dependents: a phrase for each, as `index ix_clip_title on clip`.
    """

    def __init__(self, message: str = "", *, dependents: Iterable[str] = (), **known: Any) -> None:
        super().__init__(message, **known)
        self.dependents = tuple(dependents)


class UnfitRowsError(MigrationError):
    """Rows that are there don't fit what a migration asks of their table; nothing was changed.

    Attributes:
        count: how many rows.
        keys: what names some of them, by their primary key: `id 4`.
    """

    def __init__(self, message: str = "", *, count: int = 0, keys: Iterable[str] = (), **known: Any) -> None:
        super().__init__(message, **known)
        self.count = count
        self.keys = tuple(keys)


class LossyChangeError(UnfitRowsError):
    """Values would be cut, rounded or turned into others, and the revision doesn't say that it's meant."""


class ScratchDatabaseError(MigrationError):
    """No empty database for a trial can be made, or the one that was given isn't empty."""


class BackupError(MigrationError):
    """A backup can't be taken, kept or restored, or isn't what it was when it was taken."""


class MissingProgramError(BackupError):
    """The program that backs up or restores this server isn't installed, or is of another version."""


class SerializationFormatError(DatabaseError, ValueError):
    """Data can't be converted to or from the format that was asked for."""


class SeedingError(DatabaseError):
    """Seed data can't be read or applied."""
