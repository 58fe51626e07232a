"""Writing one row past the Session: `create`, `update` and `delete` as the one statement that each is.

A `DirectWriting` belongs to a `DirectTable` whose class is written plainly. Like that one it gives
`NOT_DIRECT` where the Session must serve.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from operator import eq
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import bindparam, delete, insert, update
from sqlalchemy.orm import Mapper

from colonnade.dialects.acting import current
from colonnade.engine import internals
from colonnade.engine.direct import Request
from colonnade.engine.failures import Kind
from colonnade.errors import EntityValidationError
from colonnade.models.fields import fields_of, is_sql
from colonnade.models.mixins import SoftDeleteMixin
from colonnade.models.validation import rules_of
from colonnade.repository.insertion import (
    DefaultContext,
    Insertion,
    asks_context,
    updates_by_python,
)
from colonnade.repository.operation import NOT_DIRECT
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
        self._rules = rules_of(mapper.class_)
        self.insertion = Insertion(mapper)
        self.on_update = updates_by_python(self.insertion.table.columns)
        asks = asks_context(self.insertion.table.columns)
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
        self._sets_plainly = self._model.__setattr__ is object.__setattr__
        self._inserts: dict[frozenset[str], tuple[Prepared, tuple[str, ...]] | None] = {}
        self._updates: dict[tuple[tuple[str, ...], bool], Prepared] = {}
        self._delete: Prepared | None = None
        self._key_names = [f"{KEY}{at}" for at in range(len(mapper.primary_key))]
        types = [column.type for column in table.plain_columns]
        self._mend = table.driver.dialect.direct.mending(types, self._dialect)

    def create(self, entity: Any) -> Any:
        """Give the request that inserts a new object's row, and makes the object a stored one."""
        way = self.way()
        if way == "session" or not self.insertion.takes(entity):
            return NOT_DIRECT
        values = self.insertion.given(entity)
        if values is not None and not self._rules.passes(values):
            self._rules.check_new(self._rules.by_attribute(values))
        found = None if values is None else self._inserting(values)
        if values is None or found is None:
            return NOT_DIRECT
        prepared, made = found
        given = self.insertion.row(values)

        def stored(answer: Sequence[Any]) -> Any:
            self.insertion.stored(entity, given, dict(zip(made, answer, strict=True)))
            return entity

        sent = [given.values[name] for name in prepared.names]
        if way == "core":
            return stored(self._inserted_by_core(prepared, sent, made))
        try:
            converted = prepared.converting(sent)
        except EntityValidationError:
            self._rules.explain(self._rules.by_attribute(given.values))
            raise
        return self._insert_request(prepared, converted, made, stored)

    def update(self, key: tuple[Any, ...], changes: Mapping[str, Any], found: Callable[[T | None], T]) -> Any:
        """Give the request that sets fields of the row with this key.

        Its result is `found` of the entity, or of None where there's no such row.
        """
        way = self.way()
        values = None if way == "session" else self._setting_values(changes)
        if values is None:
            return NOT_DIRECT
        returning = self._dialect.update_returning
        plain = {name: value for name, value in values.items() if not is_sql(value)}

        def changed(entity: T | None) -> T:
            if entity is not None:
                entity.__dict__.update(self._by_attribute(plain))
            return found(entity)

        def counted(count: int) -> Any:
            return self._table.get(key, True, changed, way) if count else found(None)

        if len(plain) < len(values):
            statement = self._setting_by_sql(key, values)
            if returning:
                return self._table.first_of(
                    statement.returning(*self._table.columns), "update", way, changed, self._mend
                )
            return self._table.count_of(statement, "update", way, counted)
        prepared = self._updating(tuple(values), returning)
        sent = (*values.values(), *key)
        if returning:
            return self._table.first(prepared, sent, way, changed, self._mend)
        return self._counting(prepared, sent, way, counted)

    def delete(self, key: tuple[Any, ...], *, hard: bool) -> Any:
        """Give the request that deletes the row with this key, or marks it.

        Its result is whether there was one.
        """
        way = self.way()
        if way == "session":
            return NOT_DIRECT
        if self._soft and not hard:
            values = self._setting_values({"deleted_at": datetime.now(UTC)})
            if values is None:
                return NOT_DIRECT
            prepared = self._updating(tuple(values), returning=False)
            return self._counting(prepared, (*values.values(), *key), way, bool)
        if not self._deletes:
            return NOT_DIRECT
        if self._delete is None:
            statement = delete(self.insertion.table).where(*self._key_criteria())
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
        return self._table.way() if self._listeners.refreshed().silent else "session"

    def _inserting(self, values: Mapping[str, Any]) -> tuple[Prepared, tuple[str, ...]] | None:
        """Give the INSERT for an object that has these values, and what the database adds to them."""
        shape = frozenset(values)
        if shape not in self._inserts:
            self._inserts[shape] = self._insert_of(self.insertion.sent(shape))
        return self._inserts[shape]

    def _insert_of(self, sent: Collection[str]) -> tuple[Prepared, tuple[str, ...]] | None:
        made = self.insertion.made_by_server(sent)
        if made is None:
            return None
        keys = [column.key for column in self.insertion.table.columns if column.key in sent]
        statement: Any = insert(self.insertion.table)
        if made and not self._is_number(made):
            if not self._dialect.insert_returning:
                return None
            statement = statement.returning(*self.insertion.columns(made))
        return self._prepared(statement, "insert", keys), tuple(made)

    def _is_number(self, made: Sequence[str]) -> bool:
        """Tell whether the driver's own number of the last row is all that is asked for."""
        return self._table.driver.numbers_rows and self.insertion.only_number(made)

    def _inserted_by_core(
        self, prepared: Prepared, values: Sequence[Any], made: tuple[str, ...]
    ) -> Sequence[Any]:
        core, named = self._table.core, prepared.named(values)
        if self._is_number(made):
            return core.insert(prepared.statement, named)
        return core.one(prepared.statement, named)

    def _insert_request(
        self,
        prepared: Prepared,
        parameters: Any,
        made: tuple[str, ...],
        stored: Callable[[Sequence[Any]], Any],
    ) -> Request:
        """Give the request whose result is `stored` of the values that the database made."""
        engine, columns = self._table.engine, self.insertion.columns(made)

        def described(answer: Any) -> Any:
            prepared.learn(engine, columns, answer[1])
            return stored(prepared.converted(answer[0][0]))

        if not made:
            return Request(prepared.sent, parameters, "change", lambda _: stored(()))
        if self._is_number(made):
            if not prepared.knows_types(engine, columns):
                prepared.learn(engine, columns, [None])
            return Request(
                prepared.sent, parameters, "insert", lambda number: stored(prepared.converted((number,)))
            )
        if not prepared.knows_types(engine, columns):
            return Request(prepared.sent, parameters, "described", described)
        return Request(prepared.sent, parameters, "fetch", lambda rows: stored(prepared.converted(rows[0])))

    def _setting_values(self, changes: Mapping[str, Any]) -> dict[str, Any] | None:
        """Give the values to set by column key, those that Python adds to each UPDATE among them.

        None where somebody listens to the attributes.
        """
        if not self.sets_silently:
            return None
        columns = self._mapper.columns
        values = {columns[name].key: value for name, value in changes.items()}
        for key, (column, default) in self.on_update.items():
            if key not in values:
                values[key] = default(DefaultContext(column, values))
        return values

    def _by_attribute(self, values: Mapping[str, Any]) -> dict[str, Any]:
        names = self.insertion.names
        return {names[key]: value for key, value in values.items() if key in names}

    def _updating(self, keys: tuple[str, ...], returning: bool) -> Prepared:
        prepared = self._updates.get((keys, returning))
        if prepared is None:
            statement = self._setting()
            if returning:
                statement = statement.returning(*self._table.columns)
            prepared = self._updates[keys, returning] = self._prepared(statement, "update", keys)
        return prepared

    def _setting(self, key: tuple[Any, ...] | None = None) -> Any:
        """Give the UPDATE of one row; its columns, and its key unless it's given, come when it's compiled."""
        criteria = self._key_criteria() if key is None else map(eq, self._mapper.primary_key, key)
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

    def _key_criteria(self) -> list[Any]:
        return [
            column == bindparam(name, type_=column.type)
            for column, name in zip(self._mapper.primary_key, self._key_names, strict=True)
        ]

    def _prepared(self, statement: Any, kind: Kind, keys: Sequence[str] = ()) -> Prepared:
        names = () if kind == "insert" else self._key_names
        return Prepared(statement, self._table.engine, self._mapper, keys=keys, names=names, kind=kind)

    def _counting(
        self, prepared: Prepared, values: Sequence[Any], way: Way, finish: Callable[[int], Any]
    ) -> Any:
        """Give the request whose result is `finish` of how many rows there were."""
        if way == "core":
            return finish(self._table.core.change(prepared.statement, prepared.named(values)))
        return Request(prepared.sent, prepared.converting(values), "change", finish)
