"""Operations of one Alembic context that keep what they weren't asked to change.

PostgreSQL's ALTER TABLE says only what changes. What it does without a word is to round and to cut values,
and to drop the keys and indexes that a dropped column is a part of.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from colonnade.dialects.alembic_parts import LOSSY, refuse_rebuilds, shadow
from colonnade.dialects.cursors import driver_of
from colonnade.dialects.definitions import Cursor, Token, tokens, unwrapped
from colonnade.dialects.dependents import refuse_dependents
from colonnade.dialects.postgresql import connect
from colonnade.dialects.postgresql.enums import alter_enum
from colonnade.dialects.statements import verbatim
from colonnade.dialects.unfit import (
    IN_ALTER_COLUMN,
    Source,
    find_unfit,
    lossy,
    nulls,
)
from colonnade.dialects.values import Steps
from colonnade.errors import MigrationError

if TYPE_CHECKING:
    from alembic.ddl.impl import DefaultImpl
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Connection

__all__ = ["STEPS", "alter_enum", "is_cast", "keeping", "widens"]

STEPS = Steps(
    unproved={"postgresql_not_valid": True},
    prove="ALTER TABLE {table} VALIDATE CONSTRAINT {name}",
    beside={"postgresql_concurrently": True},
    patience="SELECT current_setting('lock_timeout')",
    wait="SET lock_timeout = '{}'",
)


def keeping(context: MigrationContext, operations: Operations | None = None) -> None:
    """Let the operations of this context keep all that they aren't asked to change; see the contract."""
    if not context.as_sql:
        impl = context.impl
        shadow(impl, "alter_column", partial(_alter_column, impl, impl.alter_column))
        shadow(impl, "drop_column", partial(_drop_column, impl, impl.drop_column))
        refuse_rebuilds(impl)


def _alter_column(
    impl: DefaultImpl,
    otherwise: Any,
    table_name: str,
    column_name: str,
    *,
    nullable: bool | None = None,
    type_: TypeEngine[Any] | None = None,
    schema: str | None = None,
    **others: Any,
) -> None:
    assert impl.connection is not None
    values = _Values(impl.connection, table_name, schema, column_name)
    meant = others.pop(LOSSY, None)
    if type_ is not None and not meant:
        values.check_type(type_, others.get("postgresql_using"))
    if nullable is False:
        values.check_nulls()
    otherwise(table_name, column_name, nullable=nullable, type_=type_, schema=schema, **others)


class _Values:
    """The values of one column, asked about before it changes."""

    def __init__(self, connection: Connection, table: str, schema: str | None, column: str) -> None:
        self._connection = connection
        self._quote = connection.dialect.identifier_preparer.quote_identifier
        self._table = f"{self._quote(schema)}.{self._quote(table)}" if schema else self._quote(table)
        self._name = table
        self._column = column

    @property
    def _source(self) -> Source:
        rows = self._connection.execute(_KEY, {"table": self._table}).scalars()
        return Source(self._table, self._name, {name: self._quote(name) for name in rows})

    def check_nulls(self) -> None:
        """Refuse NULLs, and name their rows."""
        found = find_unfit(self._connection, self._source, f"{self._quote(self._column)} IS NULL")
        if found:
            raise nulls(self._source, self._column, found)

    def check_type(self, asked: TypeEngine[Any], using: str | None) -> None:
        """Refuse a type under which a value, converted there and back again, is another one.

        An expression of the revision's own, which is more than a cast of the column, says what it wants.
        """
        # A cast takes no collation.
        new = str(self._connection.dialect.type_compiler_instance.process(asked)).partition(" COLLATE ")[0]
        old = self._connection.execute(_TYPE, {"table": self._table, "column": self._column}).scalar()
        if old is None:
            raise MigrationError(
                f"the table {self._name} has no column {self._column}",
                entity=self._name,
                columns=(self._column,),
            )
        if widens(old, new) or not is_cast(using, self._column):
            return
        column = self._quote(self._column)
        there = f"CAST({using or column} AS {new})"
        condition = f"CAST({there} AS {old}) IS DISTINCT FROM {column}"
        if not self._can_be_asked(f"CAST(CAST(NULL AS {new}) AS {old}) IS DISTINCT FROM CAST(NULL AS {old})"):
            condition = f"CAST({there} AS text) IS DISTINCT FROM CAST({column} AS text)"
        if found := find_unfit(self._connection, self._source, condition):
            raise lossy(self._source, self._column, f"as {new} in place of {old}", found, IN_ALTER_COLUMN)

    def _can_be_asked(self, expression: str) -> bool:
        """Tell whether these types can be cast and compared so; an open transaction survives the answer."""
        in_transaction = bool(connect.in_transaction(driver_of(self._connection)))
        if in_transaction:
            self._connection.exec_driver_sql("SAVEPOINT colonnade_look")
        try:
            self._connection.execute(verbatim(f"SELECT {expression}")).close()
        except DBAPIError:
            return False
        finally:
            if in_transaction:
                self._connection.exec_driver_sql("ROLLBACK TO SAVEPOINT colonnade_look")
        return True


