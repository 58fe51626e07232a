"""Pages by keyset: the statement that reads one, and the page made of its rows.

A page begins beyond the row at which the last one ended, found by that row's values, not by
counting: a row that is there throughout is met exactly once, whatever is inserted or deleted
meanwhile, as long as its own place isn't changed.

The values are selected beside the entity, as the driver gives them, and compared as such. So they
are the row's and not those of an object that the session has had for longer, and what Python's
types lose (a text that SQLite's CURRENT_TIMESTAMP wrote, a decimal that it holds as a float) isn't lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    ColumnElement,
    Double,
    Enum,
    Float,
    Row,
    Select,
    and_,
    bindparam,
    cast,
    false,
    literal_column,
    or_,
    true,
    type_coerce,
)
from sqlalchemy.orm import QueryableAttribute
from sqlalchemy.types import NullType

from colonnade.models.fields import mapper_of
from colonnade.repository.cursor import Cursor, Direction, Maker, read_cursor, write_cursor
from colonnade.repository.order import Order, OrderBy, order_clauses, page_ordering
from colonnade.repository.query import check_page_limit

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of an ordered list, and where to go on from them.

    Attributes:
        items: the entities, in the order asked for, whichever way the page was reached.
        next_cursor: gives the page after this one; None on the last.
        previous_cursor: gives the page before this one; None on the first.
    """

    items: list[T]
    next_cursor: str | None
    previous_cursor: str | None

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True, slots=True)
class PageRequest(Generic[T]):
    """A page that was asked for, checked: `page_request` makes it."""

    model: type[T]
    orders: tuple[Order, ...]
    limit: int
    maker: Maker
    cursor: Cursor | None

    @property
    def backward(self) -> bool:
        return self.cursor is not None and self.cursor.backward


Known = dict[str | None, tuple[tuple[Order, ...], Maker]]
"""Orders that were asked for by name, or not at all (None), so that they're understood once."""


def page_request(
    model: type[T],
    order_by: OrderBy = (),
    *,
    limit: int,
    cursor: str | None = None,
    known: Known | None = None,
) -> PageRequest[T]:
    """Check what a page is asked with.

    Raises:
        EntityValidationError: for a limit below 1, an order that isn't of the entity's columns, and a
            cursor that wasn't made for this entity and order.
    """
    check_page_limit(limit)
    named = isinstance(order_by, str) or (isinstance(order_by, tuple) and not order_by)
    name = order_by if isinstance(order_by, str) else None
    found = known.get(name) if known is not None and named is True else None
    if found is None:
        orders = page_ordering(model, order_by)
        found = orders, _maker(model, orders)
        if known is not None and named:
            known[name] = found
    orders, maker = found
    return PageRequest(model, orders, limit, maker, None if cursor is None else read_cursor(cursor, maker))


def page_statement(
    statement: Select[*tuple[Any, ...]], request: PageRequest[Any], *, nulls_lowest: bool = False
) -> Select[*tuple[Any, ...]]:
    """Give the statement that reads the page, from one that selects the entity with its criteria.

    Its rows hold the entity first and the order's values last; there is one row more than the
    page has where the list goes on. Execute it (not `scalars`) and give its rows to `make_page`.
    `nulls_lowest` tells that the database has NULLs for the lowest values by itself.
    """
    places = [_place(None, value) for value in request.cursor.values] if request.cursor else []
    return _statement(statement, request, places, request.limit + 1, nulls_lowest)


def page_shape(request: PageRequest[Any]) -> tuple[Any, ...]:
    """Give what two requests have in common whose statements differ in values alone."""
    cursor = request.cursor
    if cursor is None:
        return request.orders, request.limit
    return request.orders, request.limit, cursor.direction, *(value is None for value in cursor.values)


def page_template(
    statement: Select[*tuple[Any, ...]],
    request: PageRequest[Any],
    *,
    nulls_lowest: bool,
    selected: Sequence[int],
) -> tuple[Select[*tuple[Any, ...]], tuple[str, ...]]:
    """Give the statement for all requests of this one's shape, and the names of what `page_values` gives.

    `selected` are the places in the order of those values that the statement doesn't select by itself.
    """
    count = len(request.cursor.values) if request.cursor else 0
    names = tuple(f"colonnade_place_{number}" for number in range(count))
    places = [_place(name, None) for name in names]
    # Written out: not knowing how few rows are wanted, PostgreSQL would plan each execution anew.
    limit: ColumnElement[int] = literal_column(str(request.limit + 1))
    return _statement(statement, request, places, limit, nulls_lowest, selected), names


def page_values(request: PageRequest[Any]) -> tuple[Any, ...]:
    """Give the values for the parameters of a `page_template`."""
    return request.cursor.values if request.cursor else ()


def _statement(
    statement: Select[*tuple[Any, ...]],
    request: PageRequest[Any],
    places: Sequence[Any],
    limit: Any,
    nulls_lowest: bool,
    selected: Sequence[int] | None = None,
) -> Select[*tuple[Any, ...]]:
    keys = [_key(order) for order in request.orders]
    numbers = range(len(keys)) if selected is None else selected
    labelled = [keys[number].label(f"page_key_{number}") for number in numbers]
    clauses = order_clauses(request.orders, reverse=request.backward, nulls_lowest=nulls_lowest)
    ordered = statement.order_by(None).order_by(*clauses)
    if request.cursor is not None:
        ordered = ordered.where(_beyond(request.orders, keys, request.cursor, places))
    return ordered.add_columns(*labelled).limit(limit)


