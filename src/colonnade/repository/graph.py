"""An entity and what is attached to it, before they go to a session: whose they are, which keys they take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Table
from sqlalchemy import inspect as state_of
from sqlalchemy.orm import InstanceState, Session, object_session
from sqlalchemy.orm.collections import collection_adapter

from colonnade.dialects.constraints import primary_key
from colonnade.errors import StaleEntityError, TransactionError, UniqueViolationError
from colonnade.models.fields import fields_of


def refuse_foreign(session: Session, entity: Any) -> None:
    """Refuse what another open session holds, before anything of the graph is added to this one.

    Raises:
        TransactionError: for the entity, or an object attached to it.
    """
    for state in members(entity):
        if object_session(state.obj()) not in (None, session):
            name = state.mapper.class_.__name__
            raise TransactionError(
                f"this {name} belongs to another open session",
                remedy="use that session's repository, or hand the object over when that session has ended",
                entity=name,
            )


def refuse_taken_key(session: Session, entity: Any) -> None:
    """Refuse a new object whose key one that the session holds has already; the database would, too.

    Raises:
        UniqueViolationError: of the primary key.
    """
    for state in members(entity):
        if state.key is not None or not session.identity_map:
            continue
        key = state.mapper.identity_key_from_instance(state.obj())
        present = None if None in key[1] else session.identity_map.get(key)
        if present is not None and present not in session.deleted:
            table = state.mapper.local_table
            rule = primary_key(table) if isinstance(table, Table) else None
            raise UniqueViolationError(
                f"there is a {state.mapper.class_.__name__} with this key already, and the session holds it",
                entity=state.mapper.class_.__name__,
                columns=rule.columns if rule else (),
                constraint=rule.name if rule else None,
            )


def members(entity: Any) -> Iterator[InstanceState[Any]]:
    """Give the state of the entity and of all that a session would take with it; nothing is loaded."""
    state: InstanceState[Any] = state_of(entity)
    yield state
    for _, _, related, _ in state.mapper.cascade_iterator("save-update", state):
        yield related


def carry_over(entity: Any, present: Any) -> None:
    """Repeat what was changed in a detached entity on the object that the session holds for its row.

    Raises:
        StaleEntityError: when the entity was read at another version than that object.
    """
    state: InstanceState[Any] = state_of(entity)
    refuse_stale(entity, present)
    relationships = state.mapper.relationships
    for attribute in state.attrs:
        history = attribute.history
        if not history.has_changes():
            continue
        if attribute.key not in relationships:
            setattr(present, attribute.key, attribute.value)
        elif not relationships[attribute.key].uselist:
            related = attribute.value
            setattr(entity, attribute.key, None)
            setattr(present, attribute.key, _held(present, related))
        else:
            _change_collection(entity, present, attribute.key)


def refuse_stale(entity: Any, present: Any) -> None:
    """Refuse an entity with another version than the object that the session holds for its row.

    Raises:
        StaleEntityError: for one that has a version, and another one.
    """
    version = fields_of(type(entity)).version
    read = None if version is None else state_of(entity).dict.get(version)
    if read is not None and read != state_of(present).dict.get(version, read):
        name = type(entity).__name__
        raise StaleEntityError(
            f"the {name} was changed meanwhile: the session holds a later one", entity=name
        )


def _change_collection(entity: Any, present: Any, key: str) -> None:
    history = state_of(entity).attrs[key].history
    given: Any = collection_adapter(getattr(entity, key))
    taking: Any = collection_adapter(getattr(present, key))
    for one in list(history.added):
        # Taken off the entity first: through its back reference it would come into the session, too.
        given.remove_with_event(one)
        if _held(present, one) not in list(taking):
            taking.append_with_event(_held(present, one))
    for one in history.deleted:
        if _held(present, one) in list(taking):
            taking.remove_with_event(_held(present, one))


def _held(present: Any, related: Any) -> Any:
    """Give the object that the session has for the related one's row, else that one itself."""
    session = object_session(present)
    key = None if related is None else state_of(related).key
    return related if key is None or session is None else session.identity_map.get(key, related)
