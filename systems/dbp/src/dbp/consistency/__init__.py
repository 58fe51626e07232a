"""Where documents and code disagree: rules over what is stored, recommendations, and decisions about them."""

from dbp.consistency.applying import Applied, apply
from dbp.consistency.finding import Edit, Finding
from dbp.consistency.rules import findings_in
from dbp.consistency.snapshot import Snapshot
from dbp.consistency.work import AsyncConsistency, Consistency, Recorded

__all__ = [
    "Applied",
    "AsyncConsistency",
    "Consistency",
    "Edit",
    "Finding",
    "Recorded",
    "Snapshot",
    "apply",
    "findings_in",
]
