"""What an error says: the thing, the value concerned, and what to do. Never a whole row or a secret."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from colonnade.dialects.values import Failure, Fault
from colonnade.errors import (
    AmbiguousCommitError,
    AuthenticationError,
    CheckViolationError,
    ConfigurationError,
    ConstraintError,
    DatabaseConnectionError,
    DatabaseError,
    ExclusionViolationError,
    ForeignKeyViolationError,
    NotNullViolationError,
    SchemaMismatchError,
    StatementError,
    TransactionError,
    UniqueViolationError,
    ValueRejectedError,
)

LONGEST_VALUE = 60
SECRET = re.compile(r"passw|secret|token|hash|key|salt|credential|pin$|cvv|private|api", re.IGNORECASE)
"""Names of columns whose values are never shown."""


def message_of(fault: Fault, failure: Failure, entity: str | None, place: str) -> str:
    """Give the message for a fault; `place` is the server and database, without user or password."""
    if issubclass(fault.error, AmbiguousCommitError):
        return f"the connection to {place} was lost while committing: the changes may or may not be there"
    if issubclass(fault.error, DatabaseConnectionError):
        return _joined(_unreached(fault, failure, place), fault.detail)
    for kind, word in _WORDS.items():
        if issubclass(fault.error, kind):
            return word(fault, failure, entity or "the row")
    if fault.error in _SHORT:
        return _joined(_SHORT[fault.error], fault.detail)
    return _joined(_first_line(fault.error), fault.detail)


def shown(columns: tuple[str, ...], values: Mapping[str, Any] | None) -> str:
    """Give the columns with their values, as far as these are known and may be shown."""
    known = values or {}
    return ", ".join(
        f"{name}={_cut(known[name])}" if name in known and not SECRET.search(name) else name
        for name in columns
    )


def _unreached(fault: Fault, failure: Failure, place: str) -> str:
    if issubclass(fault.error, AuthenticationError):
        return f"{place} refused the user or the password"
    if failure.phase == "connect" or not fault.connection_lost:
        return f"can't connect to {place}"
    return f"the connection to {place} was lost"


def _unique(fault: Fault, failure: Failure, entity: str) -> str:
    known = failure.values is not None and any(name in failure.values for name in fault.columns)
    where = shown(fault.columns, failure.values)
    if not where:
        return _named(f"such a {entity} is there already", fault)
    return _named(f"a {entity} with {'' if known else 'the same '}{where} is there already", fault)


def _foreign_key(fault: Fault, failure: Failure, entity: str) -> str:
    own = failure.table is None or failure.table.name == fault.table
    values = failure.values if own and "still" not in fault.detail else None
    where = ".".join(filter(None, [entity, shown(fault.columns, values)]))
    return _named(_joined(where, fault.detail or "a foreign key was broken"), fault)


def _check(fault: Fault, failure: Failure, entity: str) -> str:
    where = shown(fault.columns, failure.values)
    return _named(f"{entity}: {where or 'a value'} is refused by a check", fault)


def _not_null(fault: Fault, failure: Failure, entity: str) -> str:
    return f"{'.'.join([entity, *fault.columns])} must have a value"


def _exclusion(fault: Fault, failure: Failure, entity: str) -> str:
    return _named(
        f"{entity}: another row overlaps in {shown(fault.columns, failure.values) or 'its values'}", fault
    )


def _other_rule(fault: Fault, failure: Failure, entity: str) -> str:
    return _named(_joined(f"{entity}: a rule of the database refused it", fault.detail), fault)


def _value(fault: Fault, failure: Failure, entity: str) -> str:
    where = shown(fault.columns, failure.values)
    return f"{entity}.{where} {fault.detail}" if where else f"a value of {entity} {fault.detail}"


# The specific class before the general one.
_WORDS: Mapping[type[DatabaseError], Callable[[Fault, Failure, str], str]] = {
    UniqueViolationError: _unique,
    ForeignKeyViolationError: _foreign_key,
    CheckViolationError: _check,
    NotNullViolationError: _not_null,
    ExclusionViolationError: _exclusion,
    ConstraintError: _other_rule,
    ValueRejectedError: _value,
}


_SHORT: Mapping[type[DatabaseError], str] = {
    SchemaMismatchError: "the schema isn't the models'",
    StatementError: "the database refused the statement",
    TransactionError: "the transaction can't do this",
    ConfigurationError: "the settings can't be used",
}


def _named(text: str, fault: Fault) -> str:
    return f"{text} ({fault.constraint})" if fault.constraint else text


def _joined(text: str, detail: str) -> str:
    return f"{text}: {detail}" if detail else text


def _cut(value: Any) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _first_line(kind: type[DatabaseError]) -> str:
    line = (kind.__doc__ or kind.__name__).partition("\n")[0].rstrip(".")
    return line[:1].lower() + line[1:]
