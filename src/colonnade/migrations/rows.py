"""Whether rows are as they were: of every table that the plan doesn't write to, in the columns that it keeps.

Which tables the revisions write to is told by the statements that they send themselves; a row of another
table that goes or changes was lost on the way, by a cascade or a table that was rebuilt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic.operations.ops import AlterColumnOp, BulkInsertOp, MigrateOperation, RenameTableOp

from colonnade.migrations.backfilling import BackfillOp
from colonnade.migrations.content import Content, TableContent, take_content
from colonnade.migrations.inventory import Inventory, Key
from colonnade.migrations.plan import Finding
from colonnade.migrations.recording import Recording

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from colonnade.dialects.values import Kind
    from colonnade.migrations.apply import Applied
    from colonnade.migrations.content import Progress

__all__ = ["KeptRows", "kept_rows", "written_tables"]

_WORD = re.compile(r"\w+")
_LEAVES_ROWS = frozenset({"read", "schema", "session", "control"})


@dataclass(frozen=True, slots=True)
class KeptRows:
    """The columns that are to be compared: for each table its name after the steps, and pairs of names.

    `retyped` are columns, by their names before, whose type changes: their values may be written otherwise.
    """

    tables: Mapping[str, str]
    columns: Mapping[str, Sequence[tuple[str, str]]]
    retyped: frozenset[tuple[str, str]]
    written: frozenset[str]

    def before(self, connection: Connection, progress: Progress | None = None) -> Content:
        """Count and digest the rows before the steps, in the connection's transaction."""
        columns = {table: [name for name, _ in pairs] for table, pairs in self.columns.items()}
        return take_content(connection, list(self.tables), columns=columns, progress=progress)

    def after(self, connection: Connection, progress: Progress | None = None) -> Content:
        """Count and digest the same rows after the steps, by the tables' names before."""
        columns = {self.tables[table]: [name for _, name in pairs] for table, pairs in self.columns.items()}
        found = take_content(connection, list(self.tables.values()), columns=columns, progress=progress)
        return Content({table: found.tables[now] for table, now in self.tables.items()})

    def findings(self, before: Content, after: Content) -> list[Finding]:
        """Give a finding for each table that hasn't the same rows."""
        pairs = ((table, before.tables[table], after.tables[table]) for table in self.tables)
        return [self._finding(table, was, is_) for table, was, is_ in pairs if not _same(was, is_)]

    def _finding(self, table: str, was: TableContent, is_: TableContent) -> Finding:
        if table.lower() in self.written:
            said = f"{table}: the revisions write to it; {was.rows:,} rows before, {is_.rows:,} after"
            return Finding("rows-written", "info", said, table=table, count=is_.rows)
        if was.rows != is_.rows:
            said = f"{table} had {was.rows:,} rows and would have {is_.rows:,}, and no revision writes to it"
            return Finding("rows-changed", "error", said, table=table, count=abs(was.rows - is_.rows))
        retyped = sorted(column for name, column in self.retyped if name == table)
        if retyped:
            said = f"{table}: values are written otherwise as the type of {', '.join(retyped)} changes"
            return Finding("values-converted", "warning", said, table=table)
        said = f"{table} would have other values in its {is_.rows:,} rows, and no revision writes to it"
        return Finding("rows-changed", "error", said, table=table, count=is_.rows)


def kept_rows(before: Inventory, steps: Sequence[Applied], kind: Callable[[str], Kind]) -> KeptRows:
    """Tell from what the steps did which rows of which columns are to stay as they are.

    `kind` tells of a statement what it does; see the contract's `Runner`.
    """
    after = steps[-1].inventory if steps else before
    names = _Names(before)
    for step in steps:
        for operation in step.recording.operations:
            names.follow(operation)
    tables, columns = {}, {}
    for old, now in names.tables.items():
        pairs = [pair for pair in names.columns[old].items() if Key("column", now, pair[1]) in after.items]
        if pairs and Key("table", "", now) in after.items:
            tables[old], columns[old] = now, pairs
    retyped = frozenset(
        (old, was)
        for old, pairs in columns.items()
        for was, is_ in pairs
        if _type(before, old, was) != _type(after, tables[old], is_) and names.may_retype(old, is_)
    )
    recordings = (step.recording for step in steps)
    return KeptRows(tables, columns, retyped, written_tables(recordings, before.tables(), kind))


class _Names:
    """The tables and columns that were there first, by what they're called now."""

    def __init__(self, before: Inventory) -> None:
        self.tables = {name: name for name in before.tables()}
        self.columns = {name: {each: each for each in _columns(before, name)} for name in self.tables}
        self._retyped: set[tuple[str, str]] = set()

    def may_retype(self, table: str, column: str) -> bool:
        """Tell whether an operation gave the column another type."""
        return (self.tables[table], column) in self._retyped

    def follow(self, operation: MigrateOperation) -> None:
        """Take notice of what an operation renames and gives another type."""
        if isinstance(operation, AlterColumnOp) and operation.modify_type is not None:
            self._retyped.add((operation.table_name, operation.modify_name or operation.column_name))
        if isinstance(operation, RenameTableOp):
            _rename(self.tables, operation.table_name, str(operation.new_table_name))
        elif isinstance(operation, AlterColumnOp) and operation.modify_name:
            for old, now in self.tables.items():
                if now == operation.table_name:
                    _rename(self.columns[old], operation.column_name, operation.modify_name)


def written_tables(
    recordings: Iterable[Recording], tables: Iterable[str], kind: Callable[[str], Kind]
) -> frozenset[str]:
    """Give the tables, in small letters, that statements of the revisions' own name and may write to."""
    words: set[str] = set()
    for recording in recordings:
        for statement in recording.own:
            if kind(statement) not in _LEAVES_ROWS:
                words.update(word.lower() for word in _WORD.findall(statement))
        for operation in recording.operations:
            if isinstance(operation, BulkInsertOp):
                words.add(str(operation.table.name).lower())
            elif isinstance(operation, BackfillOp):  # which sends nothing where there's no row
                words.add(operation.table_name.lower())
    return frozenset(name.lower() for name in tables if name.rpartition(".")[2].lower() in words)


def _rename(names: dict[str, str], now: str, then: str) -> None:
    for old, current in names.items():
        if current == now:
            names[old] = then
            return


def _columns(inventory: Inventory, table: str) -> list[str]:
    return [
        key.name
        for key, item in inventory.items.items()
        if key[:2] == ("column", table) and "generated" not in item.clauses
    ]


def _type(inventory: Inventory, table: str, column: str) -> str:
    return inventory.items[Key("column", table, column)].clauses.get("type", "")


def _same(was: TableContent, is_: TableContent) -> bool:
    return (was.rows, was.digest) == (is_.rows, is_.digest)
