"""Rows made into objects, as a Session would have loaded and then let go of them.

In come the rows of one class's columns, from the driver or from Core; out come its instances: loaded,
unchanged, detached. What makes them is a function written for the class, one line for each column: a loop
over columns would take as long again.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.orm import Mapper
from sqlalchemy.types import TypeEngine

from colonnade.engine import internals
from colonnade.engine.direct import Ask
from colonnade.models.types import UTCDateTime
from colonnade.repository.softdelete import soft_delete_options

T = TypeVar("T")
Convert = Callable[[Any], Any]

MANY = 500
"""From so many rows on, Python's garbage collector is paused: it takes most of a large load's time."""
VERY_MANY = 2_000
"""From so many on, it is kept from going over them afterwards, too."""


def conversions(
    types: Iterable[TypeEngine[Any]], dialect: Dialect, driver_types: Iterable[Any]
) -> list[Convert | None]:
    """Give what converts the driver's values of columns with these types, of which it gives those."""
    pairs = zip(types, driver_types, strict=True)
    return [
        type_.dialect_impl(dialect).result_processor(dialect, driver_type) for type_, driver_type in pairs
    ]


class Carried(NamedTuple):
    """What an object remembers of the statement that it came by, for what it loads later."""

    options: tuple[Any, ...]
    path: Any


class Instances(Generic[T]):
    """Makes instances of one class from rows of its loaded columns, in the order of `names`.

    A row may hold more values behind these.
    """

    def __init__(self, mapper: Mapper[T], dialect: Dialect, read_as_text: Collection[Any] = ()) -> None:
        attributes = {
            key: prop.columns[0].type for key, prop in mapper.column_attrs.items() if not prop.deferred
        }
        self.names = tuple(attributes)
        self.key = tuple(mapper.get_property_by_column(column).key for column in mapper.primary_key)
        self._types = tuple(attributes.values())
        self._dialect = dialect
        self._read_as_text = read_as_text
        self.ask: Ask = "fetch"
        """What to ask the driver for, once its types are known: rows as always, or with instants as text."""
        self._texts: frozenset[int] = frozenset()
        self._manager = mapper.class_manager
        self._conversions: tuple[Convert | None, ...] | None = None
        self._has_learned = False
        options = soft_delete_options(mapper.class_)
        self.usual = Carried(options, internals.path_of(mapper)) if options else None
        """What objects carry where nothing else is asked for."""
        self._makers: dict[tuple[bool, bool, int], Callable[..., list[T] | None]] = {}

    @property
    def knows_types(self) -> bool:
        """Whether it has seen the driver's types of the columns, which a type's conversion may ask for."""
        return self._has_learned

    def learn(self, driver_types: Sequence[Any]) -> None:
        """Take the driver's type of each column."""
        driver_types = driver_types[: len(self._types)]
        self._conversions = tuple(conversions(self._types, self._dialect, driver_types))
        self._texts = frozenset(at for at, one in enumerate(driver_types) if one in self._read_as_text)
        if self._texts and all(self._reads_text(self._types[at]) for at in self._texts):
            self.ask = "read"
        self._make_one = self._maker(converts=True, carries=self.usual is not None, width=len(self.names))
        self._has_learned = True  # last: another thread may ask in the middle of it

    def first(self, rows: Sequence[Sequence[Any]]) -> T | None:
        """Make an instance of the first of the driver's rows, where there is one; it has a key.

        Raises:
            ValueError: for an instant that Python hasn't, in a row that the driver was asked to `read`.
        """
        return self._make_one(rows, self.usual)[0] if rows else None  # type: ignore[index]

    def converted(self, rows: Sequence[Sequence[Any]], carried: Carried | None = None) -> list[T] | None:
        """Make instances of the driver's rows, got as `ask` says; None where the Session must.

        That's where a row has no key, which it leaves out, or holds an instant that Python hasn't, of which
        it tells best.
        """
        try:
            return self._made(rows, carried, converts=True)
        except ValueError:
            if self.ask == "read":
                return None
            raise

    def original(self, at: int, value: Any) -> Any:
        """Give a value of a row that was got as `ask` says as the driver gives it otherwise, or in UTC."""
        return datetime.fromisoformat(value) if isinstance(value, str) and at in self._texts else value

    def _reads_text(self, type_: TypeEngine[Any]) -> bool:
        return type(type_.dialect_impl(self._dialect)) is UTCDateTime

    def plain(self, rows: Sequence[Sequence[Any]], carried: Carried | None = None) -> list[T] | None:
        """Make instances of rows that SQLAlchemy has converted; None as above."""
        return self._made(rows, carried, converts=False)

    def _made(
        self, rows: Sequence[Sequence[Any]], carried: Carried | None, *, converts: bool
    ) -> list[T] | None:
        if not rows:
            return []
        carried = carried or self.usual
        shape = (converts, carried is not None and bool(carried.options), len(rows[0]))
        make = self._makers.get(shape)
        if make is None:
            make = self._makers[shape] = self._maker(*shape)
        if len(rows) < MANY:
            return make(rows, carried)
        with unhurried(len(rows)):
            return make(rows, carried)

    def _maker(self, converts: bool, carries: bool, width: int) -> Callable[..., list[T] | None]:
        """Give the function that makes instances of rows of this width."""
        lines, names = internals.instance_source(self._manager)
        names["class_"] = self._manager.class_
        key = [f"v{self.names.index(name)}" for name in self.key]
        body = [*lines]
        for at, name in enumerate(self.names):
            convert = self._conversions[at] if converts and self._conversions else None
            if convert is not None:
                names[f"convert{at}"] = convert
                body.append(f"v{at} = convert{at}(v{at})")
            body.append(f"values[{name!r}] = v{at}")
        body += [
            f"if {' or '.join(f'{value} is None' for value in key)}: return None",
            f"state.key = (class_, ({', '.join(key)},), None)",
        ]
        if carries:
            body.append("state.load_options, state.load_path = carried")
        body.append("add(instance)")
        targets = "".join(f"v{at}, " for at in range(width))
        source = ["def make(rows, carried):", " made = []", " add = made.append", f" for {targets}in rows:"]
        exec("\n".join([*source, *(f"  {line}" for line in body), " return made"]), names)
        made: Callable[..., list[T] | None] = names["make"]
        return made


@contextmanager
def unhurried(count: int) -> Iterator[None]:
    """Keep the garbage collector from going over a growing heap again and again, in a block that fills it."""
    if count < MANY or not gc.isenabled():
        yield
        return
    # What is there already is looked at now, so that only what is new is held for old at the end. Objects
    # that somebody froze would come back with it, so then it isn't done.
    ages = count >= VERY_MANY and not gc.get_freeze_count()
    if ages:
        gc.collect(1)
    gc.disable()
    try:
        yield
    finally:
        if ages:
            gc.freeze()
            gc.unfreeze()
        gc.enable()
