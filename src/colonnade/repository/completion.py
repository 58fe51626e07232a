"""Loading what the database made of written entities, so that they can be read after the call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import inspect as state_of
from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from colonnade.repository.keys import many_keys_criteria


def complete(session: Session, entities: Iterable[Any]) -> None:
    """Load the columns that the last flush left to the database: server defaults, SQL expressions.

    One statement for each class and set of columns, however many entities there are.
    """
    missing: dict[tuple[type, tuple[str, ...]], list[Any]] = defaultdict(list)
    for entity in entities:
        state = state_of(entity)
        names = state.expired_attributes.intersection(state.mapper.column_attrs.keys())
        if names and state.persistent:
            missing[type(entity), tuple(sorted(names))].append(entity)
    for (model, names), incomplete in missing.items():
        if len(incomplete) == 1:
            session.refresh(incomplete[0], names)
        else:
            _load(session, model, names, [state_of(entity).identity for entity in incomplete])


def _load(session: Session, model: type, names: tuple[str, ...], keys: list[Any]) -> None:
    columns = [getattr(model, name) for name in names]
    statement: Any = select(model).options(load_only(*columns))
    for criterion in many_keys_criteria(model, keys):
        session.scalars(statement.where(criterion)).all()