def _drop_column(
    impl: DefaultImpl,
    otherwise: Any,
    table_name: str,
    column: Any,
    *,
    schema: str | None = None,
    **others: Any,
) -> None:
    """Drop a column, unless that drops what is about other columns, too."""
    assert impl.connection is not None
    quote = impl.connection.dialect.identifier_preparer.quote_identifier
    table = f"{quote(schema)}.{quote(table_name)}" if schema else quote(table_name)
    asked = {"table": table, "column": str(column.name)}
    found = impl.connection.execute(_GOING, asked).scalars().all()
    refuse_dependents(table_name, [str(column.name)], found)
    otherwise(table_name, column, schema=schema, **others)


def is_cast(using: str | None, column: str) -> bool:
    """Tell whether an expression is the column alone, cast or not: `title`, `title::varchar(5)`."""
    return using is None or _is_cast(unwrapped(tokens(using)), column)


def _is_cast(parts: Sequence[Token], column: str) -> bool:
    if len(parts) == 1:
        (token,) = parts
        return token.text == column or (token.kind == "word" and token.text.lower() == column.lower())
    cursor = Cursor(parts)
    if cursor.takes("CAST"):
        inner = Cursor(cursor.group())
        cast = inner.until(("AS",))
    else:
        cast = cursor.until((":", ":"))
    return len(cast) < len(parts) and _is_cast(unwrapped(cast), column) and _is_type(cursor.rest())


def _is_type(parts: Sequence[Token]) -> bool:
    """Tell whether what follows a cast is types alone: no operator, and no call."""
    return all(token.kind != "symbol" or token.text in ":(),[]." for token in parts)


def widens(old: str, new: str) -> bool:
    """Tell from the types' names alone that every value stays; false where it takes a look."""
    was, is_ = _Type(old), _Type(new)
    if was.name in _INTEGERS and is_.name in _INTEGERS:
        return _INTEGERS.index(was.name) <= _INTEGERS.index(is_.name)
    if was.name in ("character varying", "text"):
        if is_.name == "text" or (is_.name == "character varying" and not is_.digits):
            return True
        return is_.name == "character varying" and bool(was.digits) and was.digits <= is_.digits
    return was.name == is_.name and was.digits == is_.digits


class _Type:
    """A type's name as the server has it, and the numbers in its parentheses."""

    def __init__(self, text: str) -> None:
        self.digits = tuple(int(each) for each in re.findall(r"\d+", text.partition("(")[2]))
        plain = " ".join(re.sub(r"\([^)]*\)", " ", text).lower().split())
        self.name = _SYNONYMS.get(plain, plain)


_INTEGERS = ("smallint", "integer", "bigint")
_SYNONYMS = {
    "varchar": "character varying",
    "char": "character",
    "int": "integer",
    "decimal": "numeric",
    "timestamp": "timestamp without time zone",
    "float": "double precision",
}
_TYPE = text(
    """SELECT format_type(atttypid, atttypmod) FROM pg_attribute
    WHERE attrelid = to_regclass(CAST(:table AS text)) AND attname = CAST(:column AS text)"""
)
_KEY = text(
    """SELECT attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
    WHERE indrelid = to_regclass(CAST(:table AS text)) AND indisprimary
    ORDER BY array_position(CAST(indkey AS int2[]), attnum)"""
)
# What a column takes along with it (its dependency is "auto"), and has to do with another column, too.
_GOING = text(
    """SELECT DISTINCT pg_describe_object(here.classid, here.objid, here.objsubid)
    FROM pg_attribute
    JOIN pg_depend here ON here.refobjid = attrelid AND here.refobjsubid = attnum AND here.deptype = 'a'
    JOIN pg_depend there ON (there.classid, there.objid) = (here.classid, here.objid)
        AND there.refobjid = attrelid AND there.refobjsubid NOT IN (0, attnum)
    WHERE attrelid = to_regclass(CAST(:table AS text)) AND attname = CAST(:column AS text)
        AND here.refclassid = CAST('pg_class' AS regclass) AND there.refclassid = here.refclassid
    ORDER BY 1"""
)
