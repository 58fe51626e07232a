"""SQLAlchemy's own exceptions, decoded: the pool's and the ORM's.

Most carry nothing but a text, so the text is read: for a table, a class, an attribute.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from sqlalchemy import exc
from sqlalchemy.orm import exc as orm_exc

from colonnade.dialects.constraints import find_table
from colonnade.dialects.values import Failure
from colonnade.engine.entities import entity_of, known_tables
from colonnade.engine.failures import drivers_own
from colonnade.errors import (
    ConfigurationError,
    DatabaseError,
    EntityNotFoundError,
    EntityValidationError,
    MultipleEntitiesError,
    PoolTimeoutError,
    RelationshipNotLoadedError,
    StaleEntityError,
    StatementError,
    TransactionError,
    UniqueViolationError,
    ValueRejectedError,
)


def decode_orm(error: exc.SQLAlchemyError) -> DatabaseError:
    """Give our error; one that is nothing special becomes a `StatementError` with its text."""
    if isinstance(error, exc.StatementError):
        return decode_unmade(error, Failure(drivers_own(error), "statement", {}))
    for kind, decode in _KINDS.items():
        if isinstance(error, kind):
            return decode(_text(error))
    return StatementError(_text(error))


def decode_unmade(error: exc.StatementError, failure: Failure) -> DatabaseError:
    """Give our error for a statement that was never sent: a value missing, or of a wrong type."""
    cause = failure.error
    if isinstance(cause, exc.InvalidRequestError):  # a parameter was given no value
        return StatementError(_text(cause), orig=cause, statement=error.statement)
    if not isinstance(cause, TypeError | ValueError | LookupError | AttributeError | ArithmeticError):
        return StatementError("the statement can't be made", orig=cause, statement=error.statement)
    table = _table_in(error.statement or "")
    entity = entity_of(find_table(known_tables(None, None), table), table)
    # Python's own text, such as "SQLite DateTime type only accepts Python datetime…", tells the type;
    # one that quotes the value ("could not convert string to float: 'secret'") isn't shown.
    text = f": {cause}" if isinstance(cause, TypeError) else ""
    subject = f"a value of {entity}" if entity else "a value"
    return ValueRejectedError(
        f"{subject} can't be converted to its column's type{text}",
        entity=entity,
        orig=cause,
        statement=error.statement,
    )


def _stale(text: str) -> DatabaseError:
    name = _table_in(text)
    entity = entity_of(find_table(known_tables(None, None), name), name) or _class_in(text)
    subject = f"the {entity}" if entity else "the row"
    return StaleEntityError(f"{subject} was changed or deleted by someone else meanwhile", entity=entity)


def _not_loaded(text: str) -> DatabaseError:
    attribute = re.search(r"attribute '(\w+)'", text)
    entity = _class_in(text)
    name = ".".join(filter(None, [entity, attribute[1] if attribute else None])) or "an attribute"
    return RelationshipNotLoadedError(
        f"{name} was not loaded, and the object belongs to no session now",
        entity=entity,
        columns=(attribute[1],) if attribute else (),
        remedy=f"Ask for it with load=[{name}]" if attribute else None,
    )


def _flush(text: str) -> DatabaseError:
    entity = _class_in(text)
    if "conflicts with persistent instance" in text:
        message = f"there is a {entity or 'row'} with this key already in the session"
        return UniqueViolationError(message, entity=entity)
    return EntityValidationError(_without_addresses(text), entity=entity)


def _request(text: str) -> DatabaseError:
    if re.search(r"session|transaction", text, re.IGNORECASE):
        return TransactionError(_without_addresses(text))
    return StatementError(_without_addresses(text))


def _rollback_due(text: str) -> DatabaseError:
    return TransactionError(
        "the transaction failed earlier and was not rolled back, so it can't go on",
        remedy="Roll it back, or let the first error leave the `with` block of its session",
    )


# The specific class before the general one.
_KINDS: Mapping[type[exc.SQLAlchemyError], Callable[[str], DatabaseError]] = {
    exc.TimeoutError: lambda text: PoolTimeoutError(f"no connection was free: {text}"),
    orm_exc.StaleDataError: _stale,
    orm_exc.ObjectDeletedError: _stale,
    orm_exc.DetachedInstanceError: _not_loaded,
    orm_exc.FlushError: _flush,
    exc.NoResultFound: EntityNotFoundError,
    exc.MultipleResultsFound: MultipleEntitiesError,
    exc.PendingRollbackError: _rollback_due,
    exc.ResourceClosedError: lambda text: TransactionError(_without_addresses(text)),
    orm_exc.UnmappedError: ConfigurationError,
    exc.NoInspectionAvailable: ConfigurationError,
    exc.InvalidRequestError: _request,
}


def _text(error: exc.SQLAlchemyError) -> str:
    return str(error.args[0]) if error.args else ""


def _table_in(text: str) -> str | None:
    # "UPDATE statement on table 'clip' expected to update 1 row(s)" is the ORM's own, no SQL.
    found = re.search(
        r"on table '([^']+)'|^\s*(?:INSERT INTO|UPDATE(?! statement on)|DELETE FROM) [\"`]?(\w+)", text
    )
    return (found[1] or found[2]) if found else None


def _class_in(text: str) -> str | None:
    found = re.search(r"<(\w+) at 0x", text)
    return found[1] if found else None


def _without_addresses(text: str) -> str:
    return re.sub(r"<(\w+) at 0x[0-9a-f]+>", r"\1", text).partition("\n")[0][:300]
