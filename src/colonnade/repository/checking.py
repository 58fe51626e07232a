"""What the unit of work is about to write, checked before anything of it is sent.

Objects that a Session holds come in. Those that are refused leave it as they came: a later commit must not
send what was refused here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy.orm import InstanceState, LoaderCallableStatus, Session
from sqlalchemy.orm.attributes import instance_state as state_of
from sqlalchemy.orm.attributes import set_committed_value

from colonnade.errors import EntityValidationError
from colonnade.models.fields import fields_of
from colonnade.models.validation import rules_of

_UNKNOWN = (LoaderCallableStatus.NO_VALUE, LoaderCallableStatus.NEVER_SET)


def check_written(session: Session, written: Iterable[Any], before: Collection[int]) -> None:
    """Check new and changed objects, attached ones among them.

    On a refusal what wasn't in the session before (by `id`) leaves it, and what was is given its old values.

    Raises:
        EntityValidationError: for a value that its column doesn't take, or one that is missing.
    """
    # What listeners fill in before a flush can't be asked for yet.
    filled_later = bool(session.dispatch.before_flush)
    for entity in written:
        try:
            _check(state_of(entity), filled_later)
        except EntityValidationError:
            _give_back(session, before)
            raise


def _check(state: InstanceState[Any], filled_later: bool) -> None:
    rules = rules_of(state.class_)
    if state.key is not None:
        rules.explain({name: state.dict[name] for name in state.committed_state if name in state.dict})
        return
    listened = filled_later or bool(state.mapper.dispatch.before_insert)
    names = fields_of(state.class_).columns
    values = {name: state.dict[name] for name in names if name in state.dict}
    rules.check_new(values, but=names if listened else rules.referring)


def _give_back(session: Session, before: Collection[int]) -> None:
    for entity in list(session):
        if id(entity) not in before:
            session.expunge(entity)
    for entity in session.dirty:
        state = state_of(entity)
        for name in fields_of(state.class_).columns:
            if name in state.committed_state:
                old = state.committed_state[name]
                if old in _UNKNOWN:
                    session.expire(entity, [name])
                else:
                    set_committed_value(entity, name, old)
