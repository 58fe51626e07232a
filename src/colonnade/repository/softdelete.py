"""Leaving soft-deleted rows out of what is read, relationships included."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import class_mapper as mapper_of
from sqlalchemy.orm import with_loader_criteria
from sqlalchemy.orm.interfaces import ORMOption

from colonnade.models.mixins import SoftDeleteMixin

S = TypeVar("S", bound=Select[Any])


def soft_delete_options(model: type) -> tuple[ORMOption, ...]:
    """Give the loader options that leave deleted rows out; none where no class of the registry has any."""
    mappers = mapper_of(model).registry.mappers
    return (_ALIVE,) if any(issubclass(mapper.class_, SoftDeleteMixin) for mapper in mappers) else ()


def leave_out_deleted(model: type, statement: S) -> S:
    """Give the statement, reading and loading only rows that aren't marked as deleted."""
    options = soft_delete_options(model)
    return statement.options(*options) if options else statement


def _alive(cls: Any) -> Any:
    return cls.deleted_at.is_(None)


# A function with a name: objects carry the option, and are pickled with it.
_ALIVE = with_loader_criteria(SoftDeleteMixin, _alive, include_aliases=True)
