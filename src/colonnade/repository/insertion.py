"""What an INSERT of new objects sends, and what they become by it: the unit of work's own rules.

Shared by `create`, one row at a time, and `create_many`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Table
from sqlalchemy.orm import InstanceState, Mapper
from sqlalchemy.orm.attributes import instance_state as state_of

from colonnade.engine import internals
from colonnade.models.fields import fields_of, is_sql

Default = Callable[["DefaultContext"], Any]


class DefaultContext:
    """What our mixins' defaults ask for: the other values of the row that is sent."""

    def __init__(self, column: Column[Any], values: Mapping[str, Any]) -> None:
        self.current_column = column
        self.current_parameters = values

    def get_current_parameters(self, isolate_multiinsert_groups: bool = True) -> Mapping[str, Any]:
        """Give the values of the row, by the column's key."""
        return self.current_parameters


@dataclass(frozen=True, slots=True)
class Parts:
    """What makes up the rows of all objects that have values for the same columns, by column key.

    `taken` are attributes, `fixed` values that are the same in each row, `called` what is worked out for
    each, in this order. `shown` are the attributes that an object is given from the last two.
    """

    taken: Mapping[str, str]
    fixed: Mapping[str, Any]
    called: Mapping[str, tuple[Column[Any], Default]]
    shown: Mapping[str, str]


class Insertion:
    """Takes new objects of one class apart into rows, and puts together what the database made of them."""

    def __init__(self, mapper: Mapper[Any]) -> None:
        table: Any = mapper.local_table
        self.table: Table = table
        self._class = mapper.class_
        self._attributes = {
            prop.key: prop.columns[0] for prop in mapper.column_attrs if prop.columns[0].table is table
        }
        self.names = {column.key: name for name, column in self._attributes.items()}
        """The attributes, by their columns' keys."""
        self._null_is_value = internals.columns_evaluating_none(mapper, table)
        self._as_none = internals.columns_as_none(mapper, table)
        self._mapped_defaults = internals.insert_defaults(mapper, table)
        self._python_defaults = dict(_python_defaults(table.columns))
        self._relationships = {related.key: related for related in mapper.relationships}
        self._key = fields_of(mapper.class_).key
        self._version = fields_of(mapper.class_).version
        self._first_version = mapper.version_id_generator

    def takes(self, entity: Any) -> bool:
        """Tell whether the object is a new one of just this class, with nothing attached to it."""
        if type(entity) is not self._class:
            return False
        state: InstanceState[Any] = state_of(entity)
        if state.key is not None or state.session_id is not None:
            return False
        return not self._relationships or not any(
            key in state.committed_state or state.dict.get(key) for key in self._relationships
        )

    def given(self, entity: Any) -> dict[str, Any] | None:
        """Give the values of a new object, by column key; None where one is SQL."""
        values: dict[str, Any] = {}
        present = entity.__dict__
        for name, column in self._attributes.items():
            if name in present:
                value = present[name]
                if value is None and column not in self._null_is_value:
                    continue
                if is_sql(value):
                    return None
                values[column.key] = value
        return values

    def sent(self, keys: Iterable[str]) -> set[str]:
        """Give the keys of all columns that are sent for an object that has values for these."""
        mapped = {column.key for _, column, _ in self._mapped_defaults}
        counter = {self._attributes[self._version].key} if self._version is not None else set()
        return {*keys, *mapped, *self._as_none, *counter, *self._python_defaults}

    def parts(self, keys: Iterable[str]) -> Parts:
        """Give the parts of a row with what defaults add, for objects that have values for these columns."""
        taken = {key: self.names[key] for key in keys}
        fixed: dict[str, Any] = dict.fromkeys(self._as_none.difference(taken))
        shown = {}
        for name, column, value in self._mapped_defaults:
            if column.key not in taken:
                fixed[column.key], shown[column.key] = value, name
        if self._version is not None and callable(self._first_version):
            counter = self._attributes[self._version].key
            taken.pop(counter, None)
            fixed[counter], shown[counter] = self._first_version(None), self._version
        called = {}
        for key, (column, default) in self._python_defaults.items():
            if key not in taken and key not in fixed:
                called[key] = (column, default)
                if key in self.names:
                    shown[key] = self.names[key]
        return Parts(taken, fixed, called, shown)

    def made_by_server(self, keys: Iterable[str]) -> list[str] | None:
        """Give the attributes that the database fills in when these columns are sent.

        None where a part of the key would be missing, which only the unit of work can tell.
        """
        given = set(keys)
        found = []
        for name, column in self._attributes.items():
            if column.key in given:
                continue
            numbered = column is self.table.autoincrement_column
            if column.server_default is not None or column.default is not None or numbered:
                found.append(name)
            elif column.primary_key:
                return None
        return found

    def columns(self, names: Iterable[str]) -> list[Any]:
        """Give the columns of these attributes."""
        return [self._attributes[name] for name in names]

    def only_number(self, names: Sequence[str]) -> bool:
        """Tell whether the one thing that the database makes is the row's number."""
        return len(names) == 1 and self._attributes[names[0]] is self.table.autoincrement_column


def _python_defaults(columns: Iterable[Column[Any]]) -> Iterable[tuple[str, tuple[Column[Any], Default]]]:
    return _computed_here((column, column.default) for column in columns)


def asks_context(columns: Iterable[Column[Any]]) -> bool:
    """Tell whether a function among the defaults asks for what only SQLAlchemy's own context can tell."""
    defaults: list[Any] = []
    for column in columns:
        defaults += (column.default, column.onupdate)
    return any(
        default is not None and default.is_callable and not internals.needs_no_context(default.arg)
        for default in defaults
    )


def updates_by_python(columns: Iterable[Column[Any]]) -> dict[str, tuple[Column[Any], Default]]:
    """Give what Python makes of these columns with each UPDATE, by the column's key."""
    return dict(_computed_here((column, column.onupdate) for column in columns))


def _computed_here(
    columns: Iterable[tuple[Column[Any], Any]],
) -> Iterable[tuple[str, tuple[Column[Any], Default]]]:
    for column, default in columns:
        if default is None or default.is_sequence or default.is_clause_element:
            continue
        if default.is_callable:
            yield column.key, (column, default.arg)
        else:
            yield column.key, (column, _always(default.arg))


def _always(value: Any) -> Default:
    return lambda _: value
