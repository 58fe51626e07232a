"""What the journal has of the runs of one database: written, read, and told."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, cast

from sqlalchemy import delete, insert, inspect, select, update

from colonnade.migrations.run import MigrationRun, MigrationStatement
from colonnade.migrations.tree import Direction, Tree

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from colonnade.engine.home import Home

__all__ = [
    "HalfMigrated",
    "Left",
    "Mark",
    "Run",
    "begin_run",
    "end_run",
    "keep_marks",
    "left_behind",
    "marks_of",
]

RunState = Literal["running", "stopped", "undoing", "applied", "failed", "undone", "interrupted", "forgotten"]
MarkState = Literal["begun", "done", "undone", "failed"]

_UNFINISHED = ("running", "stopped", "undoing")
_runs: Any = MigrationRun.__table__
_statements: Any = MigrationStatement.__table__


@dataclass(frozen=True, slots=True)
class Run:
    """One run as the journal has it."""

    id: int
    started_at: datetime
    direction: Direction
    before: tuple[str, ...]
    after: tuple[str, ...]
    files: Mapping[str, str]
    state: RunState
    reason: str


@dataclass(slots=True, kw_only=True)
class Mark:
    """One statement of a revision as the journal has it, or is to have it."""

    revision: str
    number: int
    digest: str
    text: str
    kind: str
    state: MarkState = "done"
    fingerprint: str | None = None
    result: str | None = None
    inventory: str | None = None
    kept: bool = False
    """Whether the table has a row of it."""


@dataclass(frozen=True, slots=True)
class HalfMigrated:
    """A revision that a database has a part of.

    Attributes:
        run: the number of the migration that was interrupted, or is going on right now.
        direction: where it went.
        revision: the revision it stopped in.
        statement: the number of the last statement that is known to have been sent, from 1.
        text: that statement.
        reason: why it stopped; empty where its process ended without a word.
        started_at: when the migration began.
    """

    run: int
    direction: Direction
    revision: str
    statement: int
    text: str
    reason: str
    started_at: datetime

    def to_json(self) -> dict[str, Any]:
        """Give what `json.dumps` takes."""
        found = {name: getattr(self, name) for name in self.__slots__}
        return {**found, "started_at": self.started_at.isoformat()}

    def __str__(self) -> str:
        return (
            f"the {self.direction} that began at {self.started_at:%Y-%m-%d %H:%M:%S} UTC stands in revision"
            f" {self.revision}, at its statement {self.statement}: {_short(self.text)}"
            + (f" ({self.reason})" if self.reason else "")
        )


@dataclass(frozen=True, slots=True)
class Left:
    """What an unfinished run has left: half a revision, or nothing but its row."""

    run: Run
    half: HalfMigrated | None
    heads: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """Say what had become of it."""
        began = f"the {self.run.direction} that began at {self.run.started_at:%Y-%m-%d %H:%M:%S} UTC"
        if self.half is not None:
            place = f"revision {self.half.revision}, at its statement {self.half.statement}"
            return f"{began} was interrupted in {place}"
        if self.heads == self.run.before:
            return f"{began} was interrupted, and had changed nothing"
        if self.heads == self.run.after:
            return f"{began} was interrupted after its last step, and had done all"
        return f"{began} was interrupted between two revisions, at {', '.join(self.heads) or 'base'}"


def begin_run(
    home: Home,
    direction: Direction,
    before: Sequence[str],
    after: Sequence[str],
    files: Mapping[str, str],
    allowed: Sequence[str] = (),
) -> Run:
    """Note that a run begins, in a transaction of its own."""
    values = {
        "started_at": datetime.now(UTC),
        "direction": direction,
        "heads_before": json.dumps(list(before)),
        "heads_after": json.dumps(list(after)),
        "files": json.dumps(dict(files), sort_keys=True),
        "state": "running",
        "reason": "",
        "allowed": json.dumps(list(allowed)) if allowed else None,
    }
    with home.connection() as connection:
        key = connection.execute(insert(_runs).values(values)).inserted_primary_key
        assert key is not None
        return _run(connection.execute(select(_runs).where(_runs.c.id == key[0])).mappings().one())


def end_run(home: Home, run: Run, state: RunState, reason: str = "") -> None:
    """Note how a run ended, in a transaction of its own; the marks of one that left nothing half go."""
    with home.connection() as connection:
        values = {"state": state, "reason": reason, "finished_at": datetime.now(UTC)}
        connection.execute(update(_runs).where(_runs.c.id == run.id).values(values))
        if state not in _UNFINISHED:
            connection.execute(delete(_statements).where(_statements.c.run_id == run.id))


def keep_marks(connection: Connection, run: Run, marks: Sequence[Mark]) -> None:
    """Write marks in the connection's transaction: rows of the new ones, the states of the others."""
    new = [mark for mark in marks if not mark.kept]
    columns = ("revision", "number", "digest", "text", "kind", "state", "fingerprint", "result", "inventory")
    if new:
        rows = [{"run_id": run.id, **{name: getattr(mark, name) for name in columns}} for mark in new]
        connection.execute(insert(_statements), rows)
    for mark in marks:
        if mark.kept:
            place = _statements.c
            here = (place.run_id == run.id, place.revision == mark.revision, place.number == mark.number)
            values = {"state": mark.state, "result": mark.result, "fingerprint": mark.fingerprint}
            connection.execute(update(_statements).where(*here).values(values))
        mark.kept = True


def marks_of(connection: Connection, run: Run) -> dict[str, dict[int, Mark]]:
    """Give the marks of each revision by their numbers; it only reads."""
    asked = select(_statements).where(_statements.c.run_id == run.id).order_by(_statements.c.number)
    found: dict[str, dict[int, Mark]] = {}
    for row in connection.execute(asked).mappings():
        values = {name: value for name, value in row.items() if name != "run_id"}
        found.setdefault(row["revision"], {})[row["number"]] = Mark(**values, kept=True)
    return found


def left_behind(connection: Connection, tree: Tree, heads: Sequence[str]) -> Left | None:
    """Give what the last run has left, where it didn't come to its end; it only reads."""
    if not inspect(connection).has_table(_runs.name):
        return None
    asked = select(_runs).where(_runs.c.state.in_(_UNFINISHED)).order_by(_runs.c.id.desc()).limit(1)
    row = connection.execute(asked).mappings().first()
    if row is None:
        return None
    run = _run(row)
    applied = _applied(tree, heads)
    half = [
        marks
        for revision, marks in marks_of(connection, run).items()
        if (revision in applied) == (run.direction == "downgrade")
    ]
    return Left(run, _half(run, half[-1]) if half else None, tuple(heads))


def _applied(tree: Tree, heads: Sequence[str]) -> set[str]:
    """Give the revisions that are applied, as far as the tree has them."""
    known = {revision.id for revision in tree.revisions()}
    return {revision.id for revision in tree.applied([head for head in heads if head in known])}


def _half(run: Run, marks: Mapping[int, Mark]) -> HalfMigrated:
    last = marks[max(marks)]
    return HalfMigrated(
        run.id, run.direction, last.revision, last.number, last.text, run.reason, run.started_at
    )


def _run(row: Mapping[Any, Any]) -> Run:
    return Run(
        row["id"],
        row["started_at"],
        cast("Direction", row["direction"]),
        tuple(json.loads(row["heads_before"])),
        tuple(json.loads(row["heads_after"])),
        json.loads(row["files"]),
        row["state"],
        row["reason"],
    )


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 200 else f"{words[:200]}…"
