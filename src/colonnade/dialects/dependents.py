"""What stays and names something that is to go, and what of that may go as well."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from colonnade.errors import DependentObjectsError

_accepted: ContextVar[Collection[str]] = ContextVar("colonnade_accepted_losses", default=())


@contextmanager
def accepting(names: Collection[str]) -> Iterator[None]:
    """Let what has these names go with the columns that are dropped while the block lasts."""
    token = _accepted.set(names)
    try:
        yield
    finally:
        _accepted.reset(token)


def may_go(name: str) -> bool:
    """Tell whether something that names a dropped column was accepted to go with it."""
    return name in _accepted.get()


def refuse_dependents(
    table: str, columns: Sequence[str], found: Iterable[str], what: str = "dropped"
) -> None:
    """Raise where something names columns that are to be dropped, or renamed; `found` has a phrase for each.

    What may go with a dropped column is no reason.

    Raises:
        DependentObjectsError: with all the others.
    """
    dependents = tuple(each for each in found if what != "dropped" or not may_go(_named(each, table)))
    if not dependents:
        return
    remedy = "Drop or change these first, by statements before it"
    if what == "dropped":
        names = " ".join(f'--accept "{_named(each, table)}"' for each in dependents)
        remedy += f"; or let them go with it: {names}"
    raise DependentObjectsError(
        f"{', '.join(columns)} of {table} can't be {what}: named by {', '.join(dependents)}",
        entity=table,
        columns=columns,
        dependents=dependents,
        remedy=remedy,
    )


def _named(dependent: str, table: str) -> str:
    """Give the name by which it's accepted, which is that of a finding: an index is one of its table."""
    is_bare = dependent.startswith("index ") and " on " not in dependent
    return f"{dependent} on {table}" if is_bare else dependent
