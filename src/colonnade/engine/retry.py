"""Trying a unit of work again: when the error says that nothing happened, with jitter, up to a deadline."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from colonnade.errors import DatabaseError

T = TypeVar("T")

WAIT_INITIAL_S = 0.01
WAIT_MAX_S = 1.0
WAIT_JITTER_S = 0.05


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and for how long a unit of work is tried."""

    attempts: int
    deadline_s: float


def is_retryable(error: Exception) -> bool:
    """Tell whether the unit of work may be tried again: the database says that nothing happened."""
    return isinstance(error, DatabaseError) and error.retryable


def retrying(once: Callable[[], T], policy: RetryPolicy, *, tried: int = 0) -> T:
    """Give what `once` returns, trying again while that is safe; `tried` counts earlier tries in.

    Raises:
        DatabaseError: the last try's, with the number of tries in `attempts` and in a note.
    """
    import stamina

    try:
        for attempt in stamina.retry_context(**_arguments(policy, tried)):
            with attempt:
                tried += 1
                return once()
    except DatabaseError as error:
        _count(error, tried)
        raise
    raise AssertionError("a retry loop ends with a result or an error")


async def retrying_async(once: Callable[[], Awaitable[T]], policy: RetryPolicy, *, tried: int = 0) -> T:
    """Await what `once` gives, as `retrying` does."""
    import stamina

    try:
        async for attempt in stamina.retry_context(**_arguments(policy, tried)):
            with attempt:
                tried += 1
                return await once()
    except DatabaseError as error:
        _count(error, tried)
        raise
    raise AssertionError("a retry loop ends with a result or an error")


def _arguments(policy: RetryPolicy, tried: int) -> dict[str, Any]:
    return {
        "on": is_retryable,
        "attempts": policy.attempts - tried if policy.deadline_s > 0 else 1,
        "timeout": policy.deadline_s or None,  # stamina warns of 0
        "wait_initial": WAIT_INITIAL_S,
        "wait_max": WAIT_MAX_S,
        "wait_jitter": WAIT_JITTER_S,
    }


def _count(error: DatabaseError, tried: int) -> None:
    error.attempts = tried
    if tried > 1:
        error.add_note(f"tried {tried} times")