def _place(name: str | None, value: Any) -> Any:
    # The type is given: SQLAlchemy would send one guessed from the value as a cast, which changes it.
    if name is not None:
        return bindparam(name, type_=NullType())
    return bindparam(None, value, type_=NullType(), unique=True)


def make_page(request: PageRequest[T], rows: Sequence[Row[*tuple[Any, ...]]]) -> Page[T]:
    """Give the page of these rows, which `page_statement` read.

    A cursor is given where the extra row shows that the list goes on, and on the side from which
    the page was reached, since rows were there when that cursor was made.

    Raises:
        EntityValidationError: when a row's values can't stand in a cursor.
    """
    found = rows[: request.limit]
    return page_of(request, [row[0] for row in found], found, goes_on=len(rows) > request.limit)


def page_of(
    request: PageRequest[T],
    items: list[T],
    rows: Sequence[Sequence[Any]],
    *,
    goes_on: bool,
    values: Callable[[Sequence[Any]], tuple[Any, ...]] | None = None,
) -> Page[T]:
    """Give the page of these items and their rows; as `make_page`.

    `values` gives the order's values of a row; without it the row ends with them.
    """
    first, last = rows[:1], rows[-1:]
    if request.backward:
        first, last = last, first
        items.reverse()
    # A place with its own row ("from", "up_to") was given out where nothing lay on its other side.
    reached = request.cursor is not None and not request.cursor.inclusive
    before, after = (goes_on, reached) if request.backward else (reached, goes_on)
    return Page(
        items=items,
        next_cursor=_cursor(request, last, "after", values) if after else None,
        previous_cursor=_cursor(request, first, "before", values) if before else None,
    )


def _cursor(
    request: PageRequest[Any],
    rows: Sequence[Any],
    direction: Direction,
    values: Callable[[Sequence[Any]], tuple[Any, ...]] | None,
) -> str:
    if rows:
        found = tuple(rows[0][-len(request.orders) :]) if values is None else values(rows[0])
        return write_cursor(Cursor(direction, found), request.maker)
    # An empty page: the rows on this side are gone, so the way back begins with the place itself.
    assert request.cursor is not None
    turned: Direction = "from" if direction == "after" else "up_to"
    return write_cursor(Cursor(turned, request.cursor.values), request.maker)


def _maker(model: type[Any], orders: tuple[Order, ...]) -> Maker:
    columns = [getattr(model, str(order.name)).property.columns[0] for order in orders]
    return Maker(
        entity=model.__name__,
        tables=",".join(table.fullname for table in mapper_of(model).tables),
        order=",".join(str(order) for order in orders),
        kinds=tuple(_kind(column) for column in columns),
        nullable=tuple(order.nullable for order in orders),
    )


def _kind(column: Any) -> type:
    if isinstance(column.type, Enum):
        return str
    kind: type = column.type.python_type
    return kind


def is_column_itself(order: Order) -> bool:
    """Tell whether the order's value is the column's, as it is."""
    return isinstance(order.expression, QueryableAttribute) and not _is_single_precision(order.expression)


def _key(order: Order) -> ColumnElement[Any]:
    """Give the order's value as the driver gives it, in a form that it takes back unchanged."""
    expression = order.expression
    # A single-precision float is no equal of its own text: MySQL gives six digits of it, PostgreSQL
    # compares it as double precision.
    if _is_single_precision(expression):
        expression = cast(expression, Double)
    return type_coerce(expression, NullType())


def _is_single_precision(expression: Any) -> bool:
    return isinstance(expression.type, Float) and not isinstance(expression.type, Double)


def _beyond(
    orders: tuple[Order, ...], keys: Sequence[Any], cursor: Cursor, places: Sequence[Any]
) -> ColumnElement[bool]:
    """Give the condition for the rows on the cursor's side of its place.

    Written as `a >= x AND (a > x OR (b >= y AND ...))`, whose first part an index can serve.
    """
    rest: ColumnElement[bool] | None = true() if cursor.inclusive else None
    for order, key, value, place in reversed(list(zip(orders, keys, cursor.values, places, strict=True))):
        upward = order.descending is cursor.backward
        if value is None:
            rest = _beyond_null(key, upward, rest)
        else:
            rest = _beyond_value(key, place, upward, order.nullable, rest)
    assert rest is not None
    return rest


def _beyond_null(key: Any, upward: bool, rest: ColumnElement[bool] | None) -> ColumnElement[bool]:
    if upward:
        return key.is_not(None) if rest is None else or_(key.is_not(None), rest)
    return false() if rest is None else and_(key.is_(None), rest)


def _beyond_value(
    key: Any, place: Any, upward: bool, nullable: bool, rest: ColumnElement[bool] | None
) -> ColumnElement[bool]:
    strictly = key > place if upward else key < place
    beyond = strictly
    if rest is not None:
        beyond = and_(key >= place if upward else key <= place, or_(strictly, rest))
    return or_(key.is_(None), beyond) if nullable and not upward else beyond
