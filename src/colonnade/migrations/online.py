"""Changes of a large table that others hardly wait for, each an operation:

    op.create_index_online("ix_clip_title", "clip", ["title"])
    op.create_check_online("ck_clip_length", "clip", "length > 0")
    op.create_foreign_key_online("fk_clip_film", "clip", "film", ["film_id"], ["id"])
    op.set_not_null_online("clip", "title")
    op.expand_column("clip", "length", sa.Column("frames", sa.Integer), there="length*25", back="frames/25")
    op.contract_column("clip", "length", "frames")

On PostgreSQL each goes in steps that are committed one by one, so that none holds a strong lock while it
reads rows; a step that doesn't get its lock in time lets the others go first, and is tried again.
Interrupted, they're gone on with. On the other databases, which have no such steps, the plain change is made.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from alembic.operations import MigrateOperation, Operations
from alembic.operations.ops import AddConstraintOp, CreateCheckConstraintOp, CreateForeignKeyOp
from sqlalchemy import Column, Integer, MetaData, Table, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import conv

from colonnade.dialects.contract import Dialect, dialect_named, object_name
from colonnade.dialects.definitions import placed_tokens
from colonnade.dialects.statements import verbatim
from colonnade.dialects.values import Steps
from colonnade.engine.translate import translate_foreign
from colonnade.errors import DatabaseError, LockTimeoutError, MigrationError
from colonnade.migrations.backfilling import BackfillOp

__all__ = [
    "ContractColumnOp",
    "CreateCheckOnlineOp",
    "CreateForeignKeyOnlineOp",
    "CreateIndexOnlineOp",
    "ExpandColumnOp",
    "SetNotNullOnlineOp",
]

_PAUSES_S = (0.2, 0.5, 1, 2, 5, 10)
"""How long the others go first, each time that a lock couldn't be had."""


class _OnlineOp(MigrateOperation):
    """An operation on one table that is carried out by other operations."""

    sends_own = made_of_others = True

    def __init__(self, table_name: str, schema: str | None) -> None:
        self.table_name, self.schema = table_name, schema


@Operations.register_operation("create_index_online")
class CreateIndexOnlineOp(_OnlineOp):
    """Make an index while others write."""

    def __init__(
        self,
        index_name: str,
        table_name: str,
        columns: Sequence[Any],
        schema: str | None,
        options: dict[str, Any],
    ) -> None:
        super().__init__(table_name, schema)
        self.index_name, self.columns, self.options = index_name, columns, options

    @classmethod
    def create_index_online(
        cls,
        operations: Operations,
        index_name: str,
        table_name: str,
        columns: Sequence[Any],
        *,
        schema: str | None = None,
        **options: Any,
    ) -> None:
        """Make an index, CONCURRENTLY where that exists; `options` are those of `op.create_index`.

        Raises:
            IntegrityError: `unique=True`, and two rows are alike; nothing is left of the index.
        """
        operations.invoke(cls(index_name, table_name, columns, schema, options))


@Operations.register_operation("create_check_online")
class CreateCheckOnlineOp(_OnlineOp):
    """Add a CHECK while others write."""

    def __init__(self, constraint_name: str, table_name: str, condition: Any, schema: str | None) -> None:
        super().__init__(table_name, schema)
        self.constraint_name, self.condition = constraint_name, condition

    @classmethod
    def create_check_online(
        cls,
        operations: Operations,
        constraint_name: str,
        table_name: str,
        condition: Any,
        *,
        schema: str | None = None,
    ) -> None:
        """Add a CHECK that new rows obey at once, and then prove it of the old ones.

        Raises:
            CheckViolationError: an old row breaks it. On PostgreSQL new rows obey it already: mend the old
                one, and go on.
        """
        operations.invoke(cls(constraint_name, table_name, condition, schema))


