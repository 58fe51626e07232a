"""The parts of Alembic on which the dialects' `changes` stand and that are public by custom alone.

Each is asked for here and nowhere else, and held by `tests/migrations/test_alembic_parts.py`. They are:

- a context's `impl` (`DefaultImpl`), whose methods may be shadowed on the instance: `alter_column`,
  `rename_table`, `requires_recreate_in_batch`, which is handed the batch and its requests, and
  `prep_table_for_batch`, the last thing called before a batch makes its new table;
- the `impl` of a `BatchOperations` (`BatchOperationsImpl`), and its `batch`, the requests up to then;
- what `ApplyBatchImpl` holds then: `table`, `new_table`, `columns`, `column_transfers`, `named_constraints`,
  `unnamed_constraints`, `col_named_constraints`, `indexes`, `new_indexes`, `table_args`, `table_kwargs`,
  `temp_table_name`;
- what it calls afterwards: `create_table`, `_exec`, `drop_table` and `rename_table` of the impl.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Column, Constraint, Index, Insert, PrimaryKeyConstraint, Table
from sqlalchemy.sql.base import SchemaEventTarget
from sqlalchemy.types import NullType, TypeEngine

from colonnade.errors import MigrationError

if TYPE_CHECKING:
    from alembic.ddl.impl import DefaultImpl
    from alembic.operations import BatchOperations, Operations
    from alembic.operations.batch import ApplyBatchImpl
    from sqlalchemy import Dialect

LOSSY = "colonnade_lossy"
"""What a revision writes to say that values may be changed: the keyword of `alter_column`, and of `info`."""


@dataclass(frozen=True)
class Carried:
    """A column of a batch's table as it was described, and as the new table is to have it."""

    was: Column[Any]
    now: Column[Any]
    retyped: bool

    @property
    def renamed(self) -> bool:
        return str(self.was.name) != str(self.now.name)


@dataclass(frozen=True)
class Asked:
    """What a batch asks of a table, beyond copying it.

    `carried`, `dropped` and `sequence`, the order of the columns, go by their names before the batch. The
    new keys belong to the new table; those that `table_args` restates may be there already. `primary_key`
    is None where that's to stay. `lossy` has the reasons that the revision gave, by column. `unplaced` are
    the names of new keys that Alembic leaves out, since they name columns that it doesn't know.
    """

    name: str
    schema: str | None
    temporary: str
    carried: Mapping[str, Carried]
    added: Mapping[str, Column[Any]]
    dropped: Sequence[str]
    sequence: Sequence[str]
    reordered: bool
    dropped_keys: Sequence[Constraint]
    new_keys: Sequence[Constraint]
    restated_keys: Sequence[Constraint]
    primary_key: PrimaryKeyConstraint | None
    dropped_indexes: Sequence[str]
    new_indexes: Sequence[Index]
    options: Mapping[str, Any]
    lossy: Mapping[str, str] = field(default_factory=dict)
    unplaced: Sequence[str] = ()


def asked_by(batch: ApplyBatchImpl, requests: Sequence[Request] | None, dialect: Dialect) -> Asked:
    """Read what a batch asks from what it has got ready; more exactly, where its requests are known."""
    table, new = batch.table, _new_table(batch)
    kept = {name for name, transfer in batch.column_transfers.items() if "expr" in transfer}
    described = [str(column.name) for column in table.c]
    sequence = [str(name) for name in batch.columns]
    retyped = _retyped(batch, requests, kept, dialect)
    placed, unplaced = _new_keys(batch, new)
    return Asked(
        name=str(table.name),
        schema=table.schema,
        temporary=batch.temp_table_name,
        carried={
            name: Carried(table.c[name], batch.columns[name], name in retyped)
            for name in described
            if name in kept
        },
        added={name: batch.columns[name] for name in sequence if name not in kept},
        dropped=[name for name in described if name not in kept],
        sequence=sequence,
        reordered=[name for name in sequence if name in kept] != [name for name in described if name in kept],
        dropped_keys=[*_dropped_keys(batch, requests)],
        new_keys=placed,
        restated_keys=[each for each in batch.table_args if _is_key(each)],
        primary_key=_asked_primary_key(batch, new, kept),
        dropped_indexes=[str(name) for name in _names_of_indexes(table) if name not in batch.indexes],
        new_indexes=list(batch.new_indexes.values()),
        options={
            name: value
            for name, value in batch.table_kwargs.items()
            if name not in table.kwargs or table.kwargs[name] != value
        },
        lossy=_reasons(batch.table_kwargs.get("info"), requests, kept),
        unplaced=unplaced,
    )


