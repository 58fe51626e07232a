"""How the driver's values of a row are made of an object's attributes, or of a mapping.

That's worked out once for all that are alike: with the same names set to values of the same types.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Generic, TypeVar

from sqlalchemy import Column
from sqlalchemy.engine.interfaces import Dialect

from colonnade.repository.insertion import Default, DefaultContext, Insertion

T = TypeVar("T")
S = TypeVar("S")
Row = tuple[Any, ...]
Take = Callable[[Any], Row]
Process = Callable[[Any], Any]

SHAPES = 500
"""How many shapes of objects or changes are remembered for a class."""


@dataclass(slots=True, eq=False)
class Called:
    """A default that is worked out for each row; one that `asks` is given the row's other values."""

    column: Column[Any]
    default: Default
    asks: bool


@dataclass(slots=True, eq=False)
class Making:
    """What to take of the source, what to add, how to convert it, and in which order it's sent.

    `names` are the columns' keys as they are taken and added.
    """

    take: Take
    fixed: Row
    called: Sequence[Called]
    names: tuple[str, ...]
    processes: Sequence[tuple[int, Process]]
    order: Take

    def row(self, source: Any) -> tuple[Row, Sequence[Any]]:
        """Give the driver's values, and what was worked out for this row."""
        if not self.called and not self.fixed and not self.processes:
            return self.order(self.take(source)), ()
        values = [*self.take(source), *self.fixed]
        worked_out: Sequence[Any] = ()
        if self.called:
            for one in self.called:
                values.append(one.default(self._context(one, values) if one.asks else None))  # type: ignore[arg-type]
            worked_out = values[-len(self.called) :]
        for at, process in self.processes:
            values[at] = process(values[at])
        return self.order(values), worked_out

    def given(self, source: Any) -> dict[str, Any]:
        """Give what is taken of the source, by the columns' keys."""
        return dict(zip(self.names, self.take(source), strict=False))

    def _context(self, one: Called, values: Sequence[Any]) -> DefaultContext:
        return DefaultContext(one.column, dict(zip(self.names, values, strict=False)))


@dataclass(slots=True, eq=False)
class ObjectShape:
    """New objects with the same attributes set to values of the same types: how their rows are made.

    `fixed` are attributes that all of them are given, `called` those for what is worked out for each.
    """

    making: Making
    fixed: Mapping[str, Any]
    called: Sequence[str | None]

    @classmethod
    def of(
        cls,
        insertion: Insertion,
        given: Iterable[str],
        order: Sequence[str],
        processes: Callable[[Sequence[str]], list[tuple[int, Process]]],
    ) -> ObjectShape:
        """Give the shape of objects that have values for the columns `given`, sent in this order."""
        parts = insertion.parts(given)
        names = (*parts.taken, *parts.fixed, *parts.called)
        making = Making(
            taking(tuple(parts.taken.values())),
            tuple(parts.fixed.values()),
            called(parts.called),
            names,
            processes(names),
            taking([names.index(key) for key in order]),
        )
        fixed = {name: parts.fixed[key] for key, name in parts.shown.items() if key in parts.fixed}
        return cls(making, fixed, [parts.shown.get(key) for key in parts.called])

    def give(self, values: dict[str, Any], worked_out: Sequence[Any]) -> None:
        """Add to an object's values what defaults have made of them."""
        if self.fixed:
            values.update(self.fixed)
        if self.called:
            for name, value in zip(self.called, worked_out, strict=True):
                if name is not None:
                    values[name] = value


class Shapes(Generic[S]):
    """The shapes of one class's new objects, each with the INSERT that its rows need.

    `insert_of` gives the INSERT that sends these columns, or None; `order` the columns' keys in its order.
    `known` may be looked into before `learned` is called.
    """

    def __init__(
        self,
        insertion: Insertion,
        insert_of: Callable[[frozenset[str]], S | None],
        order: Callable[[S, frozenset[str]], Sequence[str]],
        processes: Callable[[Sequence[str]], list[tuple[int, Process]]] = lambda keys: [],
    ) -> None:
        self._insertion = insertion
        self._insert_of = insert_of
        self._order = order
        self._processes = processes
        self._inserts: dict[frozenset[str], S | None] = {}
        self.known: dict[Row, tuple[S, ObjectShape]] = {}

    def learned(self, entity: Any) -> tuple[S, ObjectShape] | None:
        """Work out the shape of an object; None where only the unit of work knows what to do with it."""
        given = self._insertion.given(entity)
        if given is None:
            return None
        sent = frozenset(self._insertion.sent(given))
        if sent not in self._inserts:
            self._inserts[sent] = self._insert_of(sent)
        insert = self._inserts[sent]
        if insert is None:
            return None
        shape = ObjectShape.of(self._insertion, given, self._order(insert, sent), self._processes)
        return kept(self.known, shape_of(entity.__dict__), (insert, shape))


def shape_of(source: Mapping[str, Any]) -> Row:
    """Give what is the same for all that are made alike."""
    return (*source, *map(type, source.values()))


def kept(known: dict[Row, T], key: Row, value: T) -> T:
    """Remember what was worked out for a shape."""
    if len(known) >= SHAPES:
        known.clear()
    known[key] = value
    return value


def taking(names: Sequence[Any]) -> Take:
    """Give what takes these of a mapping or a sequence, as a tuple."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda source: tuple([source[name] for name in names])


def called(defaults: Mapping[str, tuple[Column[Any], Default]]) -> list[Called]:
    """Give the defaults that are to be called for each row."""
    return [
        Called(column, default, hasattr(default, "colonnade_values_only"))
        for column, default in defaults.values()
    ]


def processes(columns: Sequence[Column[Any]], dialect: Dialect) -> list[tuple[int, Process]]:
    """Give what converts the values of these columns for the driver, by place."""
    found = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in columns]
    return [(at, process) for at, process in enumerate(found) if process is not None]
