"""Filters from a mapping: `{"title__icontains": "fox", "user.username": "ana"}` as conditions.

Names, operators and values come in as a user's own user may have written them; each is checked, and every
value is bound. Conditions behind the same relationship are met by one and the same related row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, NoReturn

from sqlalchemy import JSON, ColumnElement, Enum, String, and_, false, literal, or_
from sqlalchemy.types import TypeDecorator

from colonnade.errors import EntityValidationError
from colonnade.models.documents import Json
from colonnade.models.fields import attribute_name, field, fields_of, is_sql, mapper_of, refuse_name
from colonnade.models.rules import Rule
from colonnade.models.texts import Contains, EndsWith, Same, StartsWith, folded, replacements
from colonnade.models.validation import rules_of
from colonnade.repository.query import check_kind

MOST_FILTERS = 50
"""How many filters one query may have."""
DEEPEST = 4
"""How many relationships one name may go through."""
MOST_VALUES = 10_000
"""How many values `in` takes."""
LONGEST_FOLDED = 200
"""How many characters may be looked for without case."""
_MOST_REPLACED = 300

Condition = ColumnElement[bool]


def filter_criteria(model: type[Any], filters: Mapping[Any, Any]) -> tuple[Condition, ...]:
    """Give the conditions that the filters mean, all of which a row has to meet.

    A name may go through relationships ("user.username") and end in an operator ("title__icontains"); without
    one it's `exact`. None is NULL, and a list, tuple or set is one of its values.

    Raises:
        EntityValidationError: for unknown names and operators, with the nearest real ones; for values of
            a kind that the field or the operator doesn't take; for more than the budget allows.
    """
    if not isinstance(filters, Mapping):
        raise EntityValidationError(
            f"filters are a mapping of names to values, not {type(filters).__name__}", entity=model.__name__
        )
    if len(filters) > MOST_FILTERS:
        raise EntityValidationError(
            f"{len(filters)} filters were given, and {MOST_FILTERS} are allowed", entity=model.__name__
        )
    tree: dict[str, Any] = {}
    for name, value in filters.items():
        _place(tree, model, attribute_name(model, name), value)
    return tuple(_conditions(model, tree))


def _place(tree: dict[str, Any], model: type[Any], name: str, value: Any) -> None:
    """Put a filter into the branch of the relationships that its name goes through."""
    *path, last = name.split(".")
    if len(path) > DEEPEST:
        raise EntityValidationError(
            f"the filter {name:.100} goes through {len(path)} relationships, and {DEEPEST} are allowed",
            entity=model.__name__,
        )
    for step in path:
        tree = tree.setdefault(f"{step}.", {})
    tree[last] = value


def _conditions(model: type[Any], tree: Mapping[str, Any]) -> list[Condition]:
    return [
        _related(model, name[:-1], value) if name.endswith(".") else _condition(model, name, value)
        for name, value in tree.items()
    ]


def _related(model: type[Any], name: str, tree: Mapping[str, Any]) -> Condition:
    relationships = fields_of(model).relationships
    if name not in relationships:
        refuse_name(model, name, sorted(relationships))
    attribute = getattr(model, name)
    meets = and_(*_conditions(mapper_of(model).relationships[name].mapper.class_, tree))
    found: Condition = attribute.any(meets) if attribute.property.uselist else attribute.has(meets)
    return found


def _condition(model: type[Any], name: str, value: Any) -> Condition:
    fields = fields_of(model)
    if name in fields.relationships or name.removesuffix("__isnull") in fields.relationships:
        return _absent(model, name, value)
    plain, operator = _split(model, name)
    plain = fields.synonyms.get(plain, plain)
    rules = rules_of(model)
    if plain in rules.private:
        refuse_name(model, plain, [one for one in fields.columns if one not in rules.private])
    attribute = field(model, plain)
    if operator == "exact" and isinstance(value, list | tuple | set | frozenset):
        operator = "in"
    return _Filter(model, plain, attribute, rules.of.get(plain), operator).meets(value)


def _absent(model: type[Any], name: str, value: Any) -> Condition:
    """Give whether there is no related row."""
    if not name.endswith("__isnull") or not isinstance(value, bool):
        field(model, name.removesuffix("__isnull"))
    attribute = getattr(model, name.removesuffix("__isnull"))
    present: Condition = attribute.any() if attribute.property.uselist else attribute.has()
    return ~present if value else present


def _split(model: type[Any], name: str) -> tuple[str, str]:
    fields = fields_of(model)
    known = {*fields.columns, *fields.synonyms, *fields.expressions, *fields.composites}
    plain, mark, operator = name.rpartition("__")
    if name in known or not mark or not plain:
        return name, "exact"
    if operator not in OPERATORS:
        near = get_close_matches(operator, OPERATORS, n=1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        if plain in fields.relationships:
            hint = f"Did you mean {plain}.{operator}? "
        raise EntityValidationError(
            f"{name!r:.100} ends in no operator that there is",
            entity=model.__name__,
            columns=[plain],
            remedy=f"{hint}Operators are: {', '.join(OPERATORS)}.",
        )
    return plain, operator


class _Filter:
    """One field and one operator, that wait for a value."""

    def __init__(self, model: type[Any], name: str, attribute: Any, rule: Rule | None, operator: str) -> None:
        self._model, self._name, self._operator = model, name, operator
        self.attribute = attribute
        self._rule = rule
        self._type = getattr(attribute, "type", None)

    def meets(self, value: Any) -> Condition:
        """Give the condition."""
        is_json = isinstance(self._type, JSON | Json)
        if is_json and self._operator != "isnull":
            self._refuse("is JSON, which only isnull is asked of")
        if self._operator in _ON_TEXT and not self._is_text:
            self._refuse(f"is no text, and {self._operator} is asked of text")
        return OPERATORS[self._operator](self, value)

    @property
    def _is_text(self) -> bool:
        type_ = self._type
        type_ = type_.impl_instance if isinstance(type_, TypeDecorator) else type_
        return isinstance(type_, String) and not isinstance(type_, Enum)

    def checked(self, value: Any) -> Any:
        """Give a value that the field may be compared with."""
        if value is None:
            self._refuse(f"is compared by {self._operator} with None", "Ask with isnull, or with exact.")
        if is_sql(value) or isinstance(value, list | tuple | set | frozenset | dict):
            self._refuse(f"is compared by {self._operator} with one value, not a {type(value).__name__}")
        if isinstance(value, str) and ("\0" in value or not _is_encodable(value)):
            self._refuse("is compared with text that no database can hold")
        check_kind(self._model, self._name, self.attribute, value)
        rule = self._rule
        if rule is None or not (rule.kinds or rule.bound):
            return value
        # Text may be longer than the column, which is then no match; all else must be of its kind.
        if self._is_text and isinstance(value, str):
            return value
        if problem := rule.problem(value):
            self._refuse(problem.text)
        return value

    def text(self, value: Any) -> str:
        """Give a value that is text."""
        if not isinstance(value, str):
            self._refuse(f"is compared by {self._operator} with text, not a {type(value).__name__}")
        checked: str = self.checked(value)
        return checked

    def without_case(self, value: Any, match: Callable[..., Condition]) -> Condition:
        """Give the match of text and value, both without their case."""
        part = self.text(value).casefold()
        if len(part) > LONGEST_FOLDED or len(replacements(part)) > _MOST_REPLACED:
            self._refuse(f"is looked through without case for up to {LONGEST_FOLDED} characters")
        return match(folded(self.attribute, part), literal(part, String()))

    def values(self, given: Any) -> list[Any]:
        """Give the values of a list."""
        if isinstance(given, str | bytes | Mapping) or not hasattr(given, "__iter__") or is_sql(given):
            self._refuse(f"is compared by {self._operator} with a list of values, not {given!r:.50}")
        values = list(given)
        if len(values) > MOST_VALUES:
            self._refuse(f"is compared with {len(values)} values, and {MOST_VALUES} are allowed")
        return values

    def _refuse(self, text: str, remedy: str = "") -> NoReturn:
        raise EntityValidationError(
            f"{self._name} of {self._model.__name__} {text}",
            entity=self._model.__name__,
            columns=[self._name],
            remedy=remedy,
        )

    def exact(self, value: Any) -> Condition:
        """Equal; None is NULL."""
        if value is None:
            return self.attribute.is_(None)  # type: ignore[no-any-return]
        equal: Condition = self.attribute == self.checked(value)
        return equal

    def differs(self, value: Any) -> Condition:
        """All that `exact` doesn't give, NULL among them."""
        if value is None:
            return self.attribute.is_not(None)  # type: ignore[no-any-return]
        return or_(self.attribute != self.checked(value), self.attribute.is_(None))

    def among(self, given: Any) -> Condition:
        """One of several; None among them is NULL."""
        values = self.values(given)
        present = [self.checked(value) for value in values if value is not None]
        found: Condition = self.attribute.in_(present) if present else false()
        return or_(found, self.attribute.is_(None)) if len(present) < len(values) else found

    def between(self, given: Any) -> Condition:
        """From the first to the second of two values, both included."""
        values = self.values(given)
        if len(values) != 2:
            self._refuse(f"is compared by range with two values, not {len(values)}")
        low, high = map(self.checked, values)
        return and_(self.attribute >= low, self.attribute <= high)

    def is_null(self, value: Any) -> Condition:
        """Whether there is no value."""
        if not isinstance(value, bool):
            self._refuse(f"is asked by isnull with True or False, not {value!r:.50}")
        found: Condition = self.attribute.is_(None) if value else self.attribute.is_not(None)
        return found


