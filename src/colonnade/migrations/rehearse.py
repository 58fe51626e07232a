"""Trying the steps of a migration on a copy that has the real rows."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from colonnade.engine.home import Home
from colonnade.migrations.apply import Leg, Outcome, Progress, apply
from colonnade.migrations.content import Content
from colonnade.migrations.drift import unexplained
from colonnade.migrations.inventory import compare
from colonnade.migrations.plan import Finding
from colonnade.migrations.reading import opened
from colonnade.migrations.rows import kept_rows

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from colonnade.migrations.inventory import Inventory
    from colonnade.migrations.replay import Replay
    from colonnade.migrations.tree import Tree
    from colonnade.settings import DatabaseSettings

__all__ = ["Rehearsal", "rehearse"]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What the steps did on a copy with the real rows.

    Attributes:
        seconds: how long each revision took.
        findings: rows that were lost or changed, and what of the schema came out otherwise than planned.
        rows: how many rows each table had before and has after the steps.
        total_s: how long all of it took, the comparing included.
    """

    seconds: Mapping[str, float] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    rows: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    total_s: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether nothing was found that would stop the migration."""
        return not any(finding.severity == "error" for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """Give what `json.dumps` takes."""
        return {
            "ok": self.ok,
            "seconds": dict(self.seconds),
            "findings": [finding.to_json() for finding in self.findings],
            "rows": {table: list(counts) for table, counts in self.rows.items()},
            "total_s": self.total_s,
        }

    def __str__(self) -> str:
        lines = [f"{name}: {seconds:.3f} s" for name, seconds in self.seconds.items()]
        lines += [f"{table}: {was:,} rows before, {is_:,} after" for table, (was, is_) in self.rows.items()]
        return "\n".join([*lines, *map(str, self.findings)])


def rehearse(
    tree: Tree,
    copy: DatabaseSettings,
    original: Home,
    leg: Leg,
    replayed: Replay | None,
    backed_up: Content,
    progress: Progress,
) -> Rehearsal:
    """Carry out the leg on the copy, and compare its rows and its schema with what the plan makes of them.

    Without a replay, rows are only counted, and compared with those that were backed up. Whatever the
    revisions connect to the original by themselves is sent to the copy.

    Raises:
        MigrationError: a step failed on the copy; the original isn't touched.
    """
    began = time.perf_counter()
    kind = original.dialect.runner.kind
    kept = None if replayed is None else kept_rows(replayed.before, replayed.steps, kind)
    before: list[Content] = []

    def start(context: MigrationContext, inventory: Inventory) -> None:
        if kept is not None and context.connection is not None:
            before.append(kept.before(context.connection, progress))

    home = Home(copy, original.face, None)
    try:
        with opened(home, instead_of=original) as target:
            outcome = apply(tree, target, [leg], stage="rehearse", start=start, progress=progress)
        kept = kept or kept_rows(outcome.start, outcome.done, kind)
        with home.connection("deferred") as connection:
            is_ = kept.after(connection, progress)
    finally:
        home.dispose()
    was = before[0] if before else _counted(backed_up, is_)
    return Rehearsal(
        {step.revision.id: step.seconds for step in outcome.done},
        (*kept.findings(was, is_), *_schema_findings(replayed, outcome)),
        {table: (was.tables[table].rows, is_.tables[table].rows) for table in kept.tables},
        time.perf_counter() - began,
    )


def _counted(backed_up: Content, after: Content) -> Content:
    """Give how many rows were backed up of each table, with a digest that tells nothing."""
    return Content(
        {table: replace(backed_up.tables[table], digest=told.digest) for table, told in after.tables.items()}
    )


def _schema_findings(replayed: Replay | None, outcome: Outcome) -> list[Finding]:
    """Tell what came out otherwise with the rows than without them; what differed before may differ now."""
    if replayed is None:
        return []
    before, after = outcome.start, outcome.done[-1].inventory
    changes = unexplained(compare(replayed.before, before), compare(replayed.after, after))
    return [
        Finding("schema-unplanned", "error", f"with the real rows: {each.sentence}", table=each.table)
        for each in changes
    ]
