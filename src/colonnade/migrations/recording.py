"""What a revision does, noted while it runs: Alembic's operations, and the statements that it sends itself.

A statement that Alembic makes for an operation isn't the revision's own: a table that is rebuilt on SQLite is
dropped and made again there, and nobody asked for a table to be dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

if TYPE_CHECKING:
    from alembic.operations import Operations
    from alembic.operations.ops import MigrateOperation
    from sqlalchemy import Connection

__all__ = ["Recorder", "Recording"]


@dataclass(frozen=True, slots=True)
class Recording:
    """What one revision did: all statements in order, those that it sent itself, and its operations."""

    statements: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    operations: tuple[MigrateOperation, ...] = ()


@dataclass
class Recorder:
    """Notes what is done on one connection and by one `Operations`; `take` gives it, and starts anew.

    `is_noted` tells of a statement whether it's to be noted: one that only reads isn't.
    """

    is_noted: Callable[[str], bool]
    _statements: list[str] = field(default_factory=list)
    _own: list[str] = field(default_factory=list)
    _operations: list[MigrateOperation] = field(default_factory=list)
    _depth: int = 0

    def take(self) -> Recording:
        """Give what was done since the last time."""
        taken = Recording(tuple(self._statements), tuple(self._own), tuple(self._operations))
        for each in (self._statements, self._own, self._operations):
            each.clear()
        return taken

    @contextmanager
    def listening(self, connection: Connection) -> Iterator[None]:
        """Note each statement that is sent on the connection while the block lasts."""

        def note(_: Any, __: Any, statement: str, *___: Any) -> None:
            if self.is_noted(statement):
                self._statements.append(statement)
                if not self._depth:
                    self._own.append(statement)

        event.listen(connection, "before_cursor_execute", note)
        try:
            yield
        finally:
            event.remove(connection, "before_cursor_execute", note)

    def watch(self, operations: Operations) -> None:
        """Note what these operations are asked to do: the methods are shadowed on the instance."""
        batch_as_before = operations.batch_alter_table

        @contextmanager
        def batch(*arguments: Any, **keywords: Any) -> Iterator[Any]:
            with self._of_alembic(), batch_as_before(*arguments, **keywords) as batched:
                self._watch_invoke(batched)
                yield batched

        self._watch_invoke(operations)
        operations.batch_alter_table = batch  # type: ignore[method-assign]

    def _watch_invoke(self, operations: Any) -> None:
        invoke = operations.invoke

        def invoked(operation: MigrateOperation) -> Any:
            self._operations.append(operation)
            # Of `op.execute`, and of what sends statements in its name, they are the revision's own.
            if hasattr(operation, "sqltext") or getattr(operation, "sends_own", False):
                return invoke(operation)
            with self._of_alembic():
                return invoke(operation)

        operations.invoke = invoked

    @contextmanager
    def _of_alembic(self) -> Iterator[None]:
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
