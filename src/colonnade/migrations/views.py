"""Views in migrations: two operations, and the eye of autogenerate for SQLAlchemy's `CreateView`.

    op.create_view("long_clip", "SELECT id, title FROM clip WHERE length > 100")
    op.drop_view("long_clip")

To Alembic such a view is a table that is missing, each time anew. Texts are compared in the server's words.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import comparators, renderers
from alembic.operations import MigrateOperation, Operations
from alembic.operations.ops import CreateTableOp
from alembic.util import DispatchPriority
from sqlalchemy import MetaData, Table, create_mock_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateView

from colonnade.dialects.contract import dialect_named
from colonnade.dialects.statements import verbatim

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import UpgradeOps

__all__ = ["CreateViewOp", "DropViewOp"]

_MADE = re.compile(r"\bcreate_view\(\s*['\"](\w+)['\"]")

_logger = logging.getLogger("colonnade.migrations")


class _ViewOp(MigrateOperation):
    """One view: its name, its SELECT, and whether it keeps its rows."""

    sends_own = True

    def __init__(
        self, view_name: str, definition: str, schema: str | None = None, materialized: bool = False
    ) -> None:
        self.view_name, self.definition = view_name, definition
        self.schema, self.materialized = schema, materialized

    @property
    def index_name(self) -> str:
        """Give the view's name; it's called so as Alembic's operations call theirs."""
        return self.view_name

    def options(self) -> str:
        """Give the keywords as they're written in a revision."""
        schema = "" if self.schema is None else f", schema={self.schema!r}"
        return schema + (", materialized=True" if self.materialized else "")


@Operations.register_operation("create_view")
class CreateViewOp(_ViewOp):
    """Make a view."""

    @classmethod
    def create_view(
        cls,
        operations: Operations,
        view_name: str,
        definition: str,
        *,
        schema: str | None = None,
        materialized: bool = False,
    ) -> None:
        """Make a view of a SELECT, given as text."""
        operations.invoke(cls(view_name, definition, schema, materialized))

    def reverse(self) -> DropViewOp:
        """Give what takes it away."""
        return DropViewOp(self.view_name, self.definition, self.schema, self.materialized)


@Operations.register_operation("drop_view")
class DropViewOp(_ViewOp):
    """Take a view away."""

    @classmethod
    def drop_view(
        cls, operations: Operations, view_name: str, *, schema: str | None = None, materialized: bool = False
    ) -> None:
        """Take a view away; what stands on it has to go before."""
        operations.invoke(cls(view_name, "", schema, materialized))

    def reverse(self) -> CreateViewOp:
        """Give what makes it."""
        return CreateViewOp(self.view_name, self.definition, self.schema, self.materialized)


@Operations.implementation_for(CreateViewOp)
def _create(operations: Operations, asked: CreateViewOp) -> None:
    _send(operations, f"CREATE {_named(operations, asked)} AS {asked.definition}")


@Operations.implementation_for(DropViewOp)
def _drop(operations: Operations, asked: DropViewOp) -> None:
    _send(operations, f"DROP {_named(operations, asked)}")


def _named(operations: Operations, asked: _ViewOp) -> str:
    quote = operations.get_context().dialect.identifier_preparer.quote
    prefix = f"{quote(asked.schema)}." if asked.schema else ""
    return f"{'MATERIALIZED ' if asked.materialized else ''}VIEW {prefix}{quote(asked.view_name)}"


def _send(operations: Operations, statement: str) -> None:
    operations.get_context().execute(verbatim(statement))


@renderers.dispatch_for(CreateViewOp)
def _render_create(context: AutogenContext, operation: CreateViewOp) -> str:
    return f"op.create_view({operation.view_name!r}, {operation.definition!r}{operation.options()})"


@renderers.dispatch_for(DropViewOp)
def _render_drop(context: AutogenContext, operation: DropViewOp) -> str:
    return f"op.drop_view({operation.view_name!r}{operation.options()})"


@comparators.dispatch_for("schema", priority=DispatchPriority.LAST)
def _compare(context: AutogenContext, operations: UpgradeOps, schemas: Any) -> None:
    """Compare the views; one that the models don't have goes if a revision of this tree made it."""
    connection = context.connection
    if connection is None:
        return
    wanted = {view.table.name: view for view in _wanted(context.metadata, connection.dialect)}
    operations.ops[:] = [
        each for each in operations.ops if not (isinstance(each, CreateTableOp) and each.table_name in wanted)
    ]
    room = dialect_named(connection.dialect.name).wanted
    there = room.views(connection)
    for name in sorted(_made_here(context) & there.keys() - wanted.keys()):
        found = there[name]
        operations.ops.insert(0, DropViewOp(name, found.text, None, found.materialized))
    for name, view in wanted.items():
        asked = _asked(view, connection.dialect)
        if name not in there:
            operations.ops.append(asked)
            continue
        found = there[name]
        try:
            same = found == room.view_made(connection, asked.definition, asked.materialized)
        except SQLAlchemyError as error:
            _logger.warning("the view %s isn't compared: none like it could be made (%s)", name, error)
            continue
        if not same:
            operations.ops.insert(0, DropViewOp(name, found.text, None, found.materialized))
            operations.ops.append(asked)


def _wanted(metadata: Any, dialect: Any) -> Iterator[CreateView]:
    """Give the models' views, each as the DDL that makes it, those that others stand on first."""
    found: list[Any] = []
    several = [metadata] if isinstance(metadata, MetaData) else list(metadata or ())
    made = create_mock_engine(f"{dialect.name}://", lambda ddl, *_, **__: found.append(ddl))
    for one in several:
        views = [table for table in one.tables.values() if _is_own_view(table)]
        one.create_all(made, tables=views, checkfirst=False)
    return (each for each in found if isinstance(each, CreateView))


def _is_own_view(table: Table) -> bool:
    return table.is_view and table.schema is None


def _asked(view: CreateView, dialect: Any) -> CreateViewOp:
    plain = view.selectable.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    # What is compiled is for a driver that reads a percent sign as a parameter's.
    doubled = dialect.paramstyle in ("format", "pyformat")
    definition = str(plain).replace("%%", "%") if doubled else str(plain)
    return CreateViewOp(str(view.table.name), definition, None, view.materialized)


def _made_here(context: AutogenContext) -> set[str]:
    environment = getattr(context.migration_context, "environment_context", None)
    if environment is None:
        return set()
    files = (Path(each.path) for each in environment.script.walk_revisions())
    return {name for file in files for name in _MADE.findall(file.read_text(encoding="utf-8"))}
