"""Clauses of columns and indexes in autogenerate that Alembic doesn't compare.

Those are what a generated column is made of, a collation, and the expressions and the predicate of an index:
`Computed`, `String(collation=…)`, `Index(…, postgresql_where=…)`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import comparators
from alembic.operations.ops import AddColumnOp, AlterColumnOp, CreateIndexOp, DropColumnOp, DropIndexOp
from alembic.util import DispatchPriority
from sqlalchemy import Column, Index, Table, text
from sqlalchemy.exc import SQLAlchemyError

from colonnade.dialects.contract import dialect_named
from colonnade.dialects.values import Item
from colonnade.migrations.trial import tried

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import ModifyTableOps
    from sqlalchemy import Connection

__all__ = ["UNCOMPARED"]

UNCOMPARED = (
    r"Computed default on .* cannot be modified",
    r"autogenerate skipping metadata-specified expression-based index",
    r"Skipped unsupported reflection of expression-based index",
)
"""What Alembic warns of: it doesn't compare that, and this does."""

_logger = logging.getLogger("colonnade.migrations")


@comparators.dispatch_for("table", priority=DispatchPriority.LAST)
def _compare(
    context: AutogenContext,
    operations: ModifyTableOps,
    schema: str | None,
    name: str,
    there: Table | None,
    wanted: Table | None,
) -> None:
    connection = context.connection
    if wanted is None or connection is None or schema is not None:
        return
    if there is None:
        for new in sorted(str(each.name) for each in wanted.indexes):
            _create(operations, wanted, new)
        return
    room = dialect_named(connection.dialect.name).wanted
    live = _by_key(room.read(connection, name, None))
    if not _may_differ(operations, live, wanted, connection):
        return
    try:
        with tried(connection, wanted) as (aside, place):
            made = _by_key(room.read(aside, name, place))
    except SQLAlchemyError as error:
        _logger.warning("%s isn't compared in all: no table like it could be made (%s)", name, error)
        return
    both = sorted(live.keys() & made.keys())
    changed = [key for key in both if _said(live[key], room) != _said(made[key], room)]
    for key in both:
        if key[0] == "column":
            columns = (live[key], made[key], there.c[key[1]], wanted.c[key[1]])
            _default(operations, *columns)
            if key in changed:
                _column(operations, *columns)
    if "index" in room.CLAUSES:
        other = sorted(key[1] for key in {*changed, *(live.keys() ^ made.keys())} if key[0] == "index")
        for index in other:
            if found := live.get(("index", index)):
                _drop(operations, there, found, connection)
        for index in other:
            if ("index", index) in made:
                _create(operations, wanted, index)


def _may_differ(
    operations: ModifyTableOps, live: Mapping[tuple[str, str], Item], wanted: Table, connection: Connection
) -> bool:
    """Tell whether a table of its own has to be made to know: for plain ones it hasn't."""
    indexes = [item.clauses for (kind, _), item in live.items() if kind == "index"]
    defaults = [each for each in operations.ops if isinstance(each, AlterColumnOp)]
    return (
        any(each.modify_server_default is not False for each in defaults)
        or any(" WHERE " in clauses.get("definition", "") or "where" in clauses for clauses in indexes)
        or any(each.dialect_kwargs or not _is_plain(each) for each in wanted.indexes)
        or any(_column_may_differ(live.get(("column", each.name)), each, connection) for each in wanted.c)
    )


def _is_plain(index: Index) -> bool:
    return all(isinstance(each, Column) for each in index.expressions)


def _column_may_differ(live: Item | None, wanted: Column[Any], connection: Connection) -> bool:
    if live is None:
        return False
    kind: Any = wanted.type.dialect_impl(connection.dialect)
    collation = (live.clauses.get("collation") or "").strip('"')
    return (
        wanted.computed is not None
        or "generated" in live.clauses
        or "labels" in live.clauses
        or (getattr(kind, "collation", None) or "") != collation
    )


