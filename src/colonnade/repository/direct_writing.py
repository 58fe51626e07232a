"""Changing one row past the Session: `update` and `delete` as the one statement that each is.

A `DirectWriting` belongs to a `DirectTable` whose class is written plainly. Like that one it gives
`NOT_DIRECT` where the Session must serve.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import eq
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import bindparam, delete, update
from sqlalchemy.orm import Mapper

from colonnade.dialects.acting import current
from colonnade.engine import internals, listening
from colonnade.engine.direct import Request
from colonnade.engine.failures import Kind
from colonnade.models.fields import fields_of, is_sql, validate_updates
from colonnade.models.mixins import SoftDeleteMixin
from colonnade.models.validation import checked_updates, rules_of
from colonnade.repository.insertion import (
    DefaultContext,
    Insertion,
    asks_context,
    updates_by_python,
)
from colonnade.repository.making import Making, Row, called, kept, shape_of, taking
from colonnade.repository.operation import NOT_DIRECT
from colonnade.repository.plainly import deletes_plainly, writes_plainly
from colonnade.repository.prepared import KEY, Prepared, Way

if TYPE_CHECKING:
    from colonnade.repository.direct import DirectTable

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class _Change:
    """Changes that set the same fields to values of the same types; `attributes` are what they set."""

    prepared: Prepared
    making: Making
    attributes: Sequence[str]


class DirectWriting(Generic[T]):
    """Writes rows of one class."""

    def __init__(self, table: DirectTable[T], mapper: Mapper[T]) -> None:
        self._table = table
        self._mapper = mapper
        self._model: Any = mapper.class_
        self._dialect = table.engine.dialect
        self._fields = fields_of(mapper.class_)
        self._rules = rules_of(mapper.class_)
        self.insertion = Insertion(mapper)
        self.on_update = updates_by_python(self.insertion.table.columns)
        asks = asks_context(self.insertion.table.columns)
        self.plain = writes_plainly(mapper) and internals.counts_by_one(mapper) and not asks
        self._deletes = self.plain and deletes_plainly(mapper)
        self._soft = issubclass(mapper.class_, SoftDeleteMixin)
        self._listeners = table.listeners(
            ("mapper", mapper, listening.WRITE_EVENTS),
            ("instance", mapper.class_manager, listening.FLUSH_EVENTS),
        )
        self._set_listeners = listening.Listeners(
            [("attribute", getattr(self._model, name), listening.SET_EVENTS) for name in self._fields.columns]
        )
        self._sets_plainly = self._model.__setattr__ is object.__setattr__
        self._updates: dict[tuple[tuple[str, ...], bool], Prepared] = {}
        self._changes: dict[Row, _Change] = {}
        self._returns = self._dialect.update_returning
        self._delete: Prepared | None = None
        self.key_names = [f"{KEY}{at}" for at in range(len(mapper.primary_key))]
        types = [column.type for column in table.plain_columns]
        self._mend = table.driver.dialect.direct.mending(types, self._dialect)

    def update(self, id: Any, updates: Mapping[Any, Any], found: Callable[[T | None], T]) -> Any:
        """Give the request that sets fields of the row with this key.

        Its result is `found` of the entity, or of None where there's no such row.

        Raises:
            EntityValidationError: for an unknown field, or what isn't a key of this class.
        """
        way = self.way()
        if way == "session" or not self.sets_silently or type(updates) is not dict:
            return NOT_DIRECT
        shape = self._changes.get((*updates, *map(type, updates.values()))) or self._learned(updates)
        if shape is None:
            return self._update_otherwise(id, checked_updates(self._model, updates), found, way)
        self._rules.check_changes(updates)
        key = self._table.key(id)
        values, _ = shape.making.row(updates)

        def changed(entity: T | None) -> T:
            if entity is not None:
                entity.__dict__.update(zip(shape.attributes, values, strict=True))
            return found(entity)

        return self._updated(key, shape.prepared, (*values, *key), way, found, changed)

    def _update_otherwise(
        self, id: Any, updates: Mapping[str, Any], found: Callable[[T | None], T], way: Way
    ) -> Any:
        """Do so where a value is an expression, or where there's nothing to set."""
        key = self._table.key(id)
        if not updates:
            return self._table.get(key, False, found, way)
        values = self._setting_values(updates)
        plain = {name: value for name, value in values.items() if not is_sql(value)}

        def changed(entity: T | None) -> T:
            if entity is not None:
                entity.__dict__.update(self._by_attribute(plain))
            return found(entity)

        if len(plain) == len(values):
            prepared = self._updating(tuple(values))
            return self._updated(key, prepared, (*values.values(), *key), way, found, changed)
        statement = self._setting_by_sql(key, values)
        if self._returns:
            returning = statement.returning(*self._table.columns)
            return self._table.first_of(returning, "update", way, changed, self._mend)
        counted = self._counted(key, way, found, changed)
        return self._table.count_of(statement, "update", way, counted)

    def _updated(
        self,
        key: tuple[Any, ...],
        prepared: Prepared,
        sent: Sequence[Any],
        way: Way,
        found: Callable[[T | None], T],
        changed: Callable[[T | None], T],
    ) -> Any:
        if self._returns:
            return self._table.first(prepared, sent, way, changed, self._mend)
        return self._counting(prepared, sent, way, self._counted(key, way, found, changed))

    def _counted(
        self,
        key: tuple[Any, ...],
        way: Way,
        found: Callable[[T | None], T],
        changed: Callable[[T | None], T],
    ) -> Callable[[int], Any]:
        """Give what reads a row that was changed, where the UPDATE itself can't give it."""
        return lambda count: self._table.get(key, True, changed, way) if count else found(None)

    def _learned(self, updates: dict[Any, Any]) -> _Change | None:
        """Give what is the same for all such changes; None where it isn't plain values that are set.

        Raises:
            EntityValidationError: for an unknown field.
        """
        checked = validate_updates(self._model, updates)
        if not checked or checked.keys() != updates.keys() or any(map(is_sql, checked.values())):
            return None
        taken = {self._mapper.columns[name].key: name for name in checked}
        added = {key: one for key, one in self.on_update.items() if key not in taken}
        names = (*taken, *added)
        making = Making(taking(tuple(taken.values())), (), called(added), names, (), tuple)
        if not self.insertion.names.keys() >= set(names):  # a column that is no attribute
            return None
        attributes = [self.insertion.names[key] for key in names]
        return kept(self._changes, shape_of(updates), _Change(self._updating(names), making, attributes))

    def delete(self, key: tuple[Any, ...], *, hard: bool) -> Any:
        """Give the request that deletes the row with this key, or marks it.

        Its result is whether there was one.
        """
        way = self.way()
        if way == "session":
            return NOT_DIRECT
        if self._soft and not hard:
            if not self.sets_silently:
                return NOT_DIRECT
            values = self._setting_values({"deleted_at": datetime.now(UTC)})
            prepared = self._updating(tuple(values), marking=True)
            return self._counting(prepared, (*values.values(), *key), way, bool)
        if not self._deletes:
            return NOT_DIRECT
        if self._delete is None:
            statement = delete(self.insertion.table).where(*self.key_criteria())
            self._delete = self._prepared(statement, "delete")
        return self._counting(self._delete, key, way, bool)

    @property
    def sets_silently(self) -> bool:
        """Whether nobody listens to what attributes are set to, nor does the class itself."""
        return self._sets_plainly and self._set_listeners.refreshed().silent

    def way(self) -> Way:
        """Tell which way a write may go now."""
        if not self.plain or (current.get() is not None and not self._table.home.dialect.audit.TOLD_INSIDE):
            return "session"
        return self._table.way(self._listeners)

    def _setting_values(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Give the values to set by column key, those that Python adds to each UPDATE among them."""
        columns = self._mapper.columns
        values = {columns[name].key: value for name, value in changes.items()}
        for key, (column, default) in self.on_update.items():
            if key not in values:
                values[key] = default(DefaultContext(column, values))
        return values

    def _by_attribute(self, values: Mapping[str, Any]) -> dict[str, Any]:
        names = self.insertion.names
        return {names[key]: value for key, value in values.items() if key in names}

    def _updating(self, keys: tuple[str, ...], *, marking: bool = False) -> Prepared:
        prepared = self._updates.get((keys, marking))
        if prepared is None:
            statement = self._setting()
            if self._returns and not marking:
                statement = statement.returning(*self._table.columns)
            prepared = self._updates[keys, marking] = self._prepared(statement, "update", keys)
        return prepared

    def _setting(self, key: tuple[Any, ...] | None = None) -> Any:
        """Give the UPDATE of one row; its columns, and its key unless it's given, come when it's compiled."""
        criteria = self.key_criteria() if key is None else map(eq, self._mapper.primary_key, key)
        statement = update(self.insertion.table).where(*criteria)
        if self._soft:
            statement = statement.where(self._mapper.columns["deleted_at"].is_(None))
        if self._fields.version is None:
            return statement
        counter = self._mapper.columns[self._fields.version]
        return statement.values({counter: counter + 1})

    def _setting_by_sql(self, key: tuple[Any, ...], values: Mapping[str, Any]) -> Any:
        """Give the UPDATE of one row that holds its values, SQL expressions among them."""
        table = self.insertion.table
        given = {table.c[name]: value for name, value in values.items()}
        return self._setting(key).values(given)

    def key_criteria(self) -> list[Any]:
        """Give the conditions for one row, whose key's values come by `key_names`."""
        return [
            column == bindparam(name, type_=column.type)
            for column, name in zip(self._mapper.primary_key, self.key_names, strict=True)
        ]

    def _prepared(self, statement: Any, kind: Kind, keys: Sequence[str] = ()) -> Prepared:
        return Prepared(
            statement, self._table.engine, self._mapper, keys=keys, names=self.key_names, kind=kind
        )

    def _counting(
        self, prepared: Prepared, values: Sequence[Any], way: Way, finish: Callable[[int], Any]
    ) -> Any:
        """Give the request whose result is `finish` of how many rows there were."""
        if way == "core":
            return finish(self._table.core.change(prepared.statement, prepared.named(values)))
        return Request(prepared.sent, prepared.converting(values), "change", finish)
