"""Reading past the Session what is more than one row by its key: by criteria, with relationships.

It stands beside a `DirectTable`, with methods like that one's: `NOT_DIRECT` leaves the call to the Session.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from colonnade.engine import internals
from colonnade.engine.direct import Driver, Sent
from colonnade.engine.moment import Moment
from colonnade.engine.observe import WAY_OPTION
from colonnade.engine.translate import translated
from colonnade.repository.instances import Carried
from colonnade.repository.operation import NOT_DIRECT, NotDirect
from colonnade.repository.related import Related, plan_of

if TYPE_CHECKING:
    from colonnade.repository.direct import DirectTable

T = TypeVar("T")


class DirectReading(Generic[T]):
    """What a table's direct path reads beyond single rows."""

    def __init__(self, table: DirectTable[T]) -> None:
        self._table = table
        self._path = internals.path_of(table.mapper)
        self._plans: dict[str, tuple[Related, ...] | None] = {}

    def entities(self, statement: Any, load: Any = (), options: Sequence[Any] = ()) -> list[T] | NotDirect:
        """Give the entities that a SELECT of this class finds, with what is to be loaded with them.

        `options` are the loader options that a Session would be given for `load`.
        """
        table = self._table
        columns: Any = statement.with_only_columns(*table.columns, maintain_column_froms=True)
        carried = Carried(internals.carried_options(statement.options(*options)), self._path)
        way = self._table.way_of(columns)
        if options:
            return self._with_related(columns, load, carried) if way == "direct" else NOT_DIRECT
        if way == "core":
            found = table.instances.plain(table.core.fetch(columns, {}), carried)
        else:
            sent = None if way == "session" else self._table.sending(columns)
            found = None if sent is None else self.rows(table.driver, *sent, carried)
        return NOT_DIRECT if found is None else found

    def batches(self, statement: Any, size: int) -> Iterator[Sequence[T]] | None:
        """Give the entities that a SELECT finds, so many at a time; None where the Session must read them."""
        columns: Any = statement.with_only_columns(*self._table.columns, maintain_column_froms=True)
        if self._table.way_of(columns) == "session":
            return None
        return self._streamed(columns, size, Carried(internals.carried_options(statement), self._path))

    def _streamed(self, columns: Any, size: int, carried: Carried) -> Iterator[Sequence[T]]:
        table = self._table
        options = table.home.dialect.connect.session_options("deferred", None)
        # Through Core, which knows each driver's way to leave rows with the server.
        with translated(None), table.engine.connect() as connection:
            reading = connection.execution_options(**options, **{WAY_OPTION: "core"}, yield_per=size)
            with closing(reading.execute(columns)) as result:
                for rows in result.partitions():
                    yield self._some(rows, carried)

    def _some(self, rows: Sequence[Sequence[Any]], carried: Carried) -> Sequence[Any]:
        found = self._table.instances.plain(rows, carried)
        # A row without a key is nothing to a Session.
        return found if found is not None else [self._one(row, carried) for row in rows]

    def _one(self, row: Sequence[Any], carried: Carried) -> T | None:
        found = self._table.instances.plain([row], carried)
        return found[0] if found else None

    def rows(self, driver: Driver, sent: Sent, parameters: Any, carried: Carried) -> list[T] | None:
        """Give the entities of a statement's rows; None where only the Session can make them."""
        return self._table.instances.converted(self.fetched(driver, sent, parameters), carried)

    def fetched(self, driver: Driver, sent: Sent, parameters: Any) -> Sequence[Sequence[Any]]:
        """Give a statement's rows as the driver gives them, asked as these instances want it."""
        instances = self._table.instances
        if instances.knows_types:
            return driver.fetch(sent, parameters, instances.ask)
        rows, types = driver.described(sent, parameters)
        if len(types):
            instances.learn(types)
        return rows

    def _with_related(self, columns: Any, load: Any, carried: Carried) -> list[T] | NotDirect:
        related = self.plan(load)
        if related is None or not all(one.is_direct() for one in related):
            return NOT_DIRECT
        sent = self._table.sending(columns)
        if sent is None:
            return NOT_DIRECT
        with Moment(self._table.home, sent[0]) as driver:
            found = self.rows(driver, *sent, carried)
            if found is None or not all(one.load(driver, found, carried) for one in related if found):
                return NOT_DIRECT
        return found

    def plan(self, load: Any) -> tuple[Related, ...] | None:
        """Give what loads these relationships; None where the Session must."""
        if not isinstance(load, str):
            return plan_of(self._table, load)
        if load not in self._plans:
            self._plans[load] = plan_of(self._table, load)
        return self._plans[load]
