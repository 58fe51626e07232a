"""Writing one row past the Session: `create`, `update` and `delete` as the one statement that each is.

A `DirectWriting` belongs to a `DirectTable` whose class is written plainly. Like that one it gives
`NOT_DIRECT` where the Session must serve.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import bindparam, delete, insert, update
from sqlalchemy.orm import Mapper

from colonnade.engine import internals
from colonnade.engine.failures import Kind
from colonnade.models.mixins import SoftDeleteMixin
from colonnade.repository.fields import fields_of
from colonnade.repository.insertion import (
    DefaultContext,
    Insertion,
    asks_context,
    updates_by_python,
)
from colonnade.repository.operation import NOT_DIRECT, NotDirect
from colonnade.repository.plainly import deletes_plainly, writes_plainly
from colonnade.repository.prepared import KEY, Prepared, Way

if TYPE_CHECKING:
    from colonnade.repository.direct import DirectTable

T = TypeVar("T")


class DirectWriting(Generic[T]):
    """Writes rows of one class."""

    def __init__(self, table: DirectTable[T], mapper: Mapper[T]) -> None:
        self._table = table
        self._mapper = mapper
        self._model: Any = mapper.class_
        self._dialect = table.engine.dialect
        self._fields = fields_of(mapper.class_)
        self._insertion = Insertion(mapper)
        self._on_update = updates_by_python(self._insertion.table.columns)
        asks = asks_context(self._insertion.table.columns)
        self.plain = writes_plainly(mapper) and internals.counts_by_one(mapper) and not asks
        self._deletes = self.plain and deletes_plainly(mapper)
        self._soft = issubclass(mapper.class_, SoftDeleteMixin)
        self._listeners = internals.Listeners(
            [
                ("mapper", mapper, internals.WRITE_EVENTS),
                ("instance", mapper.class_manager, internals.FLUSH_EVENTS),
            ]
        )
        self._set_listeners = internals.Listeners(
            [("attribute", getattr(self._model, name), internals.SET_EVENTS) for name in self._fields.columns]
        )
        self._inserts: dict[frozenset[str], tuple[Prepared, tuple[str, ...]] | None] = {}
        self._updates: dict[tuple[tuple[str, ...], bool], Prepared] = {}
        self._delete: Prepared | None = None
        self._key_names = [f"{KEY}{at}" for at in range(len(mapper.primary_key))]

    def create(self, entity: Any) -> NotDirect | None:
        """Insert a new object's row."""
        way = self._way()
        if way == "session" or not self._insertion.takes(entity):
            return NOT_DIRECT
        values = self._insertion.given(entity)
        found = None if values is None else self._inserting(values)
        if values is None or found is None:
            return NOT_DIRECT
        prepared, made = found
        given = self._insertion.row(values)
        answer = self._inserted(prepared, [given.values[name] for name in prepared.names], made, way)
        self._insertion.stored(entity, given, dict(zip(made, answer, strict=True)))
        return None

    def update(self, key: tuple[Any, ...], changes: Mapping[str, Any]) -> T | NotDirect | None:
        """Set fields of the row with this key and give the entity; None where there's no such row."""
        way = self._way()
        values = None if way == "session" else self._setting_values(changes)
        if values is None:
            return NOT_DIRECT
        returning = self._dialect.update_returning
        prepared = self._updating(tuple(values), returning)
        sent = (*values.values(), *key)
        if returning:
            found = self._table.prepared(prepared, sent, way)
            entity: T | NotDirect | None = (
                NOT_DIRECT if isinstance(found, NotDirect) else next(iter(found), None)
            )
        else:
            count = self._count(prepared, sent, way)
            entity = count if isinstance(count, NotDirect) else None
            if count and not isinstance(count, NotDirect):
                entity = self._table.get(key, include_deleted=True)
        if entity is not None and not isinstance(entity, NotDirect):
            entity.__dict__.update(self._by_attribute(values))
        return entity

    def delete(self, key: tuple[Any, ...], *, hard: bool) -> bool | NotDirect:
        """Delete the row with this key, or mark it as deleted; False when there's none."""
        way = self._way()
        if way == "session":
            return NOT_DIRECT
        if self._soft and not hard:
            values = self._setting_values({"deleted_at": datetime.now(UTC)})
            if values is None:
                return NOT_DIRECT
            prepared = self._updating(tuple(values), returning=False)
            count = self._count(prepared, (*values.values(), *key), way)
        elif not self._deletes:
            return NOT_DIRECT
        else:
            if self._delete is None:
                statement = delete(self._insertion.table).where(*self._key_criteria())
                self._delete = self._prepared(statement, "delete")
            count = self._count(self._delete, key, way)
        return count > 0

    def _way(self) -> Way:
        if not self.plain:
            return "session"
        self._listeners.refresh()
        return self._table.way() if self._listeners.silent else "session"

    def _inserting(self, values: Mapping[str, Any]) -> tuple[Prepared, tuple[str, ...]] | None:
        """Give the INSERT for an object that has these values, and what the database adds to them."""
        shape = frozenset(values)
        if shape not in self._inserts:
            self._inserts[shape] = self._insert_of(self._insertion.sent(shape))
        return self._inserts[shape]

    def _insert_of(self, sent: Collection[str]) -> tuple[Prepared, tuple[str, ...]] | None:
        made = self._insertion.made_by_server(sent)
        if made is None:
            return None
        keys = [column.key for column in self._insertion.table.columns if column.key in sent]
        statement: Any = insert(self._insertion.table)
        if made and not self._is_number(made):
            if not self._dialect.insert_returning:
                return None
            statement = statement.returning(*self._insertion.columns(made))
        return self._prepared(statement, "insert", keys), tuple(made)

    def _is_number(self, made: Sequence[str]) -> bool:
        """Tell whether the driver's own number of the last row is all that is asked for."""
        return self._table.driver.numbers_rows and self._insertion.only_number(made)

    def _inserted(
        self, prepared: Prepared, values: Sequence[Any], made: tuple[str, ...], way: Way
    ) -> Sequence[Any]:
        """Give the values that the database made, in the order of `made`."""
        numbered = self._is_number(made)
        if way == "core":
            core = self._table.core
            named = prepared.named(values)
            return core.insert(prepared.statement, named) if numbered else core.one(prepared.statement, named)
        parameters = prepared.converting(values)
        driver, columns = self._table.driver, self._insertion.columns(made)
        if numbered:
            prepared.learn(self._table.engine, columns, [None])
            return prepared.converted([driver.insert(prepared.sent, parameters)])
        if not made:
            driver.change(prepared.sent, parameters)
            return ()
        if prepared.knows_types:
            return prepared.converted(driver.fetch(prepared.sent, parameters)[0])
        rows, types = driver.described(prepared.sent, parameters)
        prepared.learn(self._table.engine, columns, types)
        return prepared.converted(rows[0])

    def _setting_values(self, changes: Mapping[str, Any]) -> dict[str, Any] | None:
        """Give the values to set by column key, those that Python adds to each UPDATE among them.

        None where they are SQL, or somebody listens to the attributes.
        """
        self._set_listeners.refresh()
        if not self._set_listeners.silent or any(_is_sql(value) for value in changes.values()):
            return None
        columns = self._mapper.columns
        values = {columns[name].key: value for name, value in changes.items()}
        for key, (column, default) in self._on_update.items():
            if key not in values:
                values[key] = default(DefaultContext(column, values))
        return values

    def _by_attribute(self, values: Mapping[str, Any]) -> dict[str, Any]:
        names = {column.key: name for name, column in self._mapper.columns.items()}
        return {names[key]: value for key, value in values.items() if key in names}

    def _updating(self, keys: tuple[str, ...], returning: bool) -> Prepared:
        prepared = self._updates.get((keys, returning))
        if prepared is None:
            statement = self._setting()
            if returning:
                statement = statement.returning(*self._table.columns)
            prepared = self._updates[keys, returning] = self._prepared(statement, "update", keys)
        return prepared

    def _setting(self) -> Any:
        """Give the UPDATE of one row, whose columns are named when it's compiled."""
        statement = update(self._insertion.table).where(*self._key_criteria())
        if self._soft:
            statement = statement.where(self._mapper.columns["deleted_at"].is_(None))
        if self._fields.version is None:
            return statement
        counter = self._mapper.columns[self._fields.version]
        return statement.values({counter: counter + 1})

    def _key_criteria(self) -> list[Any]:
        return [
            column == bindparam(name, type_=column.type)
            for column, name in zip(self._mapper.primary_key, self._key_names, strict=True)
        ]

    def _prepared(self, statement: Any, kind: Kind, keys: Sequence[str] = ()) -> Prepared:
        names = () if kind == "insert" else self._key_names
        return Prepared(statement, self._table.engine, self._mapper, keys=keys, names=names, kind=kind)

    def _count(self, prepared: Prepared, values: Sequence[Any], way: Way) -> int:
        if way == "core":
            return self._table.core.change(prepared.statement, prepared.named(values))
        return self._table.driver.change(prepared.sent, prepared.converting(values))


def _is_sql(value: Any) -> bool:
    return hasattr(value, "__clause_element__") or hasattr(value, "self_group")
