"""What becomes of a migration that didn't come to its end: gone on with, undone, or told."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection

from colonnade.dialects.cursors import driver_of
from colonnade.dialects.values import Item
from colonnade.errors import DatabaseError, HalfMigratedError
from colonnade.migrations.catalogue import take_inventory
from colonnade.migrations.fingerprint import fingerprint_of
from colonnade.migrations.inventory import Inventory
from colonnade.migrations.reading import Seen, look
from colonnade.migrations.runs import HalfMigrated, Left, Mark, Run, end_run, left_behind, marks_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from colonnade.dialects.values import Kind
    from colonnade.engine.home import Home
    from colonnade.migrations.tree import Direction, Tree

__all__ = [
    "RepairAction",
    "Repaired",
    "close_left",
    "half_migrated",
    "look_back",
    "refuse_others",
    "settle",
    "undo",
]

RepairAction = Literal["resume", "undo", "forget"]


@dataclass(frozen=True, slots=True)
class Repaired:
    """What was repaired, and how; it's false where no migration had been interrupted in a revision.

    `heads` is where the database is now.
    """

    action: RepairAction
    half: HalfMigrated | None
    heads: tuple[str, ...]

    def __bool__(self) -> bool:
        return self.half is not None

    def to_json(self) -> dict[str, Any]:
        """Give what `json.dumps` takes."""
        half = None if self.half is None else self.half.to_json()
        return {"action": self.action, "half": half, "heads": list(self.heads)}

    def __str__(self) -> str:
        at = f"the database is at {', '.join(self.heads) or 'base'}"
        if self.half is None:
            return f"nothing to repair: {at}"
        return f"{self.half}: {_BECAME[self.action]}; {at}"


_BECAME = {"resume": "it was finished", "undo": "it was undone", "forget": "that was forgotten"}


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
    left: Left, tree: Tree, direction: Direction, target: str, seen: Seen, *, dry_run: bool
) -> None:
    """Refuse whatever doesn't begin with the other part of the revision, and to only try it.

    Raises:
        HalfMigratedError: with what the database has of which revision.
    """
    half = left.half
    if half is None:
        return
    if left.run.state == "undoing":
        raise HalfMigratedError(
            f"{half}; undoing it was interrupted",
            remedy="`colonnade db repair undo` goes on with that",
        )
    steps = tree.steps(direction, target, seen.heads) if direction == half.direction else []
    if dry_run or not steps or steps[0].revision.revision != half.revision:
        raise HalfMigratedError(
            str(half), remedy=f"Run the {half.direction} again: it goes on there; or `colonnade db repair`"
        )


def close_left(home: Home, left: Left) -> None:
    """Note of a run that left no half revision that it has ended."""
    end_run(home, left.run, "applied" if left.heads == left.run.after else "interrupted", left.run.reason)


def settle(tree: Tree, home: Home, run: Run, error: Exception) -> None:
    """Undo what a run that failed has left of its last revision, where that can be done; note how it ended.

    Raises:
        HalfMigratedError: a part of a revision is done, and can't be undone.
    """
    said = error.message if isinstance(error, DatabaseError) else str(error)
    try:
        seen, left = look_back(tree, home)
        undone = left is None or left.half is None or undo(home, left, seen.version_table.own_tables())
        if undone:
            end_run(home, run, "failed", said)
            return
        end_run(home, run, "stopped", said)
    except DatabaseError as unreachable:
        error.add_note(f"how the database was left isn't known: {unreachable}")
        return
    assert left is not None
    raise HalfMigratedError(f"{said}; {left.sentence}") from error


def undo(home: Home, left: Left, own: Collection[str]) -> bool:
    """Undo the statements of a revision that are committed, each by its exact inverse; tell whether it could.

    Where one has none nothing is done. What was interrupted here is gone on with by the next call. `own` are
    the tables that are no part of the schema.
    """
    assert left.half is not None
    with home.connection("autocommit") as connection:
        marks = list(marks_of(connection, left.run)[left.half.revision].values())
        _clean(home, connection, marks)
        now = take_inventory(connection, without=own)
        done = [mark for mark in marks if _was_done(mark, now)]
        if not done:
            return True
        before = _before(marks)
        statements = None if before is None else _inverse(home, done, before, now)
        if before is None or statements is None:
            return False
        end_run(home, left.run, "undoing", left.run.reason)
        for statement in statements:
            connection.exec_driver_sql(statement.replace("%", "%%"))
        return fingerprint_of(take_inventory(connection, without=own)) == fingerprint_of(before)


def _clean(home: Home, connection: Connection, marks: Sequence[Mark]) -> None:
    """Take away what a statement that was begun has left half-way."""
    for mark in marks:
        if mark.state == "begun":
            for statement in home.dialect.runner.leftovers(driver_of(connection), mark.text):
                connection.exec_driver_sql(statement)


def _was_done(mark: Mark, now: Inventory) -> bool:
    """Tell whether a statement has changed something that is committed."""
    if mark.state == "begun":
        return mark.kind == "opaque" or fingerprint_of(now) != mark.fingerprint
    return mark.state == "done" and mark.kind != "read"


def _before(marks: Sequence[Mark]) -> Inventory | None:
    kept = next((mark.inventory for mark in marks if mark.inventory), None)
    return None if kept is None else Inventory.of(Item(**each) for each in json.loads(kept))


def _inverse(home: Home, done: Sequence[Mark], before: Inventory, now: Inventory) -> Sequence[str] | None:
    known: list[tuple[Kind, str]] = [(home.dialect.runner.kind(mark.text), mark.text) for mark in done]
    return home.dialect.runner.inverse(known, list(before.items.values()), list(now.items.values()))
