"""`branches`: where the tree divides."""

from __future__ import annotations

from colonnade.cli.database import opened
from colonnade.cli.db.revisions import show_revisions
from colonnade.cli.options import AsJson, Where


def branches(where: Where, as_json: AsJson = False) -> None:
    """List the revisions that more than one other follows."""
    with opened(where) as manager:
        found = manager.branches()
    show_revisions(found, as_json=as_json)
