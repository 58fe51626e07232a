"""What stays and names something that is to go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from colonnade.errors import DependentObjectsError


def named_by(
    table: str, columns: Sequence[str], found: Iterable[str], what: str = "dropped"
) -> DependentObjectsError:
    """Give the error for columns that can't be dropped, or renamed, for each thing that `found` tells of."""
    dependents = tuple(found)
    return DependentObjectsError(
        f"{', '.join(columns)} of {table} can't be {what}: named by {', '.join(dependents)}",
        entity=table,
        columns=columns,
        dependents=dependents,
        remedy="Drop or change these first, by statements before it",
    )
