"""MySQL's and MariaDB's errors, decoded from their number: through PyMySQL and asyncmy alike.

Names of keys and columns stand only in the text, whose wording is the same since MySQL 5.
Source: "Server Error Message Reference" of MySQL 8.4 and "MariaDB Error Codes". Numbers
that only MySQL has (3819, 3024, …) are from its manual and not run here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlalchemy import Table

from colonnade.dialects.constraints import (
    Rule,
    as_rule,
    check_with_text,
    find_table,
    foreign_key,
    misfits,
    primary_key,
    rule_named,
    unnamed_unique,
)
from colonnade.dialects.values import Failure, Fault
from colonnade.errors import (
    AuthenticationError,
    CheckViolationError,
    ConstraintError,
    DamagedDatabaseError,
    DatabaseConnectionError,
    DatabaseError,
    DeadlockError,
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

_NUMBERS: Mapping[type[DatabaseError], tuple[int, ...]] = {
    # 1040, 1203, 1226: too many connections; 1047: a Galera node that isn't ready; 2002 to 2005: unreachable.
    DatabaseConnectionError: (
        *(
            1040,
            1042,
            1043,
            1047,
            1049,
            1053,
            1079,
            1080,
            1129,
            1152,
            1156,
            1158,
            1159,
            1160,
            1161,
            1184,
            1203,
        ),
        *(1226, 1927, 2001, 2002, 2003, 2004, 2005, 2006, 2012, 2013, 2026, 2055, 3169, 4031),
    ),
    AuthenticationError: (1045, 1130, 1251, 1524, 1698, 1820, 1862, 2049, 2054, 2058, 2059, 2061, 3118, 4151),
    UniqueViolationError: (1022, 1062, 1169, 1557, 1586, 1761, 1762, 1859),
    ForeignKeyViolationError: (1216, 1217, 1451, 1452),
    CheckViolationError: (3819, 4025),
    ConstraintError: (1644,),  # SIGNAL, as a trigger refuses
    NotNullViolationError: (1048, 1263, 1364),
    ValueRejectedError: (
        *(1153, 1264, 1265, 1292, 1300, 1365, 1366, 1367, 1406, 1411, 1416, 1425, 1426, 1441, 1690, 1918),
        *(3140, 3141, 3156),
    ),
    SchemaMismatchError: (1051, 1054, 1072, 1091, 1109, 1146, 1176, 1305, 1356, 1630),
    DeadlockError: (1213, 1614, 3058),
    SerializationError: (1020,),
    LockTimeoutError: (1205, 3572),
    TransientError: (1037, 1038, 1041, 1206),
    StatementTimeoutError: (1317, 1969, 3024),
    ReadOnlyDatabaseError: (1036, 1290, 1792, 1836, 1874),
    DiskFullError: (1021, 1026, 1114),
    DamagedDatabaseError: (1030, 1034, 1035, 1194, 1195, 1712, 1877),
    TransactionError: (1179, 1399, 1568),
}
NUMBERS: Mapping[int, type[DatabaseError]] = {
    number: error for error, numbers in _NUMBERS.items() for number in numbers
}
NEVER = {1049, 1129, 2026}
"""Connection errors that no second try helps."""
KEPT = {1040, 1042, 1043, 1047, 1049, 1129, 1203, 1226, 2001, 2002, 2003, 2004, 2005}
"""Connection errors that end no connection: there was none, or it stays."""
REASONS: Mapping[int, str] = {
    1040: "too many connections",
    1049: "no such database",
    1129: "this host is blocked after too many errors",
    1203: "too many connections of this user",
    1226: "this user has used up its resources",
    2002: "the server does not answer",
    2003: "the server does not answer",
    2005: "unknown host",
    2026: "no encrypted connection",
}
VALUES: Mapping[int, str] = {
    1153: "is larger than max_allowed_packet",
    1264: "is out of range",
    1365: "is divided by zero",
    1406: "is too long",
    1441: "is out of range",
    1690: "is out of range",
}
# After these the server has rolled back the whole transaction, not just the statement.
ROLLED_BACK = {1020, 1213, 1614}


def decode(failure: Failure) -> Fault | None:
    """Tell what the exception means; None for one that isn't MySQL's or MariaDB's."""
    arguments = failure.error.args
    if _is_drivers(failure.error):
        number = arguments[0] if arguments and isinstance(arguments[0], int) else None
        text = str(arguments[1]) if len(arguments) > 1 else str(failure.error)
        return _by_text(failure, text) if not number else _by_number(failure, number, text)
    if isinstance(failure.error, OSError | EOFError):  # asyncmy lets some of the socket's own errors through
        reason = getattr(failure.error, "strerror", None) or ""
        return Fault(DatabaseConnectionError, detail=reason, connection_lost=failure.phase != "connect")
    return None