Request = tuple[str, Sequence[Any], Mapping[str, Any]]
"""An operation inside a batch: its name, arguments and keywords."""


def requests_of(batch: Any) -> list[Request]:
    """Give the operations of a batch that `requires_recreate_in_batch` was handed."""
    return list(batch.batch)


# What's said to be lost, and isn't: told as errors, they'd stop a revision that is in order.
_UNTRUE = (
    "Unnamed CHECK constraint on reflected table",
    "Skipped unsupported reflection of expression-based index",
)


def hear_batches(operations: Operations, hear: Callable[[list[Request]], None]) -> None:
    """Let each batch of these operations tell what it asks, just before it's carried out."""
    made = operations.batch_alter_table

    @contextmanager
    def batch_alter_table(*arguments: Any, **keywords: Any) -> Iterator[BatchOperations]:
        with ExitStack() as carried_out:
            batch = carried_out.enter_context(made(*arguments, **keywords))
            yield batch
            hear(requests_of(batch.impl))
            with warnings.catch_warnings():
                for untrue in _UNTRUE:
                    warnings.filterwarnings("ignore", untrue)
                carried_out.close()

    vars(operations)["batch_alter_table"] = batch_alter_table


def leave_nothing_to_do(impl: DefaultImpl, batch: ApplyBatchImpl) -> None:
    """Let the rest of a batch's own way pass without a statement: what it asks has been done."""
    batch.indexes.clear()
    batch.new_indexes.clear()
    tables = (batch.table, _new_table(batch))
    _pass_over(impl, "create_table", lambda table, *_: any(table is each for each in tables))
    _pass_over(impl, "drop_table", lambda table, *_: any(table is each for each in tables))
    _pass_over(impl, "_exec", lambda made, *_: isinstance(made, Insert) and made.table is tables[1])
    _pass_over(impl, "rename_table", lambda old, *_: old == batch.temp_table_name)


def _pass_over(impl: DefaultImpl, name: str, is_batch: Callable[..., bool]) -> None:
    """Shadow a method until it's called for the batch; that call does nothing, and takes the shadow away."""
    before = vars(impl).get(name)
    method = getattr(impl, name)

    def called(*arguments: Any, **keywords: Any) -> Any:
        if not is_batch(*arguments):
            return method(*arguments, **keywords)
        if before is None:
            del vars(impl)[name]
        else:
            vars(impl)[name] = before
        return None

    shadow(impl, name, called)


def _new_table(batch: ApplyBatchImpl) -> Table:
    return cast(Table, batch.new_table)


def _retyped(
    batch: ApplyBatchImpl, requests: Sequence[Request] | None, kept: set[str], dialect: Dialect
) -> set[str]:
    """Give the columns for which a type was given, even if it's the one that was described."""
    if requests is None:
        return {name for name in kept if _is_retyped(batch.table.c[name], batch.columns[name].type, dialect)}
    given = [each for each in requests if each[0] == "alter_column" and each[2].get("type_") is not None]
    return {str(arguments[1]) for _, arguments, _ in given}


def _is_retyped(column: Column[Any], now: TypeEngine[Any], dialect: Dialect) -> bool:
    """Tell by the types' identity.

    Alembic copies those that make constraints (Boolean, Enum): these are known by their text. A column
    without a type that has a foreign key is given another object by SQLAlchemy.
    """
    was = column.type
    if isinstance(now, NullType) or (isinstance(was, NullType) and column.foreign_keys):
        return False
    if not isinstance(was, SchemaEventTarget):
        return was is not now
    return type(was) is not type(now) or was.compile(dialect=dialect) != now.compile(dialect=dialect)


