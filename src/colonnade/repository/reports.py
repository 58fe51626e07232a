"""The operations that answer what somebody else asks: from a query string, and as figures by group."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from sqlalchemy import Float, Integer, Numeric, func, select
from sqlalchemy.types import TypeDecorator

from colonnade.errors import EntityValidationError
from colonnade.models.decimals import ExactDecimal
from colonnade.models.fields import field, fields_of, mapper_of, refuse_name
from colonnade.models.plain import from_text
from colonnade.models.validation import rules_of
from colonnade.repository.filters import filter_criteria
from colonnade.repository.operation import operation
from colonnade.repository.page import Page
from colonnade.repository.query import criteria as checked_criteria
from colonnade.repository.query import sparse_option
from colonnade.repository.reading import Criterion, ReadOperations
from colonnade.repository.softdelete import with_options_of

T = TypeVar("T")

RESERVED = ("order", "limit", "cursor", "fields", "load")
"""Names in a query string that are no filters."""
LARGEST_PAGE = 1000
"""The most rows that a query string may ask for."""


class ReportOperations(ReadOperations[T]):
    """Reading as a query string says, and counting up."""

    @operation(read=True)
    def query(self, parameters: str | Mapping[str, str], *criteria: Criterion) -> Page[T]:
        """Give a page as a query string asks for it: "title__icontains=fox&order=-created_at&limit=20".

        `order`, `limit` (100 unless said, at most 1000), `cursor`, `fields` and `load` are as `page` and
        `find` have them; all other names are filters, their text read as their fields' types are
        written (`in` and `range` with commas between). With `fields`, nothing else is loaded. `criteria` are
        the application's own and hold as well.

        Raises:
            EntityValidationError: for anything that isn't understood, with the nearest real names.
        """
        given = _pairs(self.model, parameters)
        filters = {
            name: _value(self.model, name, text) for name, text in given.items() if name not in RESERVED
        }
        load: builtins.list[Any] = [one.strip() for one in given.get("load", "").split(",") if one.strip()]
        if "fields" in given:
            _refuse_private(self.model, given["fields"].split(","))
            load.append(sparse_option(self.model, given["fields"]))
        order = given.get("order", "")
        _refuse_private(self.model, order.replace("-", "").split(","))
        return self.page(
            *criteria,
            filters=filters,
            order_by=order or (),
            limit=_limit(given.get("limit", "100")),
            cursor=given.get("cursor") or None,
            load=load,
        )

    @operation(read=True)
    def aggregate(
        self,
        values: Mapping[str, str],
        *criteria: Criterion,
        group_by: str | Iterable[str] = (),
        filters: Mapping[str, Any] | None = None,
        include_deleted: bool = False,
    ) -> builtins.list[dict[str, Any]]:
        """Give figures, a dict for each group in the order of the groups' values; without groups one for all.

        `values` names what is wanted: `{"stories": "count", "cost": "price__sum"}`. There are `count`, and of
        a field `__count`, `__count_distinct`, `__sum`, `__avg`, `__min` and `__max`, which
        leave NULLs out and are None of nothing. An average is the sum over the count, as Python
        divides, and so the same on every database.

        Raises:
            EntityValidationError: for unknown fields and functions, and a sum of what is no number.
        """
        groups = [one.strip() for one in group_by.split(",")] if isinstance(group_by, str) else [*group_by]
        _refuse_private(self.model, groups)
        figures = {name: _Figure(self.model, asked) for name, asked in values.items()}
        if both := figures.keys() & set(groups):
            raise EntityValidationError(
                f"{min(both)!r} names a group as well as a figure", entity=self.model.__name__
            )
        keys = [field(self.model, name) for name in groups]
        columns = [column for figure in figures.values() for column in figure.columns]
        conditions = checked_criteria(self.model, criteria)
        statement: Any = select(*keys, *columns).select_from(self.model)
        statement = statement.where(*conditions, *filter_criteria(self.model, filters or {}))
        if keys:
            statement = statement.group_by(*keys).order_by(*self._order(groups))
        statement = with_options_of(statement, self.model, include_deleted)
        return [_figures(groups, figures, tuple(row)) for row in self.execute(statement)]


def _figures(groups: Iterable[str], figures: Mapping[str, _Figure], row: tuple[Any, ...]) -> dict[str, Any]:
    told = iter(row)
    found = {name: next(told) for name in groups}
    for name, figure in figures.items():
        found[name] = figure.made([next(told) for _ in figure.columns])
    return found


class _Figure:
    """One figure: what is asked of the database, and what is made of the answer."""

    def __init__(self, model: type[Any], asked: str) -> None:
        name, mark, function = asked.rpartition("__")
        if asked == "count":
            self.columns: list[Any] = [func.count()]
            self.made: Callable[[list[Any]], Any] = lambda told: int(told[0])
            return
        if not mark or function not in _FUNCTIONS:
            raise EntityValidationError(
                f"{asked!r:.100} is no figure",
                entity=model.__name__,
                remedy=f"Write count, or a field with two underscores and one of {', '.join(_FUNCTIONS)}.",
            )
        _refuse_private(model, [name])
        attribute = field(model, name)
        number = _number(attribute.type)
        if function in ("sum", "avg") and number is None:
            raise EntityValidationError(
                f"{name} of {model.__name__} is no number, and has no {function}",
                entity=model.__name__,
                columns=[name],
            )
        self.columns, self.made = _FUNCTIONS[function](attribute, number)


def _number(type_: Any) -> type | None:
    """Give what numbers of this type are in Python."""
    if isinstance(type_, ExactDecimal):
        return Decimal
    type_ = type_.impl_instance if isinstance(type_, TypeDecorator) else type_
    if isinstance(type_, Float):
        return float
    if isinstance(type_, Integer):
        return int
    return (Decimal if type_.asdecimal else float) if isinstance(type_, Numeric) else None


def _sum(attribute: Any, number: Any) -> Any:
    return [func.sum(attribute)], lambda told: None if told[0] is None else number(told[0])


def _average(attribute: Any, number: Any) -> Any:
    def divided(told: list[Any]) -> Any:
        return number(told[0]) / told[1] if told[1] else None

    return [func.sum(attribute), func.count(attribute)], divided


_FUNCTIONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "count": lambda one, _: ([func.count(one)], lambda told: int(told[0])),
    "count_distinct": lambda one, _: ([func.count(one.distinct())], lambda told: int(told[0])),
    "sum": _sum,
    "avg": _average,
    "min": lambda one, _: ([func.min(one)], lambda told: told[0]),
    "max": lambda one, _: ([func.max(one)], lambda told: told[0]),
}


def _pairs(model: type[Any], parameters: Any) -> dict[str, str]:
    if isinstance(parameters, Mapping):
        given = [*parameters.items()]
    elif isinstance(parameters, str):
        try:
            given = parse_qsl(parameters.removeprefix("?"), keep_blank_values=True, max_num_fields=100)
        except ValueError as error:
            raise EntityValidationError("the query string has more than 100 parts") from error
    else:
        raise EntityValidationError(f"a query string or a mapping is read, not {type(parameters).__name__}")
    found: dict[str, str] = {}
    for name, text in given:
        if name in found:
            raise EntityValidationError(f"{name!r:.100} is given twice", entity=model.__name__)
        if not isinstance(name, str) or not isinstance(text, str):
            raise EntityValidationError("names and values of a query are text", entity=model.__name__)
        found[name] = text
    return found


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= LARGEST_PAGE):
        raise EntityValidationError(f"limit is a whole number from 1 to {LARGEST_PAGE}, not {text!r:.50}")
    return int(text)


def _value(model: type[Any], name: str, text: str) -> Any:
    """Give the value that a filter's text stands for, by its operator and its field's type."""
    *path, last = name.split(".")
    for step in path:
        if step not in fields_of(model).relationships:
            refuse_name(model, step, sorted(fields_of(model).relationships))
        model = mapper_of(model).relationships[step].mapper.class_
    fields = fields_of(model)
    plain, _, operator = last.rpartition("__") if last not in fields.columns else (last, "", "exact")
    column = mapper_of(model).column_attrs.get(fields.synonyms.get(plain or last, plain or last))
    try:
        if operator == "isnull":
            return {"true": True, "1": True, "false": False, "0": False}[text.lower()]
        if column is None:
            return text
        type_ = column.columns[0].type
        if operator in ("in", "range"):
            return [from_text(type_, one) for one in text.split(",")] if text else []
        return from_text(type_, text)
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise EntityValidationError(
            f"{name:.100} can't be read from {text!r:.50}", entity=model.__name__, columns=[plain or last]
        ) from error


def _refuse_private(model: type[Any], names: Iterable[str]) -> None:
    private = rules_of(model).private
    for name in names:
        if name.strip() in private:
            refuse_name(model, name.strip(), [one for one in fields_of(model).columns if one not in private])
