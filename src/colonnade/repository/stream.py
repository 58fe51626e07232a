"""Reading any number of rows in constant memory, batch by batch."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from typing import Any, TypeVar

from sqlalchemy import Select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from colonnade.engine.session import SessionOptions
from colonnade.engine.translate import translate_orm
from colonnade.errors import DatabaseError
from colonnade.repository.unit import UnitOfWork, prepare

T = TypeVar("T")


class Streams(UnitOfWork[T]):
    """Gives batches from the open session, or from one that lives as long as the stream."""

    def _stream(self, statement: Select[T], batch: int) -> Generator[Sequence[T], None, None]:
        binding = self._binding
        prepare(self.model)
        if binding.home is None or binding.frame() is not None:
            yield from _batches(self.db_session, statement, batch)
            return
        session = binding.home.detached_frame(SessionOptions(mode="deferred")).session
        try:
            for entities in _batches(session, statement, batch):
                _detach_all(session)
                yield entities
        finally:
            session.close()


def _detach_all(session: Session) -> None:
    # One by one: expunge_all() replaces the identity map, which the open result still fills.
    for entity in list(session):
        if entity in session:  # a cascade from another may have taken it along
            session.expunge(entity)


def _batches(session: Session, statement: Select[Any], batch: int) -> Generator[Sequence[Any], None, None]:
    try:
        result = session.scalars(statement, execution_options={"yield_per": batch})
        with closing(result):
            yield from result.partitions()
    except SQLAlchemyError as error:
        if isinstance(error, DatabaseError):
            raise
        raise translate_orm(error, session) from error
