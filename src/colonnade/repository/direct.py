"""Reading past the Session: statements compiled once, sent on the driver's own connection, rows made objects.

A `DirectTable` holds what is kept for one class on one engine. Each of its methods gives `NOT_DIRECT`
where the Session must serve: the class isn't plainly mapped, or somebody listens. Its parts load when they
are first used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Mapper
from sqlalchemy.util.concurrency import in_greenlet

from colonnade.engine import internals, listening
from colonnade.engine.direct import Core, Driver, Request, Rows, Sent
from colonnade.engine.failures import Kind
from colonnade.engine.home import Home
from colonnade.models.fields import fields_of
from colonnade.models.mixins import SoftDeleteMixin
from colonnade.repository.instances import Instances
from colonnade.repository.keys import has_integer_key, key_values
from colonnade.repository.operation import NOT_DIRECT, NotDirect
from colonnade.repository.plainly import reads_plainly
from colonnade.repository.prepared import KEY, Prepared, Way

if TYPE_CHECKING:
    from colonnade.repository.direct_bulk import BulkInserts
    from colonnade.repository.direct_changes import BulkChanges
    from colonnade.repository.direct_creating import DirectCreation
    from colonnade.repository.direct_paging import DirectPages
    from colonnade.repository.direct_reading import DirectReading
    from colonnade.repository.direct_writing import DirectWriting

T = TypeVar("T")
Mend = Callable[[Rows], Rows]


class DirectTable(Generic[T]):
    """The direct path to one class's table."""

    def __init__(self, home: Home, mapper: Mapper[T]) -> None:
        engine = home.engine
        self.mapper = mapper
        serves = home.dialect.direct.serves(engine.dialect, home.settings)
        self.plain = serves and reads_plainly(mapper, engine)
        self.driver = Driver(home)
        self.core = Core(home)
        self.engine = engine
        self.home = home
        if not self.plain:
            return
        model: Any = mapper.class_
        self.plain_table: Any = mapper.local_table
        self.has_integer_key = has_integer_key(model)
        self._echoes = listening.echoes(engine)
        self._is_async = home.face == "async"
        self.instances: Instances[T] = Instances(mapper, engine.dialect, home.dialect.direct.READ_AS_TEXT)
        self.plain_columns = [mapper.columns[name] for name in self.instances.names]
        self.columns = [getattr(model, name) for name in self.instances.names]
        self._listeners = self.listeners()
        self._compiled = internals.compiled_cache(200)
        names = [f"{KEY}{at}" for at in range(len(mapper.primary_key))]
        attributes = [getattr(model, name) for name in fields_of(model).key]
        by_key = select(*self.columns).where(
            *(one == bindparam(name) for one, name in zip(attributes, names, strict=True))
        )
        self._by_key = Prepared(self._alive(by_key), engine, mapper, names=names)
        self._by_key_even_deleted = Prepared(by_key, engine, mapper, names=names)

    @cached_property
    def writing(self) -> DirectWriting[T]:
        """The part that changes and deletes rows."""
        from colonnade.repository.direct_writing import DirectWriting

        return DirectWriting(self, self.mapper)

    @cached_property
    def creation(self) -> DirectCreation[T]:
        """The part that creates objects one by one."""
        from colonnade.repository.direct_creating import DirectCreation

        return DirectCreation(self, self.mapper)

    @cached_property
    def inserts(self) -> BulkInserts[T]:
        """The part that creates many objects at once."""
        from colonnade.repository.direct_bulk import BulkInserts

        return BulkInserts(self, self.mapper)

    @cached_property
    def changes(self) -> BulkChanges[T]:
        """The part that changes and deletes many rows at once."""
        from colonnade.repository.direct_changes import BulkChanges

        return BulkChanges(self, self.mapper)

    def key(self, id: Any) -> tuple[Any, ...]:
        """Give the key's values.

        Raises:
            EntityValidationError: when `id` isn't a key of this class.
        """
        if type(id) is int and self.has_integer_key and -(2**63) <= id < 2**63:
            return (id,)
        return key_values(self.mapper.class_, id)

    def listeners(self, *others: listening.Target) -> listening.Listeners:
        """Give those who must be heard when a row is read, and when more happens to those others."""
        loaded: listening.Target = ("instance", self.mapper.class_manager, listening.LOAD_EVENTS)
        return listening.Listeners(
            [*listening.engine_targets(self.engine), listening.session_target(), loaded, *others],
            listening.hook_targets(self.engine),
            self.home.own_listeners,
        )

    def way(self, listeners: listening.Listeners | None = None) -> Way:
        """Tell which way a call may go now, by those who'd hear of a read, or by these listeners."""
        if not self.plain:
            return "session"
        listeners = (listeners or self._listeners).refreshed()
        if not listeners.silent:
            return "session"
        if listeners.hooked or self._echoes():
            # SQLAlchemy's Core awaits by a greenlet, in which this is asked again.
            return "core" if not self._is_async or in_greenlet() else "session"
        return "direct"

    def get(
        self,
        key: tuple[Any, ...],
        include_deleted: bool,
        finish: Callable[[T | None], Any] | None = None,
        way: Way | None = None,
    ) -> Any:
        """Give the request for the entity with this key; its result is that or None, or `finish` of it."""
        way = way or self.way()
        if way == "session":
            return NOT_DIRECT
        prepared = self._by_key_even_deleted if include_deleted else self._by_key
        if finish is not None or way == "core" or not self.instances.knows_types:
            return self.first(prepared, key, way, finish or _itself)
        first = self.instances.first if self.instances.ask == "fetch" else self._first_read
        return Request(prepared.sent, prepared.converting(key), self.instances.ask, first)

    def first(
        self,
        prepared: Prepared,
        values: Sequence[Any],
        way: Way,
        finish: Callable[[T | None], Any],
        mend: Mend | None = None,
    ) -> Any:
        """Give the request whose result is `finish` of the first entity that a prepared statement gives."""
        if way == "core":
            rows: Any = self.core.fetch(prepared.statement, prepared.named(values))
            return finish(self._first(rows if mend is None else mend(rows), self.instances.plain))
        return self._first_request(prepared.sent, prepared.converting(values), finish, mend)

    def first_of(
        self, statement: Any, kind: Kind, way: Way, finish: Callable[[T | None], Any], mend: Mend | None
    ) -> Any:
        """Do the same for a statement that holds its values."""
        if way == "core":
            rows: Any = self.core.fetch(statement, {})
            return finish(self._first(rows if mend is None else mend(rows), self.instances.plain))
        sent = self.sending(statement, kind)
        return NOT_DIRECT if sent is None else self._first_request(*sent, finish, mend)

    def count_of(self, statement: Any, kind: Kind, way: Way, finish: Callable[[int], Any]) -> Any:
        """Give the request for how many rows a statement that holds its values concerns."""
        if way == "core":
            return finish(self.core.change(statement, {}))
        sent = self.sending(statement, kind)
        return NOT_DIRECT if sent is None else Request(*sent, "change", finish)

    def _first_request(
        self, sent: Sent, parameters: Any, finish: Callable[[T | None], Any], mend: Mend | None
    ) -> Request:
        first = self._first_read if sent.kind is None else self.instances.first

        def fetched(rows: Rows) -> Any:
            entity: Any = first(rows if mend is None else mend(rows))
            return entity if entity is NOT_DIRECT else finish(entity)

        return self.rows_request(sent, parameters, fetched)

    def rows_request(self, sent: Sent, parameters: Any, finish: Callable[[Rows], Any]) -> Request:
        """Give the request whose result is `finish` of the driver's rows of this class's columns."""
        instances = self.instances
        if instances.knows_types:
            # What a write gives can't be read another way when an instant in it turns out to be none.
            return Request(sent, parameters, instances.ask if sent.kind is None else "fetch", finish)

        def described(answer: Any) -> Any:
            instances.learn(answer[1])
            return finish(answer[0])

        return Request(sent, parameters, "described", described)

    def _first_read(self, rows: Rows) -> T | NotDirect | None:
        try:
            return self.instances.first(rows)
        except ValueError:
            return NOT_DIRECT

    def _first(self, rows: Rows, make: Callable[[Rows], list[T] | None]) -> T | None:
        found = make(rows[:1])
        return found[0] if found else None

    @cached_property
    def reading(self) -> DirectReading[T]:
        """The part that reads with relationships and as a stream."""
        from colonnade.repository.direct_reading import DirectReading

        return DirectReading(self)

    @cached_property
    def pages(self) -> DirectPages[T]:
        """The part that reads by page."""
        from colonnade.repository.direct_paging import DirectPages

        return DirectPages(self)

    def beside(self, mapper: Mapper[Any]) -> DirectTable[Any]:
        """Give the direct path to another class's table of the same registry."""
        tables = self.home.tables
        found: DirectTable[Any] | None = tables.get(mapper.class_)
        if found is None:
            found = tables[mapper.class_] = DirectTable(self.home, mapper)
        return found

    def scalar(self, statement: Any) -> Any:
        """Give the first value that a SELECT about this class's table finds, or None."""
        way = self.way_of(statement)
        if way == "core":
            rows: Sequence[Sequence[Any]] = self.core.fetch(statement, {})
        else:
            sent = None if way == "session" else self.sending(statement)
            if sent is None:
                return NOT_DIRECT
            rows = self.driver.fetch(*sent)
        return rows[0][0] if rows else None

    def way_of(self, statement: Any) -> Way:
        """Tell which way a SELECT may go now."""
        way = self.way()
        # A join, written or implied, may give a row twice, and the Session leaves out the second.
        return way if way == "session" or len(statement.get_final_froms()) == 1 else "session"

    def sending(self, statement: Any, kind: Kind | None = None) -> tuple[Sent, Any] | None:
        """Give the statement as the driver has it; None for a value that its type can't convert."""
        compiled, values = internals.compiled_with(statement, self.engine.dialect, self._compiled)
        try:
            text, parameters = internals.driver_parameters(compiled, values)
        except Exception:  # noqa: BLE001 (the Session meets it again, and tells)
            return None
        return Sent(text, self.plain_table, self.mapper.class_.__name__, kind), parameters

    def _alive(self, statement: Any) -> Any:
        model: Any = self.mapper.class_
        if not issubclass(model, SoftDeleteMixin):
            return statement
        return statement.where(model.deleted_at.is_(None))


def _itself(entity: T | None) -> T | None:
    return entity
