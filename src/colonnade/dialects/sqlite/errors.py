"""SQLite's errors, decoded from the extended result code: through sqlite3 and aiosqlite alike.

The text tells the columns of a unique key, the name of a CHECK and the missing table,
and nothing of a foreign key: which one was broken is asked on the same connection,
where the failed statement has been undone and the rows are as they were before.
Source: "Result and Error Codes" of SQLite 3.46.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from colonnade.dialects.constraints import (
    check_with_text,
    find_table,
    made_up_name,
    primary_key,
    rule_named,
    unique_rule,
)
from colonnade.dialects.sqlite.foreign_keys import broken_key
from colonnade.dialects.values import Failure, Fault
from colonnade.errors import (
    CheckViolationError,
    ConstraintError,
    DamagedDatabaseError,
    DatabaseConnectionError,
    DatabaseError,
    DiskFullError,
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

PRIMARY_CODES: Mapping[int, type[DatabaseError]] = {
    5: LockTimeoutError,  # BUSY
    6: LockTimeoutError,  # LOCKED, by this process: shared cache, or an open cursor
    7: TransientError,  # NOMEM
    8: ReadOnlyDatabaseError,
    9: StatementTimeoutError,  # INTERRUPT
    10: DamagedDatabaseError,  # IOERR
    11: DamagedDatabaseError,  # CORRUPT
    13: DiskFullError,
    14: DatabaseConnectionError,  # CANTOPEN
    15: LockTimeoutError,  # PROTOCOL: too many others were starting to use the write-ahead log
    17: TransientError,  # SCHEMA: changed while the statement was prepared, again and again
    18: ValueRejectedError,  # TOOBIG
    19: ConstraintError,
    20: ValueRejectedError,  # MISMATCH
    26: DamagedDatabaseError,  # NOTADB
}
EXTENDED_CODES: Mapping[int, type[DatabaseError]] = {
    257: SchemaMismatchError,  # ERROR_MISSING_COLLSEQ
    513: TransientError,  # ERROR_RETRY
    516: TransactionError,  # ABORT_ROLLBACK
    517: SerializationError,  # BUSY_SNAPSHOT
    769: SerializationError,  # ERROR_SNAPSHOT
    3082: TransientError,  # IOERR_NOMEM
    275: CheckViolationError,
    787: ForeignKeyViolationError,
    1299: NotNullViolationError,
    1555: UniqueViolationError,  # PRIMARYKEY
    2067: UniqueViolationError,
    2579: UniqueViolationError,  # ROWID
    3091: ValueRejectedError,  # DATATYPE, in a STRICT table
}
PRIMARY_KEY_CODES = {1555, 2579}
MISSING = re.compile(
    r"no such (?:table|column|function|index|view|collation sequence|module)(?: function)?: "
    r"|table (\S+) has no column named |unknown database "
)
NO_TRANSACTION = ("no transaction is active", "within a transaction", "no such savepoint", "in progress")


def decode(failure: Failure) -> Fault | None:
    """Tell what the exception means; None for one that isn't SQLite's."""
    code = getattr(failure.error, "sqlite_errorcode", None)
    if isinstance(code, int):
        return _by_code(failure, code)
    if isinstance(failure.error, OverflowError) and "SQLite" in str(failure.error):
        columns = _too_large(failure)
        return Fault(ValueRejectedError, detail="is out of range", table=_table(failure), columns=columns)
    if any(cls.__module__ == "sqlite3" for cls in type(failure.error).__mro__):
        return _by_text(failure, str(failure.error))
    return None


def _by_code(failure: Failure, code: int) -> Fault:
    error = EXTENDED_CODES.get(code) or PRIMARY_CODES.get(code & 0xFF, StatementError)
    text = str(failure.error)
    if error is UniqueViolationError:
        return _unique(failure, code, text)
    if error is ForeignKeyViolationError:
        return broken_key(failure)
    if error is CheckViolationError:
        return _check(failure, text.partition(": ")[2])
    if error in (NotNullViolationError, ValueRejectedError):
        return _column(failure, error, text)
    if error is DatabaseConnectionError:  # no file, or no right to read it: no second try helps
        return Fault(error, detail="unable to open the database file", retryable=False)
    if error is StatementError:
        return _by_text(failure, text)
    detail = text[:200] if code == 1811 else ""  # what a trigger said with RAISE is its author's own text
    return Fault(error, detail=detail, table=_table(failure), transaction_ended=code == 516)


def _unique(failure: Failure, code: int, text: str) -> Fault:
    listed = text.partition(": ")[2]
    index = re.fullmatch(r"index '(.*)'", listed)
    if index:  # an index on an expression is told by its name
        rule = rule_named(failure.table, index[1])
        constraint, columns = rule or (index[1], ())
        return Fault(UniqueViolationError, constraint=constraint, table=_table(failure), columns=columns)
    pairs = [part.rpartition(".") for part in listed.split(", ")]
    name, columns = pairs[0][0], tuple(pair[2] for pair in pairs)
    table = find_table(failure.tables, name)
    primary = code in PRIMARY_KEY_CODES
    rule = primary_key(table) if primary and table is not None else unique_rule(table, columns)
    made_up = made_up_name(name, () if primary else columns, "pkey" if primary else "key")
    constraint, columns = rule or (made_up, columns)
    return Fault(UniqueViolationError, constraint=constraint, table=name, columns=columns)


def _check(failure: Failure, told: str) -> Fault:
    """Decode a CHECK, told by its name, or by its expression where it has none."""
    table = failure.table
    if table is None:
        owners = [each for each in failure.tables.values() if rule_named(each, told)]
        table = owners[0] if len(owners) == 1 else None
    rule = rule_named(table, told) or check_with_text(table, told)
    constraint, columns = rule or (told or None, ())
    name = None if table is None else table.name
    return Fault(CheckViolationError, constraint=constraint, table=name, columns=columns)


def _column(failure: Failure, error: type[DatabaseError], text: str) -> Fault:
    found = re.search(r"(?:failed: |value in \S+ column )(\S+)\.(\S+)$", text)
    if found:
        return Fault(error, detail=_kind(error), table=found[1], columns=(found[2],))
    return Fault(error, detail=_kind(error), table=_table(failure))


def _kind(error: type[DatabaseError]) -> str:
    return "is not of the column's kind" if error is ValueRejectedError else ""


def _by_text(failure: Failure, text: str) -> Fault:
    """Decode what has no code of its own: all that is wrong with a statement is SQLITE_ERROR."""
    if MISSING.match(text):
        return _schema(failure, text)
    if any(part in text for part in NO_TRANSACTION):
        return Fault(TransactionError, detail=text[:200])
    if "closed" in text or "no active connection" in text:
        return Fault(DatabaseConnectionError, detail="the connection is closed", connection_lost=True)
    if text.startswith("Error binding parameter"):
        columns = _unbindable(failure, text)
        return Fault(
            ValueRejectedError, detail=_kind(ValueRejectedError), table=_table(failure), columns=columns
        )
    return Fault(StatementError, detail=text.partition("\n")[0][:200], table=_table(failure))


def _schema(failure: Failure, text: str) -> Fault:
    subject = text.rpartition(": ")[2]
    relation = re.match(r"no such table: (?:\w+\.)?(\S+)|table (\S+) has", text)
    column = re.match(r"no such column: (\S+)|table \S+ has no column named (\S+)", text)
    table = (relation[1] or relation[2]) if relation else _table(failure)
    columns = ((column[1] or column[2]).rpartition(".")[2],) if column else ()
    return Fault(SchemaMismatchError, detail=text[:200] if subject else "", table=table, columns=columns)


def _unbindable(failure: Failure, text: str) -> tuple[str, ...]:
    found = re.match(r"Error binding parameter (\d+)", text)
    names = list(failure.values or ())
    number = int(found[1]) if found else len(names) + 1
    return tuple(names[number - 1 : number])


def _too_large(failure: Failure) -> tuple[str, ...]:
    """Give the columns with a number that doesn't fit into 64 bits, whatever their type."""
    large = [
        name
        for row in failure.all_rows
        for name, value in row.items()
        if isinstance(value, int) and not -(2**63) <= value < 2**63
    ]
    return tuple(dict.fromkeys(large))


def _table(failure: Failure) -> str | None:
    return None if failure.table is None else failure.table.name
