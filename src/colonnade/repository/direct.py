"""Reading past the Session: statements compiled once, sent on the driver's own connection, rows made objects.

A `DirectTable` holds what is kept for one class on one engine. Each of its methods gives `NOT_DIRECT`
where the Session must serve: the class isn't plainly mapped, or somebody listens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, Literal, TypeVar

from sqlalchemy import Engine, Select, bindparam, select
from sqlalchemy.orm import Mapper
from sqlalchemy.sql.compiler import SQLCompiler

from colonnade.engine import internals
from colonnade.engine.direct import Core, Driver, Sent
from colonnade.engine.failures import Kind
from colonnade.engine.home import Home
from colonnade.models.mixins import SoftDeleteMixin
from colonnade.repository.fields import fields_of
from colonnade.repository.instances import Instances, unhurried
from colonnade.repository.plainly import reads_plainly

T = TypeVar("T")
Way = Literal["direct", "core", "session"]


class NotDirect:
    """The answer of a method that leaves the call to the Session."""


NOT_DIRECT: Final = NotDirect()


class Prepared:
    """A statement that is compiled once and sent with other values each time, named `names`."""

    __slots__ = ("names", "parameters", "sent", "statement")

    def __init__(
        self,
        statement: Any,
        names: Sequence[str],
        engine: Engine,
        mapper: Mapper[Any],
        kind: Kind | None = None,
    ) -> None:
        compiled = statement.compile(engine, column_keys=list(names) if kind else None)
        self.statement = statement
        self.names = tuple(names)
        self.sent = Sent(compiled.string, mapper.local_table, mapper.class_.__name__, kind)  # type: ignore[arg-type]
        self.parameters: Callable[[Sequence[Any]], Any] = _binder(compiled, self.names)

    def named(self, values: Sequence[Any]) -> dict[str, Any]:
        """Give the values by name, as Core takes them."""
        return dict(zip(self.names, values, strict=True))


def _binder(compiled: SQLCompiler, names: tuple[str, ...]) -> Callable[[Sequence[Any]], Any]:
    """Give what makes of values in the order of `names` the parameters that the driver is given."""
    processors: Any = compiled._bind_processors
    if not compiled.positional:
        shown = [(compiled.escaped_bind_names.get(name, name), processors.get(name)) for name in names]
        return lambda values: {
            name: value if process is None else process(value)
            for (name, process), value in zip(shown, values, strict=True)
        }
    order = [(names.index(name), processors.get(name)) for name in compiled.positiontup or ()]
    if [at for at, _ in order] == list(range(len(names))) and not any(process for _, process in order):
        return tuple
    return lambda values: tuple(
        values[at] if process is None else process(values[at]) for at, process in order
    )


class DirectTable(Generic[T]):
    """The direct path to one class's table."""

    def __init__(self, home: Home, mapper: Mapper[T]) -> None:
        engine = home.engine
        self.mapper = mapper
        self.plain = reads_plainly(mapper, engine)
        self.driver = Driver(home)
        self.core = Core(home)
        self._engine = engine
        if not self.plain:
            return
        model: Any = mapper.class_
        self.instances: Instances[T] = Instances(mapper, engine.dialect)
        self._columns = [getattr(model, name) for name in self.instances.names]
        self._listeners = internals.Listeners(
            [
                *internals.engine_targets(engine),
                internals.session_target(),
                ("mapper", mapper, internals.WRITE_EVENTS),
                ("instance", mapper.class_manager, internals.LOAD_EVENTS),
            ],
            internals.hook_targets(engine),
            home.own_listeners,
        )
        self._compiled = internals.compiled_cache(200)
        key = fields_of(model).key
        by_key = select(*self._columns).where(*(getattr(model, name) == bindparam(name) for name in key))
        self._by_key = Prepared(self._alive(by_key), key, engine, mapper)
        self._by_key_even_deleted = Prepared(by_key, key, engine, mapper)

    def way(self) -> Way:
        """Tell which way a call may go now."""
        if not self.plain:
            return "session"
        listeners = self._listeners
        listeners.refresh()
        if not listeners.silent:
            return "session"
        return "core" if listeners.hooked or internals.echoes(self._engine) else "direct"

    def get(self, key: tuple[Any, ...], include_deleted: bool) -> T | NotDirect | None:
        """Give the entity with this key, or None."""
        way = self.way()
        prepared = self._by_key_even_deleted if include_deleted else self._by_key
        if way == "direct" and self.instances.knows_types:
            rows = self.driver.fetch(prepared.sent, prepared.parameters(key))
            if not rows:
                return None
            return self.instances.converted(rows)[0]
        if way == "session":
            return NOT_DIRECT
        found = self.prepared(prepared, key, way)
        return found[0] if found else None

    def prepared(self, prepared: Prepared, values: Sequence[Any], way: Way) -> list[T]:
        """Give the entities that a prepared statement finds."""
        if way == "core":
            return self.instances.plain(self.core.fetch(prepared.statement, prepared.named(values)))
        return self._made(prepared.sent, prepared.parameters(values))

    def entities(self, statement: Select[Any]) -> list[T] | NotDirect:
        """Give the entities that a SELECT of this class finds."""
        columns = statement.with_only_columns(*self._columns, maintain_column_froms=True)
        way = self._way_of(columns)
        if way == "core":
            return self.instances.plain(self.core.fetch(columns, {}))
        sent = None if way == "session" else self._sent(columns)
        if sent is None:
            return NOT_DIRECT
        return self._made(*sent)

    def scalar(self, statement: Select[Any]) -> Any:
        """Give the first value that a SELECT about this class's table finds, or None."""
        way = self._way_of(statement)
        if way == "core":
            rows: Sequence[Sequence[Any]] = self.core.fetch(statement, {})
        else:
            sent = None if way == "session" else self._sent(statement)
            if sent is None:
                return NOT_DIRECT
            rows = self.driver.fetch(*sent)
        return rows[0][0] if rows else None

    def _way_of(self, statement: Select[Any]) -> Way:
        way = self.way()
        # A join, written or implied, may give a row twice, and the Session leaves out the second.
        return way if way == "session" or self._is_single(statement) else "session"

    def _is_single(self, statement: Select[Any]) -> bool:
        return len(statement.get_final_froms()) == 1

    def _sent(self, statement: Select[Any]) -> tuple[Sent, Any] | None:
        """Give the statement as the driver has it; None for a value that its type can't convert."""
        compiled, values = internals.compiled_with(statement, self._engine.dialect, self._compiled)
        try:
            text, parameters = internals.driver_parameters(compiled, values)
        except Exception:  # noqa: BLE001 (the Session meets it again, and tells)
            return None
        return Sent(text, self.mapper.local_table, self.mapper.class_.__name__), parameters  # type: ignore[arg-type]

    def _made(self, sent: Sent, parameters: Any) -> list[T]:
        if self.instances.knows_types:
            rows = self.driver.fetch(sent, parameters)
        else:
            rows, types = self.driver.described(sent, parameters)
            if len(types):
                self.instances.learn(types)
        if not rows:
            return []
        with unhurried(len(rows)):
            return self.instances.converted(rows)

    def _alive(self, statement: Select[Any]) -> Select[Any]:
        model: Any = self.mapper.class_
        if not issubclass(model, SoftDeleteMixin):
            return statement
        return statement.where(model.deleted_at.is_(None))
