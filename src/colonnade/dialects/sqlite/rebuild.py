"""A table made anew as a batch asks, with all that it wasn't asked to change.

The table's own text is what is changed, not what reflection tells of it. Columns are renamed by SQLite
itself, which carries the name through indexes, CHECKs, generated columns, triggers and views.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.schema import CreateIndex

from colonnade.dialects.alembic_parts import Asked
from colonnade.dialects.cursors import driver_of
from colonnade.dialects.sqlite.connect import in_transaction
from colonnade.dialects.sqlite.conversion import conversion_of
from colonnade.dialects.sqlite.leaving import Leaving
from colonnade.dialects.sqlite.merging import Merge
from colonnade.dialects.sqlite.pieces import TablePieces, quoted
from colonnade.dialects.sqlite.stored import Schema, Stored
from colonnade.dialects.unfit import IN_BATCH, Source, find_unfit, lossy, nulls
from colonnade.errors import DependentObjectsError, MigrationError, UnfitRowsError

if TYPE_CHECKING:
    from sqlalchemy import Connection

ROW_NUMBERS = ("rowid", "_rowid_", "oid")
"""What SQLite calls a row's number, unless a column has that name."""


class Rebuild:
    """One table's way from what it is to what a batch asks."""

    def __init__(self, connection: Connection, asked: Asked) -> None:
        self._connection = connection
        self._asked = asked
        self._before = Schema(connection, asked.schema)
        self._old = self._before.pieces(self._stored(asked.name))
        self._renames = {
            name: str(carried.now.name) for name, carried in asked.carried.items() if carried.renamed
        }
        self._out_of_the_way: dict[str, str] = {}

    def carry_out(self) -> None:
        """Do all that's asked, or raise and leave everything as it was.

        Raises:
            DependentObjectsError: what stays names a column that is to go.
            LossyChangeError: a new type would change values.
            UnfitRowsError: rows are NULL, doubled or refused where that's not to be.
            MigrationError: the batch names what isn't there, or SQLite can't do it.
        """
        self._check_names()
        self._check_rows()
        with self._undone_on_error():
            self._change()

    def _change(self) -> None:
        leaving = Leaving(self._before, self._old, self._asked)
        leaving.check()
        broken = self._before.broken()
        self._rename()
        schema = Schema(self._connection, self._asked.schema)
        stored = self._stored(self._asked.name, schema)
        pieces = schema.pieces(stored)
        text = Merge(pieces, self._asked, self._current, self._connection.dialect).written(leaving.keys)
        if self._renames and text == schema.pieces(stored).written(pieces.name):
            self._drop_indexes(schema)
        else:
            self._make_anew(schema, pieces, leaving)
        for index in self._asked.new_indexes:
            self._make_index(index)
        self._check_dependents(broken)

    @contextmanager
    def _undone_on_error(self) -> Iterator[None]:
        self._send("SAVEPOINT colonnade_batch")
        try:
            yield
        except BaseException:
            # A full disk or a lost connection has ended the transaction by itself.
            if in_transaction(driver_of(self._connection)):
                self._send("ROLLBACK TO colonnade_batch")
                self._send("RELEASE colonnade_batch")
            raise
        self._send("RELEASE colonnade_batch")

    def _stored(self, name: str, schema: Schema | None = None) -> Stored:
        stored = (schema or self._before).table(name)
        if stored is None:
            raise MigrationError(f"there is no table {name}", entity=name)
        return stored

    @cached_property
    def _source(self) -> Source:
        key = {name: quoted(name) for name in self._old.meaning.primary_key}
        if not key:
            key = {name: name for name in [*self._free_numbers(self._old)][:1]}
        return Source(self._before.prefix + quoted(self._old.name), self._old.name, key)

    def _free_numbers(self, *tables: TablePieces) -> Iterator[str]:
        """Give what a row's number is called in all of these tables."""
        if not any("without rowid" in table.meaning.options for table in tables):
            yield from (name for name in ROW_NUMBERS if not any(table.has(name) for table in tables))

    def _check_names(self) -> None:
        asked = self._asked
        if self._before.table(asked.temporary):
            raise MigrationError(
                f"the table {asked.temporary} is there, left over from a batch that failed halfway",
                entity=asked.name,
                remedy=f"{asked.name} is still as it was: look into both, then DROP TABLE {asked.temporary}",
            )
        for name in (*asked.carried, *asked.dropped):
            if not self._old.has(name):
                raise MigrationError(
                    f"the batch describes a column {name}, which the table {asked.name} doesn't have",
                    entity=asked.name,
                    columns=(name,),
                    remedy="Describe in copy_from and reflect_args what is there",
                )
        if asked.unplaced:
            raise MigrationError(
                f"{', '.join(asked.unplaced)} on {asked.name} names a column that isn't there",
                entity=asked.name,
                remedy="Name a column that the same batch renames by its old name",
            )

    def _check_rows(self) -> None:
        for name, carried in self._asked.carried.items():
            column = self._old.column(name)
            if carried.retyped and name not in self._asked.lossy and not column.is_generated:
                conversion = conversion_of(column, carried.now.type, self._connection.dialect)
                found = conversion.loses and find_unfit(self._connection, self._source, conversion.loses)
                if found:
                    change = f"as {conversion.asked} in place of {conversion.was}"
                    raise lossy(self._source, name, change, found, IN_BATCH)
            if carried.was.nullable and not carried.now.nullable:
                found = find_unfit(self._connection, self._source, f"{quoted(column.name)} IS NULL")
                if found:
                    raise nulls(self._source, name, found)
        for name, new in self._asked.added.items():
            unfilled = not new.nullable and new.server_default is None and not new.primary_key
            if unfilled and (found := find_unfit(self._connection, self._source, "1")):
                raise UnfitRowsError(
                    f"{self._old.name} has {found.of:,} rows, for which the new column {name} has no value:"
                    " it is NOT NULL, and has no default",
                    entity=self._old.name,
                    columns=(name,),
                    count=found.count,
                    keys=found.keys,
                    remedy="Give it a server_default, or add it nullable, fill it, and make it NOT NULL then",
                )

    def _rename(self) -> None:
        """Rename columns; what stands in the way of a new name moves to another one first."""
        if not self._renames:
            return
        new_names = {name.lower() for name in self._renames.values()}
        with self._legacy(False):
            moved: dict[str, str] = {}
            for column in self._old.columns:
                name = self._described(column.name)
                in_the_way = column.name.lower() in new_names
                if in_the_way and self._renames.get(name, "").lower() != column.name.lower():
                    moved[name] = f"_alembic_tmp_{len(moved)}"
                    self._rename_column(column.name, moved[name])
            for name, new in self._renames.items():
                self._rename_column(moved.pop(name, name), new)
        for name, place in moved.items():
            if name not in self._asked.dropped:
                raise MigrationError(
                    f"{self._asked.name} has a column {name} already, and the batch doesn't drop it",
                    entity=self._asked.name,
                    columns=(name,),
                )
            self._out_of_the_way[name] = place

    def _described(self, name: str) -> str:
        """Give a column's name as the batch spells it."""
        known = (*self._asked.carried, *self._asked.dropped)
        return next((each for each in known if each.lower() == name.lower()), name)

    def _rename_column(self, name: str, new: str) -> None:
        table = self._before.prefix + quoted(self._asked.name)
        try:
            self._connection.exec_driver_sql(
                f"ALTER TABLE {table} RENAME COLUMN {quoted(name)} TO {quoted(new)}"
            )
        except DBAPIError as error:
            raise MigrationError(
                f"{self._asked.name}.{name} can't be renamed {new}: {error.orig}",
                entity=self._asked.name,
                columns=(name,),
                remedy="Mend or drop what can't be read any more, then rename it",
            ) from error

    def _current(self, name: str) -> str:
        """Give the name that a column has once columns are renamed."""
        return self._renames.get(name) or self._out_of_the_way.get(name, name)

    def _make_anew(self, schema: Schema, pieces: TablePieces, leaving: Leaving) -> None:
        target = schema.prefix + quoted(self._asked.temporary)
        table = schema.prefix + quoted(pieces.name)
        counter = self._counter(schema, pieces)
        # Triggers that fire on this table go with it, and come back.
        triggers = schema.of("trigger", pieces.name)
        indexes = [each for each in schema.of("index", pieces.name) if not self._goes(each, leaving)]
        with self._legacy(True):
            self._send(pieces.written(target))
            self._copy(table, target, schema.pieces(self._stored(pieces.name, schema)), pieces)
            self._send(f"DROP TABLE {table}")
            self._send(f"ALTER TABLE {target} RENAME TO {quoted(pieces.name)}")
        for stored in (*indexes, *triggers):
            schema.create(stored)
        self._set_counter(schema, pieces, counter)

    def _copy(self, table: str, target: str, old: TablePieces, new: TablePieces) -> None:
        """Copy the rows; no clause of the table's own may leave one out, or put a default in its place."""
        into, source = self._numbers(old, new), self._numbers(old, new)
        for name, carried in self._asked.carried.items():
            column = old.column(self._current(name))
            if not new.column(column.name).is_generated and not column.is_generated:
                into.append(quoted(column.name))
                source.append(
                    conversion_of(column, carried.now.type, self._connection.dialect).expression
                    if carried.retyped
                    else quoted(column.name)
                )
        undescribed = [each for each in old.columns if self._is_undescribed(each.name)]
        names = [quoted(each.name) for each in undescribed if not each.is_generated]
        into, source = into + names, source + names
        count = self._one(f"SELECT count(*) FROM {table}")
        try:
            self._send(
                f"INSERT OR ABORT INTO {target} ({', '.join(into)}) SELECT {', '.join(source)} FROM {table}"
            )
        except IntegrityError as error:
            said = str(error.orig).replace(self._asked.temporary, new.name)
            raise UnfitRowsError(
                f"rows of {new.name} don't meet what the batch asks: {said}",
                entity=new.name,
                remedy="Change these rows first, by an UPDATE in the revision",
            ) from error
        if (copied := self._one(f"SELECT count(*) FROM {target}")) != count:
            raise MigrationError(f"of {count:,} rows of {new.name} {copied:,} were copied", entity=new.name)

    def _is_undescribed(self, name: str) -> bool:
        known = {self._current(each).lower() for each in (*self._asked.carried, *self._asked.dropped)}
        return name.lower() not in known

    def _numbers(self, old: TablePieces, new: TablePieces) -> list[str]:
        """Give the name of the row's number, where that is to be kept and no column is it."""
        now = _read_again(new)
        if any("row number" in key.clauses for key in now.meaning.keys):
            return []
        return [*self._free_numbers(old, now)][:1]

    def _counter(self, schema: Schema, pieces: TablePieces) -> int | None:
        if not pieces.meaning.autoincrement:
            return None
        asked = f"SELECT seq FROM {schema.prefix}sqlite_sequence WHERE name = ?"
        value = self._connection.exec_driver_sql(asked, (pieces.name,)).scalar()
        return None if value is None else int(value)

    def _set_counter(self, schema: Schema, pieces: TablePieces, value: int | None) -> None:
        if value is None or not _read_again(pieces).meaning.autoincrement:
            return
        counters = f"{schema.prefix}sqlite_sequence"
        self._connection.exec_driver_sql(f"DELETE FROM {counters} WHERE name = ?", (pieces.name,))
        self._connection.exec_driver_sql(f"INSERT INTO {counters} VALUES (?, ?)", (pieces.name, value))

    def _goes(self, index: Stored, leaving: Leaving) -> bool:
        dropped = {name.lower() for name in self._asked.dropped_indexes} | leaving.indexes
        return index.name.lower() in dropped

    def _drop_indexes(self, schema: Schema) -> None:
        for name in self._asked.dropped_indexes:
            self._send(f"DROP INDEX {schema.prefix}{quoted(name)}")

    def _make_index(self, index: object) -> None:
        try:
            self._connection.execute(CreateIndex(index))  # type: ignore[arg-type]
        except IntegrityError as error:
            raise UnfitRowsError(
                f"rows of {self._asked.name} don't meet what the batch asks: {error.orig}",
                entity=self._asked.name,
                remedy="Change these rows first, by an UPDATE in the revision",
            ) from error

    def _check_dependents(self, before: dict[str, str]) -> None:
        doomed = [self._current(name).lower() for name in self._asked.dropped]
        after = Schema(self._connection, self._asked.schema).broken(doomed)
        new = {label: error for label, error in after.items() if label not in before}
        if new:
            said = "; ".join(f"{label}: {error}" for label, error in new.items())
            for name, place in self._out_of_the_way.items():
                said = said.replace(place, name)
            raise DependentObjectsError(
                f"the batch on {self._asked.name} would break {said}",
                entity=self._asked.name,
                columns=self._asked.dropped,
                dependents=new,
                remedy="Drop or change it in the revision, before the batch",
            )

    def _send(self, statement: str) -> None:
        self._connection.exec_driver_sql(statement)

    def _one(self, asked: str) -> int:
        return int(self._connection.exec_driver_sql(asked).scalar_one())

    @contextmanager
    def _legacy(self, wanted: bool) -> Iterator[None]:
        with legacy_alter_table(self._connection, wanted):
            yield


@contextmanager
def legacy_alter_table(connection: Connection, wanted: bool) -> Iterator[None]:
    """Let RENAME change a table's own name alone, or also what names it, as long as the block lasts."""
    before = connection.exec_driver_sql("PRAGMA legacy_alter_table").scalar()
    connection.exec_driver_sql(f"PRAGMA legacy_alter_table = {int(wanted)}")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA legacy_alter_table = {int(bool(before))}")


def _read_again(pieces: TablePieces) -> TablePieces:
    """Give the pieces of a table whose text was changed, with the meaning that they have now."""
    return TablePieces(pieces.name, pieces.written(quoted(pieces.name)))