@Operations.register_operation("create_foreign_key_online")
class CreateForeignKeyOnlineOp(_OnlineOp):
    """Add a foreign key while others write."""

    def __init__(
        self,
        constraint_name: str,
        source_table: str,
        referent_table: str,
        columns: tuple[Sequence[str], Sequence[str]],
        schema: str | None,
        options: dict[str, Any],
    ) -> None:
        super().__init__(source_table, schema)
        self.constraint_name, self.referent_table = constraint_name, referent_table
        self.local_cols, self.remote_cols = columns
        self.options = options

    @classmethod
    def create_foreign_key_online(
        cls,
        operations: Operations,
        constraint_name: str,
        source_table: str,
        referent_table: str,
        local_cols: Sequence[str],
        remote_cols: Sequence[str],
        *,
        source_schema: str | None = None,
        **options: Any,
    ) -> None:
        """Add a foreign key that new rows obey at once, and then prove it of the old ones.

        `options` are those of `op.create_foreign_key`: `ondelete`, `referent_schema`, …

        Raises:
            ForeignKeyViolationError: an old row refers to nothing. On PostgreSQL new ones can't any more:
                mend it, and go on.
        """
        columns = (local_cols, remote_cols)
        operations.invoke(cls(constraint_name, source_table, referent_table, columns, source_schema, options))


@Operations.register_operation("set_not_null_online")
class SetNotNullOnlineOp(_OnlineOp):
    """Let a column take no NULL, while others write."""

    def __init__(self, table_name: str, column_name: str, schema: str | None) -> None:
        super().__init__(table_name, schema)
        self.column_name = column_name

    @classmethod
    def set_not_null_online(
        cls, operations: Operations, table_name: str, column_name: str, *, schema: str | None = None
    ) -> None:
        """Let a column take no NULL: by a CHECK that is proved first, and goes again.

        Raises:
            CheckViolationError: a row has NULL there; on the other databases `MigrationError` says so.
        """
        operations.invoke(cls(table_name, column_name, schema))


@Operations.register_operation("expand_column")
class ExpandColumnOp(_OnlineOp):
    """Add a column that is to take another one's place, and keep the two in step."""

    def __init__(
        self,
        table_name: str,
        column_name: str,
        column: Column[Any],
        expressions: tuple[str, str],
        schema: str | None,
        batch: int,
    ) -> None:
        super().__init__(table_name, schema)
        self.column_name, self.column, self.batch = column_name, column, batch
        self.there, self.back = expressions

    @classmethod
    def expand_column(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        column: Column[Any],
        *,
        there: str | None = None,
        back: str | None = None,
        schema: str | None = None,
        batch: int = 10_000,
    ) -> None:
        """Add `column` beside `column_name`, filled from it in batches, and kept in step with it.

        Triggers keep them so, whichever of the two a program writes, until `contract_column`. `there` is the
        new value as SQL about the old column, `back` the old one about the new: each the other's name, by
        default. Where both are written, and disagree, the new one counts.
        Its way down is `contract_column` with the names the other way round.

        Raises:
            MigrationError: the column takes no NULL, or has a default: that's for after the contraction; or
                the table has no primary key of one column.
        """
        if not column.nullable or column.server_default is not None:
            raise MigrationError(
                f"{table_name}.{column.name} has to take NULL and have no default while it's kept in step",
                remedy="Set the default, and op.set_not_null_online, after op.contract_column",
            )
        expressions = (there or _quoted(operations, column_name), back or _quoted(operations, column.name))
        operations.invoke(cls(table_name, column_name, column, expressions, schema, batch))


@Operations.register_operation("contract_column")
class ContractColumnOp(_OnlineOp):
    """Drop the column whose place another one has taken."""

    def __init__(self, table_name: str, column_name: str, kept_name: str, schema: str | None) -> None:
        super().__init__(table_name, schema)
        self.column_name, self.kept_name = column_name, kept_name

    @classmethod
    def contract_column(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        kept_name: str,
        *,
        schema: str | None = None,
    ) -> None:
        """Drop `column_name` and the triggers that keep it in step with `kept_name`.

        Raises:
            MigrationError: a row has a value in the column that goes, and none in the one that stays.
        """
        operations.invoke(cls(table_name, column_name, kept_name, schema))


