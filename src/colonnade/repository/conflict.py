"""Which unique constraint an upsert goes by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Table, UniqueConstraint
from sqlalchemy import inspect as state_of
from sqlalchemy.orm import Mapper, QueryableAttribute
from sqlalchemy.orm import class_mapper as mapper_of

from colonnade.errors import EntityValidationError
from colonnade.models.fields import attribute_name, field, fields_of


def conflict_columns(model: type[Any], entity: Any, on: str | Iterable[Any]) -> tuple[str, ...]:
    """Give the names of the fields that tell whether the row is there already.

    Raises:
        EntityValidationError: when they aren't a unique constraint of the class, when there are
            several to choose from, or when the entity has no value in one of them.
    """
    names = _asked(model, on) if on else _by_default(model, entity)
    loaded = state_of(entity).dict
    unset = [name for name in names if loaded.get(name) is None]
    if unset:
        raise EntityValidationError(
            f"an upsert of {model.__name__} by {', '.join(names)} needs a value in {', '.join(unset)}",
            entity=model.__name__,
            columns=unset,
        )
    return names


def _asked(model: type[Any], on: str | Iterable[Any]) -> tuple[str, ...]:
    given = on.split(",") if isinstance(on, str) else [on] if isinstance(on, QueryableAttribute) else on
    names = tuple(field(model, attribute_name(model, name).strip()).key for name in given)
    choices = [fields_of(model).key, *unique_fields(model)]
    if set(names) not in [set(choice) for choice in choices]:
        raise EntityValidationError(
            f"{', '.join(names)} isn't unique in {model.__name__}",
            entity=model.__name__,
            columns=names,
            remedy="name the fields of one of these: " + "; ".join(", ".join(choice) for choice in choices),
        )
    return names


def _by_default(model: type[Any], entity: Any) -> tuple[str, ...]:
    key = fields_of(model).key
    loaded = state_of(entity).dict
    if all(loaded.get(name) is not None for name in key):
        return key
    choices = unique_fields(model)
    if len(choices) == 1:
        return choices[0]
    raise EntityValidationError(
        f"an upsert of {model.__name__} without its key needs `on`",
        entity=model.__name__,
        remedy="name the fields of a unique constraint: "
        + ("; ".join(", ".join(choice) for choice in choices) or f"{model.__name__} has none"),
    )


def unique_fields(model: type[Any]) -> list[tuple[str, ...]]:
    """Give the fields of each unique constraint and unfiltered unique index, by attribute name."""
    mapper = mapper_of(model)
    table = mapper.local_table
    if not isinstance(table, Table):
        return []
    rules = [one.columns for one in table.constraints if isinstance(one, UniqueConstraint)]
    rules += [one.columns for one in table.indexes if one.unique and not _partial(one)]
    found = [tuple(_names(mapper, columns)) for columns in rules]
    return sorted(set(found))


def _partial(index: Any) -> bool:
    """Tell an index with a WHERE clause or over expressions, which isn't a rule for all rows."""
    options = index.dialect_kwargs.items()
    filtered = any(name.endswith("_where") and value is not None for name, value in options)
    return filtered or len(index.columns) != len(index.expressions)


def _names(mapper: Mapper[Any], columns: Iterable[Any]) -> list[str]:
    return [mapper.get_property_by_column(column).key for column in columns]
