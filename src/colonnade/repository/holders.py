"""A row that others refer to can't be deleted: one error for it, however the attempt fails.

Where the relationship to them isn't told otherwise, SQLAlchemy takes the reference out of the other
rows first. It may not be NULL there, or is part of their key: then that fails, and not the DELETE.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ForeignKeyConstraint
from sqlalchemy.orm import Mapper
from sqlalchemy.orm import class_mapper as mapper_of

from colonnade.dialects.constraints import as_rule
from colonnade.errors import ForeignKeyViolationError, NotNullViolationError

_REMEDY = "Delete or move the rows that refer to it first"


@contextmanager
def deleting(model: type[Any]) -> Iterator[None]:
    """Turn the failed attempt to take out references into the violation that it is.

    Raises:
        ForeignKeyViolationError: when other rows hold one of the model's.
    """
    try:
        yield
    except NotNullViolationError as error:
        found = next(_keys_to(model, error.entity, set(error.columns)), None)
        if found is None:
            raise
        raise _still_held(model, *found) from error
    except AssertionError as error:
        # SQLAlchemy 2.1.9 has no class of its own for it.
        if "blank-out primary key" not in str(error):
            raise
        raise ForeignKeyViolationError(_held_text(model), entity=model.__name__, remedy=_REMEDY) from error


def _still_held(model: type[Any], holder: Mapper[Any], key: ForeignKeyConstraint) -> ForeignKeyViolationError:
    rule = as_rule(key)
    return ForeignKeyViolationError(
        _held_text(model),
        entity=holder.class_.__name__,
        columns=rule.columns,
        constraint=rule.name,
        remedy=_REMEDY,
    )


def _held_text(model: type[Any]) -> str:
    return f"this {model.__name__} can't be deleted: other rows still refer to it"


def _keys_to(
    model: type[Any], entity: str | None, columns: set[str]
) -> Iterator[tuple[Mapper[Any], ForeignKeyConstraint]]:
    tables = mapper_of(model).tables
    for mapper in mapper_of(model).registry.mappers:
        if entity in (mapper.class_.__name__, None):  # MySQL names the column alone
            for key in getattr(mapper.local_table, "foreign_key_constraints", ()):
                if key.referred_table in tables and columns & set(as_rule(key).columns):
                    yield mapper, key
