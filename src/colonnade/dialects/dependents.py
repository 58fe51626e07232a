"""What stays and names something that is to go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from colonnade.errors import DependentObjectsError


def named_by(table: str, columns: Sequence[str], found: Iterable[str]) -> DependentObjectsError:
    """Give the error for columns that can't be dropped; `found` has a phrase for each thing in the way."""
    dependents = tuple(found)
    return DependentObjectsError(
        f"{', '.join(columns)} of {table} can't be dropped: named by {', '.join(dependents)}",
        entity=table,
        columns=columns,
        dependents=dependents,
        remedy="Drop or change these first, by statements before it",
    )
