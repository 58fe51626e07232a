"""Reading any number of rows in constant memory, batch by batch."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from typing import Any, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm import class_mapper as mapper_of

from colonnade.dialects.contract import known_dialect
from colonnade.engine.session import SessionOptions
from colonnade.engine.translate import translated
from colonnade.models.fields import fields_of
from colonnade.repository.keys import key_of, many_keys_criteria
from colonnade.repository.unit import UnitOfWork, prepare

T = TypeVar("T")


class Streams(UnitOfWork[T]):
    """Gives batches from the open session, or from one that lives as long as the stream."""

    def _stream(self, statement: Select[T], batch: int, *, loads: bool) -> Generator[Sequence[T], None, None]:
        binding = self._binding
        prepare(self.model)
        if binding.home is None or binding.frame() is not None:
            session = self.db_session
            read = _batches if _interleaves(session, self.model) else _batches_by_key
            yield from _translated(session, read(session, statement, batch, self.model))
            return
        table = None if loads or binding.home.readers_block else self._direct_table()
        batches = None if table is None else table.reading.batches(statement, batch)
        if batches is not None:
            yield from batches
            return
        session = binding.home.detached_frame(SessionOptions(mode="deferred")).session
        at_once = _interleaves(session, self.model) or not (loads or _loads_eagerly(self.model))
        if binding.home.readers_block:
            at_once = False
        read = _batches if at_once else _batches_by_key
        try:
            for entities in _translated(session, read(session, statement, batch, self.model)):
                _detach_all(session)
                if binding.home.readers_block:
                    session.rollback()
                yield entities
        finally:
            session.close()


def _detach_all(session: Session) -> None:
    # One by one: expunge_all() replaces the identity map, which the open result still fills.
    for entity in list(session):
        if entity in session:  # a cascade from another may have taken it along
            session.expunge(entity)


def _translated(
    session: Session, batches: Generator[Sequence[Any], None, None]
) -> Generator[Sequence[Any], None, None]:
    with translated(session), closing(batches):
        yield from batches


def _batches(
    session: Session, statement: Select[Any], batch: int, model: type[Any]
) -> Generator[Sequence[Any], None, None]:
    # A joined collection's rows can't be cut into batches: SQLAlchemy refuses to.
    statement = statement.options(*(selectinload(one) for one in _joined_collections(model)))
    result = session.scalars(statement, execution_options={"yield_per": batch})
    with closing(result):
        yield from result.partitions()


def _batches_by_key(
    session: Session, statement: Select[Any], batch: int, model: type[Any]
) -> Generator[Sequence[Any], None, None]:
    """Read all keys at once and then the rows: other statements may be sent between the batches."""
    attributes = [getattr(model, name) for name in fields_of(model).key]
    keys = session.execute(statement.with_only_columns(*attributes, maintain_column_froms=True)).all()
    rows = statement.order_by(None)
    for start in range(0, len(keys), batch):
        wanted = [key[0] if len(key) == 1 else tuple(key) for key in keys[start : start + batch]]
        found: dict[Any, Any] = {}
        for criterion in many_keys_criteria(model, wanted):
            found.update((key_of(one), one) for one in session.scalars(rows.where(criterion)).unique())
        yield [found[key] for key in wanted if key in found]


def _interleaves(session: Session, model: type[Any]) -> bool:
    dialect = known_dialect(session.get_bind(mapper_of(model)).dialect.name)
    return dialect is None or dialect.connect.INTERLEAVES


def _loads_eagerly(model: type[Any]) -> bool:
    """Tell whether more statements than the one are sent for the model's rows."""
    mappers = list(mapper_of(model).self_and_descendants)
    related = [one.lazy for mapper in mappers for one in mapper.relationships]
    return any(lazy in _EAGER for lazy in related) or any(one.polymorphic_load for one in mappers)


def _joined_collections(model: type[Any]) -> list[Any]:
    related = mapper_of(model).relationships
    return [getattr(model, one.key) for one in related if one.uselist and one.lazy in ("joined", False)]


_EAGER = ("selectin", "subquery", "immediate", "joined", False)
