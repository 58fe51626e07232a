"""What revisions ask of Alembic, told without a database: their functions run, and what they ask is noted.

Nothing is carried out. A revision that reads rows is given none.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING, Any

from alembic.operations import Operations
from alembic.operations.ops import ExecuteSQLOp
from alembic.runtime.environment import EnvironmentContext
from sqlalchemy import text

from colonnade.migrations.environment import STAGE
from colonnade.migrations.lint.rule import Operation
from colonnade.migrations.operating import register_operations

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from colonnade.migrations.tree import Direction, Tree

__all__ = ["Read", "read_revisions"]

register_operations()

Read = tuple[Any, tuple[Operation, ...], str]
"""Alembic's script of a revision, the operations, and why they couldn't all be read."""


def read_revisions(
    tree: Tree, revisions: Sequence[str], database: str, direction: Direction
) -> Iterator[Read]:
    """Give what each revision asks for, in this order, on a database of this kind."""
    config = tree.configuration()
    config.attributes[STAGE] = "lint"
    config.attributes["colonnade.database"] = None
    script = tree.script_of(config)
    with EnvironmentContext(config, script) as environment:
        environment.configure(
            dialect_name=database, as_sql=True, output_buffer=StringIO(), dialect_opts={"paramstyle": "named"}
        )
        context = environment.get_context()
        for name in revisions:
            module = script.get_revision(name)
            noted = _Noted(module.path)
            with Operations.context(context) as operations, noted.watching(context, operations):
                yield module, *noted.run(getattr(module.module, direction, None))


class _Noted:
    """The operations of one revision, as they're asked for."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._found: list[Operation] = []
        self._batch = self._autocommit = False

    def run(self, function: Any) -> tuple[tuple[Operation, ...], str]:
        try:
            if function is not None:
                function()
        except Exception as error:  # noqa: BLE001 (a revision may raise anything; it's told)
            return tuple(self._found), f"{type(error).__name__}: {error}"
        return tuple(self._found), ""

    @contextmanager
    def watching(self, context: MigrationContext, operations: Operations) -> Iterator[None]:
        batch_as_before = operations.batch_alter_table

        @contextmanager
        def batch(*arguments: Any, **keywords: Any) -> Iterator[Any]:
            keywords["recreate"] = "never"  # nothing is carried out, and so no table looked at
            with batch_as_before(*arguments, **keywords) as batched:
                batched.invoke = self._note  # type: ignore[method-assign,assignment]
                self._batch = True
                try:
                    yield batched
                finally:
                    self._batch = False

        @contextmanager
        def autocommit() -> Iterator[None]:
            self._autocommit = True
            try:
                yield
            finally:
                self._autocommit = False

        carry_out = operations.invoke

        def noted(operation: Any) -> None:
            if getattr(operation, "made_of_others", False):
                carry_out(operation)  # which asks for those, and for nothing else
            else:
                self._note(operation)

        operations.invoke = noted  # type: ignore[method-assign,assignment]
        operations.batch_alter_table = batch  # type: ignore[method-assign]
        operations.get_bind = lambda: _Nothing(self._note)  # type: ignore[method-assign,assignment,return-value]
        had = context.autocommit_block
        context.autocommit_block = autocommit  # type: ignore[method-assign]
        try:
            yield
        finally:
            context.autocommit_block = had  # type: ignore[method-assign]

    def _note(self, operation: Any) -> None:
        kind = type(operation).__name__.removesuffix("Op")
        self._found.append(Operation(kind, operation, self._line(), self._batch, self._autocommit))

    def _line(self) -> int:
        frame: Any = sys._getframe(1)
        while frame is not None:
            if frame.f_code.co_filename == self._path:
                return int(frame.f_lineno)
            frame = frame.f_back
        return 0


class _Nothing:
    """A connection to nowhere: what is sent is noted, and there's no answer."""

    def __init__(self, note: Any) -> None:
        self._note = note

    def execute(self, statement: Any, *arguments: Any, **keywords: Any) -> _NoRows:
        self._note(ExecuteSQLOp(statement))
        return _NoRows()

    def exec_driver_sql(self, statement: str, *arguments: Any, **keywords: Any) -> _NoRows:
        return self.execute(text(statement.replace(":", "\\:")))

    def scalar(self, statement: Any, *arguments: Any, **keywords: Any) -> None:
        self.execute(statement)

    def scalars(self, statement: Any, *arguments: Any, **keywords: Any) -> _NoRows:
        return self.execute(statement)


class _NoRows:
    """The answer of nothing."""

    rowcount = 0

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def all(self) -> list[Any]:
        return []

    fetchall = all

    def first(self) -> None:
        return None

    fetchone = scalar = scalar_one_or_none = one_or_none = first

    def scalars(self) -> _NoRows:
        return self

    mappings = scalars
