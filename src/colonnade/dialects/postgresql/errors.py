"""PostgreSQL's errors, decoded from SQLSTATE: through psycopg and asyncpg alike.

Source: Appendix A, "PostgreSQL Error Codes". Text is read only where there's no code:
libpq gives none for a connection that wasn't made.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from colonnade.dialects.constraints import find_table, misfits, rule_named, unique_rule
from colonnade.dialects.values import Failure, Fault
from colonnade.errors import (
    AuthenticationError,
    CheckViolationError,
    ConfigurationError,
    ConstraintError,
    DamagedDatabaseError,
    DatabaseConnectionError,
    DatabaseError,
    DeadlockError,
    DiskFullError,
    ExclusionViolationError,
    ForeignKeyViolationError,
    LockTimeoutError,
    NotNullViolationError,
    ReadOnlyDatabaseError,
    SchemaMismatchError,
    SerializationError,
    StatementError,
    StatementTimeoutError,
    TransactionError,
    TransientError,
    UniqueViolationError,
    ValueRejectedError,
)

STATES: Mapping[str, type[DatabaseError]] = {
    "23001": ForeignKeyViolationError,
    "23502": NotNullViolationError,
    "23503": ForeignKeyViolationError,
    "23505": UniqueViolationError,
    "23514": CheckViolationError,
    "23P01": ExclusionViolationError,
    "40001": SerializationError,
    "40002": ConstraintError,
    "40P01": DeadlockError,
    "25006": ReadOnlyDatabaseError,
    "25P03": DatabaseConnectionError,
    "25P04": StatementTimeoutError,
    "3D000": SchemaMismatchError,
    "3F000": SchemaMismatchError,
    "42703": SchemaMismatchError,
    "42704": SchemaMismatchError,
    "42883": SchemaMismatchError,
    "42P01": SchemaMismatchError,
    "53100": DiskFullError,
    "53200": TransientError,
    "53300": DatabaseConnectionError,
    "55P03": LockTimeoutError,
    "57014": StatementTimeoutError,
    "57P01": DatabaseConnectionError,
    "57P02": DatabaseConnectionError,
    "57P03": DatabaseConnectionError,
    "57P04": DatabaseConnectionError,
    "57P05": DatabaseConnectionError,
    "P0001": ConstraintError,  # RAISE EXCEPTION, as a trigger refuses
    "58030": DamagedDatabaseError,
    "XX001": DamagedDatabaseError,
    "XX002": DamagedDatabaseError,
}
CLASSES: Mapping[str, type[DatabaseError]] = {
    "08": DatabaseConnectionError,
    "22": ValueRejectedError,
    "23": ConstraintError,
    "25": TransactionError,
    "28": AuthenticationError,
    "2D": TransactionError,
    "3B": TransactionError,
    "40": TransientError,
    "44": CheckViolationError,
}
LOST = {"57P01", "57P02", "57P04", "57P05", "25P03", "25P04"}
"""States with which the server closes the connection; all of class 08 do, too."""

# libpq's and the server's English; a server that speaks another language gives a plain connection error.
NO_SIGN_IN = re.compile(
    r"authentication failed|no password supplied|no pg_hba\.conf entry|role \"[^\"]*\" "
    r"(does not exist|is not permitted)|authentication method",
    re.IGNORECASE,
)
NO_DATABASE = re.compile(r"database \"([^\"]*)\" does not exist")
NEVER = re.compile(r"SSL|certificate|sslmode|could not parse|invalid (port|connection option)", re.IGNORECASE)
REASONS = re.compile(
    r"Connection refused|timeout expired|No such file or directory|starting up|shutting down|recovery mode|"
    r"too many clients|connection slots|No route to host|Network is unreachable|not known|"
    r"server closed the connection",
    re.IGNORECASE,
)
OWNERS = "the row that it refers to is not there"
HELD = "other rows still refer to it"


def decode(failure: Failure) -> Fault | None:
    """Tell what the exception means; None for one that isn't PostgreSQL's."""
    state = getattr(failure.error, "sqlstate", None)
    if isinstance(state, str):
        return _by_state(failure, state)
    if isinstance(failure.error, OSError | EOFError):
        return _by_system(failure)
    kind = _kind(failure.error)
    return None if kind is None else _by_text(failure, kind)


def _by_state(failure: Failure, state: str) -> Fault:
    error = STATES.get(state) or CLASSES.get(state[:2], StatementError)
    if issubclass(error, ConstraintError):
        return _constraint(failure, error)
    if issubclass(error, DatabaseConnectionError):
        lost = failure.phase != "connect" and (state in LOST or state[:2] == "08")
        never = False if state == "57P04" else None  # the database was dropped
        detail = "" if error is AuthenticationError else _primary(failure.error)  # it names the user
        return Fault(error, detail=detail, connection_lost=lost, retryable=never)
    if error is ValueRejectedError:
        return _value(failure, state)
    if error is SchemaMismatchError:
        return _schema(failure, state)
    detail = "" if error is TransientError else _primary(failure.error)
    return Fault(error, detail=detail, table=_table(failure), connection_lost=state in LOST)


def _constraint(failure: Failure, error: type[ConstraintError]) -> Fault:
    said = _fields(failure.error)
    table = find_table(failure.tables, said["table"]) if said["table"] else failure.table
    columns: tuple[str, ...] = (said["column"],) if said["column"] else ()
    if error is NotNullViolationError or not said["constraint"]:
        # What a trigger said is its author's own text; the server's may hold values.
        detail = _primary(failure.error) if getattr(failure.error, "sqlstate", "") == "P0001" else ""
        return Fault(error, detail=detail, table=said["table"] or _table(failure), columns=columns)
    rule = rule_named(table, said["constraint"])
    if rule is None and error is UniqueViolationError:
        rule = unique_rule(table, _key_columns(said["detail"]))
    name, columns = rule or (said["constraint"], _key_columns(said["detail"]))
    if rule is None and error is ForeignKeyViolationError and _is_held(failure, said["table"]):
        columns = ()  # the detail names the parent's columns, the key's own are the child's
    detail = ""
    if error is ForeignKeyViolationError:
        detail = HELD if _is_held(failure, said["table"]) else OWNERS
    return Fault(error, detail=detail, constraint=name, table=said["table"], columns=columns)


def _is_held(failure: Failure, table: str | None) -> bool:
    """Tell whether it's the parent's row that couldn't go: the child's table is named in both cases."""
    if failure.table is not None and failure.table.name != table:
        return True
    return "still referenced" in (_fields(failure.error)["detail"] or "")


def _value(failure: Failure, state: str) -> Fault:
    column = _fields(failure.error)["column"] or _argument(failure)
    columns = (column,) if column else misfits(failure.table, failure.all_rows)
    details = {"22001": "is too long", "22003": "is out of range", "22012": "is divided by zero"}
    detail = details.get(state, "is not of the column's kind")
    if "out of" in _message(failure.error) and "range" in _message(failure.error):
        detail = "is out of range"  # asyncpg refuses it before sending, with the general state 22000
    return Fault(ValueRejectedError, detail=detail, table=_table(failure), columns=columns)


def _argument(failure: Failure) -> str | None:
    """Give the column of a parameter that asyncpg refused: it tells the number."""
    found = re.match(r"invalid input for query argument \$(\d+)", _message(failure.error))
    names = list(failure.values or ())
    number = int(found[1]) if found else len(names) + 1
    return names[number - 1] if number <= len(names) else None


def _schema(failure: Failure, state: str) -> Fault:
    if failure.phase == "connect" and state == "3D000":
        return Fault(DatabaseConnectionError, detail=_primary(failure.error), retryable=False)
    text = _primary(failure.error)
    relation = re.search(r'relation "([^"]+)"', text)
    column = re.search(r'column "?([\w.]+)"?', text) if state == "42703" else None
    return Fault(
        SchemaMismatchError,
        detail=text,
        table=relation[1].rpartition(".")[2] if relation else _table(failure),
        columns=(column[1].rpartition(".")[2],) if column else (),
    )


def _by_system(failure: Failure) -> Fault:
    if failure.phase == "connect":
        never = False if NEVER.search(_message(failure.error)) else None
        return Fault(DatabaseConnectionError, detail=_reason(failure.error), retryable=never)
    if isinstance(failure.error, TimeoutError):  # asyncpg's command_timeout; it cancels on the server, too
        return Fault(StatementTimeoutError)
    return Fault(DatabaseConnectionError, detail=_reason(failure.error), connection_lost=True)


def _by_text(failure: Failure, kind: str) -> Fault:
    text = _message(failure.error)
    if failure.phase == "connect":
        return _not_connected(failure, text)
    if kind == "InternalClientError" and "cannot switch to state" in text:
        # asyncpg has read the server's good-bye and not yet the end of the stream: nothing was sent.
        return Fault(DatabaseConnectionError, connection_lost=True)
    if "connection is closed" in text or "connection was closed" in text or kind == "OperationalError":
        return Fault(DatabaseConnectionError, detail=_reason(failure.error), connection_lost=True)
    if kind == "DataError" or "cannot adapt" in text:
        return Fault(
            ValueRejectedError,
            detail="is not of the column's kind",
            table=_table(failure),
            columns=misfits(failure.table, failure.all_rows),
        )
    return Fault(StatementError, table=_table(failure))


def _not_connected(failure: Failure, text: str) -> Fault:
    if (
        _kind(failure.error) == "ProgrammingError"
        or type(failure.error).__name__ == "ClientConfigurationError"
        or "invalid sslmode value" in text
    ):
        return Fault(ConfigurationError, detail="the driver doesn't take these connection options")
    if NO_SIGN_IN.search(text):
        return Fault(AuthenticationError)
    missing = NO_DATABASE.search(text)
    if missing:
        return Fault(DatabaseConnectionError, detail=missing[0], retryable=False)
    never = False if NEVER.search(text) and not REASONS.search(text) else None
    return Fault(DatabaseConnectionError, detail=_reason(failure.error), retryable=never)


def _kind(error: BaseException) -> str | None:
    """Give the DB-API's name for the exception's class; None for one that is no driver's."""
    names = (
        "OperationalError",
        "DataError",
        "ProgrammingError",
        "InterfaceError",
        "InternalClientError",
        "Error",
    )
    own = (cls for cls in type(error).__mro__ if cls.__module__.partition(".")[0] in ("psycopg", "asyncpg"))
    return next((cls.__name__ for cls in own if cls.__name__ in names), None)


def _fields(error: BaseException) -> dict[str, str | None]:
    """Give what the server tells in fields of their own: psycopg keeps them in `diag`."""
    source: Any = getattr(error, "diag", error)
    names = ("table", "column", "constraint")
    fields = {name: getattr(source, f"{name}_name", None) for name in names}
    fields["detail"] = getattr(source, "message_detail", None) or getattr(error, "detail", None)
    return fields


def _key_columns(detail: str | None) -> tuple[str, ...]:
    found = re.search(r"\(([^()]+)\)=", detail or "")
    return tuple(name.strip().strip('"') for name in found[1].split(",")) if found else ()


def _primary(error: BaseException) -> str:
    """Give the server's first line, which holds names and no values in the states it's used for."""
    diag = getattr(error, "diag", None)
    text = getattr(diag, "message_primary", None) or _message(error)
    return text.partition("\n")[0][:200]


def _message(error: BaseException) -> str:
    return str(error.args[0]) if error.args else ""


def _reason(error: BaseException) -> str:
    found = REASONS.search(str(error))
    return found[0][:1].lower() + found[0][1:] if found else getattr(error, "strerror", None) or ""


def _table(failure: Failure) -> str | None:
    return None if failure.table is None else failure.table.name
