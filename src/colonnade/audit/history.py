"""What the log tells of entities: their entries, and how they were at a time.

An entity is found by its key as it was then; where the key was changed, its earlier entries are found by
the one before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, MetaData, and_, or_, select
from sqlalchemy import inspect as state_of
from sqlalchemy.orm import Mapper, Session, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from colonnade.audit.declare import audited_of_type, audited_table, entity_type_of
from colonnade.audit.decode import Decoder, key_text
from colonnade.audit.log import AuditLog
from colonnade.audit.replay import apply, replay
from colonnade.dialects.auditing import Audited
from colonnade.errors import EntityValidationError
from colonnade.repository.keys import key_values

__all__ = ["Past", "about", "identified", "images_as_of"]

_COLUMNS = (AuditLog.entity_key, AuditLog.previous_key, AuditLog.operation, AuditLog.changes, AuditLog.source)


def identified(entity: Any, id: Any = None) -> tuple[Any, tuple[Any, ...]]:
    """Give the class, and the key's values, of an entity or of a class and a key.

    Raises:
        EntityValidationError: for an object without a key, or a key that isn't one of this class.
    """
    if isinstance(entity, type):
        return entity, key_values(entity, id)
    state: Any = state_of(entity, raiseerr=False)
    if state is None or not hasattr(state, "mapper"):
        raise EntityValidationError(f"{entity!r:.100} is neither an entity nor a class with a key")
    values = state.identity or tuple(state.mapper.primary_key_from_instance(entity))
    if None in values:
        raise EntityValidationError(f"this {type(entity).__name__} has no key, and so no history")
    return type(entity), values


def images_as_of(
    session: Session, entity_type: str, time: datetime, metadata: Sequence[MetaData] = ()
) -> dict[str, dict[str, Any]]:
    """Give the rows of a table as they were at a time, by key, as the log has them.

    Raises:
        ConfigurationError: where no table is audited by this name.
    """
    audited = audited_of_type(entity_type, metadata)
    state = replay(_entries(session, audited, time))
    return dict(sorted(state.items()))


def about(model: Any, key: Sequence[Any], session: Session) -> ColumnElement[bool]:
    """Give the condition that an entry is about the row with this key, under it or moved away from it."""
    dialect = session.get_bind().dialect
    text = key_text(audited_table(model), key, dialect)
    by_key: ColumnElement[bool] = AuditLog.entity_key == text
    if len(key) == 1 and type(key[0]) is int:
        by_key = AuditLog.entity_id == key[0]
    same_type = AuditLog.entity_type == entity_type_of(model)
    return and_(same_type, or_(by_key, AuditLog.previous_key == text))


class Past:
    """How the rows of a class were at a time, on the connection of a session."""

    def __init__(self, session: Session, model: type[Any], time: datetime) -> None:
        if time.tzinfo is None:
            raise EntityValidationError(
                f"the time {time.isoformat()} has no zone", remedy="Use datetime.now(UTC)."
            )
        self._session = session
        self._model = model
        self._until = time
        self._audited = audited_table(model)
        self._dialect = session.get_bind().dialect
        self._decoder = Decoder(self._audited, self._dialect)
        mapper: Mapper[Any] = state_of(model)
        self._attributes = {
            column.name: mapper.get_property_by_column(column).key for column in self._audited.columns
        }

    def all(self) -> list[Any]:
        """Give all entities, by key."""
        state = replay(_entries(self._session, self._audited, self._until))
        made = [self._made(image) for image in state.values()]
        return sorted(made, key=lambda one: state_of(one).identity)

    def one(self, id: Any) -> Any | None:
        """Give one entity, or None where there was none."""
        text = key_text(self._audited, key_values(self._model, id), self._dialect)
        image = self._image(text, None)
        return None if image is None else self._made(image)

    def _image(self, text: str, before: int | None) -> dict[str, Any] | None:
        """Give a row's image by its key: from the last time that it came to be, under this key or another."""
        state: dict[str, Any] = {}
        for entry in self._of_key(text, before):
            if entry.previous_key is not None and entry.entity_key == text and entry.previous_key != text:
                came = self._image(entry.previous_key, entry.id)
                state.pop(text, None)
                if came is not None:
                    state[entry.previous_key] = came
            apply(entry, state)
        return state.get(text)

    def _of_key(self, text: str, before: int | None) -> Iterator[Any]:
        if self._audited.keys and text.strip("[]").lstrip("-").isdigit():
            by_key: ColumnElement[bool] = AuditLog.entity_id == int(text.strip("[]"))
        else:
            by_key = AuditLog.entity_key == text
        found = or_(by_key, AuditLog.previous_key == text)
        criterion = found if before is None else and_(found, AuditLog.id < before)
        return _entries(self._session, self._audited, self._until, criterion)

    def _made(self, image: dict[str, Any]) -> Any:
        """Make an entity of an image: as loaded, and in no session. What wasn't kept isn't loaded."""
        mapper: Mapper[Any] = state_of(self._model)
        entity = mapper.class_manager.new_instance()
        for name, value in self._decoder.row(image).items():
            set_committed_value(entity, self._attributes[name], value)
        make_transient_to_detached(entity)
        return entity


def _entries(
    session: Session, audited: Audited, until: datetime, *criteria: ColumnElement[bool]
) -> Iterator[Any]:
    statement: Any = select(AuditLog.id, *_COLUMNS).where(
        AuditLog.entity_type == audited.entity_type,
        AuditLog.timestamp <= until,
        AuditLog.source != "manual",
        *criteria,
    )
    return iter(session.execute(statement.order_by(AuditLog.id)))
