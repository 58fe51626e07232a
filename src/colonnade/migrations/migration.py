"""A move of a database along its tree, as it's wished and as it came out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from colonnade.migrations.options import Stage
    from colonnade.migrations.plan import Plan
    from colonnade.migrations.tree import Direction

__all__ = ["Migration", "Wish"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for."""

    direction: Direction
    target: str
    dry_run: bool = False
    skip: frozenset[Stage] = frozenset()
    accept: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Migration:
    """What an upgrade or a downgrade came to; it's false where there was nothing to do.

    Attributes:
        plan: the steps, with the time that each took, and the findings.
        applied: whether the original was changed: not on a dry run, nor where there was nothing to do.
        skipped: the stages that were left out, and why: asked for, or not possible here.
        recovered: what an interrupted migration had left, and what became of that; empty where there
            was none.
    """

    plan: Plan
    applied: bool = False
    skipped: tuple[str, ...] = ()
    recovered: str = ""

    def __bool__(self) -> bool:
        return bool(self.plan)

    def to_json(self) -> dict[str, Any]:
        """Give what `json.dumps` takes."""
        return {
            "plan": self.plan.to_json(),
            "applied": self.applied,
            "skipped": list(self.skipped),
            "recovered": self.recovered,
        }

    def __str__(self) -> str:
        notes = [self.recovered] if self.recovered else []
        notes += [f"left out: {each}" for each in self.skipped]
        if not self.plan:
            return "\n".join([*notes, str(self.plan)])
        said = "is" if self.applied else "would be"
        heads = ", ".join(self.plan.after) or "base"
        return "\n".join([*notes, f"the database {said} at {heads}", *map(str, self.plan.findings)])
