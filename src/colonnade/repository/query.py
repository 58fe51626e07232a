"""What a query is asked with, checked before anything is sent: criteria, windows, loads, sparse fields.

What a user wrote comes in; SQLAlchemy's expressions and options go out. Keys are in
`keys.py`, filters in `filters.py`, names in `models/fields.py`, order in `order.py`, pages in `page.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from sqlalchemy import (
    BinaryExpression,
    BindParameter,
    ClauseElement,
    Column,
    ColumnClause,
    ColumnElement,
    Date,
    DateTime,
    Double,
    Exists,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    String,
    Table,
    Time,
    Uuid,
)
from sqlalchemy.orm import Load, QueryableAttribute, RelationshipProperty, load_only, selectinload, undefer
from sqlalchemy.orm.interfaces import LoaderOption
from sqlalchemy.sql import operators
from sqlalchemy.sql.selectable import SelectBase

from colonnade.errors import EntityValidationError
from colonnade.models.fields import attribute_name, fields_of, mapper_of, refuse_name

LARGEST_WINDOW = 2**63 - 2
"""The largest number of rows to skip or give: one more still fits a database's 64-bit integer."""

_NOT_CONDITIONS = (Integer, String, Float, Double, Numeric, Date, DateTime, Time, LargeBinary, Uuid)


def criteria(model: type[Any], given: Iterable[Any]) -> tuple[ColumnElement[bool], ...]:
    """Give the criteria back, each of them a SQL condition.

    Raises:
        EntityValidationError: for anything else: a Python bool (two Python values were compared),
            text, None, a column that is no condition, a relationship, a statement.
    """
    return tuple(_condition(model, one) for one in given)


def check_window(skip: int, limit: int | None) -> None:
    """Check the rows to skip and the most to give; a limit of None is no limit, and 0 gives none.

    Raises:
        EntityValidationError: for a number below 0 or above `LARGEST_WINDOW`, and for what is no number.
    """
    _check_count("skip", skip, lowest=0)
    if limit is not None:
        _check_count("limit", limit, lowest=0)


def check_page_limit(limit: int, name: str = "limit") -> None:
    """Check the most rows of one page, or of one batch.

    Raises:
        EntityValidationError: for a number below 1 or above `LARGEST_WINDOW`, and for what is no number.
    """
    _check_count(name, limit, lowest=1)


def load_options(model: type[Any], load: Any) -> tuple[LoaderOption, ...]:
    """Give the options that load these relationships and deferred columns with the rows.

    `load` is a name, a dotted path of names ("project.videos"), an attribute, one of SQLAlchemy's own
    loader options, or several of these. Relationships are loaded by `selectinload`: one more
    statement for each, and never a row doubled, so that limits hold.

    Raises:
        EntityValidationError: for a name that the class hasn't, and for a relationship that is
            never loaded as a whole (`dynamic`, `write_only`).
    """
    if isinstance(load, (str, LoaderOption, QueryableAttribute)):
        load = (load,)
    return tuple(_load_option(model, one) for one in load)


def sparse_option(model: type[Any], fields: Any) -> LoaderOption:
    """Give the option that loads these columns alone, and the key: names, "id,title", or attributes.

    Raises:
        EntityValidationError: for a name that is no column of the class.
    """
    given = fields.split(",") if isinstance(fields, str) else fields
    names = [attribute_name(model, one.strip() if isinstance(one, str) else one) for one in given]
    known = fields_of(model)
    names = [known.synonyms.get(name, name) for name in names]
    for name in names:
        if name not in known.columns:
            refuse_name(model, name, known.columns)
    return load_only(*(getattr(model, name) for name in names))


def _condition(model: type[Any], given: Any) -> ColumnElement[bool]:
    clause: object = given.__clause_element__() if hasattr(given, "__clause_element__") else given
    if not isinstance(clause, ColumnElement):
        _refuse_criterion(model, given)
    if isinstance(getattr(given, "property", None), RelationshipProperty):
        _refuse_criterion(model, given)
    if isinstance(clause, ColumnClause) and isinstance(clause.type, _NOT_CONDITIONS):
        _refuse_criterion(model, given)
    for column, value in _compared(clause):
        check_kind(model, str(column.key), column, value)
    stranger = _stranger(model, clause)
    if stranger is not None:
        raise EntityValidationError(
            f"a criterion for {model.__name__} names {stranger.table.name}.{stranger.name}, of another table",
            entity=model.__name__,
            columns=[stranger.name],
            remedy=f"Go through a relationship ({model.__name__}.name.has(...), .any(...)) or exists().",
        )
    return clause


