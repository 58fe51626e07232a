"""How a database's schema differs from what its revisions make."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from colonnade.migrations.catalogue import take_inventory
from colonnade.migrations.fingerprint import fingerprint_of
from colonnade.migrations.inventory import Change, Difference, Inventory, compare, name_of
from colonnade.migrations.plan import Finding
from colonnade.migrations.record import recorded_versions

if TYPE_CHECKING:
    from colonnade.engine.home import Home
    from colonnade.migrations.apply import Applied
    from colonnade.migrations.reading import Seen

__all__ = ["Drift", "drift_between", "drift_from", "unexplained"]


@dataclass(frozen=True, slots=True)
class Drift:
    """What was changed in a schema by other ways than its revisions; it's false where nothing was.

    `known` is false where it isn't known what the revisions make: no replay could be made, and no
    fingerprint was recorded; `reason` tells why. `accepted` are the names of changes that were accepted.
    `between` is a sentence where all of it belongs to the next revision: a part of that was carried out.
    """

    changes: tuple[Change, ...] = ()
    accepted: tuple[str, ...] = ()
    known: bool = True
    reason: str = ""
    between: str = ""

    def __bool__(self) -> bool:
        return bool(self.changes)

    @property
    def names(self) -> tuple[str, ...]:
        """The names by which the changes can be accepted, each once."""
        return tuple(dict.fromkeys(map(name_of, self.changes)))

    def findings(self) -> list[Finding]:
        """Give a finding for each change."""
        between = [Finding("drift-between", "warning", self.between)] if self.between else []
        return between + [
            Finding(
                "drift",
                "error",
                change.sentence,
                table=change.table,
                remedy=f"undo it, or accept it by its name: {name_of(change)!r}",
                name=name_of(change),
            )
            for change in self.changes
        ]

    def to_json(self) -> dict[str, Any]:
        """Give what `json.dumps` takes."""
        return {
            "known": self.known,
            "reason": self.reason,
            "changes": [{**change.to_json(), "accept": name_of(change)} for change in self.changes],
            "accepted": list(self.accepted),
            "between": self.between,
        }

    def __str__(self) -> str:
        if not self.known:
            return f"unknown: {self.reason}"
        said = [self.between] if self.between else []
        return "\n".join([*said, *(change.sentence for change in self.changes)]) or "no drift"


def drift_between(expected: Inventory, live: Inventory, accepted: Iterable[str] = ()) -> Drift:
    """Give what the live schema has otherwise than expected, without what was accepted."""
    names = frozenset(accepted)
    difference = compare(expected, live)
    return Drift(
        tuple(change for change in difference.changes if name_of(change) not in names),
        tuple(dict.fromkeys(name_of(each) for each in difference.changes if name_of(each) in names)),
    )


def drift_from(
    home: Home, seen: Seen, expected: Inventory, accepted: Iterable[str] = (), then: Sequence[Applied] = ()
) -> Drift:
    """Compare the live schema with the one expected; a schema as the last migration left it has no drift.

    `then` are the next steps, as an empty database had them: what differs may be a part of the first.
    """
    with home.connection("deferred") as connection:
        live = take_inventory(connection, without=seen.version_table.own_tables())
        recorded = recorded_versions(connection)
    left = next((fingerprint for name, (_, fingerprint) in recorded.items() if name in seen.heads), None)
    if left is not None and left == fingerprint_of(live):
        return Drift()
    drift = drift_between(expected, live, accepted)
    return replace(drift, between=_between(drift, seen.heads, expected, then[0])) if drift and then else drift


def _between(drift: Drift, heads: Sequence[str], before: Inventory, step: Applied) -> str:
    """Say that the database is between two revisions, where all that differs is what the step makes."""
    made = {_said(change) for change in compare(before, step.inventory).changes if _stands_alone(change)}
    there = {_said(change) for change in drift.changes if _stands_alone(change)}
    if not there or not there <= made:
        return ""
    start, end = ", ".join(heads) or "base", step.revision.id
    return (
        f"the database stands between {start} and {end}: {len(there)} of the {len(made)} changes that {end}"
        " makes are there"
    )


def _stands_alone(change: Change) -> bool:
    """Tell whether a change is one whatever else was done: a place among others isn't."""
    return change.clause not in ("column order", "position")


def unexplained(expected: Difference, found: Difference) -> tuple[Change, ...]:
    """Give what the second difference has beyond the first."""
    known = set(map(_said, expected.changes))
    return tuple(each for each in found.changes if _said(each) not in known)


def _said(change: Change) -> tuple[str, ...]:
    return (change.what, change.kind, change.table, change.name, change.clause, change.after)