def _is_drivers(error: BaseException) -> bool:
    packages = {cls.__module__.partition(".")[0] for cls in type(error).__mro__}
    return bool(packages & {"pymysql", "asyncmy"})


def _by_number(failure: Failure, number: int, text: str) -> Fault:
    if number == 1044 and failure.phase == "connect":
        return Fault(AuthenticationError, detail="no access to this database")
    error = NUMBERS.get(number, StatementError)
    if issubclass(error, DatabaseConnectionError):
        # asyncmy 0.2.18 has one number for every failure to connect, and Python's text tells of TLS.
        return _connection(failure, error, 2026 if "[SSL" in text else number)
    if error is UniqueViolationError:
        return _unique(failure, text)
    if error is ForeignKeyViolationError:
        return _foreign_key(failure, number, text)
    if error is CheckViolationError:
        return _check(failure, text)
    if error in (NotNullViolationError, ValueRejectedError):
        return _column(failure, error, number, text)
    if error is SchemaMismatchError:
        return _schema(failure, text)
    return _other(failure, error, number, text)


def _connection(failure: Failure, error: type[DatabaseError], number: int) -> Fault:
    if number == 1049 and failure.phase != "connect":
        return Fault(SchemaMismatchError, detail="no such database")
    lost = failure.phase != "connect" and number not in KEPT and error is DatabaseConnectionError
    never = False if number in NEVER else None
    return Fault(error, detail=REASONS.get(number, ""), connection_lost=lost, retryable=never)


def _unique(failure: Failure, text: str) -> Fault:
    found = re.search(r"for key '([^']*)'", text)
    key = found[1] if found else ""
    prefix, _, name = key.rpartition(".")  # MySQL 8.0.19 and newer say `table.key`
    table = find_table(failure.tables, prefix or None) or failure.table
    rule = _key(table, name)
    constraint, columns = rule or (name or None, ())
    return Fault(
        UniqueViolationError,
        constraint=constraint,
        table=table.name if table is not None else prefix or None,
        columns=columns,
    )


def _key(table: Table | None, name: str) -> Rule | None:
    if table is None or not name:
        return None
    if name == "PRIMARY":
        return primary_key(table)
    # A key that was given no name gets its first column's, with a number when that's taken.
    return rule_named(table, name) or unnamed_unique(table, name) or unnamed_unique(table, _unnumbered(name))


def _unnumbered(name: str) -> str:
    return re.sub(r"_\d+$", "", name)


def _foreign_key(failure: Failure, number: int, text: str) -> Fault:
    found = re.search(r"\(`[^`]*`\.`([^`]*)`, CONSTRAINT `([^`]*)` FOREIGN KEY \(([^)]*)\)", text)
    held = number in (1217, 1451)
    detail = "other rows still refer to it" if held else "the row that it refers to is not there"
    if not found:
        return Fault(ForeignKeyViolationError, detail=detail, table=_table(failure))
    columns = tuple(re.findall(r"`([^`]*)`", found[3]))
    table = find_table(failure.tables, found[1])
    rule = rule_named(table, found[2]) or foreign_key(table, columns) or Rule(found[2], columns)
    return Fault(
        ForeignKeyViolationError, detail=detail, constraint=rule.name, table=found[1], columns=rule.columns
    )


