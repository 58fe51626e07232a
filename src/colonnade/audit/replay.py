"""Rows as the log tells of them: entries applied forward, or taken back.

Nothing here reads a database. A row is known by its key's text, and is an image: what is logged of it, as the
log has it, by column.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

__all__ = ["Entry", "apply", "replay", "take_back"]

Image = dict[str, Any]
State = dict[str, Image]


class Entry(Protocol):
    """What is read of an entry."""

    entity_key: Any
    previous_key: Any
    operation: Any
    changes: Any
    source: Any


def replay(entries: Iterable[Entry], state: State | None = None) -> State:
    """Give the rows that there are after these entries, which stand in the order of their ids."""
    state = {} if state is None else state
    for entry in entries:
        apply(entry, state)
    return state


def apply(entry: Entry, state: State) -> None:
    """Do to the rows what an entry tells of.

    What was written by hand does nothing, and so does a change of a row that nothing is known of: a baseline
    tells of that one later.
    """
    if entry.source == "manual":
        return
    if entry.operation == "INSERT":
        state[entry.entity_key] = dict(entry.changes)
    elif entry.operation == "DELETE":
        state.pop(entry.entity_key, None)
    else:
        _update(entry, state)


def _update(entry: Entry, state: State) -> None:
    image = state.pop(entry.previous_key or entry.entity_key, None)
    if image is not None:
        state[entry.entity_key] = {**image, **_side(entry.changes, 1)}


def take_back(entry: Entry, state: State) -> None:
    """Undo what an entry tells of, of rows as they are right after it."""
    if entry.source == "manual":
        return
    if entry.operation == "DELETE":
        state[entry.entity_key] = dict(entry.changes)
    elif entry.operation == "INSERT":
        if entry.source != "baseline":
            state.pop(entry.entity_key, None)
    else:
        image = state.pop(entry.entity_key, None)
        if image is not None:
            state[entry.previous_key or entry.entity_key] = {**image, **_side(entry.changes, 0)}


def _side(changes: Mapping[str, Any], side: int) -> Image:
    return {name: change[side] for name, change in changes.items()}