def _by_key(items: Any) -> Mapping[tuple[str, str], Item]:
    return {(item.kind, item.name): item for item in items}


def _said(item: Item, room: Any) -> list[str | None]:
    return [item.clauses.get(clause) for clause in room.CLAUSES[item.kind]]


def _default(
    operations: ModifyTableOps, live: Item, made: Item, there: Column[Any], wanted: Column[Any]
) -> None:
    """Have a default changed where the server tells two apart, and only there.

    Alembic compares texts as they are written: `true` with the `1` that MySQL makes of it.
    """
    old, new = (item.clauses.get("default") for item in (live, made))
    if any((default or "").startswith("nextval(") for default in (old, new)):
        return  # a sequence of its own
    if old != new:
        asked = _asked(operations, wanted, there)
        asked.modify_server_default = wanted.server_default
        return
    for each in list(operations.ops):
        if isinstance(each, AlterColumnOp) and each.column_name == wanted.name:
            each.modify_server_default = False
            if not each.has_changes():
                operations.ops.remove(each)


def _column(
    operations: ModifyTableOps, live: Item, made: Item, there: Column[Any], wanted: Column[Any]
) -> None:
    table = operations.table_name
    generated = [item.clauses.get("generated") for item in (live, made)]
    if any(live.clauses.get(each) != made.clauses.get(each) for each in ("collation", "labels")):
        old: Any = there.type.copy() if hasattr(there.type, "copy") else there.type
        if hasattr(old, "collation"):
            old.collation = (live.clauses.get("collation") or "").strip('"') or None
        asked = _asked(operations, wanted, there)
        asked.modify_type, asked.existing_type = wanted.type, old
    elif all(generated):
        # Its values are worked out again, so none is lost; no database changes the expression in place.
        operations.ops.append(DropColumnOp.from_column_and_tablename(None, table, there))
        operations.ops.append(AddColumnOp.from_column_and_tablename(None, table, wanted))
    elif any(generated):
        _logger.warning(
            "%s.%s is generated in the %s alone: write that change by hand",
            table,
            wanted.name,
            "database" if generated[0] else "models",
        )


def _asked(operations: ModifyTableOps, wanted: Column[Any], there: Column[Any]) -> AlterColumnOp:
    """Give the operation that changes the column, made if there's none yet."""
    for each in operations.ops:
        if isinstance(each, AlterColumnOp) and each.column_name == wanted.name:
            return each
    made = AlterColumnOp(
        operations.table_name,
        str(wanted.name),
        existing_type=there.type,
        existing_nullable=there.nullable,
        existing_server_default=False if there.server_default is None else there.server_default,
    )
    operations.ops.append(made)
    return made


def _drop(operations: ModifyTableOps, there: Table, live: Item, connection: Connection) -> None:
    if _has(operations, DropIndexOp, live.name):
        return
    for index in there.indexes:
        if index.name == live.name:
            operations.ops.append(DropIndexOp.from_index(index))
            return
    # One on expressions, which isn't reflected.
    where = live.clauses.get("where")
    options: dict[str, Any] = {f"{connection.dialect.name}_where": text(where)} if where else {}
    unique = "unique" in live.clauses
    create = CreateIndexOp(live.name, there.name, [text(live.clauses["columns"])], unique=unique, **options)
    operations.ops.append(DropIndexOp(live.name, there.name, _reverse=create, **options))


def _create(operations: ModifyTableOps, wanted: Table, name: str) -> None:
    index: Index = next(each for each in wanted.indexes if each.name == name)
    if not _has(operations, CreateIndexOp, name):
        operations.ops.append(CreateIndexOp.from_index(index))


def _has(operations: ModifyTableOps, kind: type[CreateIndexOp | DropIndexOp], name: str) -> bool:
    return any(isinstance(each, kind) and each.index_name == name for each in operations.ops)