def _dropped_keys(batch: ApplyBatchImpl, requests: Sequence[Request] | None) -> Iterator[Constraint]:
    asked = None
    if requests is not None:
        # Alembic forgets the CHECK of a renamed column's `existing_type`, too: nobody asked for that.
        asked = {str(arguments[0].name) for name, arguments, _ in requests if name == "drop_constraint"}
    there = {str(each.name): each for each in batch.table.constraints if each.name is not None}
    for column in batch.table.c:
        there.update({str(each.name): each for each in column.constraints if each.name is not None})
    left = {*batch.named_constraints, *batch.col_named_constraints}
    made_anew = [name for name in there if batch.named_constraints.get(name, there[name]) is not there[name]]
    for name, constraint in there.items():
        if getattr(constraint, "_type_bound", False) or isinstance(constraint, PrimaryKeyConstraint):
            continue
        if (name not in left or name in made_anew) and (asked is None or name in asked):
            yield constraint


def _new_keys(batch: ApplyBatchImpl, new: Table) -> tuple[list[Constraint], list[str]]:
    """Give the constraints of the new table that the batch adds, and the names of those left out of it."""
    known = {id(constraint) for constraint in batch.table.constraints}
    own = [each for each in batch.table_args if isinstance(each, Constraint)]
    placed: list[Constraint] = []
    unplaced = []
    for constraint in [*batch.named_constraints.values(), *batch.unnamed_constraints]:
        if id(constraint) in known or isinstance(constraint, PrimaryKeyConstraint):
            continue
        found = [each for each in new.constraints if each.name == constraint.name and each not in own]
        if found:
            placed += found[:1]
        else:
            unplaced.append(str(constraint.name))
    return placed, unplaced


def _is_key(given: Any) -> bool:
    return isinstance(given, Constraint) and not isinstance(given, PrimaryKeyConstraint)


def _asked_primary_key(batch: ApplyBatchImpl, new: Table, kept: set[str]) -> PrimaryKeyConstraint | None:
    """Give the new table's key where it's another one; one without columns where the key is to go."""
    before = batch.table.primary_key
    was = [str(column.name) for column in before.columns if str(column.name) in kept]
    is_ = [str(column.key) for column in new.primary_key.columns]
    given = [
        each
        for each in (*batch.named_constraints.values(), *batch.table_args)
        if isinstance(each, PrimaryKeyConstraint) and each is not before
    ]
    return new.primary_key if was != is_ or given else None


def _names_of_indexes(table: Table) -> list[str]:
    return [str(index.name) for index in table.indexes if index.name is not None]


def _reasons(info: Any, requests: Sequence[Request] | None, columns: set[str]) -> dict[str, str]:
    """Give why values may be changed, by column; a reason for the whole table holds for each."""
    given = info.get(LOSSY) if isinstance(info, Mapping) else None
    by_column = given if isinstance(given, Mapping) else dict.fromkeys(columns, given)
    reasons = {str(name): str(reason) for name, reason in by_column.items() if reason}
    for name, arguments, keywords in requests or ():
        if name == "alter_column" and keywords.get(LOSSY):
            reasons[str(arguments[1])] = str(keywords[LOSSY])
    return reasons


def refuse_rebuilds(impl: DefaultImpl) -> None:
    """Let a batch that would make a table anew stop before it does: reflection tells too little of it."""

    def refuse(batch: ApplyBatchImpl, table: Table) -> None:
        raise MigrationError(
            f'recreate="always" would make {table.name} anew from what reflection tells, and lose the rest',
            entity=str(table.name),
            remedy='Leave `recreate` at "auto": this database changes the table in place',
        )

    shadow(impl, "prep_table_for_batch", refuse)


def shadow(impl: DefaultImpl, name: str, method: Callable[..., Any]) -> None:
    """Put a function before a method of this one object."""
    vars(impl)[name] = method
