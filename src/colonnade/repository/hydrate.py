"""Attributes of objects that came back: unloaded ones raise an error that names the `load=` to add.

Lazy loads leave soft-deleted rows out, too, wherever the object came from.

Stands on semi-public parts of SQLAlchemy, which a contract test holds: `callable_` of an
attribute's `impl`, the function that loads it, called as `callable_(state, passive)`, for a
relationship with `extra_options`; a class's `expired_attribute_loader`, called as
`loader(state, names, passive)`; and the flag `SQL_OK` in `passive`, without which the first gives
`PASSIVE_NO_RESULT` in place of asking.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy.orm import InstanceState, Mapper, configure_mappers
from sqlalchemy.orm import class_mapper as mapper_of
from sqlalchemy.orm.base import PASSIVE_NO_RESULT, PassiveFlag
from sqlalchemy.orm.exc import DetachedInstanceError
from sqlalchemy.util.concurrency import in_greenlet

from colonnade.errors import RelationshipNotLoadedError
from colonnade.repository.softdelete import is_left_out, is_soft_deleting, lazy_options

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
            manager: Any = mapper.class_manager
            if not isinstance(manager.expired_attribute_loader, _SpeakingRefresher):
                manager.expired_attribute_loader = _SpeakingRefresher(manager.expired_attribute_loader)


def _let_speak(mapper: Mapper[Any], key: str) -> None:
    impl: Any = getattr(mapper.class_manager.get(key), "impl", None)
    load = getattr(impl, "callable_", None)
    if impl is None or load is None or isinstance(load, _SpeakingLoader):
        return
    related = mapper.relationships.get(key)
    if related is not None and any(is_soft_deleting(one) for one in related.mapper.self_and_descendants):
        load = _alive_only(load)
    impl.callable_ = _SpeakingLoader(load, mapper.class_.__name__, key)


def _alive_only(load: Loader) -> Loader:
    def load_alive(state: InstanceState[Any], passive: PassiveFlag, *args: Any, **kwargs: Any) -> Any:
        options = (*kwargs.pop("extra_options", ()), *lazy_options(state))
        value = load(state, passive, *args, extra_options=options, **kwargs)
        return None if is_left_out(state, value) else value

    return load_alive


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
        remedy = f'ask for it in the call: load="{self._key}" (or load={self._entity}.{self._key})'
        return _not_loaded(self._entity, self._key, remedy)


class _SpeakingRefresher:
    """What loads the columns of an object that were never read, or are expired."""

    __slots__ = ("_load",)

    def __init__(self, load: Loader) -> None:
        self._load = load

    def __call__(
        self, state: InstanceState[Any], names: Collection[str], passive: PassiveFlag, *args: Any
    ) -> Any:
        if state.session is None or _is_out_of_reach(state):
            remedy = "read the object again, or its attributes in the session that changed it"
            raise _not_loaded(state.class_.__name__, min(names, default=""), remedy)
        return self._load(state, names, passive, *args)


def _not_loaded(entity: str, key: str, remedy: str) -> RelationshipNotLoadedError:
    return RelationshipNotLoadedError(
        f"{entity}.{key} was not loaded, and there is no session to load it from here",
        entity=entity,
        columns=(key,),
        remedy=remedy,
    )


def _is_out_of_reach(state: InstanceState[Any]) -> bool:
    """Tell whether the object's session is an `AsyncSession`, and this isn't the body of an operation."""
    return state.async_session is not None and not in_greenlet()
