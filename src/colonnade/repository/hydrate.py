"""Unloaded attributes of objects that came back: an error that names the `load=` to add.

Stands on two semi-public parts of SQLAlchemy, which a contract test holds: `callable_` of an
attribute's `impl`, the function that loads it, called as `callable_(state, passive)`; and the
flag `SQL_OK` in `passive`, without which it gives `PASSIVE_NO_RESULT` in place of asking.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import InstanceState, Mapper, configure_mappers
from sqlalchemy.orm import class_mapper as mapper_of
from sqlalchemy.orm.base import PASSIVE_NO_RESULT, PassiveFlag
from sqlalchemy.orm.exc import DetachedInstanceError
from sqlalchemy.util.concurrency import in_greenlet

from colonnade.errors import RelationshipNotLoadedError

Loader = Callable[..., Any]

_speaking: weakref.WeakSet[Mapper[Any]] = weakref.WeakSet()


def name_missing_loads(model: type) -> None:
    """Let every lazily loaded attribute of the model's registry name itself when it can't be loaded.

    On an object outside any session, and on one whose `AsyncSession` can't be asked from
    here, reading such an attribute raises `RelationshipNotLoadedError`. It loads as
    SQLAlchemy does everywhere else.
    """
    configure_mappers()
    for mapper in mapper_of(model).registry.mappers:
        if mapper not in _speaking:
            _speaking.add(mapper)
            for key in mapper.attrs.keys():  # noqa: SIM118 (a read-only collection, not a dict)
                _let_speak(mapper, key)


def _let_speak(mapper: Mapper[Any], key: str) -> None:
    impl: Any = getattr(mapper.class_manager.get(key), "impl", None)
    load = getattr(impl, "callable_", None)
    if impl is not None and load is not None and not isinstance(load, _SpeakingLoader):
        impl.callable_ = _SpeakingLoader(load, mapper.class_.__name__, key)


class _SpeakingLoader:
    """The attribute's own loader, with an error that says what to do."""

    __slots__ = ("_entity", "_key", "_load")

    def __init__(self, load: Loader, entity: str, key: str) -> None:
        self._load = load
        self._entity = entity
        self._key = key

    def __call__(self, state: InstanceState[Any], passive: PassiveFlag, *args: Any, **kwargs: Any) -> Any:
        if passive & PassiveFlag.SQL_OK and _is_out_of_reach(state):
            # What the session holds already is given without asking the database.
            value = self._load(state, passive ^ PassiveFlag.SQL_OK, *args, **kwargs)
            if value is PASSIVE_NO_RESULT:
                raise self._not_loaded()
            return value
        try:
            return self._load(state, passive, *args, **kwargs)
        except RelationshipNotLoadedError:
            raise
        except DetachedInstanceError as error:
            raise self._not_loaded() from error

    def _not_loaded(self) -> RelationshipNotLoadedError:
        return RelationshipNotLoadedError(
            f"{self._entity}.{self._key} was not loaded, and there is no session to load it from here",
            entity=self._entity,
            columns=(self._key,),
            remedy=f'ask for it in the call: load="{self._key}" (or load={self._entity}.{self._key})',
        )


def _is_out_of_reach(state: InstanceState[Any]) -> bool:
    """Tell whether the object's session is an `AsyncSession`, and this isn't the body of an operation."""
    return state.async_session is not None and not in_greenlet()
