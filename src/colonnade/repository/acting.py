"""Telling the database who acts within the statement itself, where a call alone is one statement.

Only some databases can be told so; on the others the call takes the Session while somebody acts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from colonnade.dialects.acting import current
from colonnade.engine.direct import Request

if TYPE_CHECKING:
    from colonnade.dialects.contract import Dialect
    from colonnade.engine.direct import Ask

__all__ = ["acted"]


def acted(dialect: Dialect, answer: Any) -> Any:
    """Give the request of a write with who acts in it; what is no request, or nobody's, as it is."""
    acting = current.get()
    if acting is None or type(answer) is not Request or answer.sent.kind is None:
        return answer
    sent, kind = answer.sent, answer.sent.kind
    text, parameters = dialect.audit.telling(sent.text, kind, answer.parameters, acting)
    told = replace(
        sent,
        text=text,
        values=_without_actor(sent.values),
        criteria=_without_actor(sent.criteria),
    )
    finish = _without_answer(answer.ask, answer.finish) if kind == "insert" else answer.finish
    return Request(told, parameters, answer.ask, finish)


def _without_actor(tell: Callable[[Any], Any] | None) -> Callable[[Any], Any] | None:
    """Give what tells of parameters in which the actor is the last one, where they have no names."""
    if tell is None:
        return None
    return lambda parameters: tell(parameters if isinstance(parameters, dict) else parameters[:-1])


def _without_answer(ask: Ask, finish: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Give what goes on with rows that have one more column, the answer to being told."""
    if ask == "fetch":
        return lambda rows: finish([row[:-1] for row in rows])
    if ask == "described":
        return lambda answer: finish(([row[:-1] for row in answer[0]], answer[1][:-1]))
    return finish
