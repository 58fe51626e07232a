"""Operations of one Alembic context that keep what they weren't asked to change.

MODIFY and CHANGE state a column anew, and drop what isn't said. Alembic says what the revision's `existing_…`
arguments tell; here it's said as the catalogue has it, and what the revision says about that isn't asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Computed, Integer, String
from sqlalchemy.types import TypeEngine

from colonnade.dialects.alembic_parts import LOSSY, refuse_rebuilds, shadow
from colonnade.dialects.dependents import refuse_dependents
from colonnade.dialects.mysql.clauses import table_text
from colonnade.dialects.mysql.columns import column_text, rendered
from colonnade.dialects.mysql.naming import keys_of_several, triggers_and_views
from colonnade.dialects.mysql.narrowing import narrowing
from colonnade.dialects.statements import verbatim
from colonnade.dialects.unfit import IN_ALTER_COLUMN, Source, find_unfit, lossy, nulls

if TYPE_CHECKING:
    from alembic.ddl.impl import DefaultImpl
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Connection

    from colonnade.dialects.values import Item

STEPS = None


def alter_enum(
    operations: Operations, name: str, old: Sequence[str], new: Sequence[str], schema: str | None
) -> None:
    """Do nothing: an enumeration is a part of its columns."""


def keeping(context: MigrationContext, operations: Operations | None = None) -> None:
    """Let the operations of this context keep all that they aren't asked to change; see the contract."""
    if not context.as_sql:
        impl = context.impl
        shadow(impl, "drop_column", partial(_drop_column, impl, impl.drop_column))
        shadow(impl, "alter_column", partial(_alter_column, impl, impl.alter_column))
        refuse_rebuilds(impl)


def _alter_column(
    impl: DefaultImpl,
    otherwise: Any,
    table_name: str,
    column_name: str,
    *,
    nullable: bool | None = None,
    server_default: Any = False,
    name: str | None = None,
    type_: TypeEngine[Any] | None = None,
    schema: str | None = None,
    autoincrement: bool | None = None,
    comment: str | bool | None = False,
    **others: Any,
) -> None:
    given = {"nullable": nullable, "server_default": server_default, "name": name, "type_": type_}
    if isinstance(server_default, Computed):  # Alembic refuses it
        given |= {"autoincrement": autoincrement, "comment": comment, "schema": schema}
        otherwise(table_name, column_name, **given, **others)
        return
    assert impl.connection is not None
    alteration = _Alteration(impl.connection, table_name, schema, column_name)
    if type_ is not None:
        alteration.retype(type_, others.get(LOSSY))
    if nullable is not None:
        alteration.set_nullable(nullable)
    if server_default is not False:
        alteration.set_default(server_default)
    if autoincrement is not None:
        alteration.column.set("auto increment", "AUTO_INCREMENT" if autoincrement else None)
    if comment is not False:
        alteration.set_comment(comment)
    if alteration.column.pieces != alteration.before.pieces or name not in (None, alteration.column.name):
        alteration.carry_out(name or alteration.column.name)


def _drop_column(
    impl: DefaultImpl,
    otherwise: Any,
    table_name: str,
    column: Any,
    *,
    schema: str | None = None,
    **others: Any,
) -> None:
    """Drop a column, unless indexes of several, triggers or views name it."""
    assert impl.connection is not None
    name = str(column.name)
    items = _shown(impl.connection, table_name, schema)[1]
    found = [
        *keys_of_several(items, name),
        *triggers_and_views(impl.connection, schema, table_name, name),
    ]
    refuse_dependents(table_name, [name], found)
    otherwise(table_name, column, schema=schema, **others)


def _shown(connection: Connection, table: str, schema: str | None) -> tuple[str, list[Item]]:
    """Give a table's text, and what it's made of."""
    quote = connection.dialect.identifier_preparer.quote_identifier
    name = f"{quote(schema)}.{quote(table)}" if schema else quote(table)
    shown = str(connection.execute(verbatim(f"SHOW CREATE TABLE {name}")).one()[1])
    return shown, table_text(table, shown).items({})


class _Alteration:
    """A column on its way from what it is to what is asked."""

    def __init__(self, connection: Connection, table: str, schema: str | None, column: str) -> None:
        self._connection = connection
        self._dialect = connection.dialect
        quote = connection.dialect.identifier_preparer.quote_identifier
        self._quote = quote
        self._sql = f"{quote(schema)}.{quote(table)}" if schema else quote(table)
        self._schema = schema
        shown, items = _shown(connection, table, schema)
        self.before = column_text(table, shown, column)
        self.column = column_text(table, shown, column)
        keys = [item for item in items if item.kind == "primary key"]
        names = [each.strip(" `") for each in keys[0].clauses["columns"].split(",")] if keys else []
        self._source = Source(self._sql, table, {each: quote(each) for each in names})

    def retype(self, asked: TypeEngine[Any], meant: Any) -> None:
        """Take another type, unless it would change values and that isn't meant."""
        text = str(self._dialect.type_compiler_instance.process(asked))
        given = rendered(text)
        self.column.retype(given)
        found = None
        if not meant and (condition := narrowing(self.before, self.column)):
            found = find_unfit(self._connection, self._source, condition)
        if found:
            change = f"as {text} in place of {self.before.pieces['type']}"
            raise lossy(self._source, self.column.name, change, found, IN_ALTER_COLUMN)

    def set_nullable(self, nullable: bool) -> None:
        """Take NULLs, or no longer, if there are none."""
        if not nullable:
            condition = f"{self._quote(self.column.name)} IS NULL"
            if found := find_unfit(self._connection, self._source, condition):
                raise nulls(self._source, self.column.name, found)
            if self.column.pieces.get("default") == "DEFAULT NULL":
                self.column.set("default", None)
        self.column.set("null", "NULL" if nullable else "NOT NULL")

    def set_default(self, asked: Any) -> None:
        """Take another default; ON UPDATE stays, unless the default's text says another."""
        if asked is None:
            return self.column.set("default", None)
        compiler = self._dialect.ddl_compiler(self._dialect, None)  # type: ignore[arg-type]
        text = compiler.get_column_default_string(Column("x", Integer, server_default=asked))
        given = rendered(f"int DEFAULT {text}")
        self.column.set("default", given.pieces["default"])
        if "on update" in given.pieces:
            self.column.set("on update", given.pieces["on update"])
        return None

    def set_comment(self, asked: Any) -> None:
        """Take another comment, or none."""
        if asked is None:
            return self.column.set("comment", None)
        compiler = self._dialect.statement_compiler(self._dialect, None)
        literal = compiler.render_literal_value(asked, String())
        return self.column.set("comment", rendered(f"int COMMENT {literal}").pieces["comment"])

    def carry_out(self, name: str) -> None:
        """Send the ALTER TABLE; under a new name, unless triggers or views know the old one.

        The server carries the name through indexes, CHECKs and generated columns alone.
        """
        if name != self.column.name:
            source = self._source.name
            found = [*triggers_and_views(self._connection, self._schema, source, self.column.name)]
            refuse_dependents(source, [self.column.name], found, "renamed")
        old, new = self._quote(self.column.name), self._quote(name)
        place = f"MODIFY {old}" if old == new else f"CHANGE {old} {new}"
        if old != new and "check" in self.column.pieces:
            self.column.set("check", self.column.pieces["check"].replace(old, new))
        self._connection.execute(verbatim(f"ALTER TABLE {self._sql} {place} {self.column.written}"))