def _stranger(model: type[Any], clause: ColumnElement[Any]) -> Any:
    """Give a column of a table that isn't joined: the statement would pair every row with every other."""
    mapper = mapper_of(model)
    if mapper.inherits or mapper.polymorphic_on is not None or not isinstance(mapper.local_table, Table):
        return None
    for element in _elements(clause):
        if isinstance(element, Column) and element.table is not None and element.table != mapper.local_table:
            return element
    return None


def _compared(clause: ColumnElement[Any]) -> Iterator[tuple[Any, Any]]:
    """Give each column that is compared with values, with each of the values."""
    for element in _elements(clause):
        if isinstance(element, BinaryExpression) and element.operator in _COMPARISONS:
            for column, other in ((element.left, element.right), (element.right, element.left)):
                if isinstance(column, Column) and isinstance(other, BindParameter):
                    values = other.value if isinstance(other.value, list | tuple) else (other.value,)
                    yield from ((column, value) for value in values)


def _elements(clause: ColumnElement[Any]) -> Iterator[Any]:
    """Give the parts of an expression, down to the subqueries in it, which have tables of their own."""
    waiting: list[Any] = [clause]
    while waiting:
        element = waiting.pop()
        yield element
        if not isinstance(element, SelectBase | Exists):
            waiting.extend(element.get_children())


_COMPARISONS = frozenset(
    {
        operators.eq,
        operators.ne,
        operators.lt,
        operators.le,
        operators.gt,
        operators.ge,
        operators.in_op,
        operators.not_in_op,
    }
)


def _refuse_criterion(model: type[Any], given: Any) -> NoReturn:
    remedy = f"Write one such as {model.__name__}.{fields_of(model).key[0]} == 1."
    if isinstance(given, bool):
        remedy = f"Two Python values were compared: one side must be a column of {model.__name__}."
    elif isinstance(given, str):
        remedy = f"{remedy[:-1]}, or sqlalchemy.text(...) inside sqlalchemy.and_()."
    elif isinstance(given, ClauseElement) and not isinstance(given, ColumnElement):
        remedy = f"{remedy[:-1]}, or statement.exists()."
    shown = f"{given!s:.100} ({type(given).__name__})"
    raise EntityValidationError(
        f"a criterion is a SQL condition, and {shown} is none", entity=model.__name__, remedy=remedy
    )


def check_kind(model: type[Any], name: str, attribute: Any, value: Any) -> None:
    """Refuse text where a number stands: MySQL finds row 1 by '1abc'."""
    numeric = isinstance(getattr(attribute, "type", None), Integer | Numeric)
    if numeric and isinstance(value, str | bytes):
        raise EntityValidationError(
            f"{name} of {model.__name__} is a number, and {value!r:.50} is none",
            entity=model.__name__,
            columns=[name],
        )


def _check_count(name: str, value: object, lowest: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= LARGEST_WINDOW:
        raise EntityValidationError(f"{name} is a whole number from {lowest} up, not {value!r:.50}")


def _load_option(model: type[Any], load: Any) -> LoaderOption:
    if isinstance(load, LoaderOption):
        return load
    path = attribute_name(model, load).split(".")
    option: Any = None
    owner = model
    for name in path[:-1]:
        option, owner = _step(owner, option, name)
    if path[-1] in fields_of(owner).relationships:
        # The attribute itself where one was given: it may be narrowed by of_type() or and_().
        last = load if isinstance(load, QueryableAttribute) else getattr(owner, path[-1])
        chosen: LoaderOption = _related(owner, option, path[-1], last)
        return chosen
    return _column(owner, option, path[-1])


def _step(owner: type[Any], option: Load | None, name: str) -> tuple[Load, type[Any]]:
    if name not in fields_of(owner).relationships:
        refuse_name(owner, name, sorted(fields_of(owner).relationships))
    target = mapper_of(owner).relationships[name].mapper.class_
    return _related(owner, option, name, getattr(owner, name)), target


def _related(owner: type[Any], option: Load | None, name: str, attribute: QueryableAttribute[Any]) -> Any:
    lazy = mapper_of(owner).relationships[name].lazy
    if lazy in ("dynamic", "write_only"):
        raise EntityValidationError(
            f"{owner.__name__}.{name} is a {lazy} relationship, which is never loaded as a whole",
            entity=owner.__name__,
            columns=[name],
            remedy=f"Query {name} by criteria of its own.",
        )
    return selectinload(attribute) if option is None else option.selectinload(attribute)


def _column(owner: type[Any], option: Load | None, name: str) -> LoaderOption:
    name = fields_of(owner).synonyms.get(name, name)
    fields = fields_of(owner)
    if name not in mapper_of(owner).column_attrs:
        refuse_name(owner, name, sorted(fields.relationships | set(fields.columns)))
    attribute: QueryableAttribute[Any] = getattr(owner, name)
    return undefer(attribute) if option is None else option.undefer(attribute)
