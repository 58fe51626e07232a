"""Changing and deleting many rows past the unit of work, in few statements.

A `BulkChanges` belongs to a `DirectTable` whose class is written plainly. Mappings with a key and new values
come in; what they say is sent on the session's own connection, in its transaction. None comes out where the
Session must serve, before anything is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import Column, Connection, UniqueConstraint, delete, tuple_
from sqlalchemy.orm import Mapper

from colonnade.dialects.values import Batch, ChangedRows
from colonnade.engine import internals
from colonnade.engine.observe import WAY_OPTION
from colonnade.models.fields import fields_of, is_sql
from colonnade.models.mixins import SoftDeleteMixin
from colonnade.models.validation import rules_of
from colonnade.repository.direct_bulk import send
from colonnade.repository.instances import unhurried
from colonnade.repository.keys import PARAMETERS_PER_STATEMENT, key_values, split_row
from colonnade.repository.making import Making, Row, Take, called, kept, processes, shape_of, taking
from colonnade.repository.prepared import KEY

if TYPE_CHECKING:
    from colonnade.repository.direct import DirectTable

T = TypeVar("T")
Columns = tuple[Column[Any], ...]


@dataclass(slots=True, eq=False)
class Changes:
    """Changes of rows, taken apart; `keys` in the order of the rows, `groups` by the columns that are set."""

    keys: list[Row]
    groups: Mapping[Columns, list[Row]]


@dataclass(slots=True, eq=False)
class _Shape:
    """Changes with the same fields set to values of the same types.

    `is_number` tells that the key is one whole number, which is a key where 64 bits hold it.
    """

    columns: Columns
    making: Making
    key: Take
    is_number: bool


class BulkChanges(Generic[T]):
    """Changes and deletes many rows of one class."""

    def __init__(self, table: DirectTable[T], mapper: Mapper[T]) -> None:
        self._writing = table.writing
        self._model: Any = mapper.class_
        self._table: Any = mapper.local_table
        self._columns = mapper.columns
        self._dialect = table.engine.dialect
        self._bulk = table.home.dialect.bulk
        self._fields = fields_of(mapper.class_)
        self._rules = rules_of(mapper.class_)
        self._keys: Columns = tuple(self._columns[name] for name in self._fields.key)
        self._on_update = self._writing.on_update
        self._counter = None if self._fields.version is None else self._columns[self._fields.version]
        soft = issubclass(mapper.class_, SoftDeleteMixin)
        self._mark: Column[Any] | None = self._columns["deleted_at"] if soft else None
        self._unique = set(_unique_columns(self._table))
        self._shapes: dict[Row, _Shape] = {}

    def taken_apart(self, rows: Sequence[Mapping[str, Any]]) -> Changes | None:
        """Take changes apart; None where the Session must serve.

        Raises:
            EntityValidationError: for an unknown field, or a row without its key.
        """
        if not self._writing.sets_silently:
            return None
        with unhurried(len(rows)):
            changes = self._changes(rows)
        if changes is None or not all(self._fit(*group) for group in changes.groups.items()):
            return None
        # Of one row that is given twice the later values win.
        if len(set(changes.keys)) != len(changes.keys):
            return None
        return changes if self._in_any_order(changes.groups) else None

    def _fit(self, columns: Columns, rows: Sequence[Row]) -> bool:
        return self._rules.all_fit(columns, rows)

    def _changes(self, rows: Sequence[Mapping[str, Any]]) -> Changes | None:
        # Written flat: it runs once for each row.
        shapes = self._shapes
        keys: list[Row] = []
        groups: dict[Columns, list[Row]] = {}
        columns, group = None, list[Row]()
        for row in rows:
            if type(row) is not dict:
                return None
            shape = shapes.get((*row, *map(type, row.values()))) or self._learned(row)
            if shape is None:
                return None
            key = shape.key(row)
            if not shape.is_number or not -(2**63) <= key[0] < 2**63:
                key = key_values(self._model, key)
            try:
                values, _ = shape.making.row(row)
            except Exception:  # noqa: BLE001 (a value that its type refuses: met again there, and told best)
                return None
            if shape.columns is not columns:
                columns = shape.columns
                group = groups.setdefault(columns, [])
            keys.append(key)
            group.append(values)
        return Changes(keys, groups)

    def _in_any_order(self, groups: Mapping[Columns, list[Row]]) -> bool:
        """Tell whether it doesn't matter which row is changed first, as it does where values are unique."""
        touched = {column for columns in groups for column in columns}
        return self._unique.isdisjoint(touched) or (len(groups) == 1 and self._bulk.CHANGES_BY_KEY)

    def _learned(self, row: dict[str, Any]) -> _Shape | None:
        _, updates = split_row(self._model, row)
        if not updates or any(type(name) is not str or name in self._fields.synonyms for name in row):
            return None
        if any(is_sql(value) for value in row.values()):
            return None
        taken = {self._columns[name].key: name for name in updates}
        added = {key: one for key, one in self._on_update.items() if key not in taken}
        columns = tuple(one for one in self._table.columns if one.key in taken or one.key in added)
        if not self._is_plain(columns):
            return None
        keys = [f"{KEY}{at}" for at in range(len(self._keys))]
        names = (*taken, *keys, *added)
        by_name = {**dict(self._table.columns), **dict(zip(keys, self._keys, strict=True))}
        making = Making(
            taking((*taken.values(), *self._fields.key)),
            (),
            called(added),
            names,
            processes([by_name[name] for name in names], self._dialect),
            taking([names.index(name) for name in (*(one.key for one in columns), *keys)]),
        )
        is_number = len(keys) == 1 and type(row[self._fields.key[0]]) is int
        return kept(self._shapes, shape_of(row), _Shape(columns, making, taking(self._fields.key), is_number))

    def _is_plain(self, columns: Columns) -> bool:
        """Tell whether nothing but values is set: no SQL around one, none that an UPDATE adds."""
        return all(
            internals.writes_plain_parameter(one, self._dialect) for one in (*columns, *self._keys)
        ) and all(one.onupdate is None for one in self._table.columns if one not in set(columns))

    def update(self, connection: Connection, changes: Changes) -> int | None:
        """Make the changes and give how many rows there were; None before anything is written."""
        batches: list[Batch] = []
        for columns, rows in changes.groups.items():
            changed = ChangedRows(self._table, columns, self._keys, rows, self._counter, self._mark)
            found = self._bulk.updates(changed, self._dialect)
            if found is None:
                return None
            batches += found
        return sum(send(connection, batch).rowcount for batch in batches)

    def marking(self, keys: Iterable[Row], now: datetime) -> Changes | None:
        """Give the changes that mark these rows as deleted."""
        names = self._fields.key
        return self.taken_apart([{**dict(zip(names, key, strict=True)), "deleted_at": now} for key in keys])

    def delete(self, connection: Connection, keys: Sequence[Row]) -> int:
        """Delete the rows with these keys, and give how many there were."""
        size = PARAMETERS_PER_STATEMENT // len(self._keys)
        return sum(
            self._deleted(connection, keys[start : start + size]) for start in range(0, len(keys), size)
        )

    def _deleted(self, connection: Connection, keys: Sequence[Row]) -> int:
        if len(self._keys) == 1:
            chosen = self._keys[0].in_([key for (key,) in keys])
        else:
            chosen = tuple_(*self._keys).in_(keys)
        statement = delete(self._table).where(chosen)
        return connection.execute(statement, execution_options={WAY_OPTION: "core"}).rowcount


def _unique_columns(table: Any) -> Iterable[Column[Any]]:
    """Give the columns whose values no two rows may share, or let overlap."""
    for rule in (*table.constraints, *table.indexes):
        excludes = rule.__visit_name__ == "exclude_constraint"
        if isinstance(rule, UniqueConstraint) or getattr(rule, "unique", False) or excludes:
            yield from rule.columns