@Operations.implementation_for(CreateIndexOnlineOp)
def _create_index(operations: Operations, asked: CreateIndexOnlineOp) -> None:
    steps = _steps(operations)
    options = {**(steps.beside if steps else {}), **asked.options, "schema": asked.schema}
    with _in_steps(operations), _waiting(operations, steps):
        operations.create_index(asked.index_name, asked.table_name, list(asked.columns), **options)


@contextmanager
def _waiting(operations: Operations, steps: Steps | None) -> Iterator[None]:
    """Let a statement that nobody waits for wait as long as it has to."""
    if steps is None or operations.get_context().as_sql:
        yield
        return
    before = operations.get_bind().execute(verbatim(steps.patience)).scalar()
    _send(operations, steps.wait.format(0))
    try:
        yield
    finally:
        _send(operations, steps.wait.format(before))


@Operations.implementation_for(CreateCheckOnlineOp)
def _create_check(operations: Operations, asked: CreateCheckOnlineOp) -> None:
    name, condition, schema = asked.constraint_name, asked.condition, asked.schema
    if steps := _steps(operations):
        check = CreateCheckConstraintOp(name, asked.table_name, condition, schema=schema, **steps.unproved)
        _prove(operations, asked, steps, check)
    else:
        with operations.batch_alter_table(asked.table_name, schema=schema) as batch:
            batch.create_check_constraint(name, condition)


@Operations.implementation_for(CreateForeignKeyOnlineOp)
def _create_foreign_key(operations: Operations, asked: CreateForeignKeyOnlineOp) -> None:
    name, referent, options = asked.constraint_name, asked.referent_table, asked.options
    columns = (list(asked.local_cols), list(asked.remote_cols))
    if steps := _steps(operations):
        options = {**options, **steps.unproved, "source_schema": asked.schema}
        _prove(
            operations,
            asked,
            steps,
            CreateForeignKeyOp(name, asked.table_name, referent, *columns, **options),
        )
    else:
        with operations.batch_alter_table(asked.table_name, schema=asked.schema) as batch:
            batch.create_foreign_key(name, referent, *columns, **options)


@Operations.implementation_for(SetNotNullOnlineOp)
def _set_not_null(operations: Operations, asked: SetNotNullOnlineOp) -> None:
    table, column, schema = asked.table_name, asked.column_name, asked.schema
    steps = _steps(operations)
    if steps is None:
        with operations.batch_alter_table(table, schema=schema) as batch:
            batch.alter_column(column, nullable=False)
        return
    name = conv(object_name("not_null", f"{table}_{column}"))
    condition = text(f"{_quoted(operations, column)} IS NOT NULL")
    check = CreateCheckConstraintOp(name, table, condition, schema=schema, **steps.unproved)
    _prove(operations, asked, steps, check)
    with _in_steps(operations):
        # The server takes the CHECK for a proof, and reads no row.
        _patiently(operations, partial(operations.alter_column, table, column, nullable=False, schema=schema))
        _patiently(operations, partial(operations.drop_constraint, name, table, schema=schema))


@Operations.implementation_for(ExpandColumnOp)
def _expand(operations: Operations, asked: ExpandColumnOp) -> None:
    old, new = asked.column_name, asked.column.name
    with _in_steps(operations):
        _patiently(
            operations, lambda: operations.add_column(asked.table_name, asked.column, schema=asked.schema)
        )
        expressions = (_of_new_row(operations, asked.there, old), _of_new_row(operations, asked.back, new))
        triggers = _dialect(operations).triggers
        for statement in triggers.keep_in_step(_table(operations, asked), (old, new), expressions):
            _patiently(operations, partial(_send, operations, statement))
    wanted = f"{_quoted(operations, new)} IS NULL AND ({asked.there}) IS NOT NULL"
    operations.invoke(BackfillOp(asked.table_name, {new: asked.there}, wanted, asked.batch, asked.schema))


