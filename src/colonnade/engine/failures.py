"""What is known of a statement that failed: its table, its values, and a way to ask about it.

In comes SQLAlchemy's context of an error; out goes a `Failure` for the dialect's decoder.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Delete, Insert, Select, Table, Update
from sqlalchemy.exc import EmulatedDBAPIException, StatementError
from sqlalchemy.sql import operators
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import (
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    ColumnClause,
    TextClause,
)

from colonnade.dialects.constraints import find_table
from colonnade.dialects.values import Failure, Phase
from colonnade.engine.entities import known_tables

if TYPE_CHECKING:
    from sqlalchemy import MetaData
    from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
    from sqlalchemy.pool import PoolProxiedConnection

    Row = Mapping[str, Any]

Kind = Literal["insert", "update", "delete"]

KINDS: Mapping[type[Any], Kind] = {Insert: "insert", Update: "update", Delete: "delete"}

_WORDS: Mapping[str, Kind] = {"insert": "insert", "update": "update", "delete": "delete"}
_WRITES = re.compile(
    r"\s*(INSERT INTO|REPLACE INTO|UPDATE|DELETE FROM)\s+"
    r"(?:[\"`]?\w+[\"`]?\.)?[\"`]?(\w+)",
    re.IGNORECASE,
)
"""A statement given as text that writes: its verb and its table."""


def failure_of(context: ExceptionContext, phase: Phase, metadata: MetaData | None) -> Failure:
    """Give what is known of the statement whose failure SQLAlchemy reports."""
    compiled = context.execution_context.compiled if context.execution_context else None
    compiled = compiled if isinstance(compiled, SQLCompiler) else None
    given = isinstance(compiled.statement, TextClause) if compiled else True
    told = _WRITES.match(context.statement or "") if given else None
    table = find_table(known_tables(metadata, None), told[2]) if told else None
    if compiled is not None and not given:
        table = table_of(compiled.statement)
    rows = list(_rows(compiled, table, context)) if compiled and table is not None else []
    return Failure(
        error=drivers_own(context.original_exception),
        phase=phase,
        tables=known_tables(metadata, table),
        table=table,
        values=rows[0] if len(rows) == 1 else None,
        ask=None
        if context.connection is None or context.is_disconnect
        else asker(context.connection.connection),
        kind=_kind(compiled, told),
        rows=rows if len(rows) > 1 else (),
        criteria=_criteria(compiled, context) if compiled and table is not None else None,
    )


def _kind(compiled: SQLCompiler | None, told: re.Match[str] | None) -> Kind | None:
    if told:
        return _WORDS.get(told[1].split()[0].lower())
    return next(
        (kind for cls, kind in KINDS.items() if compiled and isinstance(compiled.statement, cls)), None
    )


def drivers_own(error: BaseException) -> BaseException:
    """Give the driver's own exception, out of the wrappers that SQLAlchemy puts around it."""
    while isinstance(error, StatementError | EmulatedDBAPIException):
        inner = error.orig or error.__cause__
        if inner is None:
            return error
        error = inner
    return error


def asker(
    connection: DBAPIConnection | PoolProxiedConnection,
) -> Callable[[str, Sequence[Any]], Sequence[Sequence[Any]]]:
    """Give a function that sends a query on the driver's own connection, past all events."""

    def ask(query: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        cursor = connection.cursor()
        try:
            cursor.execute(query, tuple(values))
            return list(cursor.fetchall())
        finally:
            cursor.close()

    return ask


def table_in_text(statement: str) -> str | None:
    """Give the name of the table that a statement given as text writes to."""
    told = _WRITES.match(statement)
    return told[2] if told else None


def table_of(statement: object) -> Table | None:
    """Give the statement's table, when there is just one."""
    if isinstance(statement, Insert | Update | Delete):
        return statement.table if isinstance(statement.table, Table) else None
    froms = statement.get_final_froms() if isinstance(statement, Select) else []
    return froms[0] if len(froms) == 1 and isinstance(froms[0], Table) else None


def _rows(compiled: SQLCompiler, table: Table, context: ExceptionContext) -> Iterator[Row]:
    parameters: Any = context.parameters
    several = isinstance(parameters, list)
    for one in parameters if several else [parameters]:
        yield from _row_or_rows(compiled, table, _by_name(compiled, one))


def _by_name(compiled: SQLCompiler, parameters: Any) -> Row:
    if isinstance(parameters, Mapping):
        return parameters
    names = compiled.positiontup or []
    return _unrolled(names, parameters or ())


def _unrolled(names: Sequence[str], values: Sequence[Any]) -> Row:
    """Give positional values by name; an INSERT of many rows repeats the names, and they get numbers."""
    if len(values) == len(names):
        return dict(zip(names, values, strict=True))
    if not names or len(values) % len(names):
        return {}
    return {f"{names[at % len(names)]}__{at // len(names)}": value for at, value in enumerate(values)}


def _row_or_rows(compiled: SQLCompiler, table: Table, parameters: Row) -> Iterator[Row]:
    """Give the values as they were sent, for each row of an INSERT of many (`title__0`, `title__1`)."""
    if not isinstance(compiled.statement, Insert | Update):
        return
    count = 0
    while rolled := _numbered(table, parameters, count):
        yield rolled
        count += 1
    if not count:
        yield {table.columns[key].name: parameters[key] for key in parameters if key in table.columns}


def _numbered(table: Table, parameters: Row, number: int) -> Row:
    names = {column.name: f"{column.key}__{number}" for column in table.columns}
    return {name: parameters[key] for name, key in names.items() if key in parameters}


def _criteria(compiled: SQLCompiler, context: ExceptionContext) -> Row | None:
    statement = compiled.statement
    if not isinstance(statement, Delete | Update) or isinstance(context.parameters, list):
        return None
    return dict(_compared(compiled, statement.whereclause, _by_name(compiled, context.parameters)))


def _compared(compiled: SQLCompiler, criteria: Any, parameters: Row) -> Iterator[tuple[str, Any]]:
    """Give the columns that the criteria compare with a value, where all of them must hold."""
    if isinstance(criteria, BooleanClauseList) and criteria.operator is operators.and_:
        for clause in criteria.clauses:
            yield from _compared(compiled, clause, parameters)
    elif isinstance(criteria, BinaryExpression) and criteria.operator is operators.eq:
        left, right = criteria.left, criteria.right
        if isinstance(left, ColumnClause) and isinstance(right, BindParameter):
            name = compiled.bind_names.get(right)
            if name is not None and name in parameters:
                yield left.name, parameters[name]