def _check(failure: Failure, text: str) -> Fault:
    # MariaDB: CONSTRAINT `name` failed for `database`.`table`; MySQL: Check constraint 'name' is violated.
    found = re.search(r"[`']([^`']*)[`'] (?:failed for `[^`]*`\.`([^`]*)`|is violated)", text)
    name, told = (found[1], found[2]) if found else ("", None)
    table = find_table(failure.tables, told) if told else failure.table
    rule = rule_named(table, name) or _unnamed_check(table, name)
    constraint, columns = rule or (name or None, ())
    table_name = told or (table.name if table is not None else None)
    return Fault(CheckViolationError, constraint=constraint, table=table_name, columns=columns)


def _unnamed_check(table: Table | None, name: str) -> Rule | None:
    """Give the CHECK without a name: MariaDB makes up CONSTRAINT_1 or `table.column`, MySQL t_chk_1."""
    if table is None:
        return None
    column = name.rpartition(".")[2]
    if column in table.columns:
        inline = [as_rule(each) for each in table.columns[column].constraints]
        return inline[0] if len(inline) == 1 else None
    return check_with_text(table, "") if re.search(r"(CONSTRAINT|_chk)_\d+$", name) else None


def _column(failure: Failure, error: type[DatabaseError], number: int, text: str) -> Fault:
    # 1366 on MariaDB gives `database`.`table`.`column`; the value that comes before may hold anything.
    whole = re.search(r"for column `[^`]*`\.`([^`]*)`\.`([^`]*)` at row \d+$", text)
    short = re.search(r"(?:^Column|^Field|for column|column) '([^']*)'(?: at row \d+| cannot| doesn|$)", text)
    table = whole[1] if whole else _table(failure)
    column = whole[2] if whole else short[1] if short else None
    columns = (column,) if column else misfits(failure.table, failure.all_rows)
    detail = VALUES.get(number, "is not of the column's kind") if error is ValueRejectedError else ""
    return Fault(error, detail=detail, table=table, columns=columns)


def _schema(failure: Failure, text: str) -> Fault:
    if text.startswith("SAVEPOINT"):
        return Fault(TransactionError, detail=text[:200])
    relation = re.search(r"[Tt]able '(?:[^'.]*\.)?([^'.]*)'", text)
    column = re.search(r"column '(?:[^'.]*\.)*([^'.]*)'", text)
    table = relation[1] if relation else _table(failure)
    columns = (column[1],) if column else ()
    return Fault(SchemaMismatchError, detail=text[:200], table=table, columns=columns)


def _other(failure: Failure, error: type[DatabaseError], number: int, text: str) -> Fault:
    if number == 1290 and "read" not in text:  # also said for --secure-file-priv and others
        error = StatementError
    if number == 1030 and re.search(r"\b28\b", text):  # the system's "no space left on device"
        error = DiskFullError
    # Never the text of a syntax error: PyMySQL has put the values into it.
    told = text[:200] if number in (1644, 1036, 1142, 1143, 1227, 1370) else ""
    return Fault(error, detail=told, table=_table(failure), transaction_ended=number in ROLLED_BACK)


def _by_text(failure: Failure, text: str) -> Fault:
    """Decode what a driver says by itself: it gives no number, or 0, for a connection that is closed."""
    closed = (
        not text or text in ("(0, '')", "0") or "closed" in text.lower() or "not connected" in text.lower()
    )
    if failure.phase == "connect":
        return Fault(DatabaseConnectionError)
    if closed:
        return Fault(DatabaseConnectionError, detail="the connection is closed", connection_lost=True)
    return Fault(StatementError, table=_table(failure))


def _table(failure: Failure) -> str | None:
    return None if failure.table is None else failure.table.name
