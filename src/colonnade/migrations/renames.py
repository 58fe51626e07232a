"""What autogenerate takes for a drop and an add, and may be a rename: asked for, never decided in silence.

A column that goes from a table and one of its type that comes are a candidate; so are a table that goes and
one that comes with its columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations.ops import (
    AddColumnOp,
    AlterColumnOp,
    CreateTableOp,
    DropColumnOp,
    DropTableOp,
    MigrationScript,
    ModifyTableOps,
    RenameTableOp,
)
from sqlalchemy import Column

from colonnade.errors import MigrationError
from colonnade.migrations.internals import batch_prefix, in_batch, written_type

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import Dialect

__all__ = ["Candidate", "candidates", "rename"]

_ALIKE = 0.7


@dataclass(frozen=True, slots=True)
class Candidate:
    """One rename that there may be: of a column of `table`, or of a table, where that's empty."""

    table: str
    old: str
    new: str

    def __str__(self) -> str:
        """As `--rename` takes it."""
        return f"{self.table}.{self.old}:{self.new}" if self.table else f"{self.old}:{self.new}"


class RenameColumnOp(AlterColumnOp):
    """`alter_column` with a new name alone, which knows its way back."""

    def reverse(self) -> RenameColumnOp:
        """Give the rename back."""
        return RenameColumnOp(
            self.table_name,
            str(self.modify_name),
            schema=self.schema,
            modify_name=self.column_name,
            existing_type=self.existing_type,
            existing_nullable=self.existing_nullable,
        )


class _RenameBackOp(RenameTableOp):
    """`rename_table`, which knows its way back."""

    def reverse(self) -> _RenameBackOp:
        return _RenameBackOp(self.new_table_name, self.table_name, schema=self.schema)


def candidates(script: MigrationScript, dialect: Dialect) -> list[Candidate]:
    """Give the renames that there may be in what was found."""
    found = []
    for each in _table_changes(script):
        gone = [one for one in each.ops if isinstance(one, DropColumnOp)]
        new = [one for one in each.ops if isinstance(one, AddColumnOp)]
        again = {one.column_name for one in gone} & {one.column.name for one in new}
        for old in gone:
            kind = _kind(old.to_column(), dialect)
            found += [
                Candidate(each.table_name, old.column_name, one.column.name)
                for one in new
                if _kind(one.column, dialect) == kind and not again & {old.column_name, one.column.name}
            ]
    made = list(_all(script, CreateTableOp))
    for dropped in _all(script, DropTableOp):
        columns = {column.name for column in dropped.to_table().columns}
        for one in made:
            names = {part.name for part in one.columns if isinstance(part, Column)}
            if len(columns & names) >= _ALIKE * max(len(columns), len(names)):
                found.append(Candidate("", dropped.table_name, one.table_name))
    return found


def rename(
    script: MigrationScript, given: Iterable[str], there: Iterable[Candidate], *, settled: bool
) -> None:
    """Put renames in the place of the drops and adds that they are; `settled` tells that all others are none.

    Raises:
        MigrationError: one that was given isn't there, or there are others that nobody has decided.
    """
    known = {str(each): each for each in there}
    wanted = list(given)
    for name in wanted:
        if name not in known:
            raise MigrationError(
                f"nothing was found that could be the rename {name!r}",
                remedy=f"There is {', '.join(known)}" if known else "Nothing goes that something comes for",
            )
    chosen = [known[name] for name in wanted]
    taken = {(each.table, one) for each in chosen for one in (each.old, each.new)}
    open_ones = [
        each for each in known.values() if not {(each.table, each.old), (each.table, each.new)} & taken
    ]
    if open_ones and not settled:
        flags = " ".join(f"--rename {each}" for each in open_ones)
        raise MigrationError(
            f"what goes and what comes may be the same under a new name: {', '.join(map(str, open_ones))}",
            remedy=f"{flags}, or --no-renames where they are others",
        )
    for each in chosen:
        _replace_column(script, each) if each.table else _replace_table(script, each)
    if chosen and script.upgrade_ops is not None and script.downgrade_ops is not None:
        script.upgrade_ops.reverse_into(script.downgrade_ops)
        # Keys and indexes name the columns as they are after the rename, on the way down as well.
        script.downgrade_ops.ops.sort(key=lambda one: not _renames(one))


def _renames(operation: Any) -> bool:
    """Tell whether it's a rename, or a change of a table that is nothing else."""
    inside = getattr(operation, "ops", None)
    if inside is None:
        return isinstance(operation, _RenameBackOp)
    return bool(inside) and all(isinstance(one, RenameColumnOp) for one in inside)


def _replace_column(script: MigrationScript, chosen: Candidate) -> None:
    """Rename first, in a change of its own: what else is changed of the table knows the new name."""
    assert script.upgrade_ops is not None
    for each in _table_changes(script):
        if each.table_name != chosen.table:
            continue
        gone = next(
            one for one in each.ops if isinstance(one, DropColumnOp) and one.column_name == chosen.old
        )
        column = gone.to_column()
        renamed = RenameColumnOp(
            chosen.table,
            chosen.old,
            schema=each.schema,
            modify_name=chosen.new,
            existing_type=column.type,
            existing_nullable=column.nullable,
        )
        each.ops[:] = [
            one
            for one in each.ops
            if one is not gone and not (isinstance(one, AddColumnOp) and one.column.name == chosen.new)
        ]
        place = script.upgrade_ops.ops.index(each)
        first = ModifyTableOps(chosen.table, [renamed], schema=each.schema)
        script.upgrade_ops.ops[place : place + 1] = [first, each] if each.ops else [first]
        return


def _replace_table(script: MigrationScript, chosen: Candidate) -> None:
    assert script.upgrade_ops is not None
    operations = script.upgrade_ops.ops
    gone = (CreateTableOp, DropTableOp)
    names = {chosen.old, chosen.new}
    # Its indexes go and come with it.
    operations[:] = [
        one
        for one in operations
        if not (isinstance(one, gone) and one.table_name in names)
        and not (isinstance(one, ModifyTableOps) and one.table_name in names)
    ]
    operations.insert(0, _RenameBackOp(chosen.old, chosen.new))


def _table_changes(script: MigrationScript) -> Iterator[ModifyTableOps]:
    return _all(script, ModifyTableOps)


def _all(script: MigrationScript, kind: type[Any]) -> Iterator[Any]:
    operations = script.upgrade_ops.ops if script.upgrade_ops else ()
    return (each for each in list(operations) if isinstance(each, kind))


def _kind(column: Column[Any], dialect: Dialect) -> str:
    return str(column.type.compile(dialect=dialect)).upper().partition("(")[0]


@renderers.dispatch_for(RenameColumnOp)
def _render_column(context: AutogenContext, operation: RenameColumnOp) -> str:
    names = [operation.column_name] if in_batch(context) else [operation.table_name, operation.column_name]
    parts = [*map(repr, map(str, names)), f"new_column_name={str(operation.modify_name)!r}"]
    if operation.existing_type is not None:
        parts.append(f"existing_type={written_type(operation.existing_type, context)}")
    if operation.existing_nullable is not None:
        parts.append(f"existing_nullable={operation.existing_nullable!r}")
    return f"{batch_prefix(context)}alter_column({', '.join(parts)})"


@renderers.dispatch_for(_RenameBackOp)
def _render_table(context: AutogenContext, operation: _RenameBackOp) -> str:
    return f"{batch_prefix(context)}rename_table({operation.table_name!r}, {operation.new_table_name!r})"
