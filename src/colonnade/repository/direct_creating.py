"""Creating one object past the Session: the one INSERT that it is, and the object a stored one by it.

A `DirectCreation` belongs to a `DirectTable` whose class is written plainly. Like that one it gives
`NOT_DIRECT` where the Session must serve.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import insert, select
from sqlalchemy.orm import Mapper

from colonnade.engine import internals
from colonnade.engine.direct import Ask, Request, Rows
from colonnade.errors import EntityNotFoundError, EntityValidationError
from colonnade.models.fields import fields_of
from colonnade.models.validation import rules_of
from colonnade.repository.making import Shapes, taking
from colonnade.repository.operation import NOT_DIRECT
from colonnade.repository.prepared import Prepared

if TYPE_CHECKING:
    from colonnade.repository.direct import DirectTable

T = TypeVar("T")
Stored = Callable[[Sequence[Any]], Any]


@dataclass(slots=True, eq=False)
class _Insert:
    """The INSERT of one set of columns; `made` are the attributes that the database fills in, of `columns`.

    `numbered` tells that it's the driver who tells the row's number. Where the statement can't give the
    others, `reading` asks for all of them, by key.
    """

    prepared: Prepared
    made: tuple[str, ...]
    columns: Sequence[Any]
    numbered: bool = False
    reading: Prepared | None = None


class DirectCreation(Generic[T]):
    """Inserts single objects of one class."""

    def __init__(self, table: DirectTable[T], mapper: Mapper[T]) -> None:
        self._table = table
        self._mapper = mapper
        self._model: Any = mapper.class_
        self._engine = table.engine
        self._writing = table.writing
        self._insertion = table.writing.insertion
        self._rules = rules_of(mapper.class_)
        self._key_names = fields_of(mapper.class_).key
        self._key = taking(self._key_names)
        self._shapes = Shapes(self._insertion, self._insert_of, lambda one, _: one.prepared.names)

    def create(self, entity: Any) -> Any:
        """Give the request that inserts a new object's row, and makes the object a stored one."""
        way = self._writing.way()
        if way == "session" or not self._insertion.takes(entity):
            return NOT_DIRECT
        present, shapes = entity.__dict__, self._shapes
        known = shapes.known.get((*present, *map(type, present.values()))) or shapes.learned(entity)
        if known is None or (way == "core" and known[0].reading is not None):
            return NOT_DIRECT
        inserting, shape = known
        given = shape.making.given(present)
        if not self._rules.passes(given):
            self._rules.check_new(self._rules.by_attribute(given))
        values, worked_out = shape.making.row(present)

        def stored(answer: Sequence[Any]) -> Any:
            shape.give(present, worked_out)
            for name, value in zip(inserting.made, answer, strict=True):
                present[name] = value
            state = present["_sa_instance_state"]
            state.key = (self._model, self._key(present), None)
            internals.commit_all(state, present)
            return entity

        if way == "core":
            return stored(self._through_core(inserting, values))
        try:
            parameters = inserting.prepared.converting(values)
        except EntityValidationError:
            named = dict(zip(inserting.prepared.names, values, strict=True))
            self._rules.explain(self._rules.by_attribute(named))
            raise
        if inserting.reading is None:
            return self._request(inserting, parameters, stored)
        given = {**present}
        shape.give(given, worked_out)
        ask: Ask = "insert" if inserting.numbered else "change"
        read = self._reading(inserting, inserting.reading, given, stored)
        return Request(inserting.prepared.sent, parameters, ask, read)

    def _insert_of(self, sent: Collection[str]) -> _Insert | None:
        """Give the INSERT of these columns; None where only the unit of work knows what becomes of them."""
        made = self._insertion.made_by_server(sent)
        if made is None:
            return None
        columns = self._insertion.columns(made)
        numbered = self._table.driver.numbers_rows and self._insertion.only_number(made)
        statement: Any = insert(self._insertion.table)
        if not made or numbered:
            return _Insert(self._prepared(statement, sent), tuple(made), columns, numbered)
        if self._engine.dialect.insert_returning:
            return _Insert(self._prepared(statement.returning(*columns), sent), tuple(made), columns)
        reading = Prepared(
            select(*columns).where(*self._writing.key_criteria()),
            self._engine,
            self._mapper,
            names=self._writing.key_names,
        )
        number = self._insertion.table.autoincrement_column in columns
        return _Insert(self._prepared(statement, sent), tuple(made), columns, number, reading)

    def _prepared(self, statement: Any, sent: Collection[str]) -> Prepared:
        keys = [column.key for column in self._insertion.table.columns if column.key in sent]
        return Prepared(statement, self._engine, self._mapper, keys=keys, kind="insert")

    def _through_core(self, inserting: _Insert, values: Sequence[Any]) -> Sequence[Any]:
        prepared = inserting.prepared
        insert = self._table.core.insert if inserting.numbered else self._table.core.one
        return insert(prepared.statement, prepared.named(values))

    def _request(self, inserting: _Insert, parameters: Any, stored: Stored) -> Request:
        """Give the request whose result is `stored` of the values that the database made."""
        prepared = inserting.prepared
        if inserting.numbered:
            if not prepared.knows_types(self._engine, inserting.columns):
                prepared.learn(self._engine, inserting.columns, [None])
            return Request(
                prepared.sent, parameters, "insert", lambda number: stored(prepared.converted((number,)))
            )
        if not inserting.made:
            return Request(prepared.sent, parameters, "change", lambda _: stored(()))
        return self._row_request(prepared, parameters, inserting.columns, stored)

    def _row_request(
        self, prepared: Prepared, parameters: Any, columns: Sequence[Any], stored: Stored
    ) -> Request:
        def described(answer: Any) -> Any:
            prepared.learn(self._engine, columns, answer[1])
            return fetched(answer[0])

        def fetched(rows: Rows) -> Any:
            if not rows:
                raise EntityNotFoundError(
                    f"the new {self._model.__name__}'s row is gone: a trigger or another writer removed it",
                    entity=self._model.__name__,
                )
            return stored(prepared.converted(rows[0]))

        if not prepared.knows_types(self._engine, columns):
            return Request(prepared.sent, parameters, "described", described)
        return Request(prepared.sent, parameters, "fetch", fetched)

    def _reading(
        self, inserting: _Insert, reading: Prepared, given: dict[str, Any], stored: Stored
    ) -> Callable[[int], Request]:
        """Give what makes of the INSERT's answer the request for what the database has made of the row."""
        number = self._insertion.table.autoincrement_column

        def read(answer: int) -> Request:
            if inserting.numbered and number is not None:
                given[self._insertion.names[number.key]] = answer
            key = reading.converting(self._key(given))
            return self._row_request(reading, key, inserting.columns, stored)

        return read
