"""Who acts: told to the database with what is written meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from colonnade.dialects.acting import Acting, current
from colonnade.errors import EntityValidationError

__all__ = ["actor"]

_LONGEST = 255


@contextmanager
def actor(user_id: str | None, **context: Any) -> Iterator[None]:
    """Let entries of the audit log name this actor, for all that is written in the block.

    `context` is kept beside it, as JSON: `with actor("ana", request_id=…):`. Each thread and task has its
    own. A block inside another one holds for itself; with None for the actor, nobody acts in it.

    Raises:
        EntityValidationError: for a name that isn't text of 1 to 255 characters, or a context without a
            form in JSON.
    """
    before, acting = current.get(), _acting(user_id, context)
    current.set(acting)
    try:
        yield
    finally:
        # Not by a token, which fails where a generator is closed in another context than it ran in.
        if current.get() is acting:
            current.set(before)


def _acting(user_id: str | None, context: dict[str, Any]) -> Acting | None:
    if user_id is not None and not isinstance(user_id, str):
        raise EntityValidationError(f"the actor {user_id!r} is no text", remedy="Pass str(…) of it.")
    if user_id is not None and (not 0 < len(user_id) <= _LONGEST or "\0" in user_id):
        raise EntityValidationError(f"an actor's name has 1 to {_LONGEST} characters, not {len(user_id)}")
    if user_id is None and not context:
        return None
    try:
        text = json.dumps(context, allow_nan=False) if context else None
    except (TypeError, ValueError) as error:
        raise EntityValidationError(f"the actor's context has no form in JSON: {error}") from error
    return Acting(user_id, text)
