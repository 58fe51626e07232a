"""Who acts in this thread or task, as the databases are told it."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Acting:
    """Who writes, in which circumstances (as JSON), and in which transaction, where that's told."""

    user_id: str | None = None
    context: str | None = None
    transaction_id: str | None = None


NOBODY = Acting()

current: ContextVar[Acting | None] = ContextVar("colonnade_actor", default=None)
"""The actor that is set here; None in most places."""
