"""Statements of the direct path that are compiled once and sent many times, with other values each time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import Column, Engine, Integer, String, Uuid
from sqlalchemy.orm import Mapper
from sqlalchemy.sql.compiler import SQLCompiler

from colonnade.engine import internals
from colonnade.engine.direct import Sent, unmade
from colonnade.engine.failures import Kind
from colonnade.repository.instances import Convert, conversions
from colonnade.repository.making import taking

Way = Literal["direct", "core", "session"]

_PLAIN = (Integer, String, Uuid)
"""Types whose conversion doesn't ask what type the driver gives."""

KEY = "colonnade_key_"
"""Before the number of a bound key's part, since a bound column has its own name."""


class Prepared:
    """A statement and what it takes: `names` are those of its values, in the order in which they're given.

    `keys` are the columns' keys among them, for an INSERT or UPDATE.
    """

    __slots__ = ("_conversions", "names", "parameters", "sent", "statement")

    def __init__(
        self,
        statement: Any,
        engine: Engine,
        mapper: Mapper[Any],
        *,
        keys: Sequence[str] = (),
        names: Sequence[str] = (),
        kind: Kind | None = None,
    ) -> None:
        compiled = statement.compile(engine, column_keys=list(keys) if kind else None)
        table: Any = mapper.local_table
        self.statement = statement
        self.names = (*keys, *names)
        self.parameters: Callable[[Sequence[Any]], Any] = _binder(compiled, self.names)
        self._conversions: list[Convert | None] | None = None
        shown = {key: table.c[key].name for key in keys}
        looked_for = {f"{KEY}{at}": column.name for at, column in enumerate(mapper.primary_key)}
        self.sent = Sent(
            compiled.string,
            table,
            mapper.class_.__name__,
            kind,
            values=_teller(compiled, shown) if kind in ("insert", "update") else None,
            criteria=_teller(compiled, looked_for) if kind in ("update", "delete") else None,
        )

    def named(self, values: Sequence[Any]) -> dict[str, Any]:
        """Give the values by name, as Core takes them."""
        return dict(zip(self.names, values, strict=True))

    def converting(self, values: Sequence[Any]) -> Any:
        """Give the driver's parameters.

        Raises:
            EntityValidationError: for a value that its type refuses.
            ValueRejectedError: for one that it can't convert.
        """
        if self.parameters is tuple:
            return values
        try:
            return self.parameters(values)
        except Exception as error:
            raise unmade(self.sent, error) from error

    def knows_types(self, engine: Engine, columns: Sequence[Column[Any]]) -> bool:
        """Tell whether it can convert the columns that it gives back, without the driver's types of them."""
        if self._conversions is None and all(isinstance(column.type, _PLAIN) for column in columns):
            self.learn(engine, columns, [None for _ in columns])
        return self._conversions is not None

    def learn(self, engine: Engine, columns: Sequence[Column[Any]], driver_types: Sequence[Any]) -> None:
        """Take the driver's type of each column that the statement gives back."""
        self._conversions = conversions([column.type for column in columns], engine.dialect, driver_types)

    def converted(self, row: Sequence[Any]) -> list[Any]:
        """Give the values of a row by their types."""
        return [
            value if convert is None else convert(value)
            for value, convert in zip(row, self._conversions or (), strict=True)
        ]


def _binder(compiled: SQLCompiler, names: tuple[str, ...]) -> Callable[[Sequence[Any]], Any]:
    """Give what makes of values in the order of `names` the parameters that the driver is given.

    What the statement itself holds, as the 1 in `version + 1`, is added.
    """
    processors = internals.bind_processors(compiled)
    escaped = [compiled.escaped_bind_names.get(name, name) for name in names]
    held = {
        name: processors[name](value) if name in processors else value
        for name, value in compiled.params.items()
        if name not in escaped
    }
    converting = [(at, processors[name]) for at, name in enumerate(names) if name in processors]
    sources, constants = [*names, *held], tuple(held.values())
    order = list(compiled.positiontup or ()) if compiled.positional else sources
    if order == sources and not converting and not held and compiled.positional:
        return tuple
    take = tuple if order == sources else taking([sources.index(name) for name in order])
    shown = [*escaped, *held]

    def bound(values: Sequence[Any]) -> Any:
        row = [*values, *constants]
        for at, process in converting:
            row[at] = process(row[at])
        return take(row) if compiled.positional else dict(zip(shown, row, strict=True))

    return bound


def _teller(compiled: SQLCompiler, shown: Mapping[str, str]) -> Callable[[Any], Mapping[str, Any]]:
    """Give what tells of the driver's parameters those to show, under the columns' names."""
    order = compiled.positiontup
    escaped = compiled.escaped_bind_names

    def tell(parameters: Any) -> Mapping[str, Any]:
        if order is not None and compiled.positional:
            found = dict(zip(order, parameters, strict=True))
        else:
            found = {name: parameters[escaped.get(name, name)] for name in shown}
        return {column: found[name] for name, column in shown.items() if name in found}

    return tell
