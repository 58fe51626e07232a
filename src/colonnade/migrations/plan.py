"""What a migration will do, as values: its steps, what they send, and what is to be said about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from colonnade.migrations.inventory import Difference
from colonnade.migrations.tree import Direction, Revision

__all__ = ["Finding", "Plan", "PlannedStep", "Severity"]

Severity = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to be known about a migration; an `error` stops it before anything is changed.

    Attributes:
        rule: a short name that stays the same: `rows-changed`, `clause-gone`, `drift`.
        severity: `info`, `warning` or `error`.
        message: what happens, to what.
        revision: the revision that does it; empty for what concerns all of them.
        table: the table concerned; empty where there is none.
        count: how many rows or things; None where nothing is counted.
        sample: keys of some of the rows.
        remedy: what to do about it.
        name: what it can be accepted by, in `upgrade(accept=[…])`; empty where it can't be.
        operation: the kind of operation that does it, as `DropColumn`; empty where it's none.
        why: why that's so; empty where the message tells.
        file: the revision's file, and `line` the place in it; empty and 0 where there's none.
        allowed: why the revision lets it pass, as a comment in its file says; it's an `info` then.
    """

    rule: str
    severity: Severity
    message: str
    revision: str = ""
    table: str = ""
    count: int | None = None
    sample: tuple[str, ...] = ()
    remedy: str = ""
    name: str = ""
    operation: str = ""
    why: str = ""
    file: str = ""
    line: int = 0
    allowed: str = ""

    def to_json(self) -> dict[str, Any]:
        """Give what `json.dumps` takes."""
        return {name: getattr(self, name) for name in self.__slots__} | {"sample": list(self.sample)}

    def __str__(self) -> str:
        place = f"{self.revision}: " if self.revision else ""
        return f"{self.severity}[{self.rule}] {place}{self.message}" + (
            f" ({self.remedy})" if self.remedy else ""
        )


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One revision on its way up or down, and what it did on an empty database of the same kind.

    `statements` are as they were sent, without their parameters. `seconds` is what it took on the copy with
    the real data, once that was tried.
    """

    revision: Revision
    direction: Direction
    statements: tuple[str, ...] = ()
    difference: Difference = field(default_factory=Difference)
    seconds: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Give what `json.dumps` takes."""
        return {
            "revision": self.revision.to_json(),
            "direction": self.direction,
            "statements": list(self.statements),
            "difference": self.difference.to_json(),
            "seconds": self.seconds,
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """The way from where a database is to where it shall be; it's false where there's nothing to do.

    `before` and `after` are the heads. `known` is false where no empty database could be had to try the steps
    on: then they have no statements, and their effect isn't known.
    """

    direction: Direction
    before: tuple[str, ...]
    after: tuple[str, ...]
    steps: tuple[PlannedStep, ...] = ()
    findings: tuple[Finding, ...] = ()
    known: bool = True

    def __bool__(self) -> bool:
        return bool(self.steps)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop it."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    def with_findings(self, findings: Sequence[Finding]) -> Plan:
        """Give the same plan with these findings added."""
        return replace(self, findings=(*self.findings, *findings))

    def with_seconds(self, seconds: Mapping[str, float]) -> Plan:
        """Give the same plan with the time that each revision took."""
        timed = tuple(replace(step, seconds=seconds.get(step.revision.id)) for step in self.steps)
        return replace(self, steps=timed)

    def to_json(self) -> dict[str, Any]:
        """Give what `json.dumps` takes."""
        return {
            "direction": self.direction,
            "before": list(self.before),
            "after": list(self.after),
            "known": self.known,
            "steps": [step.to_json() for step in self.steps],
            "findings": [finding.to_json() for finding in self.findings],
        }

    def __str__(self) -> str:
        if not self:
            return f"nothing to do: the database is at {_heads(self.before)}"
        lines = [f"{self.direction} from {_heads(self.before)} to {_heads(self.after)}:"]
        for step in self.steps:
            lines.append(f"  {step.revision.id}  {step.revision.message}")
            lines += [f"      {' '.join(statement.split())}" for statement in step.statements]
        return "\n".join([*lines, *map(str, self.findings)])


def _heads(heads: Sequence[str]) -> str:
    return ", ".join(heads) or "base"
