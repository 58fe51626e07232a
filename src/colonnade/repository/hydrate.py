"""Unloaded attributes of objects that came back: an error that names the `load=` to add.

Stands on one semi-public part of SQLAlchemy: `callable_` of an attribute's `impl`, the
function that loads it, called as `callable_(state, passive)`. A contract test holds it.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.orm import InstanceState, Mapper, configure_mappers
from sqlalchemy.orm import class_mapper as mapper_of
from sqlalchemy.orm.exc import DetachedInstanceError

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
    attribute = mapper.class_manager.get(key)
    impl = getattr(attribute, "impl", None)
    load = getattr(impl, "callable_", None)
    if load is not None and not isinstance(load, _SpeakingLoader):
        impl.callable_ = _SpeakingLoader(load, mapper.class_.__name__, key)


class _SpeakingLoader:
    """The attribute's own loader, with an error that says what to do."""

    __slots__ = ("_entity", "_key", "_load")

    def __init__(self, load: Loader, entity: str, key: str) -> None:
        self._load = load
        self._entity = entity
        self._key = key

    def __call__(self, state: InstanceState[Any], passive: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return self._load(state, passive, *args, **kwargs)
        except (DetachedInstanceError, MissingGreenlet) as error:
            if isinstance(error, RelationshipNotLoadedError):
                raise
            raise RelationshipNotLoadedError(
                f"{self._entity}.{self._key} was not loaded, and there is no session to load it from",
                entity=self._entity,
                columns=(self._key,),
                remedy=f'ask for it in the call: load="{self._key}" (or load={self._entity}.{self._key})',
            ) from error
