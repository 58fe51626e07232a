"""Leaving soft-deleted rows out of what is read, relationships included.

A statement's option goes along with the objects that it loads, to what they load lazily. Objects that came
another way, created ones say, carry none: `hydrate` asks here what their loaders shall be given.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from sqlalchemy import Select
from sqlalchemy import inspect as state_of
from sqlalchemy.orm import InstanceState, Mapper, UserDefinedOption, with_loader_criteria
from sqlalchemy.orm import class_mapper as mapper_of
from sqlalchemy.orm.interfaces import ORMOption
from sqlalchemy.orm.util import LoaderCriteriaOption

from colonnade.models.mixins import SoftDeleteMixin

S = TypeVar("S", bound=Select[Any])


class EvenDeleted(UserDefinedOption):
    """Marks the objects of a statement with `include_deleted=True`, whose relationships load all rows."""

    propagate_to_loaders = True


def soft_delete_options(model: type, include_deleted: bool = False) -> tuple[ORMOption, ...]:
    """Give the options that leave deleted rows out; none where no class of the registry has any."""
    if not any(is_soft_deleting(mapper) for mapper in mapper_of(model).registry.mappers):
        return ()
    return (_EVEN_DELETED,) if include_deleted else (_ALIVE,)


def is_soft_deleting(mapper: Mapper[Any]) -> bool:
    """Tell whether rows of this class can be marked as deleted."""
    return issubclass(mapper.class_, SoftDeleteMixin)


def with_options_of(statement: S, model: type, include_deleted: bool) -> S:
    """Give the statement, reading and loading only rows that aren't marked as deleted, or all."""
    options = soft_delete_options(model, include_deleted)
    return statement.options(*options) if options else statement


def lazy_options(state: InstanceState[Any]) -> tuple[ORMOption, ...]:
    """Give the options for a lazy load from this object."""
    even_deleted = _all_rows.get() or any(isinstance(option, EvenDeleted) for option in state.load_options)
    return () if even_deleted else (_ALIVE,)


def is_left_out(state: InstanceState[Any], related: Any) -> bool:
    """Tell whether this related object, which the session held already, is one that a load leaves out."""
    if not isinstance(related, SoftDeleteMixin) or not lazy_options(state):
        return False
    return state_of(related).dict.get("deleted_at") is not None


@contextmanager
def loading_all_rows(entities: list[Any]) -> Iterator[None]:
    """Let these objects' relationships load deleted rows, too, which are deleted for good with them."""
    for entity in entities:
        state: InstanceState[Any] = state_of(entity)
        stale = [key for key, one in state.mapper.relationships.items() if is_soft_deleting(one.mapper)]
        loaded = [key for key in stale if key in state.dict]
        if loaded and state.session is not None and state.persistent:
            state.session.flush()
            state.session.expire(entity, loaded)
        state.load_options = tuple(
            option for option in state.load_options if not isinstance(option, LoaderCriteriaOption)
        )
    token = _all_rows.set(True)
    try:
        yield
    finally:
        _all_rows.reset(token)


def _alive(cls: Any) -> Any:
    return cls.deleted_at.is_(None)


_all_rows: ContextVar[bool] = ContextVar("colonnade_all_rows", default=False)
_EVEN_DELETED = EvenDeleted()
# A function with a name: objects carry the option, and are pickled with it.
_ALIVE = with_loader_criteria(SoftDeleteMixin, _alive, include_aliases=True)
