"""What the schema would refuse, refused before it is sent, from the same declarations.

`validate` is for a user's hand; repositories ask `rules_of` for all that they write. Types, lengths,
enumerations and NULLs are told here; unique and foreign keys and other CHECKs stay with the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, overload
from weakref import WeakKeyDictionary

from sqlalchemy import Column, inspect

from colonnade.errors import EntityValidationError
from colonnade.models.fields import fields_of, is_sql, mapper_of, refuse_name, validate_updates
from colonnade.models.rules import PRIVATE, Problem, Rule, rules_of_table

__all__ = ["Rules", "checked_updates", "rules_of", "validate"]


class Rules:
    """The rules of one mapped class, by attribute and by column."""

    def __init__(self, model: type[Any]) -> None:
        mapper, fields = mapper_of(model), fields_of(model)
        self._entity = model.__name__
        columns = {name: mapper.column_attrs[name].columns[0] for name in fields.columns}
        by_column: dict[Any, Rule] = {}
        for table in {column.table for column in columns.values()}:
            own = [column for column in columns.values() if column.table is table]
            by_column |= rules_of_table(table, own)
        self.of: Mapping[str, Rule] = {name: by_column[column] for name, column in columns.items()}
        """The rule of each attribute that holds a column."""
        self.private = frozenset(name for name, column in columns.items() if column.info.get(PRIVATE))
        """The attributes whose values are nobody's business."""
        self.referring = frozenset(name for name, column in columns.items() if column.foreign_keys)
        """The attributes that a relationship may yet fill."""
        self._columns = columns
        uncounted = {fields.version, *fields.generated}
        self._required = frozenset(
            name for name, rule in self.of.items() if rule.required and name not in uncounted
        )
        self._quick = [
            (columns[name].key, None if rule.bound or not rule.kinds else rule.allows, name in self._required)
            for name, rule in self.of.items()
            if name in self._required or (rule.kinds and not rule.bound)
        ]
        self._fit_all = {
            columns[name].key: rule.fit_all for name, rule in self.of.items() if rule.fit_all is not None
        }

    def passes(self, values: Mapping[str, Any]) -> bool:
        """Tell whether nothing is wrong with a new row, by its columns' keys, before defaults are added.

        What types refuse by themselves while values are bound isn't looked at.
        """
        # Written flat: it runs for each row that is created.
        for key, allows, required in self._quick:
            value = values.get(key)
            if value is None:
                if required:
                    return False
            elif allows is not None and not allows(value):
                return False
        return True

    def all_fit(self, columns: Sequence[Column[Any]], rows: Sequence[Sequence[Any]]) -> bool:
        """Tell whether the driver's values of many rows fit, each of a type that its column takes."""
        for at, column in enumerate(columns):
            fit_all = self._fit_all.get(column.key)
            if fit_all is None:
                continue
            values = [row[at] for row in rows]
            if not fit_all([value for value in values if value is not None] if None in values else values):
                return False
        return True

    def check_new(self, values: Mapping[str, Any], *, but: Iterable[str] = ()) -> None:
        """Check a new row, given by attributes; those in `but` may be missing."""
        missing = self._required.difference(but)
        problems = {name: self.of[name].problem(None) for name in missing if values.get(name) is None}
        for name, value in values.items():
            if value is not None and name in self.of and not is_sql(value):
                problems[name] = self.of[name].problem(value)
        self._raise(problems)

    def check_changes(self, values: Mapping[str, Any]) -> None:
        """Check values that attributes of a row are set to."""
        of = self.of
        for name, value in values.items():
            rule = of.get(name)
            if rule is None or is_sql(value):
                continue
            if value is None:
                fits = rule.nullable
            else:
                fits = rule.allows(value) if not rule.bound else rule.problem(value) is None
            if not fits:
                self.explain(values)

    def explain(self, values: Mapping[str, Any]) -> None:
        """Raise with the fields' names for values that a type has refused while they were bound."""
        self._raise(
            {
                name: self.of[name].problem(value)
                for name, value in values.items()
                if name in self.of and not is_sql(value)
            }
        )

    def by_attribute(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Give a row by its attributes' names."""
        return {name: values[column.key] for name, column in self._columns.items() if column.key in values}

    def _raise(self, found: Mapping[str, Problem | None]) -> None:
        problems = {name: problem for name, problem in found.items() if problem is not None}
        if not problems:
            return
        first = next(iter(problems.values()))
        text = "; ".join(
            f"{name} of {self._entity} {self._shown(name, one)}" for name, one in problems.items()
        )
        raise first.kind(text, entity=self._entity, columns=problems, constraint=first.constraint)

    def _shown(self, name: str, problem: Problem) -> str:
        if name not in self.private:
            return problem.text
        return f"takes {self.of[name].takes or 'another value'}" if self.of[name].takes else problem.text


_known: WeakKeyDictionary[type[Any], Rules] = WeakKeyDictionary()


def rules_of(model: type[Any]) -> Rules:
    """Give the rules of a mapped class.

    Raises:
        EntityValidationError: when the class isn't mapped.
    """
    found = _known.get(model)
    if found is None:
        found = _known[model] = Rules(model)
    return found


def checked_updates(model: type[Any], updates: Mapping[Any, Any]) -> dict[str, Any]:
    """Give the updates as `validate_updates` does, their values checked as well."""
    values = validate_updates(model, updates)
    rules_of(model).check_changes(values)
    return values


@overload
def validate(  # pyright: ignore[reportOverlappingOverload]
    Model: type[Any], data: list[Any], *, partial: bool = ...
) -> list[dict[str, Any]]: ...
@overload
def validate(Model: type[Any], data: Any, *, partial: bool = ...) -> dict[str, Any]: ...
def validate(Model: type[Any], data: Any, *, partial: bool = False) -> Any:
    """Give the values of a new row, checked by the class's own declaration; of several rows, a list.

    `data` is a mapping of fields to values, an object of the class, or a list of these. Fields that a new row
    must have and that nothing else fills are asked for, unless it's `partial`, or the object is stored
    already. Nothing is sent. Unique and foreign keys and other CHECKs are left to the database.

    Raises:
        EntityValidationError: that names every field at fault and says what it takes. It's a
            `MissingValueError`, `UnfitValueError` or `NotAMemberError`, which an `except` for the
            database's own errors catches, too.
    """
    if isinstance(data, list):
        return [validate(Model, one, partial=partial) for one in data]
    rules = rules_of(Model)
    values, related, stored = _values(Model, data)
    if partial or stored:
        rules.explain(values)
    else:
        rules.check_new(values, but=rules.referring if related else ())
    return values


def _values(model: type[Any], data: Any) -> tuple[dict[str, Any], bool, bool]:
    """Give the values by attribute, whether a relationship attaches something, and whether it's stored."""
    fields = fields_of(model)
    if isinstance(data, model):
        state: Any = inspect(data)
        given = dict(state.dict)
        stored = state.key is not None
    elif isinstance(data, Mapping):
        given, stored = {_known_name(model, name): value for name, value in data.items()}, False
    else:
        raise EntityValidationError(
            f"{type(data).__name__} was given, and a mapping or a {model.__name__} is checked here",
            entity=model.__name__,
        )
    values = {name: given[name] for name in fields.columns if name in given}
    return values, any(given.get(name) for name in fields.relationships), stored


def _known_name(model: type[Any], name: Any) -> str:
    fields = fields_of(model)
    name = fields.synonyms.get(name, name)
    if name not in fields.columns and name not in fields.relationships:
        refuse_name(model, str(name), [*fields.columns, *fields.synonyms, *fields.relationships])
    return str(name)
