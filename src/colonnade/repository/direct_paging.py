"""Reading a page past the Session: one statement for each shape of request, one request for each page.

It stands beside a `DirectTable`, with methods like that one's: `NOT_DIRECT` leaves the call to the Session.
"""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.exc import SQLAlchemyError

from colonnade.engine import internals
from colonnade.engine.direct import Rows, Sent
from colonnade.engine.moment import Moment
from colonnade.repository.instances import Carried
from colonnade.repository.operation import NOT_DIRECT, NotDirect
from colonnade.repository.order import Order
from colonnade.repository.page import (
    Known,
    Page,
    PageRequest,
    is_column_itself,
    page_of,
    page_shape,
    page_statement,
    page_template,
    page_values,
)
from colonnade.repository.prepared import Prepared
from colonnade.repository.softdelete import with_options_of

if TYPE_CHECKING:
    from colonnade.repository.direct import DirectTable

T = TypeVar("T")


class Asked(NamedTuple):
    """A page's statement and its parameters as the driver has them, and where the order's values stand."""

    sent: Sent
    parameters: Any
    places: Sequence[int]


class DirectPages(Generic[T]):
    """Reads pages of one class's entities."""

    def __init__(self, table: DirectTable[T]) -> None:
        self._table = table
        self._path = internals.path_of(table.mapper)
        self.orders: Known = {}
        self._nulls_lowest = table.home.dialect.types.NULLS_SORT_LOWEST
        self._prepared: MutableMapping[Any, tuple[Prepared, Sequence[int]] | None]
        self._prepared = internals.compiled_cache(100)

    def page(self, request: PageRequest[T], criteria: Sequence[Any], include_deleted: bool) -> Any:
        """Give the request whose result is a page of the entities that meet the criteria."""
        table = self._table
        way = table.way()
        if way == "session":
            return NOT_DIRECT
        carried = self._carried((), include_deleted) if table.instances.usual else None
        if way == "core":
            return self._through_core(request, criteria, include_deleted, carried)
        asked = self._asked_for(request, criteria, include_deleted)
        if asked is None:
            return NOT_DIRECT
        sent, parameters, places = asked
        return table.rows_request(
            sent, parameters, lambda rows: self._made(request, rows, places, carried) or NOT_DIRECT
        )

    def page_with_related(
        self,
        request: PageRequest[T],
        criteria: Sequence[Any],
        include_deleted: bool,
        load: Any,
        options: Sequence[Any],
    ) -> Page[T] | NotDirect:
        """Give the page, with what is to be loaded with its entities.

        `options` are the loader options that a Session would be given for `load`.
        """
        table = self._table
        related = table.reading.plan(load) if table.way() == "direct" else None
        asked = None if related is None else self._asked_for(request, criteria, include_deleted)
        if related is None or asked is None or not all(one.is_direct() for one in related):
            return NOT_DIRECT
        carried = self._carried(options, include_deleted)
        with Moment(table.home, asked.sent) as driver:
            rows = table.reading.fetched(driver, asked.sent, asked.parameters)
            page = self._made(request, rows, asked.places, carried)
            if page is None:
                return NOT_DIRECT
            if page.items and not all(one.load(driver, page.items, carried) for one in related):
                return NOT_DIRECT
        return page

    def _made(
        self, request: PageRequest[T], rows: Rows, places: Sequence[int], carried: Carried | None
    ) -> Page[T] | None:
        """Give the page of the driver's rows; None where the Session must make it."""
        instances = self._table.instances
        goes_on = len(rows) > request.limit
        found = rows[: request.limit] if goes_on else rows
        items = instances.converted(found, carried)
        if items is None:
            return None

        def values(row: Sequence[Any]) -> tuple[Any, ...]:
            return tuple([instances.original(at, row[at]) for at in places])

        return page_of(request, items, found, goes_on=goes_on, values=values)

    def _through_core(
        self,
        request: PageRequest[T],
        criteria: Sequence[Any],
        include_deleted: bool,
        carried: Carried | None,
    ) -> Page[T] | NotDirect:
        statement = self._statement(request, criteria, include_deleted)
        if self._table.way_of(statement) == "session":
            return NOT_DIRECT
        rows: Any = self._table.core.fetch(statement, {})
        items = self._table.instances.plain(rows[: request.limit], carried)
        if items is None:
            return NOT_DIRECT
        return page_of(request, items, rows[: request.limit], goes_on=len(rows) > request.limit)

    def _asked_for(
        self, request: PageRequest[T], criteria: Sequence[Any], include_deleted: bool
    ) -> Asked | None:
        """Give the page's statement; None where the Session must send it, and tell what is wrong with it."""
        try:
            known = internals.shape_of(criteria)
            if known is None:
                return self._whole(request, criteria, include_deleted)
            shape, parameters = known
            key = (page_shape(request), include_deleted, shape)
            if key not in self._prepared:
                self._prepared[key] = self._prepare(request, criteria, include_deleted, parameters)
            found = self._prepared[key]
        except SQLAlchemyError:
            return None
        if found is None:
            return self._whole(request, criteria, include_deleted)
        prepared, places = found
        values = (*page_values(request), *(one.effective_value for one in parameters))
        try:
            return Asked(prepared.sent, prepared.parameters(values), places)
        except Exception:  # noqa: BLE001 (the Session meets it again, and tells)
            return None

    def _prepare(
        self,
        request: PageRequest[T],
        criteria: Sequence[Any],
        include_deleted: bool,
        parameters: Sequence[Any],
    ) -> tuple[Prepared, Sequence[int]] | None:
        table = self._table
        chosen = self._chosen(criteria, include_deleted)
        read = [self._place(order) for order in request.orders]
        apart = [at for at, place in enumerate(read) if place is None]
        statement, names = page_template(chosen, request, nulls_lowest=self._nulls_lowest, selected=apart)
        others = internals.names_of(statement, table.engine, parameters)
        if others is None or table.way_of(statement) == "session":
            return None
        behind = iter(range(len(table.columns), len(table.columns) + len(apart)))
        places = [next(behind) if place is None else place for place in read]
        return Prepared(statement, table.engine, table.mapper, names=(*names, *others)), places

    def _place(self, order: Order) -> int | None:
        """Tell which of the loaded columns is the order's value, as the driver gives it."""
        table = self._table
        if order.name not in table.instances.names or not is_column_itself(order):
            return None
        at = table.instances.names.index(order.name)
        return at if internals.reads_plainly(table.plain_columns[at], table.engine.dialect) else None

    def _whole(self, request: PageRequest[T], criteria: Sequence[Any], include_deleted: bool) -> Asked | None:
        """Give a statement that is sent for this request alone."""
        statement = self._statement(request, criteria, include_deleted)
        sending = None if self._table.way_of(statement) == "session" else self._table.sending(statement)
        if sending is None:
            return None
        first = len(self._table.columns)
        return Asked(*sending, range(first, first + len(request.orders)))

    def _statement(
        self, request: PageRequest[T], criteria: Sequence[Any], include_deleted: bool
    ) -> Select[*tuple[Any, ...]]:
        chosen = self._chosen(criteria, include_deleted)
        return page_statement(chosen, request, nulls_lowest=self._nulls_lowest)

    def _chosen(self, criteria: Sequence[Any], include_deleted: bool) -> Select[Any]:
        statement: Any = select(*self._table.columns).where(*criteria)
        return with_options_of(statement, self._table.mapper.class_, include_deleted)

    def _carried(self, options: Sequence[Any], include_deleted: bool) -> Carried:
        model: Any = self._table.mapper.class_
        statement: Any = with_options_of(select(model).options(*options), model, include_deleted)
        return Carried(internals.carried_options(statement), self._path)
