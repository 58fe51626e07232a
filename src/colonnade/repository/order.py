"""The order of rows, as values: what was asked for, and what is sent.

NULLs are the lowest values on every database: first when ascending, last when descending.
PostgreSQL holds them for the highest, so there a nullable column is led by `column IS NOT NULL`. The
others are spared it: no index serves that. A native ENUM is sorted by its labels, as text: PostgreSQL and
MySQL would sort it by declaration, and MySQL would still compare it as text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any, NoReturn

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Enum,
    SQLColumnExpression,
    String,
    TextClause,
    UnaryExpression,
    cast,
)
from sqlalchemy.orm import RelationshipProperty
from sqlalchemy.orm.exc import UnmappedColumnError
from sqlalchemy.sql import operators

from colonnade.errors import EntityValidationError
from colonnade.models.fields import attribute_name, field, fields_of, mapper_of

OrderBy = str | SQLColumnExpression[Any] | TextClause | Iterable[str | SQLColumnExpression[Any] | TextClause]
"""What an order is asked with: "-created_at,title", a column or expression, or several of these."""


@dataclass(frozen=True, slots=True)
class Order:
    """One key of an order.

    `name` is the entity's attribute, None for an expression. One that says by itself how it is
    sorted (`text()`, `nulls_last()`) is sent `as_written`.
    """

    name: str | None
    descending: bool
    nullable: bool
    expression: Any = dataclass_field(compare=False)
    as_written: bool = False

    def clauses(self, *, reverse: bool = False, nulls_lowest: bool = False) -> tuple[ColumnElement[Any], ...]:
        """Give what stands in ORDER BY for this key, or for its reverse.

        `nulls_lowest` tells that the database has NULLs so by itself.
        """
        if self.as_written:
            return (self.expression,)
        keys: tuple[Any, ...] = (self.expression,)
        if self.nullable and not nulls_lowest:
            keys = (self.expression.is_not(None), *keys)
        if self.descending is not reverse:
            return tuple(key.desc() for key in keys)
        return tuple(key.asc() for key in keys)

    def __str__(self) -> str:
        return f"{'-' if self.descending else ''}{self.name or self.expression}"


def ordering(model: type[Any], order_by: OrderBy = ()) -> tuple[Order, ...]:
    """Give the order as it was asked for: columns, "-name" strings, any SQL expressions.

    `order_by` is text ("-created_at,title"), one attribute or expression, or several of these.

    Raises:
        EntityValidationError: for a name that the class hasn't, and for what can't be sorted by.
    """
    return tuple(_orders(model, order_by))


def page_ordering(model: type[Any], order_by: OrderBy = ()) -> tuple[Order, ...]:
    """Give an order in which no two rows are equal: the primary key breaks the ties.

    What is missing of the key is added in the direction of the last column asked for; a column
    that is named twice counts once, the first time.

    Raises:
        EntityValidationError: as `ordering`, and for anything but the entity's own columns.
    """
    asked: dict[str, Order] = {}
    for order in _orders(model, order_by):
        if order.name not in fields_of(model).columns or order.as_written:
            _refuse_in_page(model, order)
        asked.setdefault(order.name, order)
    descending = bool(asked) and list(asked.values())[-1].descending
    for name in fields_of(model).key:
        asked.setdefault(name, _column_order(model, name, descending))
    return tuple(asked.values())


def order_clauses(
    orders: Iterable[Order], *, reverse: bool = False, nulls_lowest: bool = False
) -> tuple[ColumnElement[Any], ...]:
    """Give the arguments of a statement's `order_by` for this order, or for its reverse.

    `nulls_lowest` tells that the database has NULLs for the lowest values by itself.
    """
    return tuple(
        clause for order in orders for clause in order.clauses(reverse=reverse, nulls_lowest=nulls_lowest)
    )


def _orders(model: type[Any], order_by: Any) -> Iterator[Order]:
    if isinstance(order_by, str):
        for name in order_by.split(","):
            yield _named(model, name.strip())
    elif _is_expression(order_by):
        yield _expressed(model, order_by)
    elif isinstance(order_by, Iterable) and not isinstance(order_by, bytes):
        for one in order_by:
            if not isinstance(one, str) and not _is_expression(one):
                _refuse(model, one)
            yield from _orders(model, one)
    else:
        _refuse(model, order_by)


def _is_expression(given: Any) -> bool:
    # Asked first: an expression can look iterable, since `column[0]` is an expression too.
    return isinstance(given, ClauseElement) or hasattr(given, "__clause_element__")


def _named(model: type[Any], text: str) -> Order:
    name = text.removeprefix("-")
    fields = fields_of(model)
    attribute = field(model, name)
    name = fields.synonyms.get(name, name)
    if name in fields.columns:
        return _column_order(model, name, text.startswith("-"))
    if name in fields.composites:
        _refuse(model, attribute)
    return Order(name, text.startswith("-"), nullable=True, expression=attribute)


def _column_order(model: type[Any], name: str, descending: bool) -> Order:
    attribute = getattr(model, name)
    column = attribute.property.columns[0]
    native = isinstance(column.type, Enum) and column.type.native_enum
    expression = cast(attribute, String) if native else attribute
    return Order(name, descending, nullable=column.nullable and not column.primary_key, expression=expression)


def _expressed(model: type[Any], given: Any) -> Order:
    if isinstance(getattr(given, "property", None), RelationshipProperty):
        field(model, attribute_name(model, given))
    clause = given.__clause_element__() if hasattr(given, "__clause_element__") else given
    if isinstance(clause, UnaryExpression) and clause.modifier in (operators.asc_op, operators.desc_op):
        return _directed(model, clause.element, clause.modifier is operators.desc_op)
    sorts_itself = isinstance(clause, UnaryExpression) and clause.modifier in (
        operators.nulls_first_op,
        operators.nulls_last_op,
    )
    if isinstance(clause, TextClause) or sorts_itself:
        return Order(None, False, nullable=False, expression=clause, as_written=True)
    return _directed(model, clause, descending=False)


def _directed(model: type[Any], clause: Any, descending: bool) -> Order:
    if not isinstance(clause, ColumnElement):
        _refuse(model, clause)
    # `desc("name")` holds text that SQLAlchemy only reads while it compiles.
    if clause.__visit_name__ == "textual_label_reference":
        return _named(model, f"{'-' if descending else ''}{clause.element}")
    try:
        name = mapper_of(model).get_property_by_column(clause).key
    except UnmappedColumnError:
        return Order(None, descending, nullable=True, expression=clause)
    return _column_order(model, name, descending)


def _refuse(model: type[Any], given: Any) -> NoReturn:
    raise EntityValidationError(
        f"rows can't be ordered by {given!s:.100} ({type(given).__name__})",
        entity=model.__name__,
        remedy=f'Give names ("-name" for descending) or columns, such as {model.__name__}.name.desc().',
    )


def _refuse_in_page(model: type[Any], order: Order) -> NoReturn:
    raise EntityValidationError(
        f"a page is ordered by columns of {model.__name__} alone, and {order!s:.100} is none",
        entity=model.__name__,
        remedy="Order by columns of the entity, without NULLS FIRST or LAST, or use find() for one list.",
    )