@Operations.implementation_for(ContractColumnOp)
def _contract(operations: Operations, asked: ContractColumnOp) -> None:
    going, staying = _quoted(operations, asked.column_name), _quoted(operations, asked.kept_name)
    table = _table_name(operations, asked)
    with _in_steps(operations):
        if not operations.get_context().as_sql:
            lacking = f"SELECT count(*) FROM {table} WHERE {staying} IS NULL AND {going} IS NOT NULL"
            if count := operations.get_bind().execute(verbatim(lacking)).scalar():
                raise MigrationError(
                    f"{count:,} rows of {asked.table_name} have a value in {asked.column_name},"
                    f" and none in {asked.kept_name}, which is to take its place",
                    remedy="Fill them, with op.expand_column or op.backfill",
                )
        columns = (asked.column_name, asked.kept_name)
        for statement in _dialect(operations).triggers.leave_step(_table(operations, asked), columns):
            _patiently(operations, partial(_send, operations, statement))
        _patiently(operations, lambda: _drop_column(operations, asked))


def _drop_column(operations: Operations, asked: ContractColumnOp) -> None:
    with operations.batch_alter_table(asked.table_name, schema=asked.schema) as batch:
        batch.drop_column(asked.column_name)


def _prove(operations: Operations, asked: _OnlineOp, steps: Steps, adding: AddConstraintOp) -> None:
    """Add a constraint that new rows obey, then let the server look at the old ones, which stops nobody."""
    context = operations.get_context()
    # By the name that the metadata's convention makes of the given one.
    name = context.dialect.identifier_preparer.format_constraint(adding.to_constraint(context))
    proving = steps.prove.format(table=_table_name(operations, asked), name=name)
    with _in_steps(operations):
        _patiently(operations, partial(operations.invoke, adding))
        _patiently(operations, partial(_send, operations, proving))


@contextmanager
def _in_steps(operations: Operations) -> Iterator[None]:
    if _steps(operations):
        with operations.get_context().autocommit_block():
            yield
    else:
        yield


def _patiently(operations: Operations, step: Callable[[], Any]) -> None:
    """Take a step that changes nothing where it fails; again, after the others, if a lock couldn't be had."""
    database = operations.get_context().dialect.name
    for pause in _PAUSES_S:
        try:
            step()
        except DBAPIError as error:
            refused = error if isinstance(error, DatabaseError) else translate_foreign(error, database)
            if not isinstance(refused, LockTimeoutError):
                raise
            time.sleep(pause)
        else:
            return
    step()


def _steps(operations: Operations) -> Steps | None:
    return _dialect(operations).changes.STEPS


def _dialect(operations: Operations) -> Dialect:
    return dialect_named(operations.get_context().dialect.name)


def _quoted(operations: Operations, name: str) -> str:
    return operations.get_context().dialect.identifier_preparer.quote(name)


def _table_name(operations: Operations, asked: _OnlineOp) -> str:
    prefix = f"{_quoted(operations, asked.schema)}." if asked.schema else ""
    return prefix + _quoted(operations, asked.table_name)


def _of_new_row(operations: Operations, expression: str, column: str) -> str:
    """Write an expression about a column as a trigger has it, about the row that is to be."""
    there = [each for each in placed_tokens(expression) if each.token in (("word", column), ("name", column))]
    for each in reversed(there):
        expression = f"{expression[: each.start]}NEW.{_quoted(operations, column)}{expression[each.end :]}"
    return expression


def _table(operations: Operations, asked: _OnlineOp) -> Table:
    """Give as much of the table as a trigger has to know: its name, and by which columns it finds a row."""
    keys: Sequence[str] = ()
    if not operations.get_context().as_sql:
        found = inspect(operations.get_bind()).get_pk_constraint(asked.table_name, asked.schema)
        keys = found["constrained_columns"]
    columns = [Column(name, Integer, primary_key=True) for name in keys]
    return Table(asked.table_name, MetaData(), *columns, schema=asked.schema)


def _send(operations: Operations, statement: str) -> None:
    operations.get_context().execute(verbatim(statement))
