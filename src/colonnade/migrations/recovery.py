"""What becomes of a migration that didn't come to its end: gone on with, undone, or told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from colonnade.errors import DatabaseError, HalfMigratedError
from colonnade.migrations.reading import Seen, look
from colonnade.migrations.runs import HalfMigrated, Left, Run, end_run, left_behind

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from colonnade.engine.home import Home
    from colonnade.migrations.tree import Direction, Tree

__all__ = ["close_left", "half_migrated", "look_back", "refuse_others", "settle"]


def look_back(tree: Tree, home: Home) -> tuple[Seen, Left | None]:
    """Give where the database is, and what an unfinished run has left; it only reads."""
    found: list[Left | None] = []

    def ask(context: MigrationContext) -> None:
        assert context.connection is not None
        found.append(left_behind(context.connection, tree, context.get_current_heads()))

    seen = look(tree, home, ask)
    left = found[0] if found else None
    return seen, None if left is None else replace(left, heads=seen.heads)


def half_migrated(tree: Tree, home: Home) -> HalfMigrated | None:
    """Give the revision that the database has a part of; None where it's at a revision. It only reads."""
    _, left = look_back(tree, home)
    return None if left is None else left.half


def refuse_others(
    half: HalfMigrated, tree: Tree, direction: Direction, target: str, seen: Seen, *, dry_run: bool
) -> None:
    """Refuse whatever doesn't begin with the other part of the revision, and to only try it.

    Raises:
        HalfMigratedError: with what the database has of which revision.
    """
    steps = tree.steps(direction, target, seen.heads) if direction == half.direction else []
    if dry_run or not steps or steps[0].revision.revision != half.revision:
        raise HalfMigratedError(
            str(half), remedy=f"Run the {half.direction} again: it goes on there; or `colonnade db repair`"
        )


def close_left(home: Home, left: Left) -> None:
    """Note of a run that left no half revision that it has ended."""
    end_run(home, left.run, "applied" if left.heads == left.run.after else "interrupted", left.run.reason)


def settle(tree: Tree, home: Home, run: Run, error: Exception) -> None:
    """Note how a run that failed has left the database.

    Raises:
        HalfMigratedError: a part of a revision is done, and can't be undone.
    """
    try:
        _, left = look_back(tree, home)
    except DatabaseError as unreachable:
        error.add_note(f"how the database was left isn't known: {unreachable}")
        return
    said = error.message if isinstance(error, DatabaseError) else str(error)
    if left is None or left.half is None:
        end_run(home, run, "failed", said)
        return
    end_run(home, run, "stopped", said)
    raise HalfMigratedError(f"{said}; {left.sentence}") from error
