"""Where a database stands, what differs in its schema, and whether all is well; nothing is written."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from colonnade.dialects.cursors import driver_of
from colonnade.errors import DatabaseError, MigrationError
from colonnade.migrations import writing
from colonnade.migrations.apply import Leg
from colonnade.migrations.catalogue import take_inventory
from colonnade.migrations.drift import Drift, drift_from
from colonnade.migrations.fingerprint import fingerprint_of
from colonnade.migrations.inventory import Change
from colonnade.migrations.moving import scratch_home
from colonnade.migrations.plan import Finding
from colonnade.migrations.reading import Seen, look
from colonnade.migrations.record import recorded_versions
from colonnade.migrations.recovery import look_back
from colonnade.migrations.replay import replay
from colonnade.migrations.runs import HalfMigrated
from colonnade.migrations.tree import Revision

if TYPE_CHECKING:
    from colonnade.engine.home import Home
    from colonnade.migrations.options import MigrationOptions
    from colonnade.migrations.tree import Tree

__all__ = ["Status", "drift", "status", "verify"]


@dataclass(frozen=True, slots=True)
class Status:
    """Where a database stands in its tree.

    Attributes:
        database: its URL, without the password.
        current: the revisions that it's at.
        heads: the tree's.
        pending: the revisions that an upgrade to the heads would apply, in order.
        unknown: revisions that it's at and that the tree doesn't have.
        half: the revision that it has a part of, left by a migration that was interrupted or goes on now.
    """

    database: str
    current: tuple[str, ...]
    heads: tuple[str, ...]
    pending: tuple[Revision, ...] = ()
    unknown: tuple[str, ...] = ()
    half: HalfMigrated | None = None

    @property
    def up_to_date(self) -> bool:
        """Whether it's at the tree's heads."""
        return not self.pending and not self.unknown and self.half is None

    def to_json(self) -> dict[str, Any]:
        """Give what `json.dumps` takes."""
        return {
            "database": self.database,
            "current": list(self.current),
            "heads": list(self.heads),
            "pending": [revision.to_json() for revision in self.pending],
            "unknown": list(self.unknown),
            "half": None if self.half is None else self.half.to_json(),
            "up_to_date": self.up_to_date,
        }

    def __str__(self) -> str:
        lines = [f"{self.database} is at {', '.join(self.current) or 'base'}"]
        if self.half is not None:
            lines.append(str(self.half))
        if self.unknown:
            lines.append(f"the tree has no {', '.join(self.unknown)}")
        elif self.pending:
            lines.append(f"{len(self.pending)} revisions behind {', '.join(self.heads)}:")
            lines += [f"  {revision.id}  {revision.message}" for revision in self.pending]
        elif self.half is None:
            lines.append("nothing is pending")
        return "\n".join(lines)


def status(tree: Tree, home: Home) -> Status:
    """Give where the database stands."""
    known = {revision.id: revision for revision in tree.revisions()}
    seen, left = look_back(tree, home)
    current = seen.heads
    unknown = tuple(name for name in current if name not in known)
    pending: tuple[Revision, ...] = ()
    if not unknown:
        applied = {revision.id for revision in tree.applied(current)}
        pending = tuple(revision for name, revision in known.items() if name not in applied)
    half = None if left is None else left.half
    return Status(repr(home), current, tree.heads, pending, unknown, half)


def drift(tree: Tree, home: Home, options: MigrationOptions) -> Drift:
    """Give what the schema has otherwise than its revisions make it.

    By a replay where an empty database costs no right: an embedded database, or one that `scratch_url` names.
    Elsewhere by the fingerprint that the last migration has recorded.
    """
    seen = look(tree, home)
    if not seen.heads:
        return Drift(known=False, reason="the database has no revision")
    try:
        return _compared(tree, home, options, seen)
    except MigrationError as error:  # an account that may not see all of the schema
        return Drift(known=False, reason=str(error))


def _compared(tree: Tree, home: Home, options: MigrationOptions, seen: Seen) -> Drift:
    if not (home.dialect.runner.EMBEDDED or options.scratch_url):
        return _by_record(home, seen)
    try:
        with scratch_home(home, options) as empty:
            replayed = replay(tree, empty, home, seen.heads)
    except Exception as error:  # noqa: BLE001 (a revision may raise anything; it's told)
        found = _by_record(home, seen)
        reason = f"the tree can't be replayed from nothing: {error}"
        return found if found.known else replace(found, reason=reason)
    found = drift_from(home, seen, replayed.before)
    if not found:
        return found
    with suppress(Exception), scratch_home(home, options) as empty:  # the next step may not even be one
        replayed = replay(tree, empty, home, seen.heads, Leg("upgrade", "+1"))
    return drift_from(home, seen, replayed.before, then=replayed.steps)


def _by_record(home: Home, seen: Seen) -> Drift:
    with home.connection("deferred") as connection:
        recorded = recorded_versions(connection)
        live = fingerprint_of(take_inventory(connection, without=seen.version_table.own_tables()))
    left = [fingerprint for name, (_, fingerprint) in recorded.items() if name in seen.heads and fingerprint]
    if not left:
        return Drift(
            known=False, reason="no fingerprint was recorded, and no scratch_url is given to make one"
        )
    if live in left:
        return Drift()
    # What differs can be told only beside a replay, for which a scratch_url is needed.
    return Drift((Change("changed", "schema", "", "", "fingerprint", left[-1], live),))


def verify(tree: Tree, home: Home, models: writing.Models, options: MigrationOptions) -> list[Finding]:
    """Give a finding for all that isn't as it should be: the schema, foreign keys, and the models."""
    found = drift(tree, home, options)
    findings = list(found.findings())
    if not found.known:
        findings.append(Finding("drift-unknown", "warning", found.reason))
    with home.connection("deferred") as connection:
        problems = home.dialect.runner.problems(driver_of(connection))
    findings += [Finding("foreign-key", "error", problem) for problem in problems]
    try:
        differences = writing.differences(tree, home, models)
    except DatabaseError as error:
        return [*findings, Finding("models-unknown", "warning", error.message, remedy=error.remedy)]
    return findings + [
        Finding("models", "error", f"the models differ from the database: {each}") for each in differences
    ]
