"""Bringing the objects that a session holds in step with their rows, and no more of them than their columns.

SQLAlchemy's `populate_existing` would also take away what a relationship or a deferred column has loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import inspect as state_of
from sqlalchemy.orm import Session, undefer
from sqlalchemy.orm import class_mapper as mapper_of
from sqlalchemy.orm.interfaces import LoaderOption

from colonnade.repository.completion import complete


def expire_rows(session: Session, model: type[Any], keys: Iterable[Any]) -> Sequence[LoaderOption]:
    """Forget the columns of what the session holds for these keys, so that the next SELECT of them is taken.

    Unsaved changes are written first. Gives the options that let it bring loaded deferred columns, too.
    """
    if not session.identity_map:
        return ()
    mapper: Any = mapper_of(model)
    found = [mapper.identity_key_from_primary_key(key if isinstance(key, tuple) else (key,)) for key in keys]
    held = [one for one in map(session.identity_map.get, found) if one is not None]
    if any(state_of(one).modified for one in held):
        session.flush()
    deferred: set[str] = set()
    for one in held:
        state = state_of(one)
        names = [name for name in state.mapper.column_attrs.keys() if name in state.dict]  # noqa: SIM118
        deferred.update(
            name for name in names if mapper.has_property(name) and mapper.column_attrs[name].deferred
        )
        if names and state.persistent:
            session.expire(one, names)
    return [undefer(getattr(model, name)) for name in sorted(deferred)]


def reread_class(session: Session, model: type[Any]) -> None:
    """Read the loaded columns of all that the session holds of this class again."""
    held = [one for one in session.identity_map.values() if isinstance(one, model)]
    for one in held:
        state = state_of(one)
        session.expire(one, [name for name in state.mapper.column_attrs.keys() if name in state.dict])  # noqa: SIM118
    complete(session, held)
