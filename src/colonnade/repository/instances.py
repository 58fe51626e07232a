"""Rows made into objects, as a Session would have loaded and then let go of them.

In come the rows of one class's columns, from the driver or from Core; out come its instances: loaded,
unchanged, detached.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter
from typing import Any, Generic, TypeVar

from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.orm import Mapper

from colonnade.engine import internals

T = TypeVar("T")

MANY = 500
"""From so many rows on, Python's garbage collector is paused: it takes most of a large load's time."""


class UnfitRowError(Exception):
    """A row that only the Session knows what to make of: one without a key."""


class Instances(Generic[T]):
    """Makes instances of one class from rows of its loaded columns, in the order of `names`."""

    def __init__(self, mapper: Mapper[T], dialect: Dialect) -> None:
        attributes = {
            key: prop.columns[0].type for key, prop in mapper.column_attrs.items() if not prop.deferred
        }
        self.names = tuple(attributes)
        self._types = tuple(attributes.values())
        self._dialect = dialect
        self._class = mapper.class_
        self._new = internals.new_instance(mapper.class_manager)
        key = tuple(mapper.get_property_by_column(column).key for column in mapper.primary_key)
        self._key: Callable[[dict[str, Any]], tuple[Any, ...]] = _key_getter(key)
        self._conversions: tuple[tuple[str, Callable[[Any], Any]], ...] | None = None

    @property
    def knows_types(self) -> bool:
        """Whether it has seen the driver's types of the columns, which a type's conversion may ask for."""
        return self._conversions is not None

    def learn(self, driver_types: Sequence[Any]) -> None:
        """Take the driver's type of each column."""
        found = []
        for name, type_, driver_type in zip(self.names, self._types, driver_types, strict=True):
            convert = type_.dialect_impl(self._dialect).result_processor(self._dialect, driver_type)
            if convert is not None:
                found.append((name, convert))
        self._conversions = tuple(found)

    def converted(self, rows: Iterable[Sequence[Any]]) -> list[T]:
        """Make instances of the driver's rows.

        Raises:
            UnfitRowError: for a row whose key is NULL.
        """
        assert self._conversions is not None
        return self._made(rows, self._conversions)

    def plain(self, rows: Iterable[Sequence[Any]]) -> list[T]:
        """Make instances of rows that SQLAlchemy has converted.

        Raises:
            UnfitRowError: for a row whose key is NULL.
        """
        return self._made(rows, ())

    def _made(
        self, rows: Iterable[Sequence[Any]], conversions: tuple[tuple[str, Callable[[Any], Any]], ...]
    ) -> list[T]:
        # Written flat: it runs once for each row of a load.
        new, names, key_of, class_ = self._new, self.names, self._key, self._class
        made = []
        for row in rows:
            instance = new()
            values = instance.__dict__
            state = values["_sa_instance_state"]
            values.update(zip(names, row, strict=False))
            for name, convert in conversions:
                values[name] = convert(values[name])
            key = key_of(values)
            if None in key:
                raise UnfitRowError
            state.key = (class_, key, None)
            made.append(instance)
        return made


@contextmanager
def unhurried(count: int) -> Iterator[None]:
    """Keep the garbage collector from going over a growing heap again and again, in a block that fills it."""
    if count < MANY or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _key_getter(names: tuple[str, ...]) -> Callable[[dict[str, Any]], tuple[Any, ...]]:
    if len(names) > 1:
        return itemgetter(*names)
    (name,) = names
    return lambda values: (values[name],)
