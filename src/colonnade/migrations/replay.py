"""What a tree's revisions make of an empty database of the same kind, step by step.

A replay runs the revisions' own code, with no data. One that fails says nothing about the database: a tree
may need rows, or a start that isn't in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from colonnade.migrations.apply import Applied, Leg, Outcome, apply
from colonnade.migrations.asked import Asked, unasked
from colonnade.migrations.inventory import Inventory, compare
from colonnade.migrations.plan import Finding, PlannedStep
from colonnade.migrations.reading import opened

if TYPE_CHECKING:
    from colonnade.engine.home import Home
    from colonnade.migrations.tree import Tree

__all__ = ["Replay", "replay"]


@dataclass(frozen=True, slots=True)
class Replay:
    """The schema at the heads where a database is, and after each further step."""

    before: Inventory
    steps: tuple[Applied, ...]

    @property
    def after(self) -> Inventory:
        """The schema at the end."""
        return self.steps[-1].inventory if self.steps else self.before

    def planned(self) -> tuple[PlannedStep, ...]:
        """Give the steps as a plan has them."""
        return tuple(
            PlannedStep(
                step.revision, step.direction, step.recording.statements, compare(before, step.inventory)
            )
            for before, step in self._pairs()
        )

    def findings(self) -> list[Finding]:
        """Give what the steps lose or change of the schema without asking for it."""
        found: list[Finding] = []
        for before, step in self._pairs():
            difference = compare(before, step.inventory)
            asked = Asked(step.recording)
            found += unasked(step.revision.id, asked, difference, before, step.inventory)
        return found

    def _pairs(self) -> Iterator[tuple[Inventory, Applied]]:
        """Give each step with the schema before it."""
        inventories = [self.before, *(step.inventory for step in self.steps)]
        yield from zip(inventories, self.steps, strict=False)


def replay(tree: Tree, empty: Home, original: Home, heads: Sequence[str], then: Leg | None = None) -> Replay:
    """Bring an empty database to these heads, and on from there.

    Whatever the revisions connect to the original by themselves is sent to the empty database.

    Raises:
        Exception: whatever a revision raises.
    """
    first = [Leg("upgrade", tuple(heads))] if heads else []
    with opened(empty, instead_of=original) as target:
        outcome = apply(tree, target, [*first, *([then] if then else [])], stage="replay")
    return _cut(outcome, len(tree.applied(heads)))


def _cut(outcome: Outcome, there: int) -> Replay:
    before = outcome.done[there - 1].inventory if there else outcome.start
    return Replay(before, outcome.done[there:])