def _is_encodable(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= one <= "\udfff" for one in text)


def _matching(match: Callable[..., Condition]) -> Callable[[_Filter, Any], Condition]:
    return lambda one, value: match(one.attribute, literal(one.text(value), String()))


def _caseless(match: Callable[..., Condition]) -> Callable[[_Filter, Any], Condition]:
    return lambda one, value: one.without_case(value, match)


OPERATORS: Mapping[str, Callable[[_Filter, Any], Condition]] = {
    "exact": _Filter.exact,
    "ne": _Filter.differs,
    "in": _Filter.among,
    "range": _Filter.between,
    "isnull": _Filter.is_null,
    "gt": lambda one, value: one.attribute > one.checked(value),
    "gte": lambda one, value: one.attribute >= one.checked(value),
    "lt": lambda one, value: one.attribute < one.checked(value),
    "lte": lambda one, value: one.attribute <= one.checked(value),
    "contains": _matching(Contains),
    "startswith": _matching(StartsWith),
    "endswith": _matching(EndsWith),
    "iexact": _caseless(Same),
    "icontains": _caseless(Contains),
    "istartswith": _caseless(StartsWith),
    "iendswith": _caseless(EndsWith),
}
"""What a name may end in, behind two underscores."""

_ON_TEXT = ("contains", "startswith", "endswith", "iexact", "icontains", "istartswith", "iendswith")
