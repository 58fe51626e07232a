"""CHECK constraints in autogenerate: found, compared in the server's own words, and written.

Alembic compares none: an enumeration that lost its CHECK, or a rule that was changed in the models, is no
difference to it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from alembic.autogenerate import comparators, renderers
from alembic.operations.ops import CreateCheckConstraintOp, DropConstraintOp
from sqlalchemy import CheckConstraint, Table, inspect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import conv

from colonnade.dialects.statements import verbatim
from colonnade.migrations.internals import batch_prefix, in_batch
from colonnade.migrations.trial import tried

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import ModifyTableOps
    from sqlalchemy import Connection

__all__: list[str] = []

_ALONE = {"literal_binds": True, "include_table": False}
"""As a CHECK is written: with its values, and no table before its columns."""

_logger = logging.getLogger("colonnade.migrations")


@comparators.dispatch_for("table")
def _compare(
    context: AutogenContext,
    operations: ModifyTableOps,
    schema: str | None,
    name: str,
    there: Table | None,
    wanted: Table | None,
) -> None:
    connection = context.connection
    if there is None or wanted is None or connection is None or schema is not None:
        return  # a new table is made with its CHECKs, and one that goes takes them along
    found = inspect(connection).get_check_constraints(name)
    live = {str(each["name"]): str(each["sqltext"]) for each in found if each["name"]}
    checks = [each for each in wanted.constraints if isinstance(each, CheckConstraint)]
    asked = {_name_of(check, connection): check for check in checks}
    if not live and not asked:
        return
    try:
        made = _made(connection, wanted)
    except SQLAlchemyError as error:
        _logger.warning("the CHECKs of %s aren't compared: no table like it could be made (%s)", name, error)
        return
    for known in sorted(live.keys() - made.keys()):
        operations.ops.append(_dropped(name, known, live[known]))
    for known in sorted(live.keys() & made.keys()):
        if not _same(connection, wanted, live[known], made[known]):
            operations.ops.append(_dropped(name, known, live[known]))
            operations.ops.append(_created(name, known, _text(asked.get(known), made[known], connection)))
    for new in sorted(made.keys() - live.keys()):
        operations.ops.append(_created(name, new, _text(asked.get(new), made[new], connection)))


def _same(connection: Connection, wanted: Table, live: str, made: str) -> bool:
    """Tell whether two texts say the same: as they are, or once the server has read both again."""
    if _plain(live) == _plain(made):
        return True

    def only(like: Table) -> None:
        for check in [each for each in like.constraints if isinstance(each, CheckConstraint)]:
            like.constraints.remove(check)
        for name, sql in (("one", live), ("other", made)):
            like.append_constraint(CheckConstraint(verbatim(sql), name=conv(name)))

    try:
        again = _made(connection, wanted, only)
    except SQLAlchemyError:  # the live one is about a column that goes
        return False
    return _plain(again["one"]) == _plain(again["other"])


def _made(
    connection: Connection, wanted: Table, change: Callable[[Table], None] = lambda like: None
) -> Mapping[str, str]:
    """Give the CHECKs that the database would make of a table, by their names."""

    def alone(like: Table) -> None:
        like.indexes.clear()
        change(like)

    with tried(connection, wanted, alone) as (aside, schema):
        made = inspect(aside).get_check_constraints(str(wanted.name), schema=schema)
    return {str(each["name"]): str(each["sqltext"]) for each in made if each["name"]}


def _name_of(check: CheckConstraint, connection: Connection) -> str:
    try:
        name = connection.dialect.identifier_preparer.format_constraint(check)
    except SQLAlchemyError:
        return ""
    return (name or "").strip('`"')


def _text(check: CheckConstraint | None, made: str, connection: Connection) -> str:
    """Give a CHECK's text as the model has it, with its values in place; else as the server has it."""
    if check is None:
        return made
    try:
        return str(check.sqltext.compile(dialect=connection.dialect, compile_kwargs=_ALONE))
    except (SQLAlchemyError, NotImplementedError):
        return made


def _plain(sql: str) -> str:
    """Give a text without what says nothing: case of words, spaces, and brackets around all of it."""
    plain = re.sub(r"\s+", " ", sql).strip()
    while plain.startswith("(") and plain.endswith(")") and _encloses(plain):
        plain = plain[1:-1].strip()
    return re.sub(r"[`\"]", "", plain)


def _encloses(sql: str) -> bool:
    depth = 0
    for place, character in enumerate(sql):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return place == len(sql) - 1
    return False


def _created(table: str, name: str, sql: str) -> CreateCheckConstraintOp:
    return CreateCheckConstraintOp(conv(name), table, sql)


def _dropped(table: str, name: str, sql: str) -> DropConstraintOp:
    return DropConstraintOp(conv(name), table, type_="check", _reverse=_created(table, name, sql))


@renderers.dispatch_for(CreateCheckConstraintOp, replace=True)
def _render(context: AutogenContext, operation: CreateCheckConstraintOp) -> str:
    condition = operation.condition
    literal = {"literal_binds": True}
    sql = condition if isinstance(condition, str) else str(condition.compile(compile_kwargs=literal))
    parts = [f"op.f({str(operation.constraint_name)!r})"]
    if not in_batch(context):
        parts.append(repr(str(operation.table_name)))
    parts.append(repr(sql))
    return f"{batch_prefix(context)}create_check_constraint({', '.join(parts)})"
